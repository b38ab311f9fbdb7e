"""How we get into the mailbox of an inbox, from its sealed credentials."""

from typing import Any

from connectors.errors import OAuthProblem
from connectors.mail.imap_protocol import Access, MailboxError
from connectors.mail.permission import drop_access_token, fresh_access_token, oauth_client
from connectors.models import Inbox


def access_for(inbox: Inbox) -> Access:
    """Raises ``MailboxError`` when the provider gives no token."""
    settings: dict[str, Any] = inbox.credentials.get("imap") or {}
    folder = settings.get("folder") or "INBOX"
    if inbox.credentials.get("oauth"):
        return _access_by_token(inbox, folder)
    return Access(
        host=str(settings.get("host") or ""),
        port=str(settings.get("port") or "0"),
        user=settings.get("user", ""),
        password=settings.get("password", ""),
        folder=folder,
        is_tls=settings.get("ssl", True),
    )


def _access_by_token(inbox: Inbox, folder: str) -> Access:
    """Only ever at the provider's own server: the token is worth the whole mailbox."""
    try:
        token = fresh_access_token(inbox)
        about = oauth_client(inbox).about
    except OAuthProblem as problem:
        raise MailboxError(problem.reason) from problem
    return Access(
        host=about.imap_host,
        port=str(about.imap_port),
        user=inbox.credentials["oauth"].get("user", ""),
        token=token,
        folder=folder,
        is_tls=about.imap_tls,
    )


def forget_token(inbox: Inbox) -> None:
    """After a refused sign-in: a token that was taken back does not get better by waiting."""
    if inbox.credentials.get("oauth"):
        drop_access_token(inbox)
