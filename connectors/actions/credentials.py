"""What an admin sets of a mailbox and of hooks. Secrets left empty stay as they are."""

from typing import Any

from django.db import transaction

from accounts.models import User
from connectors.models import Inbox
from core.events import record


@transaction.atomic
def change_mailbox(
    inbox: Inbox, *, actor: User, processed_folder: str = "", password: str = "", **settings: Any
) -> None:
    """Without a host or a user the mailbox is no longer asked."""
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    kept = dict(locked.credentials)
    before = kept.get("imap") or {}
    # A password goes with the server it was given for: no other is told it, and nobody in clear.
    named = ("host", "port", "ssl", "user")
    is_same = all(before.get(name) == settings.get(name) for name in named)
    secret = password or (before.get("password", "") if is_same else "")
    kept["imap"] = {**settings, "password": secret} if _is_set(settings, kept) else {}
    kept["processed_folder"] = processed_folder
    _keep(locked, kept, actor)
    inbox.credentials = locked.credentials


def _is_set(settings: dict[str, Any], kept: dict[str, Any]) -> bool:
    return bool(settings.get("host") or kept.get("oauth"))


@transaction.atomic
def change_hook(inbox: Inbox, *, actor: User, provider: str, name: str, secret: str) -> None:
    """An empty secret shuts the provider out."""
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    kept = dict(locked.credentials)
    hooks = dict(kept.get("hooks") or {})
    hooks[provider] = {**hooks.get(provider, {}), name: secret} if secret else {}
    kept["hooks"] = {name: secrets for name, secrets in hooks.items() if secrets}
    _keep(locked, kept, actor)
    inbox.credentials = locked.credentials


def _keep(locked: Inbox, kept: dict[str, Any], actor: User) -> None:
    locked.credentials = kept
    locked.save(update_fields=["credentials"])
    record("setting.changed", subject=locked, actor=actor, fields=["credentials"])
