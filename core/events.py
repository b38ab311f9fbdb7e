"""The spine: one event per change, and the reactions that follow it.

``record`` writes the event and one row per reaction in the caller's transaction. After the
commit, screens are signalled and one hint per transaction goes to Celery. The rows are the
truth: whatever a killed process or a lost hint leaves behind, the sweep hands over again.
"""

import hashlib
import hmac
import json
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import connection, models, transaction

from core import keyring, live
from core.clock import now
from core.models import Event, Reaction

log = logging.getLogger("helpdesk.events")

MAX_ATTEMPTS = 12
LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Subscriber:
    name: str
    lane: str
    function: Callable[..., None]


_subscribers: dict[str, list[Subscriber]] = defaultdict(list)
_by_name: dict[str, Subscriber] = {}
_quiet: ContextVar[bool] = ContextVar("history_import", default=False)
_via: ContextVar[str] = ContextVar("via", default="")
# Transactions of this process whose hint is out already; several events share one.
_hinted: deque[int] = deque(maxlen=256)


def on(*names: str, lane: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the function after each event of these names.

    Without a lane it gets the event and runs inside the transaction that also deletes its row:
    its effects in the database happen once. With a lane it does slow or outside work: it gets
    the event and a ``Lease`` and must put its effects into ``with lease.finish():``.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        subscriber = Subscriber(f"{function.__module__}.{function.__qualname__}", lane, function)
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
    event = Event(
        name=name,
        at=now(),
        actor_kind=_kind_of(actor),
        actor_id=actor.pk if actor else None,
        subject_kind=subject._meta.label,
        subject_id=subject.pk,
        ticket_id=ticket.pk if ticket else None,
        seq=_raise_seq(ticket) if ticket else None,
        via=_via.get(),
        details=json.loads(json.dumps(details, default=str)),
    )
    event.mac = mac_of(event)
    event.save(force_insert=True)
    if not _quiet.get():
        _schedule(event, list(rooms), not_before)
    return event


def _kind_of(actor: models.Model | None) -> str:
    if actor is None:
        return Event.ActorKind.SYSTEM
    return (
        Event.ActorKind.CUSTOMER if actor._meta.model_name == "customer" else Event.ActorKind.USER
    )


def _raise_seq(ticket: models.Model) -> int:
    table = connection.ops.quote_name(ticket._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET seq = seq + 1 WHERE id = %s RETURNING seq",  # noqa: S608  our own table name
            [ticket.pk],
        )
        [seq] = cursor.fetchone()
    ticket.seq = seq  # type: ignore[attr-defined]
    return int(seq)


def _schedule(event: Event, rooms: list[str], not_before: datetime | None) -> None:
    subscribers = _subscribers[event.name]
    delayed: dict[str, Any] = {"next_at": not_before} if not_before else {}
    Reaction.objects.bulk_create(
        Reaction(event=event, name=s.name, lane=s.lane, **(delayed if s.lane else {}))
        for s in subscribers
    )
    if subscribers:
        transaction.on_commit(partial(_hint, event.xid), robust=True)
    if rooms:
        transaction.on_commit(partial(_signal, event.seq, rooms), robust=True)


def _signal(seq: int | None, rooms: list[str]) -> None:
    moment = time.time_ns() // 1_000_000
    for room in rooms:
        live.publish(room, seq if seq and room.startswith("ticket:") else moment)


def _hint(xid: int) -> None:
    if xid not in _hinted:
        _hinted.append(xid)
        current_app.send_task("core.tasks.drain", args=[str(xid)], ignore_result=True)


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


# Running the reactions


def drain(xid: int) -> int:
    """Run the reactions of one transaction that need no lane; say how many were done."""
    with transaction.atomic():
        rows = list(
            _due(Reaction.objects.filter(xid=xid, lane=""))
            .select_related("event")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("pk")
        )
        done = [row.pk for row in rows if _run_inside(row)]
        Reaction.objects.filter(pk__in=done).delete()
    for row in _due(Reaction.objects.filter(xid=xid).exclude(lane="")):
        current_app.send_task("core.tasks.run_lane", args=[row.pk], ignore_result=True)
    return len(done)


def _due(reactions: "models.QuerySet[Reaction]") -> "models.QuerySet[Reaction]":
    return reactions.filter(state=Reaction.State.PENDING, next_at__lte=now())


def _run_inside(row: Reaction) -> bool:
    try:
        with transaction.atomic():
            _function_of(row)(row.event)
    except Exception as error:  # noqa: BLE001  whatever one reaction does, the others go on
        _note_failure(row, error)
        return False
    return True


def _function_of(row: Reaction) -> Callable[..., None]:
    return _by_name[row.name].function


def _note_failure(row: Reaction, error: Exception) -> None:
    """Try again later, ever more rarely, then leave it to a person. Keeps no personal values."""
    log.exception("Reaction %s of event %s failed.", row.name, row.event_id, exc_info=error)
    row.attempts += 1
    row.error = f"{type(error).__name__}"[:200]
    row.lease_until = None
    row.next_at = now() + timedelta(seconds=min(2**row.attempts, 3600))
    if row.attempts >= MAX_ATTEMPTS:
        row.state = Reaction.State.FAILED
    row.save(update_fields=["attempts", "error", "next_at", "state", "lease_until"])


class LeaseLost(Exception):
    """Another worker has taken this reaction over; whatever we did must not be written."""


class Lease:
    def __init__(self, row: Reaction) -> None:
        self.row = row
        self.is_finished = False

    @contextmanager
    def finish(self) -> Iterator[None]:
        """One transaction for the effects and the end of the reaction, fenced against zombies."""
        with transaction.atomic():
            mine = Reaction.objects.filter(pk=self.row.pk, fence=self.row.fence)
            if not mine.select_for_update().exists():
                raise LeaseLost(self.row.name)
            yield
            mine.delete()
        self.is_finished = True

    @contextmanager
    def postpone(self, until: datetime) -> Iterator[None]:
        """Like ``finish``, but the reaction runs again at the given time."""
        with transaction.atomic():
            changed = Reaction.objects.filter(pk=self.row.pk, fence=self.row.fence).update(
                next_at=until, lease_until=None, hinted_at=None
            )
            if not changed:
                raise LeaseLost(self.row.name)
            yield
        self.is_finished = True


def run_lane(reaction_id: int) -> bool:
    """Take one reaction with a lane under a lease and run it; say whether there was one to run."""
    with transaction.atomic():
        row = (
            _due(Reaction.objects.filter(pk=reaction_id))
            .exclude(lease_until__gt=now())
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("event")
            .first()
        )
        if row is None:
            return False
        row.fence += 1
        row.lease_until = now() + LEASE
        row.save(update_fields=["fence", "lease_until"])
    lease = Lease(row)
    try:
        _function_of(row)(row.event, lease)
    except LeaseLost:
        log.warning("Reaction %s was taken over by another worker.", row.name)
    except Exception as error:  # noqa: BLE001  a failed try is noted and repeated
        _note_failure(row, error)
    else:
        if not lease.is_finished:
            _note_failure(row, RuntimeError("ended without finishing its lease"))
    return True


def sweep(limit: int = 500) -> int:
    """Hand over what is due and was not picked up: lost hints, retries, scheduled sends."""
    recently = now() - timedelta(seconds=10)
    with transaction.atomic():
        rows = list(
            _due(Reaction.objects.all())
            .exclude(lease_until__gt=now())
            .exclude(hinted_at__gt=recently)
            .exclude(lane="", attempts=0, next_at__gt=now() - timedelta(seconds=1))
            .select_for_update(skip_locked=True)
            .order_by("next_at")[:limit]
        )
        Reaction.objects.filter(pk__in=[row.pk for row in rows]).update(hinted_at=now())
    for xid in dict.fromkeys(row.xid for row in rows if not row.lane):
        current_app.send_task("core.tasks.drain", args=[str(xid)], ignore_result=True)
    for row in rows:
        if row.lane:
            current_app.send_task("core.tasks.run_lane", args=[row.pk], ignore_result=True)
    return len(rows)


def retry_failed(reaction: Reaction) -> None:
    Reaction.objects.filter(pk=reaction.pk, state=Reaction.State.FAILED).update(
        state=Reaction.State.PENDING, attempts=0, next_at=now(), hinted_at=None
    )


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
