"""Asking a provider's permission for a mailbox, and keeping it."""

from django.db import transaction

from accounts.models import User
from connectors.errors import OAuthProblem
from connectors.mail import oauth
from connectors.mail.permission import as_kept, keep
from connectors.models import Inbox
from core.events import record


@transaction.atomic
def name_oauth_client(
    inbox: Inbox,
    *,
    actor: User,
    provider: str,
    client_id: str,
    client_secret: str,
    tenant: str,
    user: str,
) -> None:
    """An empty secret keeps the one we have for the same client."""
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    kept = locked.credentials.get("oauth") or {}
    if kept.get("client_id") != client_id or kept.get("provider") != provider:
        kept = {}
    changes = {"provider": provider, "client_id": client_id, "tenant": tenant, "user": user}
    if client_secret:
        changes["client_secret"] = client_secret
    keep(locked, kept | changes)
    record("setting.changed", subject=locked, actor=actor, fields=["credentials"])
    inbox.credentials = locked.credentials


@transaction.atomic
def accept_permission(inbox: Inbox, *, actor: User, tokens: oauth.Tokens) -> None:
    """From now on the mailbox is read, and its answers sent, with these tokens."""
    if not tokens.refresh_token:
        raise OAuthProblem(
            "The provider gave no lasting permission. Remove ours there and connect again.",
            error="no_refresh_token",
        )
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    kept = locked.credentials.get("oauth") or {}
    keep(locked, kept | as_kept(tokens))
    record("inbox.connected", subject=locked, actor=actor)
    inbox.credentials = locked.credentials
