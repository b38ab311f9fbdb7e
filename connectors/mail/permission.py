"""The permission a provider gave us for a mailbox: kept sealed, renewed before it runs out."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db import transaction

from connectors.errors import OAuthProblem
from connectors.mail import oauth
from connectors.models import Inbox
from core.clock import now

# A token must outlast the conversation it opens.
MARGIN = timedelta(minutes=3)


def oauth_client(inbox: Inbox) -> oauth.Client:
    kept = inbox.credentials.get("oauth") or {}
    return oauth.Client(
        provider=kept.get("provider", ""),
        client_id=kept.get("client_id", ""),
        client_secret=kept.get("client_secret", ""),
        tenant=kept.get("tenant", "common"),
    )


def fresh_access_token(inbox: Inbox) -> str:
    """A token that holds for some minutes. Raises ``OAuthProblem``.

    Renewed under the row's lock: providers may replace the refresh token, and the loser of a race
    would keep one that is worth nothing.
    """
    with transaction.atomic():
        locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
        kept = locked.credentials.get("oauth") or {}
        if not _is_fresh(kept):
            if not kept.get("refresh_token"):
                raise OAuthProblem(
                    "The mailbox has not been connected with its provider yet.",
                    error="not_connected",
                )
            tokens = oauth.refresh(oauth_client(locked), kept["refresh_token"])
            kept = kept | as_kept(tokens)
            keep(locked, kept)
        inbox.credentials = locked.credentials
    return str(kept["access_token"])


def drop_access_token(inbox: Inbox) -> None:
    """The server refused it before its time: the next one who asks gets a new one."""
    with transaction.atomic():
        locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
        kept = dict(locked.credentials.get("oauth") or {})
        kept.pop("access_token", None)
        keep(locked, kept)


def _is_fresh(kept: dict[str, Any]) -> bool:
    if not kept.get("access_token") or not kept.get("expires_at"):
        return False
    return datetime.fromisoformat(kept["expires_at"]) - now() > MARGIN


def as_kept(tokens: oauth.Tokens) -> dict[str, str]:
    found = {
        "access_token": tokens.access_token,
        "expires_at": (now() + timedelta(seconds=tokens.expires_in)).isoformat(),
    }
    return found | ({"refresh_token": tokens.refresh_token} if tokens.refresh_token else {})


def keep(locked: Inbox, kept: dict[str, Any]) -> None:
    locked.credentials = {**locked.credentials, "oauth": kept}
    locked.save(update_fields=["credentials"])


def smtp_url(inbox: Inbox) -> str:
    """The provider's outgoing server for a connected mailbox; it takes only mail of its own."""
    kept = inbox.credentials.get("oauth") or {}
    if not kept.get("refresh_token"):
        return ""
    return oauth_client(inbox).about.smtp_url.format(user=quote(kept.get("user", ""), safe=""))
