"""Two hundred random tampers by the owner of the database: each found, and at its place.

The seed is fixed, so that a failure can be looked at; ``TAMPER_SEED`` and ``TAMPERS`` choose
others. All that is known here of an expected place is which row was touched.
"""

import io
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import cycle
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db import connection, transaction

from core import audit
from core.models import AuditSeal, Event
from core.owner import owner_login
from tickets import actions
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SEED = int(os.environ.get("TAMPER_SEED", "20261121"))
TAMPERS = int(os.environ.get("TAMPERS", "200"))
EVENT_COLUMNS = (
    *("id", "name", "at", "actor_kind", "actor_id", "subject_kind", "subject_id", "ticket_id"),
    *("seq", "via", "details", "xid", "mac"),
)
SEAL_COLUMNS = ("seq", "event_id", "leaf", "chain")


@pytest.fixture
def history(inbox, mail_in, alice, bob, carol, seal):
    """Four requests of some people and six checkpoints, the last over everything."""
    for turn in range(6):
        asked = mail_in(inbox, f"{turn % 4}@example.org", "My lamp", f"It went dark, {turn}.")
        ticket = asked.ticket
        actions.assign(ticket, actor=alice, assignee=[alice, bob][turn % 2])
        actions.add_note(ticket, actor=bob, body=f"The dimmer again, {turn}?")
        actions.set_tags(ticket, actor=alice, tags=["lamp", f"t{turn}"])
        actions.reply(ticket, actor=alice, body=f"Please send it in, {turn}.")
        actions.set_priority(ticket, actor=bob, priority=[10, 30][turn % 2])
        actions.move_to_status(ticket, actor=alice, status="resolved")
        seal()
    assert AuditSeal.objects.count() == Event.objects.count() >= 60


@pytest.fixture
def story(inbox, mail_in, seal):
    """As little as has four checkpoints."""
    for turn in range(4):
        mail_in(inbox, "carol@example.org", "My lamp", f"It went dark, {turn}.")
        seal()


def execute(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def fetch(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


# What can be done


@dataclass
class Tamper:
    """What was done and how it must show: one of the codes, and one of the words in its place."""

    what: str
    codes: set[int]
    places: list[str] = field(default_factory=list)
    # Where only checkpoints tell: the number that must lie in the named range of seals.
    number: int = 0

    def is_named_by(self, code: int, finding: dict[str, Any]) -> bool:
        if code not in self.codes or finding["code"] != code:
            return False
        return any(self._is_there(place, finding["place"]) for place in self.places) or (
            self._is_in_range(finding["place"]) or self._is_behind(finding["what"])
        )

    def _is_there(self, place: str, found: str) -> bool:
        return re.search(rf"{re.escape(place)}(?!\w)", found) is not None

    def _is_in_range(self, found: str) -> bool:
        spread = re.fullmatch(r"seal (\d+) to (\d+)", found)
        return bool(spread and int(spread[1]) <= self.number <= int(spread[2]))

    def _is_behind(self, found: str) -> bool:
        """Shifted and cut are one to the checkpoints: both lack the last seals."""
        spread = re.search(r"has seen (\d+); the checkpoints vouch for it up to (\d+)", found)
        return bool(spread and int(spread[2]) < self.number <= int(spread[1]))


class Owner:
    """Whoever holds the owner's login and knows our code, but not the keys."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.last = AuditSeal.objects.count()
        seals = AuditSeal.objects.values_list("event_id", "seq")
        self.seal_of = dict(seals)
        self.event_of = {seq: event for event, seq in seals}

    def pick(self, most: int | None = None) -> int:
        return self.dice.randint(1, most or self.last)

    # One value

    def edit_event(self, column: str) -> Tamper:
        number = self.pick()
        if column in ("ticket_id", "seq"):
            number = self.dice.choice([self.seal_of[e] for e in self._numbered()])
        victim = self.event_of[number]
        before, after = self._change("core_event", column, "id", victim)
        what = f"core_event.{column} of seal {number}: {before!r} became {after!r}"
        code = audit.GAP if column == "id" else audit.CONTENT
        return Tamper(what, {code}, [f"seal {number}, event {victim}"])

    def _numbered(self) -> list[UUID]:
        return [pk for (pk,) in fetch("SELECT id FROM core_event WHERE seq IS NOT NULL")]

    def edit_seal(self, column: str) -> Tamper:
        number = self.pick()
        before, after = self._change("core_auditseal", column, "seq", number)
        what = f"core_auditseal.{column} of {number}: {before!r} became {after!r}"
        if column == "seq":
            # Moved before the beginning, or beyond the end.
            places = [f"seal {number}", f"seal {after}"]
            return Tamper(what, {audit.GAP, audit.CONTENT, audit.TRUNCATED}, places)
        code = audit.GAP if column == "event_id" else audit.CONTENT
        return Tamper(what, {code}, [f"seal {number}"])

    def _change(self, table: str, column: str, key: str, value: Any) -> tuple[Any, Any]:
        [(before,)] = fetch(f"SELECT {column} FROM {table} WHERE {key} = %s", value)
        if column == "details":
            before = json.loads(before) if isinstance(before, str) else before
        after = self._other(table, column, before)
        given = json.dumps(after) if column == "details" else after
        cast = "::text::xid8" if column == "xid" else ""
        changed = execute(f"UPDATE {table} SET {column} = %s{cast} WHERE {key} = %s", given, value)
        assert changed == 1
        return before, after

    def _other(self, table: str, column: str, value: Any) -> Any:
        if column == "details":
            return self._other_details(value)
        if column == "xid":
            return str(int(value) + self.dice.choice([-1, 1, 1000]))
        if column == "seq":
            return self.dice.choice([0, -7, 10_000]) if table == "core_auditseal" else value + 1000
        match value:
            case None:
                return UUID(int=self.dice.getrandbits(128))
            case UUID():
                return UUID(int=value.int ^ 1 << self.dice.randrange(128))
            case bytes() | memoryview():
                return self._flip(bytes(value))
            case str():
                return self._misspell(value)
            case _:
                return value + timedelta(microseconds=self.dice.choice([-1, 1, 86_400_000_000]))

    def _flip(self, value: bytes) -> bytes:
        """One bit, or a byte more or less."""
        at = self.dice.randrange(len(value))
        flipped = bytes([value[at] ^ 1 << self.dice.randrange(8)])
        return self.dice.choice(
            [value[:at] + flipped + value[at + 1 :], value[:-1], value + b"\0", b""]
        )

    def _misspell(self, value: str) -> str:
        if not value:
            return "x"
        at = self.dice.randrange(len(value))
        # The same length, or the column may be too short for it.
        other = self.dice.choice([c for c in "abcxyz.A" if c != value[at]])
        return value[:at] + other + value[at + 1 :]

    def _other_details(self, value: dict[str, Any]) -> dict[str, Any]:
        ways = [value | {"x": 1}, value | {"": None}]
        for key, old in value.items():
            ways.append({k: v for k, v in value.items() if k != key})
            ways.append({k + "_" if k == key else k: v for k, v in value.items()})
            news = [None, [old], {"v": old}, 0 if old != 0 else 0.5, str(old) + "0"]
            ways += [value | {key: new} for new in news if new != old]
            if isinstance(old, int) and not isinstance(old, bool):
                ways += [value | {key: old + 1}, value | {key: str(old)}]
        return self.dice.choice([way for way in ways if json.dumps(way) != json.dumps(value)])

    def change_actor(self) -> Tamper:
        number = self.pick()
        victim = self.event_of[number]
        other = self.dice.choice(
            list(fetch("SELECT DISTINCT actor_kind, actor_id FROM core_event"))
        )
        changed = execute(
            "UPDATE core_event SET actor_kind = %s, actor_id = %s WHERE id = %s"
            " AND (actor_kind, actor_id) IS DISTINCT FROM (%s, %s)",
            *(*other, victim, *other),
        )
        if not changed:
            return self.change_actor()
        place = f"seal {number}, event {victim}"
        return Tamper(f"the actor of seal {number} became {other}", {audit.CONTENT}, [place])

    def edit_ticket(self) -> Tamper:
        ticket = self.dice.choice(list(Ticket.objects.order_by("pk")))
        seq = self.dice.choice([0, ticket.seq - 1, ticket.seq + 1, ticket.seq + 50])
        execute("UPDATE tickets_ticket SET seq = %s WHERE id = %s", seq, ticket.pk)
        what = f"tickets_ticket.seq of {ticket.pk}: {ticket.seq} became {seq}"
        number = min(seq, ticket.seq) + 1
        return Tamper(what, {audit.GAP}, [f"ticket {ticket.pk}, number {number}"])

    # Whole rows

    def delete_event(self) -> Tamper:
        number = self.pick()
        execute("DELETE FROM core_event WHERE id = %s", self.event_of[number])
        place = f"seal {number}, event {self.event_of[number]}"
        return Tamper(f"the event of seal {number} deleted", {audit.GAP}, [place])

    def delete_seal(self) -> Tamper:
        number = self.pick()
        execute("DELETE FROM core_auditseal WHERE seq = %s", number)
        code = audit.TRUNCATED if number == self.last else audit.GAP
        return Tamper(f"seal {number} deleted", {code}, [f"seal {number}"])

    def delete_both(self) -> Tamper:
        tamper = self.delete_event()
        number = int(tamper.places[0].split(",")[0].removeprefix("seal "))
        execute("DELETE FROM core_auditseal WHERE seq = %s", number)
        code = audit.TRUNCATED if number == self.last else audit.GAP
        return Tamper(f"seal {number} and its event deleted", {code}, [f"seal {number}"])

    def insert_event(self) -> Tamper:
        """A row of its own with a copied MAC, at some ticket's end or nowhere."""
        made = self._insert_copy()
        return Tamper(f"event {made} inserted with a copied MAC", {audit.CONTENT}, [str(made)])

    def _insert_copy(self) -> UUID:
        made = UUID(int=self.event_of[self.pick()].int ^ self.dice.getrandbits(40) | 1 << 41)
        source = self.event_of[self.pick()]
        at_end = self.dice.random() < 0.5
        execute(
            "INSERT INTO core_event (id, name, at, actor_kind, actor_id, subject_kind, subject_id,"
            " ticket_id, seq, via, details, mac) SELECT %s, name, at, actor_kind, actor_id,"
            " subject_kind, subject_id, CASE WHEN %s THEN ticket_id END,"
            " CASE WHEN %s THEN seq + 1000 END, via, details, mac FROM core_event WHERE id = %s",
            *(made, at_end, at_end, source),
        )
        return made

    def insert_hidden(self) -> Tamper:
        """With a seal whose number lies before the beginning."""
        made, number = self._insert_copy(), -self.pick()
        execute(
            "INSERT INTO core_auditseal (seq, event_id, leaf, chain) SELECT %s, %s, leaf, chain"
            " FROM core_auditseal WHERE seq = 1",
            *(number, made),
        )
        what = f"event {made} inserted and hidden under seal {number}"
        return Tamper(what, {audit.CONTENT}, [f"seal {number}"])

    def insert_sealed(self) -> Tamper:
        """Appended to the chain as our sealer would."""
        made = self._insert_copy()
        execute("INSERT INTO core_auditseal VALUES (%s, %s, '', '')", self.last + 1, made)
        self._chain_anew(self.last + 1)
        place = f"seal {self.last + 1}, event {made}"
        return Tamper(f"event {made} inserted and sealed", {audit.CONTENT}, [place])

    def insert_seal(self) -> Tamper:
        """For an event that never was, with the right chain."""
        number, event = self.last + 1, UUID(int=self.dice.getrandbits(128))
        leaf = self.dice.randbytes(32)
        chain = audit.chain_of(bytes(AuditSeal.objects.get(seq=self.last).chain), leaf)
        execute("INSERT INTO core_auditseal VALUES (%s, %s, %s, %s)", number, event, leaf, chain)
        return Tamper(f"seal {number} invented", {audit.GAP}, [f"seal {number}"])

    def swap_events(self) -> Tamper:
        """Two rows exchange what they say, with or without their MACs."""
        one, two = sorted(self.dice.sample(range(1, self.last + 1), 2))
        columns = "name, at, actor_kind, actor_id, subject_kind, subject_id, via, details"
        columns += self.dice.choice(["", ", mac", ", mac, xid"])
        execute(
            f"UPDATE core_event e SET ({columns}) = (SELECT {columns} FROM core_event o WHERE"
            " o.id = CASE e.id WHEN %s THEN %s::uuid ELSE %s::uuid END) WHERE e.id IN (%s, %s)",
            *(self.event_of[one], self.event_of[two], self.event_of[one]),
            *(self.event_of[one], self.event_of[two]),
        )
        place = f"seal {one}, event {self.event_of[one]}"
        return Tamper(f"the events of seals {one} and {two} swapped", {audit.CONTENT}, [place])

    def swap_seals(self) -> Tamper:
        one, two = sorted(self.dice.sample(range(1, self.last + 1), 2))
        for before, after in ((one, -one), (two, one), (-one, two)):
            execute("UPDATE core_auditseal SET seq = %s WHERE seq = %s", after, before)
        return Tamper(f"seals {one} and {two} swapped", {audit.CONTENT}, [f"seal {one}"])

    # The chain as a whole

    def cut_seals(self) -> Tamper:
        kept = self.pick(self.last - 1)
        execute("DELETE FROM core_auditseal WHERE seq > %s", kept)
        return Tamper(f"seals after {kept} cut", {audit.TRUNCATED}, [f"seal {kept + 1}"])

    def cut_tail(self) -> Tamper:
        kept = self.pick(self.last - 1)
        self._cut(kept)
        return Tamper(f"all after seal {kept} cut", {audit.TRUNCATED}, [f"seal {kept + 1}"])

    def roll_back(self) -> Tamper:
        """To an older state, with the tickets' own numbers as they were then."""
        kept = self.pick(self.last - 1)
        self._cut(kept)
        self._fit_tickets()
        return Tamper(f"rolled back to seal {kept}", {audit.TRUNCATED}, [f"seal {kept + 1}"])

    def _cut(self, kept: int) -> None:
        gone = [self.event_of[number] for number in range(kept + 1, self.last + 1)]
        execute("DELETE FROM core_auditseal WHERE seq > %s", kept)
        execute("DELETE FROM core_event WHERE id = ANY(%s)", gone)

    def _fit_tickets(self) -> None:
        execute(
            "UPDATE tickets_ticket t SET seq = (SELECT count(*) FROM core_event e"
            " WHERE e.ticket_id = t.id)"
        )

    def roll_back_and_go_on(self) -> Tamper:
        """Rolled back, then as many seals as before, so that nothing is missing by number."""
        kept = self.pick(self.last - 1)
        rows = fetch("SELECT id FROM core_event WHERE id = ANY(%s)", list(self.event_of.values()))
        assert len(rows) == self.last
        self._cut(kept)
        self._fit_tickets()
        for number in range(kept + 1, self.last + 1):
            source = self.event_of[self.pick(kept)]
            made = UUID(int=source.int ^ 1 << number)
            execute(
                "INSERT INTO core_event (id, name, at, actor_kind, subject_kind, subject_id, via,"
                " details, mac) SELECT %s, name, at, actor_kind, subject_kind, subject_id, via,"
                " details, mac FROM core_event WHERE id = %s",
                *(made, source),
            )
            execute("INSERT INTO core_auditseal VALUES (%s, %s, '', '')", number, made)
        self._chain_anew(kept + 1)
        what = f"rolled back to seal {kept} and filled up"
        return Tamper(what, {audit.CONTENT}, [f"seal {kept + 1}"])

    def edit_and_chain_anew(self) -> Tamper:
        column = self.dice.choice([c for c in EVENT_COLUMNS if c not in ("id", "xid")])
        tamper = self.edit_event(column)
        number = int(tamper.places[0].split(",")[0].removeprefix("seal "))
        self._chain_anew(number)
        return Tamper(f"{tamper.what}; chained anew", {audit.CONTENT}, tamper.places)

    def edit_xid_and_chain_anew(self) -> Tamper:
        """The MAC does not hold the transaction's number; the checkpoints do."""
        tamper = self.edit_event("xid")
        number = int(tamper.places[0].split(",")[0].removeprefix("seal "))
        self._chain_anew(number)
        return Tamper(f"{tamper.what}; chained anew", {audit.TRUNCATED}, number=number)

    def delete_and_chain_anew(self) -> Tamper:
        number = self.pick(self.last - 1)
        execute("DELETE FROM core_auditseal WHERE seq = %s", number)
        execute("DELETE FROM core_event WHERE id = %s", self.event_of[number])
        self._fit_tickets()
        for later in range(number + 1, self.last + 1):
            execute("UPDATE core_auditseal SET seq = seq - 1 WHERE seq = %s", later)
        self._chain_anew(number)
        what = f"seal {number} and its event deleted; numbered and chained anew"
        return Tamper(what, {audit.TRUNCATED}, number=number)

    def swap_and_chain_anew(self) -> Tamper:
        tamper = self.swap_seals()
        number = int(tamper.places[0].removeprefix("seal "))
        self._chain_anew(number)
        return Tamper(f"{tamper.what}; chained anew", {audit.TRUNCATED}, number=number)

    def _chain_anew(self, number: int) -> None:
        """All that needs no key."""
        chain = audit.GENESIS
        if number > 1:
            chain = bytes(AuditSeal.objects.get(seq=number - 1).chain)
        for row in AuditSeal.objects.filter(seq__gte=number).order_by("seq"):
            leaf = audit.leaf_of(Event.objects.get(pk=row.event_id))
            chain = audit.chain_of(chain, leaf)
            execute(
                "UPDATE core_auditseal SET leaf = %s, chain = %s WHERE seq = %s",
                *(leaf, chain, row.seq),
            )

    def ways(self) -> Iterator[Callable[[], Tamper]]:
        """Every column and every kind in turn, for ever."""
        edits = [
            *(partial(self.edit_event, column) for column in EVENT_COLUMNS),
            *(partial(self.edit_seal, column) for column in SEAL_COLUMNS),
        ]
        others = [
            *(self.change_actor, self.edit_ticket, self.delete_event, self.delete_seal),
            *(self.delete_both, self.insert_event, self.insert_hidden, self.insert_sealed),
            *(self.insert_seal, self.swap_events, self.swap_seals, self.cut_seals, self.cut_tail),
            *(self.roll_back, self.roll_back_and_go_on, self.edit_and_chain_anew),
            *(self.edit_xid_and_chain_anew, self.delete_and_chain_anew, self.swap_and_chain_anew),
        ]
        return cycle([*edits, *others])


def verify(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """What `manage.py verify_audit` ends with and says."""
    said = io.StringIO()
    try:
        call_command("verify_audit", "--json", "--most", "1000", *arguments, stdout=said)
    except SystemExit as ended:
        return ended.code, json.loads(said.getvalue())["findings"]
    return 0, json.loads(said.getvalue())["findings"]


def test_every_column_is_among_them():
    assert {f.column for f in Event._meta.fields} == set(EVENT_COLUMNS)
    assert {f.column for f in AuditSeal._meta.fields} == set(SEAL_COLUMNS)


@pytest.mark.slow
def test_each_of_two_hundred_tampers_is_found_at_its_place(history):
    print(f"\nTAMPER_SEED={SEED}, {TAMPERS} tampers, {Event.objects.count()} events")
    kinds: Counter[str] = Counter()
    missed = []
    with owner_login():
        owner = Owner(random.Random(SEED))
        assert verify() == (0, [])
        for number, way in zip(range(TAMPERS), owner.ways(), strict=False):
            with transaction.atomic():
                tamper = way()
                code, findings = verify()
                transaction.set_rollback(True)
            kinds[getattr(way, "func", way).__name__] += 1
            if not findings or not tamper.is_named_by(code, findings[0]):
                missed.append(f"#{number} {tamper}: {code} {findings[:2]}")
        assert verify() == (0, [])
    print(", ".join(f"{name} {count}" for name, count in kinds.items()))
    print(f"{TAMPERS - len(missed)} of {TAMPERS} found at the right place")
    assert missed == [], "\n".join(missed)


# The checkpoint file


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def cut(lines):
    return lines[:-2]


def cut_within_a_line(lines):
    return [*lines[:-1], lines[-1][:40]]


def empty(lines):
    return []


def drop_one(lines):
    return [*lines[:2], *lines[3:]]


def reorder(lines):
    return [lines[1], lines[0], *lines[2:]]


@pytest.mark.parametrize("change", [cut, cut_within_a_line, empty, drop_one, reorder])
def test_a_changed_checkpoint_file_is_found_against_a_copy(story, settings, tmp_path, change):
    path, copy = settings.CHECKPOINT_FILE, tmp_path / "copied-away.jsonl"
    lines = lines_of(path)
    copy.write_bytes(b"".join(lines))
    assert verify("--checkpoints", str(copy)) == (0, [])

    path.write_bytes(b"".join(change(lines)))

    kept = change(lines)
    first = next((n for n, line in enumerate(lines) if kept[n : n + 1] != [line]), 0) + 1
    code, findings = verify("--checkpoints", str(copy))
    assert code == audit.TRUNCATED
    assert [f["place"] for f in findings] == [f"checkpoint line {first}"]


def test_the_table_and_the_file_cut_together_are_found_against_a_copy(story, settings, tmp_path):
    path, copy = settings.CHECKPOINT_FILE, tmp_path / "copied-away.jsonl"
    lines = lines_of(path)
    copy.write_bytes(b"".join(lines))
    path.write_bytes(b"".join(lines[:3]))
    kept = json.loads(lines[2])["seq"]
    with owner_login(), transaction.atomic():
        owner = Owner(random.Random(SEED))
        owner._cut(kept)
        owner._fit_tickets()
        alone, against = verify(), verify("--checkpoints", str(copy))
        transaction.set_rollback(True)

    assert alone == (0, []), "A cut of both agrees with itself; only a copy can tell."
    assert against[0] == audit.TRUNCATED
    assert against[1][0]["place"] == f"seal {kept + 1}"
    assert "checkpoint line 4" in [f["place"] for f in against[1]]


def test_a_file_that_has_grown_since_agrees_with_its_copy(
    history, ticket, settings, tmp_path, seal
):
    copy = tmp_path / "copied-away.jsonl"
    copy.write_bytes(settings.CHECKPOINT_FILE.read_bytes())
    seal()
    assert len(lines_of(settings.CHECKPOINT_FILE)) > len(lines_of(copy))
    assert verify("--checkpoints", str(copy)) == (0, [])


def sign_by_another(row):
    point = audit.Checkpoint(row["seq"], row["chain"], row["at"], "")
    return row | {"sig": Ed25519PrivateKey.generate().sign(point.signed_part).hex()}


FORGERIES = {
    "another chain": lambda row: row | {"chain": "00" * 32},
    "another number": lambda row: row | {"seq": row["seq"] - 1},
    "another time": lambda row: row | {"at": "2020-01-01T00:00:00+00:00"},
    "another key": sign_by_another,
    "no signature": lambda row: row | {"sig": ""},
    "numbers for words": lambda row: row | {"sig": 7, "chain": 7},
    "no checkpoint": lambda row: ["x"],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_checkpoint_is_named(story, settings, forgery):
    path = settings.CHECKPOINT_FILE
    lines = lines_of(path)
    lines[2] = json.dumps(FORGERIES[forgery](json.loads(lines[2]))).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    code, findings = verify()
    assert code == audit.SIGNATURE
    assert findings[0]["place"] == "checkpoint line 3"


def test_a_history_without_any_checkpoint_is_not_intact(story, settings):
    settings.CHECKPOINT_FILE.unlink()
    code, findings = verify()
    assert code == audit.TRUNCATED
    assert findings[0]["place"] == "checkpoint line 1"


# What is no tamper


@pytest.mark.parametrize("rest", [b'{"seq": 4', b"\xff\xfe"])
def test_a_line_cut_short_by_a_crash_does_not_swallow_the_next(
    history, mail_in, inbox, seal, settings, rest
):
    path = settings.CHECKPOINT_FILE
    count = len(lines_of(path))
    path.write_bytes(path.read_bytes() + rest)
    assert verify() == (0, [])
    mail_in(inbox, "late@example.org", "Late", "Is it?")
    seal()
    assert len(lines_of(path)) == count + 1
    assert verify() == (0, [])


def test_rubbish_in_the_file_does_not_stop_the_sealer(story, mail_in, inbox, seal, settings):
    path = settings.CHECKPOINT_FILE
    count = len(lines_of(path))
    path.write_bytes(path.read_bytes() + b"\xff rubbish\n")
    mail_in(inbox, "late@example.org", "Late", "Is it?")
    audit.seal(everything=True)
    assert len(lines_of(path)) == count + 2
    code, findings = verify()
    assert (code, findings[0]["place"]) == (audit.SIGNATURE, f"checkpoint line {count + 1}")
