"""How far a mailbox was read, and whether its door works."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from connectors.models import Inbox
from connectors.queries.mailboxes import has_mailbox
from core.clock import now
from core.events import record

# So long a door may be out of order before somebody is woken; most faults mend themselves.
PATIENCE = timedelta(minutes=15)


def move_cursor(inbox: Inbox, cursor: dict[str, Any]) -> None:
    inbox.cursor = cursor
    inbox.save(update_fields=["cursor"])


@transaction.atomic
def note_health(inbox: Inbox, *, ok: bool, error: str = "") -> None:
    """Remember whether the door works; after ``PATIENCE`` of failure tell the admins, once.

    The row is locked, so of two pollers only one gives the alarm.
    """
    locked = Inbox.objects.select_for_update(no_key=True).get(pk=inbox.pk)
    if ok:
        _note_success(locked)
    else:
        _note_failure(locked, error[:200])
    fields = ["healthy_at", "problem", "failing_since", "alarmed_at"]
    locked.save(update_fields=fields)
    for name in fields:
        setattr(inbox, name, getattr(locked, name))


def _note_success(inbox: Inbox) -> None:
    if inbox.alarmed_at:
        record("inbox.recovered", subject=inbox, actor=None, rooms=["inboxes"])
    inbox.healthy_at, inbox.problem = now(), ""
    inbox.failing_since = inbox.alarmed_at = None


def _note_failure(inbox: Inbox, problem: str) -> None:
    inbox.problem = problem
    inbox.failing_since = inbox.failing_since or now()
    if inbox.alarmed_at is None and now() - inbox.failing_since >= PATIENCE:
        inbox.alarmed_at = now()
        record("inbox.alarmed", subject=inbox, actor=None, rooms=["inboxes"])


@transaction.atomic
def note_gap(inbox: Inbox, *, listed: int, missing: int, fetched: int) -> None:
    """The nightly count of a mailbox found mails that the rounds had passed over."""
    record(
        "inbox.gap_found",
        subject=inbox,
        actor=None,
        rooms=["inboxes"],
        listed=listed,
        missing=missing,
        fetched=fetched,
    )


def note_silence() -> None:
    """Mailboxes nobody asks any more: the process that should is dead or hangs."""
    quiet_since = now() - 2 * PATIENCE
    silent = Inbox.objects.filter(
        kind=Inbox.Kind.MAIL, is_active=True, healthy_at__lt=quiet_since, failing_since=None
    )
    for inbox in silent:
        if has_mailbox(inbox):
            note_health(inbox, ok=False, error="Nobody has asked this mailbox for a while.")
