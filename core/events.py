"""The spine: one event per change, and the reactions that follow it.

``record`` writes the event and one row per reaction in the caller's transaction. After the
commit, screens are signalled, one hint per transaction goes to Celery for what needs no lane, and
one straight to its lane for what does. The rows are the truth: whatever a killed process or a lost
hint leaves behind, the sweep hands over again.
"""

import hashlib
import hmac
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial, update_wrapper
from typing import Any, NamedTuple
from uuid import UUID

from celery import current_app
from django.db import connection, models, transaction

from core import keyring, live
from core.clock import now
from core.models import Event, Reaction
from core.prepared import prepared_cursor

log = logging.getLogger("helpdesk.events")

LEASE = timedelta(minutes=2)
# Rooms whose pages resume from the ticket's number.
_NUMBERED = ("ticket:", "chat:")
# So long the workers have after a hint before the sweep gives another.
HINT_AGAIN = timedelta(seconds=4)


# Of some events those a reaction has something to do for.
Sieve = Callable[[Sequence[Event]], Collection[Event]]


@dataclass(frozen=True, slots=True)
class Subscriber:
    name: str
    lane: str
    function: Callable[..., None]
    lease: timedelta | None = LEASE
    only: Sieve | None = None


class _Recorded(NamedTuple):
    event: Event
    rooms: list[str]
    not_before: datetime | None


class _Together(NamedTuple):
    savepoints: int
    waiting: list[_Recorded]
    spared: set[tuple[UUID, str]]


_subscribers: dict[str, list[Subscriber]] = defaultdict(list)
_by_name: dict[str, Subscriber] = {}
_quiet: ContextVar[bool] = ContextVar("history_import", default=False)
_via: ContextVar[str] = ContextVar("via", default="")
_cause: ContextVar[dict[str, Any] | None] = ContextVar("cause", default=None)
# Transactions of this process whose hint is out already; several events share one.
_hinted: deque[int] = deque(maxlen=256)
_together: ContextVar["_Together | None"] = ContextVar("written_together", default=None)


def on(
    *names: str, lane: str = "", lease: timedelta | None = LEASE, only: Sieve | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the function after each event of these names.

    Without a lane it gets the event and runs inside the transaction that also deletes its row:
    its effects in the database happen once. With a lane it does slow or outside work: it gets
    the event and a ``Lease`` (core.lanes) and must put its effects into ``with lease.finish():``.
    After ``lease`` another worker takes over, unless the function holds on with
    ``lease.held()``. With None it has no lease to begin with, which saves a commit: for work
    that only reads until it finishes, so that doing it twice at once harms nobody.

    ``only``, for one without a lane, is asked once for all events of a transaction, right before
    they are followed; for what it leaves out nothing is done. It only reads.
    """
    if lane and only:
        raise ValueError("What runs on a lane looks for itself.")

    def register(function: Callable[..., None]) -> Callable[..., None]:
        full_name = f"{function.__module__}.{function.__qualname__}"
        subscriber = Subscriber(full_name, lane, function, lease, only)
        _by_name[subscriber.name] = subscriber
        for name in names:
            _subscribers[name].append(subscriber)
        return function

    return register


@contextmanager
def history() -> Iterator[None]:
    """Record what happened elsewhere or long ago: events, but no reactions and no signals."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@contextmanager
def happening() -> Iterator[None]:
    """Inside ``history``: what follows happens now, with all that follows from it."""
    token = _quiet.set(False)
    try:
        yield
    finally:
        _quiet.reset(token)


def is_history() -> bool:
    return _quiet.get()


@contextmanager
def through(door: str) -> Iterator[None]:
    """Note on each event by which door (ui, api, mail, cli) the change came."""
    token = _via.set(door)
    try:
        yield
    finally:
        _via.reset(token)


def set_door(door: str) -> None:
    _via.set(door)


@contextmanager
def caused_by(cause: dict[str, Any] | None) -> Iterator[None]:
    """Note on each event what it goes back to; what follows an event inherits its cause."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


def record(
    name: str,
    *,
    subject: models.Model,
    actor: models.Model | None,
    ticket: models.Model | None = None,
    rooms: Iterable[str] = (),
    not_before: datetime | None = None,
    **details: Any,
) -> Event:
    """Write an event and its reactions in the current transaction.

    With ``ticket`` the ticket's ``seq`` rises under its row lock, so per ticket the numbers
    have no gap and follow the order of commit. ``not_before`` delays the reactions with a lane.
    ``details`` may hold ids, codes and numbers, never what somebody said or is called.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{name} must be recorded in the transaction of its change.")
    if cause := _cause.get():
        details.setdefault("cause", cause)
    event = Event(
        name=name,
        at=now(),
        actor_kind=_kind_of(actor),
        actor_id=actor.pk if actor else None,
        subject_kind=subject._meta.label,
        subject_id=_id_of(subject),
        ticket_id=ticket.pk if ticket else None,
        seq=_raise_seq(ticket) if ticket else None,
        via=_via.get(),
        details=json.loads(json.dumps(details, default=str)),
    )
    event.mac = mac_of(event)
    recorded = _Recorded(event, list(rooms), not_before)
    held = _together.get()
    # Within a savepoint of its own it may still be undone alone.
    if held is None or len(connection.savepoint_ids) != held.savepoints:
        _write([recorded])
    else:
        held.waiting.append(recorded)
    return event


@contextmanager
def together() -> Iterator[None]:
    """What is recorded within is written at its end, in two statements however much it is; within
    its transaction. Until then no event of it can be read, and none has its ``xid``."""
    if _together.get() is not None:
        yield
        return
    held = _Together(len(connection.savepoint_ids), [], set())
    token = _together.set(held)
    try:
        yield
    finally:
        _together.reset(token)
    if held.waiting:
        _write(held.waiting, held.spared)


def spare(event: Event, *, lane: str) -> None:
    """What would follow it there is done already. For an event that is not written yet."""
    if held := _together.get():
        held.spared.add((event.pk, lane))


def _id_of(subject: models.Model) -> UUID:
    """Roles are numbered; signed is what the column gives back."""
    return subject.pk if isinstance(subject.pk, UUID) else UUID(int=subject.pk)


def _kind_of(actor: models.Model | None) -> str:
    if actor is None:
        return Event.ActorKind.SYSTEM
    return (
        Event.ActorKind.CUSTOMER if actor._meta.model_name == "customer" else Event.ActorKind.USER
    )


def _raise_seq(ticket: models.Model) -> int:
    table = connection.ops.quote_name(ticket._meta.db_table)
    with prepared_cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET seq = seq + 1 WHERE id = %s RETURNING seq",  # noqa: S608  our own table name
            [ticket.pk],
        )
        [seq] = cursor.fetchone()
    ticket.seq = seq  # type: ignore[attr-defined]
    return int(seq)


def _write(
    recorded: Sequence[_Recorded], spared: Collection[tuple[UUID, str]] = frozenset()
) -> None:
    Event.objects.bulk_create([one.event for one in recorded])
    if _quiet.get():
        return
    rows = [
        row
        for one in recorded
        for row in _reactions_to(one)
        if (row.event_id, row.lane) not in spared
    ]
    Reaction.objects.bulk_create(rows)
    # Signals first: they find out quickly whether Valkey answers.
    if rooms := {room: one.event.seq for one in recorded for room in one.rooms}:
        after_commit(_signal, rooms)
    if any(not row.lane for row in rows):
        after_commit(_hint, recorded[0].event.xid)
    late = {one.event.pk for one in recorded if one.not_before and one.not_before > now()}
    for row in rows:
        if row.lane and row.event_id not in late:
            after_commit(_hint_lane, row)


def _reactions_to(one: _Recorded) -> Iterator[Reaction]:
    for found in _subscribers[one.event.name]:
        due = _due_at(one.not_before if found.lane else None)
        yield Reaction(event=one.event, name=found.name, lane=found.lane, **due)


def _due_at(not_before: datetime | None) -> dict[str, datetime]:
    if not_before:
        return {"next_at": not_before, "hint_after": not_before}
    return {"hint_after": now() + HINT_AGAIN}


def after_commit(function: Callable[..., Any], *given: Any) -> None:
    """Should it fail, that is logged, and what is committed is answered as such."""
    # Django's log line wants the __qualname__, which a bare partial has not; without it the
    # failure would become the request's.
    transaction.on_commit(update_wrapper(partial(function, *given), function), robust=True)


def _signal(rooms: Mapping[str, int | None]) -> None:
    moment = time.time_ns() // 1_000_000
    live.publish_all(
        {room: seq if seq and room.startswith(_NUMBERED) else moment for room, seq in rooms.items()}
    )


def _hint(xid: int) -> None:
    if xid not in _hinted and live.answers():
        _hinted.append(xid)
        current_app.send_task("core.tasks.drain", args=[str(xid)], ignore_result=True)


def _hint_lane(row: Reaction) -> None:
    if live.answers():
        hand_over(row)


def hand_over(row: Reaction) -> None:
    """Each lane has a queue of its own, so that a flood of mail holds up no answer."""
    current_app.send_task("core.tasks.run_lane", args=[row.pk], queue=row.lane, ignore_result=True)


def subscriber(name: str) -> Subscriber:
    return _by_name[name]


def sieve_of(name: str) -> Sieve | None:
    """Also of a name that is gone."""
    known = _by_name.get(name)
    return known.only if known else None


def canonical(event: Event) -> bytes:
    """The event as the bytes that are authenticated: JSON, keys sorted, UTC microseconds."""
    fields = {
        "id": str(event.id),
        "name": event.name,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": [event.actor_kind, str(event.actor_id)],
        "subject": [event.subject_kind, str(event.subject_id)],
        "ticket": [str(event.ticket_id), event.seq],
        "via": event.via,
        "details": event.details,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def mac_of(event: Event) -> bytes:
    """Bind the event to a key outside the database, so that not even its owner can add one."""
    return hmac.digest(keyring.load().audit_mac, canonical(event), hashlib.sha256)


# Reading without missing any


def read_in_order(after: tuple[int, UUID] | None) -> "models.QuerySet[Event]":
    """Events in the order of their transactions' numbers. Stays behind the oldest running
    transaction, so that no row with a smaller number can still appear behind the reader's back.
    A ticket's own order is its ``seq``, which may differ where transactions overlapped."""
    events = Event.objects.extra(where=["core_event.xid < pg_snapshot_xmin(pg_current_snapshot())"])
    if after:
        events = events.extra(
            where=["(core_event.xid, core_event.id) > (%s::xid8, %s::uuid)"],
            params=[str(after[0]), str(after[1])],
        )
    return events.order_by("xid", "id")
