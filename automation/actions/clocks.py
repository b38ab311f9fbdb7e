"""Clocks of tickets: folded anew after each event that matters, and told once when due."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from automation.models import Clock
from automation.queries.history import read_history
from automation.queries.policies import Book
from automation.sla import shapes
from automation.sla.fold import fold
from core.clock import now
from core.events import is_history
from core.ids import new_id
from tickets.actions.base import lock, record_on
from tickets.actions.due import note_due
from tickets.models import Ticket

State = Clock.State
_GOING = (State.RUNNING, State.PAUSED, State.BREACHED)


@transaction.atomic
def refold(ticket_id: UUID, *, book: Book | None = None) -> list[Clock]:
    """Make the ticket's rows what its history says, and tell what is due. Safe to repeat: what
    was told is kept in the rows, written under the ticket's lock."""
    book = book or Book.load()
    if not book.versions:
        return []
    ticket = lock(Ticket(pk=ticket_id))
    known = {(row.metric, row.cycle): row for row in Clock.objects.filter(ticket=ticket)}
    rows = _rows_of(ticket, book, known)
    _tell(ticket, rows, book)
    _save(rows, known)
    note_due(ticket, moment=_nearest(rows))
    return rows


def _rows_of(ticket: Ticket, book: Book, known: dict[tuple[str, int], Clock]) -> list[Clock]:
    folded: list[shapes.Clock] = []
    if not ticket.merged_into_id:
        history = read_history(ticket)
        folded = fold(history.happenings, book.terms_of(history.changes), at=now())
    rows = [_row_of(ticket, clock, known.get((clock.metric, clock.cycle))) for clock in folded]
    there = {(row.metric, row.cycle) for row in rows}
    return rows + [_call_off(row) for key, row in known.items() if key not in there]


def _row_of(ticket: Ticket, clock: shapes.Clock, known: Clock | None) -> Clock:
    row = known or Clock(id=new_id(), ticket=ticket, metric=clock.metric, cycle=clock.cycle)
    row.version_id, row.target = UUID(clock.version), int(clock.target.total_seconds())
    row.state, row.elapsed = State(clock.state), int(clock.elapsed.total_seconds())
    row.started_at, row.stopped_at = clock.started_at, clock.stopped_at
    row.due_at, row.warn_at = clock.due_at, clock.warn_at
    row.pauses = [[_iso(first), _iso(last), why] for first, last, why in clock.pauses]
    row.steps = [[_iso(step.at), step.what, step.why] for step in clock.steps]
    row.folded_at = now()
    return row


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _call_off(row: Clock) -> Clock:
    """What started it is no longer in this ticket. What was told of it is not told again."""
    row.state, row.next_at = State.CANCELLED, None
    row.due_at = row.warn_at = None
    row.stopped_at = row.stopped_at or now()
    row.folded_at = now()
    return row


def _tell(ticket: Ticket, rows: Iterable[Clock], book: Book) -> None:
    """Warning and breach, each once; none of what had come before there was a promise."""
    since = {version.pk: version.since for version in book.versions}
    moment = now()
    for row in rows:
        began = since.get(row.version_id)
        is_old = is_history() or began is None
        if _is_to_warn(row, moment):
            row.warned_at = moment
            if not is_old and row.warn_at and began and row.warn_at >= began:
                _record(ticket, "sla.warned", row)
        if row.state == State.BREACHED and row.breach_told_at is None:
            row.breach_told_at = moment
            if not is_old and row.due_at and began and row.due_at >= began:
                _record(ticket, "sla.breached", row)
        row.next_at = _next_moment(row)


def _is_to_warn(row: Clock, moment: datetime) -> bool:
    if row.warned_at or row.warn_at is None or row.state not in (State.RUNNING, State.BREACHED):
        return False
    return row.warn_at <= moment and row.state == State.RUNNING


def _next_moment(row: Clock) -> datetime | None:
    if row.state != State.RUNNING:
        return None
    moments = [] if row.warned_at or row.warn_at is None else [row.warn_at]
    if row.due_at:
        moments.append(row.due_at)
    return min(moments, default=None)


def _record(ticket: Ticket, name: str, row: Clock) -> None:
    record_on(ticket, name, actor=None, clock=row.pk, metric=row.metric, cycle=row.cycle)


def _save(rows: Iterable[Clock], known: dict[tuple[str, int], Clock]) -> None:
    new = [row for row in rows if (row.metric, row.cycle) not in known]
    old = [row for row in rows if (row.metric, row.cycle) in known]
    Clock.objects.bulk_create(new)
    Clock.objects.bulk_update(old, _FOLDED)


_FOLDED = [
    "version",
    "target",
    "state",
    "started_at",
    "stopped_at",
    "due_at",
    "warn_at",
    "elapsed",
    "pauses",
    "steps",
    "folded_at",
    "next_at",
    "warned_at",
    "breach_told_at",
]


def _nearest(rows: Iterable[Clock]) -> datetime | None:
    """Of what still waits for us; a broken promise is one until it is kept late."""
    due = [row.due_at for row in rows if row.due_at and row.is_going and row.state in _GOING]
    return min(due, default=None)


def tell_due(limit: int = 200) -> int:
    """Fold again what has come due, each ticket under its own lock: whoever is killed between two
    leaves the rest to the next beat. Says of how many tickets."""
    due = Clock.objects.filter(next_at__lt=now()).order_by("next_at")
    found = list(dict.fromkeys(due.values_list("ticket_id", flat=True)[:limit]))
    book = Book.load()
    for pk in found:
        refold(pk, book=book)
    return len(found)


def refold_open(limit: int | None = None) -> int:
    """All unresolved tickets: a promise or working hours have changed."""
    book = Book.load()
    found = Ticket.objects.unresolved().filter(merged_into=None).order_by("-last_at")
    ids = list(found.values_list("pk", flat=True)[:limit])
    for pk in ids:
        refold(pk, book=book)
    return len(ids)
