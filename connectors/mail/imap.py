"""Mailboxes elsewhere, asked by IMAP. A mail is marked read only once it is stored here."""

import imaplib
import logging
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from django.db import close_old_connections, connections

from connectors.actions import move_cursor, note_health, store_raw
from connectors.mail.limits import MAX_RAW_BYTES
from connectors.models import Inbox

log = logging.getLogger("helpdesk.mail")

POLL_SECONDS = 30
TIMEOUT_SECONDS = 30
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """Why a mailbox cannot be read, in words for the admin."""


class Refused(Exception):
    """The server lists a mail and will not hand it out."""


def poll_forever(stop: threading.Event, *, every: float = POLL_SECONDS) -> None:
    """One round after another until `stop` is set; no error ends it."""
    while not stop.is_set():
        _attempt(lambda: poll_all(stop))
        close_old_connections()
        stop.wait(every)
    connections.close_all()


def poll_all(stop: threading.Event | None = None) -> None:
    for inbox in Inbox.objects.filter(kind=Inbox.Kind.MAIL, is_active=True):
        if stop and stop.is_set():
            return
        _attempt(partial(poll_inbox, inbox))


def _attempt(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - neither an inbox nor a round may stop the others
        log.error("mailboxes: %s, tried again in the next round", type(error).__name__)


def poll_inbox(inbox: Inbox) -> int:
    """How many mails were stored or found stored. Mailbox errors go into the inbox's health."""
    settings = inbox.credentials.get("imap")
    if not settings:
        return 0
    try:
        with _open_mailbox(settings) as mailbox:
            count = _fetch_new(inbox, mailbox)
    except (MailboxError, imaplib.IMAP4.error, OSError) as error:
        reason = str(error) if isinstance(error, MailboxError) else _explain(error)
        log.warning("mailbox of inbox %s: %s", inbox.pk, reason)
        note_health(inbox, ok=False, error=reason)
        return 0
    note_health(inbox, ok=True)
    return count


def _explain(error: Exception) -> str:
    # Never the server's own words: they may name people.
    if isinstance(error, ssl.SSLError):
        return "The mail server's certificate is not accepted."
    if isinstance(error, OSError):
        return "The mail server cannot be reached."
    return "The mail server broke off the conversation."


@contextmanager
def _open_mailbox(settings: dict[str, Any]) -> Iterator[imaplib.IMAP4]:
    client = _connect(settings)
    try:
        try:
            client.login(_quote(settings.get("user", "")), settings.get("password", ""))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise MailboxError("The mail server refuses the user name or password.") from None
        if client.select(_quote(settings.get("folder", "INBOX")))[0] != "OK":
            raise MailboxError("The mail folder does not exist.")
        yield client
    finally:
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()


def _quote(text: str) -> str:
    """imaplib quotes passwords only."""
    if re.search(r"[\r\n\x00]", text):
        raise MailboxError("The mailbox settings contain a line break.")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _connect(settings: dict[str, Any]) -> imaplib.IMAP4:
    host, port = settings.get("host"), str(settings.get("port") or "0")
    if not host or not port.isdecimal():
        raise MailboxError("The mailbox settings lack a host or a port.")
    if settings.get("ssl", True):
        context = ssl.create_default_context()
        return imaplib.IMAP4_SSL(
            host, int(port) or 993, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    return imaplib.IMAP4(host, int(port) or 143, timeout=TIMEOUT_SECONDS)


def _fetch_new(inbox: Inbox, mailbox: imaplib.IMAP4) -> int:
    validity = _read_number(mailbox, "UIDVALIDITY")
    last = _last_uid(inbox, validity)
    uids = _list_uids(mailbox, last, is_new=not inbox.cursor)
    # A mailbox connected just now does not turn its whole past into tickets.
    behind = max(_search(mailbox, "ALL"), default=0) if not inbox.cursor else last or 0
    count, refused = 0, 0
    try:
        for uid in uids:
            try:
                count += _take(inbox, mailbox, validity, uid)
            except Refused:
                refused += 1
            behind = max(behind, uid) if not refused else behind
    finally:
        # What was stored is behind us even if the connection broke after it.
        if inbox.cursor != {"uidvalidity": validity, "uid": behind}:
            move_cursor(inbox, {"uidvalidity": validity, "uid": behind})
    if refused:
        raise MailboxError(f"The mail server does not hand out {refused} of the mails.")
    return count


def _last_uid(inbox: Inbox, validity: int) -> int | None:
    """None when the server numbered its mails anew and every one has to be looked at."""
    return inbox.cursor.get("uid") if inbox.cursor.get("uidvalidity") == validity else None


def _list_uids(mailbox: imaplib.IMAP4, last: int | None, *, is_new: bool) -> list[int]:
    """Everything unread, and everything that came after the last one we stored.

    Unread ones below it are repeats of a round that was cut short.
    """
    uids = set(_search(mailbox, "UNSEEN"))
    if last is not None:
        # "n:*" always names the newest mail, even one below n.
        uids |= {uid for uid in _search(mailbox, f"UID {last + 1}:*") if uid > last}
    elif not is_new:
        uids |= set(_search(mailbox, "ALL"))
    return sorted(uids)


def _search(mailbox: imaplib.IMAP4, criteria: str) -> list[int]:
    status, found = mailbox.uid("SEARCH", criteria)
    if status != "OK":
        raise MailboxError("The mail server refuses to list the folder.")
    return [int(uid) for line in found if line for uid in line.split()]


def _take(inbox: Inbox, mailbox: imaplib.IMAP4, validity: int, uid: int) -> bool:
    """Store (commit), then mark as read. False for a mail that is gone."""
    size = _read_size(mailbox, uid)
    is_too_large = size > MAX_RAW_BYTES
    # Of what nobody can read the head at least is kept, so that somebody learns of it.
    raw = _fetch(mailbox, uid, "BODY.PEEK[HEADER]" if is_too_large else "BODY.PEEK[]")
    if raw is None:
        return False
    envelope: dict[str, Any] = {"uidvalidity": validity, "uid": uid}
    if is_too_large:
        envelope["too_large"] = size
    delivery = store_raw(
        inbox, raw=raw, source="imap", external_id=f"{validity}:{uid}", envelope=envelope
    )
    log.info("accepted %s for inbox %s", delivery.pk, inbox.pk)
    mailbox.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")
    return True


def _read_size(mailbox: imaplib.IMAP4, uid: int) -> int:
    answer = mailbox.uid("FETCH", str(uid), "(RFC822.SIZE)")[1]
    text = b" ".join(line for line in answer if isinstance(line, bytes))
    found = SIZE.search(text)
    return int(found.group(1)) if found else 0


def _fetch(mailbox: imaplib.IMAP4, uid: int, what: str) -> bytes | None:
    status, answer = mailbox.uid("FETCH", str(uid), f"({what})")
    if status != "OK":
        raise Refused
    return next((item[1] for item in answer if isinstance(item, tuple)), None)


def _read_number(mailbox: imaplib.IMAP4, name: str) -> int:
    value = mailbox.response(name)[1][0]
    if not isinstance(value, bytes):
        raise MailboxError("The mail server does not number its mails.")
    return int(value)
