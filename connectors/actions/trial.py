"""Trying a mailbox now, and the server through which an inbox sends."""

import imaplib
from urllib.parse import quote, unquote, urlsplit

from django.db import transaction

from accounts.models import User
from connectors.actions.mailbox import note_health
from connectors.errors import MailboxRefused
from connectors.mail.access import access_for
from connectors.mail.imap_protocol import MailboxError, explain, open_mailbox
from connectors.models import Inbox
from core.events import record

_TLS_PORT, _SUBMISSION_PORT = 465, 587


def try_mailbox(inbox: Inbox, *, actor: User) -> None:
    """Sign in to the mailbox and open its folder; nothing is read. Waits for the server.

    Raises ``MailboxRefused`` with the reason in words.
    """
    problem = ""
    try:
        with open_mailbox(access_for(inbox)):
            pass
    except (MailboxError, imaplib.IMAP4.error, OSError) as error:
        problem = explain(error)
    note_health(inbox, ok=not problem, error=problem)
    with transaction.atomic():
        record("inbox.tried", subject=inbox, actor=actor, ok=not problem)
    if problem:
        raise MailboxRefused(problem)


@transaction.atomic
def change_sending_server(
    inbox: Inbox, *, host: str, port: int, user: str, password: str, actor: User
) -> None:
    """Without a host the inbox sends through everybody's server. Without a password the present
    one stays, if server and user do."""
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    kept = dict(locked.credentials)
    before = urlsplit(kept.get("smtp_url") or "")
    is_same = (before.hostname, before.port, unquote(before.username or "")) == (host, port, user)
    secret = password or (unquote(before.password or "") if is_same else "")
    kept["smtp_url"] = _url_of(host, port, user, secret) if host else ""
    locked.credentials = kept
    locked.save(update_fields=["credentials"])
    record("setting.changed", subject=locked, actor=actor, fields=["credentials"])
    inbox.credentials = kept


def sending_server_of(inbox: Inbox) -> dict[str, object]:
    """What a form may show of it."""
    url = urlsplit(inbox.credentials.get("smtp_url") or "")
    if not url.hostname:
        return {}
    user = unquote(url.username or "")
    return {"smtp_host": url.hostname, "smtp_port": url.port, "smtp_user": user}


def _url_of(host: str, port: int, user: str, password: str) -> str:
    """Encrypted wherever the port says that the server can: 465 from the start, 587 after."""
    scheme = "smtps" if port == _TLS_PORT else "smtp"
    tail = "?starttls=1" if port == _SUBMISSION_PORT else ""
    who = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user and password else ""
    return f"{scheme}://{who}{host}:{port}{tail}"
