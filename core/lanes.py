"""Running the reactions: at once inside a transaction, or on a lane for slow and outside work."""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from celery import current_app
from django.db import Error, connection, models, transaction
from django.db.models import F

from core.clock import now
from core.events import HINT_AGAIN, Sieve, after_commit, caused_by, hand_over, sieve_of, subscriber
from core.models import Reaction
from core.prepared import PreparedQuery, prepared_cursor
from core.unreadable import note_unreadable

log = logging.getLogger("helpdesk.events")

MAX_ATTEMPTS = 12
# A hint lies in a queue as long as the workers are behind; more of them would make it longer.
LONGEST_HINT = timedelta(minutes=2)


def drain(xid: int) -> int:
    """Run the reactions of one transaction that need no lane; say how many were done."""
    with transaction.atomic():
        rows = _DRAINED.fetch([str(xid), now()])
        idle = _sift(rows)
        done = [row.pk for row in rows if row.pk in idle or _run_inside(row)]
        Reaction.objects.filter(pk__in=done).delete()
    return len(done)


def _sift(rows: Sequence[Reaction]) -> set[int]:
    """Those that have nothing to do, asked for each kind at once: most of what follows a change of
    a ticket is in most houses of this sort."""
    asked: dict[Sieve, list[Reaction]] = defaultdict(list)
    for row in rows:
        if sieve := sieve_of(row.name):
            asked[sieve].append(row)
    idle: set[int] = set()
    for sieve, found in asked.items():
        wanted = {event.pk for event in sieve([row.event for row in found])}
        idle |= {row.pk for row in found if row.event_id not in wanted}
    return idle


def _build_drained(xid: str, moment: datetime, *, shape: None) -> "models.QuerySet[Reaction]":
    of_transaction = Reaction.objects.filter(lane="").extra(
        where=["core_reaction.xid = %s::xid8"], params=[xid]
    )
    return (
        _due(of_transaction, moment)
        .select_related("event")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("pk")
    )


def _due(reactions: "models.QuerySet[Reaction]", moment: datetime) -> "models.QuerySet[Reaction]":
    return reactions.filter(state=Reaction.State.PENDING, next_at__lte=moment)


def _run_inside(row: Reaction) -> bool:
    try:
        with transaction.atomic(), caused_by(row.event.details.get("cause")):
            _function_of(row)(row.event)
    except Exception as error:  # noqa: BLE001  whatever one reaction does, the others go on
        _note_failure(row, error)
        return False
    return True


def _function_of(row: Reaction) -> Callable[..., None]:
    return subscriber(row.name).function


def _note_failure(row: Reaction, error: Exception) -> None:
    """Try again later, ever more rarely, then leave it to a person. Keeps no personal values."""
    log.exception("Reaction %s of event %s failed.", row.name, row.event_id, exc_info=error)
    row.attempts += 1
    row.error = f"{type(error).__name__}"[:200]
    row.lease_until = None
    row.next_at = now() + timedelta(seconds=min(2**row.attempts, 3600))
    if row.attempts >= MAX_ATTEMPTS:
        row.state = Reaction.State.FAILED
    row.hint_after, row.hints = row.next_at, 0
    changed = ["attempts", "error", "next_at", "state", "lease_until", "hint_after", "hints"]
    # Nothing if somebody else has finished it meanwhile.
    Reaction.objects.filter(pk=row.pk, fence=row.fence).update(
        **{name: getattr(row, name) for name in changed}
    )
    note_unreadable(error)


class LeaseLost(Exception):
    """Another worker has taken this reaction over; whatever we did must not be written."""


class Lease:
    def __init__(self, row: Reaction) -> None:
        self.row = row
        self.is_finished = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the lease for as long as this process lives and works, however long it takes.

        A short lease then means a quick takeover after a kill, not a limit of the work.
        """
        length = subscriber(self.row.name).lease or timedelta()
        is_over = threading.Event()
        beat = threading.Thread(target=self._renew, args=(is_over, length), daemon=True)
        beat.start()
        try:
            yield
        finally:
            is_over.set()

    def _renew(self, is_over: threading.Event, length: timedelta) -> None:
        mine = Reaction.objects.filter(
            pk=self.row.pk, fence=self.row.fence, lease_until__isnull=False
        )
        while not is_over.wait(length.total_seconds() / 3):
            try:
                mine.update(lease_until=now() + length)
            except Error:  # a database that is away for a moment ends the lease, not the work
                connection.close()
        connection.close()

    @contextmanager
    def finish(self) -> Iterator[None]:
        """One transaction for the effects and the end of the reaction, fenced against zombies."""
        with transaction.atomic():
            with prepared_cursor() as cursor:
                # Nobody takes it over until the transaction ends, and with it, it comes back.
                cursor.execute(_END, [self.row.pk, self.row.fence])
                if not cursor.rowcount:
                    raise LeaseLost(self.row.name)
            yield
        self.is_finished = True

    @contextmanager
    def keep(self) -> Iterator[None]:
        """One transaction for some of the effects; the reaction goes on after it."""
        with transaction.atomic():
            self.confirm()
            yield

    def confirm(self) -> None:
        """Nobody takes the reaction over until the transaction ends; raises ``LeaseLost``."""
        mine = Reaction.objects.filter(pk=self.row.pk, fence=self.row.fence)
        if not mine.select_for_update().exists():
            raise LeaseLost(self.row.name)

    @contextmanager
    def postpone(self, until: datetime) -> Iterator[None]:
        """Like ``finish``, but the reaction runs again at the given time."""
        with transaction.atomic():
            changed = Reaction.objects.filter(pk=self.row.pk, fence=self.row.fence).update(
                next_at=until, lease_until=None, hint_after=until, hints=0
            )
            if not changed:
                raise LeaseLost(self.row.name)
            yield
        self.is_finished = True


def run_lane(reaction_id: int) -> bool:
    """Run one reaction with a lane; say whether there was one to run."""
    row = _take(reaction_id)
    if row is None:
        return False
    lease = Lease(row)
    try:
        with caused_by(row.event.details.get("cause")):
            _function_of(row)(row.event, lease)
    except LeaseLost:
        log.warning("Reaction %s was finished or taken over by another worker.", row.name)
    except Exception as error:  # noqa: BLE001  a failed try is noted and repeated
        _note_failure_or_later(row, error)
    else:
        if not lease.is_finished:
            _note_failure(row, RuntimeError("ended without finishing its lease"))
    return True


def _note_failure_or_later(row: Reaction, error: Exception) -> None:
    """What failed because the database went away cannot be noted there now: without a note nobody
    would take it up before its lease is over."""
    try:
        _note_failure(row, error)
    except Error:
        log.warning("The failure of reaction %s is noted once the database answers.", row.name)
        current_app.send_task(
            "core.tasks.note_failure",
            args=[row.pk, row.fence, type(error).__name__],
            countdown=1,
            ignore_result=True,
        )


def note_failure(reaction_id: int, fence: int, error: str) -> None:
    """Raises ``django.db.Error`` while the database is still away."""
    row = Reaction.objects.filter(pk=reaction_id, fence=fence).first()
    if row is not None and row.lease_until is not None:
        _note_failure(row, ConnectionError(error))


def _take(reaction_id: int) -> Reaction | None:
    row = _TAKEN.first(reaction_id, now())
    if row is None or (length := subscriber(row.name).lease) is None:
        # Without a lease two workers may do the same; only the first one's effects count.
        return row
    row.lease_until = now() + length
    with prepared_cursor() as cursor:
        cursor.execute(_TAKE, [row.lease_until, row.pk, now(), now()])
        found = cursor.fetchone()
    if found is None:
        return None
    row.fence = found[0]
    return row


def _build_taken(pk: int, moment: datetime, *, shape: None) -> "models.QuerySet[Reaction]":
    found = _due(Reaction.objects.filter(pk=pk), moment)
    return found.exclude(lease_until__gt=moment).select_related("event")


_DRAINED, _TAKEN = PreparedQuery(_build_drained), PreparedQuery(_build_taken)
# Looked at again under its lock, and left to whoever holds it.
_TAKE = """
UPDATE core_reaction SET fence = fence + 1, lease_until = %s WHERE id = (
    SELECT id FROM core_reaction
    WHERE id = %s AND state = 'pending' AND next_at <= %s
        AND (lease_until IS NULL OR lease_until <= %s)
    FOR UPDATE SKIP LOCKED
) RETURNING fence
"""
_END = "DELETE FROM core_reaction WHERE id = %s AND fence = %s"


def sweep(limit: int = 500) -> int:
    """Hand over what is due and was not picked up: lost hints, retries, scheduled sends."""
    with transaction.atomic():
        rows = list(
            _due(Reaction.objects.all(), now())
            .filter(hint_after__lte=now())
            .exclude(lease_until__gt=now())
            .select_for_update(skip_locked=True)
            .order_by("next_at")[:limit]
        )
        for hints in {row.hints for row in rows}:
            again = now() + min(HINT_AGAIN * 2**hints, LONGEST_HINT)
            Reaction.objects.filter(pk__in=[row.pk for row in rows if row.hints == hints]).update(
                hint_after=again, hints=F("hints") + 1
            )
    for xid in dict.fromkeys(row.xid for row in rows if not row.lane):
        current_app.send_task("core.tasks.drain", args=[str(xid)], ignore_result=True)
    for row in rows:
        if row.lane:
            hand_over(row)
    return len(rows)


def wake(rows: "models.QuerySet[Reaction]") -> None:
    """Run reactions of a lane once this transaction is committed, whenever they were due.

    One that a worker holds at this moment is left to that worker.
    """
    pending = rows.filter(state=Reaction.State.PENDING).exclude(lane="")
    woken = list(pending.select_for_update(skip_locked=True, of=("self",)))
    Reaction.objects.filter(pk__in=[row.pk for row in woken]).update(
        next_at=now(), hint_after=now() + HINT_AGAIN, hints=0
    )
    for row in woken:
        after_commit(hand_over, row)


def retry_failed(reaction: Reaction) -> None:
    Reaction.objects.filter(pk=reaction.pk, state=Reaction.State.FAILED).update(
        state=Reaction.State.PENDING, attempts=0, next_at=now(), hint_after=now(), hints=0
    )
