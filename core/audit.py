"""The proof that nobody altered the history.

Off the hot path, a sealer chains the events by hash and signs checkpoints into a file outside
the database. An event's own MAC shows an edit or an invented event at once; the chain shows a
deletion or a swap; the checkpoints show a cut of the tail. Events younger than
``UNSEALED_WINDOW`` are protected by their MAC alone.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from core import keyring
from core.clock import now
from core.events import canonical, mac_of
from core.models import AuditSeal, Event

UNSEALED_WINDOW = timedelta(seconds=60)
CHECKPOINT_EVERY = timedelta(seconds=30)
CHECKPOINT_EVENTS = 1000
_LOCK = 7_203_114  # advisory lock: one sealer at a time in the whole cluster
_BATCH = 5000
_TAIL = 4096  # bytes in which the newest checkpoint surely stands; a line has some 270
GENESIS = hashlib.sha256(b"helpdesk audit chain v1").digest()

# Exit codes of `verify_audit`.
OK, CONTENT, GAP, TRUNCATED, UNSEALED, SIGNATURE = 0, 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Finding:
    code: int
    place: str
    what: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    seq: int
    chain: str
    at: str
    signature: str

    @property
    def signed_part(self) -> bytes:
        return f"helpdesk-checkpoint-v1|{self.seq}|{self.chain}|{self.at}".encode()


def leaf_of(event: Event) -> bytes:
    return hashlib.sha256(
        b"\x00" + canonical(event) + str(event.xid).encode() + bytes(event.mac)
    ).digest()


def chain_of(previous: bytes, leaf: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + previous + leaf).digest()


def seal(*, everything: bool = False, checkpoint: bool = False) -> int:
    """Seal what is committed and not yet sealed; say how many.

    Looks back ten minutes behind the last sealed event (ids rise with time), or through all
    with ``everything``. ``checkpoint`` writes one even if the last is young.
    """
    sealed = 0
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if not cursor.fetchone()[0]:
                return 0
            # Right after much was imported the planner takes the seals for few, and would read
            # all of them once for each event, see also ``_unsealed``.
            cursor.execute("SET LOCAL enable_seqscan = off")
        last = AuditSeal.objects.order_by("-seq").first()
        while batch := _unsealed(last, everything=everything):
            seals = []
            for event in batch:
                leaf = leaf_of(event)
                chain = chain_of(bytes(last.chain) if last else GENESIS, leaf)
                last = AuditSeal(
                    seq=last.seq + 1 if last else 1, event_id=event.id, leaf=leaf, chain=chain
                )
                seals.append(last)
            AuditSeal.objects.bulk_create(seals, batch_size=1000)
            sealed += len(seals)
    if last:
        _write_checkpoint(last, force=checkpoint)
    return sealed


def _unsealed(last: AuditSeal | None, *, everything: bool) -> list[Event]:
    events = Event.objects.extra(
        where=[
            "core_event.xid < pg_snapshot_xmin(pg_current_snapshot())",
            # Not as a join: each is looked up in the index, however many there are.
            "(SELECT s.seq FROM core_auditseal s WHERE s.event_id = core_event.id) IS NULL",
        ]
    )
    if last and not everything:
        sealed_at = last.event_id.int >> 80  # the milliseconds of a UUIDv7
        events = events.filter(id__gte=_first_id_of(sealed_at - 600_000))
    return list(events.order_by("xid", "id")[:_BATCH])


def _first_id_of(milliseconds: int) -> UUID:
    return UUID(int=max(milliseconds, 0) << 80)


def _write_checkpoint(last: AuditSeal, *, force: bool) -> None:
    path = Path(settings.CHECKPOINT_FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_with(path):
        previous = _newest_checkpoint(path)
        if previous and (previous.seq >= last.seq or not (force or _is_due(previous, last))):
            return
        _append_checkpoint(path, last)


@contextmanager
def _alone_with(path: Path) -> Iterator[None]:
    """The database's lock ends with its commit: two sealers could write out of order, or one cut
    off the other's line."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _append_checkpoint(path: Path, last: AuditSeal) -> None:
    at = now().astimezone(UTC).isoformat()
    point = _sign(Checkpoint(last.seq, bytes(last.chain).hex(), at, ""))
    line = json.dumps({"seq": point.seq, "chain": point.chain, "at": at, "sig": point.signature})
    _append_line(path, line.encode())


def _append_line(path: Path, line: bytes) -> None:
    """A line that a full disk or a crash cut short must not swallow the next one."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    with os.fdopen(descriptor, "rb+", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        end -= len(file.read().rpartition(b"\n")[2])
        file.truncate(end)
        if file.write(line + b"\n") != len(line) + 1:
            file.truncate(end)
            raise OSError(f"No room for a checkpoint in {path}.")
        os.fsync(descriptor)


def _newest_checkpoint(path: Path) -> Checkpoint | None:
    """The last line only: the file grows for years, and the sealer looks at it all the time."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        lines = file.read().split(b"\n")[:-1]
    return _read_line(lines[-1]) if lines else None


def _is_due(previous: Checkpoint, last: AuditSeal) -> bool:
    if previous.seq < 0:
        return True  # not a checkpoint at all; what follows it must stand on its own
    age = now() - datetime.fromisoformat(previous.at)
    return age >= CHECKPOINT_EVERY or last.seq - previous.seq >= CHECKPOINT_EVENTS


def _sign(point: Checkpoint) -> Checkpoint:
    signer = Ed25519PrivateKey.from_private_bytes(keyring.load().audit_sign)
    return Checkpoint(point.seq, point.chain, point.at, signer.sign(point.signed_part).hex())


def read_checkpoints(path: Path) -> list[Checkpoint]:
    if not path.exists():
        return []
    *lines, _unfinished = path.read_bytes().split(b"\n")
    return [_read_line(line) for line in lines]


def _read_line(line: bytes) -> Checkpoint:
    try:
        row = json.loads(line)
        point = Checkpoint(int(row["seq"]), str(row["chain"]), str(row["at"]), str(row["sig"]))
        if datetime.fromisoformat(point.at).tzinfo is None:
            raise ValueError(point.at)
    except (ValueError, KeyError, TypeError, RecursionError):
        # A line that is no checkpoint fails the signature check under its own number.
        return Checkpoint(-1, "", "", "")
    return point


# Verifying


def verify(copy: Path | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the history, in order of the chain, then beyond it.

    ``copy`` is the checkpoint file as it was copied away: the history must agree with it, and
    our own file must go on where it ends.
    """
    kept = read_checkpoints(Path(settings.CHECKPOINT_FILE))
    points = read_checkpoints(copy) if copy else kept
    yield from _bad_signatures(points)
    yield from _check_chain(points)
    if copy:
        yield from _compare_files(copied=points, kept=kept)
    yield from _check_unsealed()
    yield from _check_ticket_heads()


def _check_chain(points: list[Checkpoint]) -> Iterator[Finding]:
    wanted = {point.seq: point for point in points}
    count, previous, chains = 0, GENESIS, {}
    for row, event in _sealed_events():
        yield from _check_link(row, event, expected=count + 1, previous=previous)
        if row.seq < 1:
            continue
        count, previous = row.seq, bytes(row.chain)
        if count in wanted:
            chains[count] = previous.hex()
    if count and not points:
        yield Finding(TRUNCATED, "checkpoint line 1", "there are seals, but no checkpoint")
    agreed = 0
    for seq, point in sorted(wanted.items()):
        if seq > count:
            what = (
                f"the chain ends at {count}; the checkpoint of {point.at} has seen {seq}; "
                f"the checkpoints vouch for it up to {agreed}"
            )
            yield Finding(TRUNCATED, f"seal {count + 1}", what)
        elif seq > 0 and chains.get(seq) != point.chain:
            what = f"differs from the checkpoint of {point.at}"
            yield Finding(TRUNCATED, f"seal {agreed + 1} to {seq}", what)
        else:
            agreed = seq


def _compare_files(*, copied: list[Checkpoint], kept: list[Checkpoint]) -> Iterator[Finding]:
    """The file only ever grows, so a copy of it stays its beginning."""
    for number, point in enumerate(copied, 1):
        if number > len(kept):
            what = f"our file has {len(kept)} lines, the copy {len(copied)}"
            yield Finding(TRUNCATED, f"checkpoint line {number}", what)
            return
        if kept[number - 1] != point:
            what = f"our file differs from the copy at seal {point.seq}"
            yield Finding(TRUNCATED, f"checkpoint line {number}", what)
            return


def _bad_signatures(points: Iterable[Checkpoint]) -> Iterator[Finding]:
    key = Ed25519PrivateKey.from_private_bytes(keyring.load().audit_sign).public_key()
    before = 0
    for number, point in enumerate(points, 1):
        try:
            key.verify(bytes.fromhex(point.signature), point.signed_part)
        except (InvalidSignature, ValueError):
            yield Finding(SIGNATURE, f"checkpoint line {number}", "the signature is not ours")
        if point.seq < before:
            yield Finding(SIGNATURE, f"checkpoint line {number}", "the lines are out of order")
        before = point.seq


def _sealed_events() -> Iterator[tuple[AuditSeal, Event | None]]:
    # From the very smallest: a number below one would hide its event from all checks.
    seals = list(AuditSeal.objects.order_by("seq")[:_BATCH])
    while seals:
        events = Event.objects.in_bulk([row.event_id for row in seals])
        for row in seals:
            yield row, events.get(row.event_id)
        seals = list(AuditSeal.objects.filter(seq__gt=seals[-1].seq).order_by("seq")[:_BATCH])


def _check_link(
    row: AuditSeal, event: Event | None, *, expected: int, previous: bytes
) -> Iterator[Finding]:
    place = f"seal {row.seq}"
    if row.seq < 1:
        yield Finding(CONTENT, place, "the chain begins at 1")
    elif row.seq != expected:
        yield Finding(GAP, f"seal {expected}", f"missing: the chain goes on at {row.seq}")
    elif bytes(row.chain) != chain_of(previous, bytes(row.leaf)):
        yield Finding(CONTENT, place, "the chain is broken here")
    if event is None:
        yield Finding(GAP, f"{place}, event {row.event_id}", "the sealed event is gone")
    elif leaf_of(event) != bytes(row.leaf) or not _is_ours(event):
        yield Finding(CONTENT, f"{place}, event {event.id} ({event.name})", "the event was altered")


def _is_ours(event: Event) -> bool:
    return hmac.compare_digest(bytes(event.mac), mac_of(event))


def _check_unsealed() -> Iterator[Finding]:
    unsealed = Event.objects.extra(
        where=["NOT EXISTS (SELECT 1 FROM core_auditseal s WHERE s.event_id = core_event.id)"]
    )
    newest_allowed = _first_id_of(int((now() - UNSEALED_WINDOW).timestamp() * 1000))
    for event in unsealed.order_by("id").iterator():
        place = f"event {event.id} ({event.name})"
        if not _is_ours(event):
            yield Finding(CONTENT, place, "not written by this application, or altered")
        elif event.id < newest_allowed:
            yield Finding(UNSEALED, place, "older than 60 seconds and not sealed")


def _check_ticket_heads() -> Iterator[Finding]:
    """The last number of each ticket must have its event: catches a cut of the unsealed tail."""
    for model in apps.get_models():
        if not getattr(model, "numbers_events", False):
            continue
        table = connection.ops.quote_name(model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT t.id, t.seq, count(e.id), coalesce(max(e.seq), 0) FROM {table} t "  # noqa: S608  our own table name
                "LEFT JOIN core_event e ON e.ticket_id = t.id GROUP BY t.id, t.seq "
                "HAVING count(e.id) <> t.seq OR coalesce(max(e.seq), 0) <> t.seq ORDER BY t.id"
            )
            for pk, seq, events, newest in cursor.fetchall():
                what = f"says {seq} events, has {events}, the newest is {newest}"
                number = min(_first_missing(pk), seq + 1)
                yield Finding(GAP, f"ticket {pk}, number {number}", what)


def _first_missing(ticket: UUID) -> int:
    numbers = set(Event.objects.filter(ticket_id=ticket).values_list("seq", flat=True))
    return next(number for number in range(1, len(numbers) + 2) if number not in numbers)
