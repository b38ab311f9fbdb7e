"""Mailboxes elsewhere, asked by IMAP. A mail is marked read only once it is stored here.

The cursor of an inbox holds ``uidvalidity`` and ``uid`` (everything up to it was looked at),
``base`` (the highest number when we first saw this numbering), ``from`` (the day the mailbox was
connected), ``renumbered``, ``audited`` (day of the last audit) and ``copies`` (numbers of mails
that we hold under another number).
"""

import imaplib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connections

from connectors.actions import move_cursor, note_gap, note_health, store_raw
from connectors.mail.access import access_for, forget_token
from connectors.mail.imap_protocol import (
    MailboxError,
    Refused,
    SignInRefused,
    can,
    explain,
    fetch,
    forget_news,
    mark_seen,
    move_away,
    open_mailbox,
    read_size,
    read_validity,
    search,
    search_above,
    search_since,
    wait_for_news,
)
from connectors.mail.limits import MAX_RAW_BYTES
from connectors.mail.parse import find_external_id
from connectors.models import Inbox
from connectors.queries import has_mailbox, stored_uids
from core.clock import now

log = logging.getLogger("helpdesk.mail")

# Below the 29 minutes of RFC 2177, and below the few minutes after which routers forget us.
IDLE_SECONDS = 9 * 60
# Numbers of double mails that are remembered; more are only fetched again at each audit.
MAX_COPIES = 2000
BROKEN = (MailboxError, imaplib.IMAP4.error, OSError)


def poll_inbox(inbox: Inbox) -> int:
    """How many mails were stored or found stored. Mailbox errors go into the inbox's health."""
    return visit(inbox, threading.Event(), waits=False)


def visit(inbox: Inbox, stop: threading.Event, *, waits: bool = True) -> int:
    """Fetch what is new and, where the server can report news, go on until `stop` is set.

    Returns early from a server that cannot; raises nothing a mailbox can do wrong.
    """
    if not has_mailbox(inbox):
        return 0
    count = 0
    try:
        with open_mailbox(access_for(inbox)) as mailbox:
            round_ = Round(inbox, mailbox, read_validity(mailbox))
            forget_news(mailbox)
            round_.finish_earlier()
            count = round_.look()
            while waits and can(mailbox, "IDLE") and not stop.is_set():
                # What was told during the look will not be told again.
                if not forget_news(mailbox):
                    _rest(mailbox, stop)
                    forget_news(mailbox)
                count += round_.look()
    except BROKEN as error:
        if isinstance(error, SignInRefused):
            forget_token(inbox)
        reason = explain(error)
        log.warning("mailbox of inbox %s: %s", inbox.pk, reason)
        note_health(inbox, ok=False, error=reason)
    return count


def _rest(mailbox: imaplib.IMAP4, stop: threading.Event) -> None:
    # One mailbox waits most of its time; its connection to the database is for others.
    connections.close_all()
    wait_for_news(mailbox, IDLE_SECONDS, stop)


def audit_inbox(inbox: Inbox) -> int:
    """Compare the mailbox with what is stored, now; how many mails had been passed over."""
    with open_mailbox(access_for(inbox)) as mailbox:
        return Round(inbox, mailbox, read_validity(mailbox)).audit()


@dataclass
class Round:
    """One connection to one mailbox."""

    inbox: Inbox
    mailbox: imaplib.IMAP4
    validity: int
    refused: set[int] = field(default_factory=set)
    unmoved: str = ""
    new: int = field(default=0, init=False)

    @property
    def cursor(self) -> dict[str, Any]:
        cursor: dict[str, Any] = self.inbox.cursor
        return cursor

    def look(self) -> int:
        """Everything new, and once a day the audit; the inbox is healthy when all went well."""
        self._begin_numbering()
        count = self._take_all(self._list_new())
        if self.cursor.get("audited") != now().date().isoformat():
            self.audit()
        if self.refused:
            raise MailboxError(
                f"The mail server does not hand out {len(self.refused)} of the mails."
            )
        if self.unmoved:
            raise MailboxError(self.unmoved)
        note_health(self.inbox, ok=True)
        return count

    def _begin_numbering(self) -> None:
        """A mailbox connected just now does not turn its whole past into tickets.

        One numbered anew is looked through from the day it was connected: what is stored is
        known by its content.
        """
        if self.cursor.get("uidvalidity") == self.validity:
            return
        is_new = not self.cursor
        today = now().date().isoformat()
        base = max(search(self.mailbox, "ALL"), default=0)
        self._move_cursor(
            uidvalidity=self.validity,
            uid=base if is_new else 0,
            base=base,
            renumbered=not is_new,
            copies=[],
            **{"from": self.cursor.get("from", today), "audited": self.cursor.get("audited")},
        )

    def _move_cursor(self, **changes: Any) -> None:
        if changes.items() <= self.cursor.items():
            return
        move_cursor(self.inbox, self.cursor | changes)

    def _list_new(self) -> list[int]:
        """Everything unread, and everything that came after the last one we stored.

        Unread ones below it are repeats of a round that was cut short.
        """
        last, base = self.cursor["uid"], self.cursor["base"]
        uids = set(search(self.mailbox, "UNSEEN"))
        if self.cursor["renumbered"] and last < base:
            uids |= {uid for uid in self._list_ours() if uid > last}
        else:
            uids |= set(search_above(self.mailbox, last))
        return sorted(uids)

    def _list_ours(self) -> list[int]:
        """What came since the mailbox was connected, whoever has read it."""
        uids = set(search_above(self.mailbox, self.cursor["base"]))
        if self.cursor["renumbered"]:
            uids |= set(search_since(self.mailbox, date.fromisoformat(self.cursor["from"])))
        return sorted(uids)

    def _take_all(self, uids: list[int]) -> int:
        stored = stored_uids(self.inbox, self.validity, uids)
        behind, count = self.cursor["uid"], 0
        try:
            for uid in uids:
                try:
                    if uid in stored:
                        self._put_away(uid)
                        count += 1
                    else:
                        count += self._take(uid)
                except Refused:
                    self.refused.add(uid)
                behind = max(behind, uid) if not self.refused else behind
        finally:
            # What was stored is behind us even if the connection broke after it.
            self._move_cursor(uid=behind)
        return count

    def _take(self, uid: int) -> bool:
        """Store (commit), then mark as read, then move. False for a mail that is gone."""
        size = read_size(self.mailbox, uid)
        is_too_large = size > MAX_RAW_BYTES
        # Of what nobody can read the head at least is kept, so that somebody learns of it.
        raw = fetch(self.mailbox, uid, "BODY.PEEK[HEADER]" if is_too_large else "BODY.PEEK[]")
        if raw is None:
            return False
        envelope: dict[str, Any] = {"uidvalidity": self.validity, "uid": uid}
        if is_too_large:
            envelope["too_large"] = size
        delivery = store_raw(
            self.inbox,
            raw=raw,
            source="imap",
            external_id=find_external_id(raw),
            envelope=envelope,
            place=(self.validity, uid),
        )
        log.info("accepted %s for inbox %s", delivery.pk, self.inbox.pk)
        self.new += delivery.envelope == envelope
        self._put_away(uid)
        return True

    def _put_away(self, uid: int) -> None:
        mark_seen(self.mailbox, uid)
        folder = self.inbox.credentials.get("processed_folder", "")
        if not folder or self.unmoved:
            return
        try:
            move_away(self.mailbox, uid, folder)
        except MailboxError as error:
            # Where a mail lies afterwards is no reason to leave the next one unread.
            self.unmoved = str(error)

    def finish_earlier(self) -> None:
        """Move what a round stored and was then cut off from moving."""
        if not self.inbox.credentials.get("processed_folder"):
            return
        listed = search(self.mailbox, "SEEN")
        for uid in sorted(stored_uids(self.inbox, self.validity, listed)):
            self._put_away(uid)

    def audit(self) -> int:
        """Every mail of ours that lies in the folder must be stored, also those others read."""
        self._begin_numbering()
        listed = self._list_ours()
        copies = set(self.cursor.get("copies", [])) & set(listed)
        missing = self._missing(set(listed) - copies)
        before = self.new
        self._take_all(missing)
        # What is still not under its number is a second copy of a mail we have.
        copies |= set(self._missing(missing)) if not self.refused else set()
        found = self.new - before
        if found or self.refused:
            lost = found + len(self.refused)
            note_gap(self.inbox, listed=len(listed), missing=lost, fetched=found)
            log.warning("mailbox of inbox %s: %s mails had been passed over", self.inbox.pk, found)
        self._move_cursor(audited=now().date().isoformat(), copies=sorted(copies)[-MAX_COPIES:])
        return found

    def _missing(self, uids: Iterable[int]) -> list[int]:
        wanted = set(uids)
        return sorted(wanted - stored_uids(self.inbox, self.validity, wanted))
