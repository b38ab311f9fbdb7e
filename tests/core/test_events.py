"""The spine: one event per change, each effect once, whatever is killed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import OperationalError, close_old_connections, connection, transaction

from core import clock, events, lanes
from core.events import on, record
from core.lanes import Lease, LeaseLost
from core.models import Event, Reaction
from tickets import actions

calls: list = []


@on("test.happened")
def note_call(event):
    if event.details.get("fails") and not calls:
        calls.append("failed")
        raise ValueError("once")
    calls.append(event.details.get("n"))


def pick_wanted(found):
    calls.append(len(found))
    return [event for event in found if event.details.get("wanted")]


@on("test.sifted", only=pick_wanted)
def note_wanted(event):
    calls.append(event.details["n"])


@on("test.left", lane="send")
def send_outside(event, lease):
    calls.append(lease.row.fence)
    with lease.finish():
        pass


@on("test.cut", lane="send")
def lose_the_database(event, lease):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


def test_numbers_of_a_ticket_have_no_gap(ticket, alice):
    actions.reply(ticket, actor=alice, body="Hello")
    actions.add_note(ticket, actor=alice, body="Psst")
    numbers = list(Event.objects.filter(ticket_id=ticket.pk).values_list("seq", flat=True))
    ticket.refresh_from_db()

    assert sorted(numbers) == list(range(1, ticket.seq + 1))


def test_a_change_that_is_rolled_back_leaves_no_event(ticket, alice):
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.reply(ticket, actor=alice, body="Hello")
        raise RuntimeError
    assert Event.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_events_belong_into_the_transaction_of_their_change():
    with pytest.raises(RuntimeError):
        record("test.happened", subject=Event(id=uuid4()), actor=None)


def test_a_reaction_runs_once_and_its_row_goes(db):
    event = record("test.happened", subject=Event(id=uuid4()), actor=None, n=1)

    assert lanes.drain(event.xid) == 1
    assert lanes.drain(event.xid) == 0
    assert calls == [1]
    assert not Reaction.objects.exists()


def test_a_failed_reaction_is_kept_and_tried_again_later(db):
    event = record("test.happened", subject=Event(id=uuid4()), actor=None, fails=True, n=2)

    assert lanes.drain(event.xid) == 0
    row = Reaction.objects.get()
    assert (row.attempts, row.error) == (1, "ValueError")
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert lanes.drain(event.xid) == 1
    assert calls == ["failed", 2]


def test_what_a_reaction_leaves_out_is_asked_once_and_not_followed(db):
    nobody = Event(id=uuid4())
    record("test.sifted", subject=nobody, actor=None, n="a")
    record("test.sifted", subject=nobody, actor=None, n="b", wanted=True)
    event = record("test.sifted", subject=nobody, actor=None, n="c")

    assert lanes.drain(event.xid) == 3
    assert calls == [3, "b"]
    assert not Reaction.objects.exists()


def test_the_sweep_hands_over_what_no_hint_reached(db, monkeypatch):
    record("test.happened", subject=Event(id=uuid4()), actor=None, n=3)
    sent = []
    monkeypatch.setattr(
        lanes.current_app, "send_task", lambda name, args, **kw: sent.append((name, args))
    )

    with clock.at(clock.now() + timedelta(seconds=5)):
        assert lanes.sweep() == 1
        assert lanes.sweep() == 0  # handed over a moment ago
    assert [name for name, _ in sent] == ["core.tasks.drain"]


def test_a_worker_that_lost_its_lease_writes_nothing(db):
    record("test.left", subject=Event(id=uuid4()), actor=None)
    row = Reaction.objects.get()
    zombie = Lease(Reaction.objects.get())
    Reaction.objects.filter(pk=row.pk).update(fence=row.fence + 1)

    with pytest.raises(LeaseLost), zombie.finish():
        pytest.fail("the zombie's effect was let through")


def test_a_leased_reaction_is_not_run_by_two(db):
    record("test.left", subject=Event(id=uuid4()), actor=None)
    row = Reaction.objects.get()
    Reaction.objects.update(lease_until=clock.now() + timedelta(minutes=1))
    assert not lanes.run_lane(row.pk)
    Reaction.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert lanes.run_lane(row.pk)
    assert not Reaction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_failure_that_could_not_be_noted_is_noted_once_the_database_answers(monkeypatch):
    with transaction.atomic():
        record("test.cut", subject=Event(id=uuid4()), actor=None)
    row = Reaction.objects.get(name__endswith=".lose_the_database")
    later = []
    monkeypatch.setattr(
        lanes.current_app, "send_task", lambda name, args, **kw: later.append((name, args))
    )

    assert lanes.run_lane(row.pk)
    ((name, noted),) = later
    with pytest.raises(OperationalError):
        lanes.note_failure(*noted)  # the connection is still the broken one
    close_old_connections()
    lanes.note_failure(*noted)

    row.refresh_from_db()
    assert name == "core.tasks.note_failure"
    assert (row.attempts, row.lease_until, row.error) == (1, None, "ConnectionError")
    lanes.note_failure(*noted[:1], row.fence + 1, "late")  # another has taken it over
    row.refresh_from_db()
    assert row.attempts == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_event SET name = 'x'",
        "DELETE FROM core_event",
        "TRUNCATE core_event CASCADE",
        "DELETE FROM core_auditseal",
    ],
)
def test_the_application_cannot_alter_the_history(ticket, statement):
    refused = pytest.raises(Exception, match="permission denied")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_not_refused_because_valkey_is_lost(ticket, alice, monkeypatch):
    def fail(*args, **kwargs):
        raise ConnectionError("no Valkey")

    monkeypatch.setattr(events.current_app, "send_task", fail)
    monkeypatch.setattr(events.live, "answers", lambda: True)
    note = actions.add_note(ticket, actor=alice, body="Psst")
    reply = actions.reply(ticket, actor=alice, body="Hello")

    assert ticket.messages.filter(pk__in=[note.pk, reply.pk]).count() == 2
    assert Reaction.objects.filter(event__ticket_id=ticket.pk, name__endswith=".deliver").exists()


@pytest.mark.django_db(transaction=True)
def test_a_valkey_that_does_not_answer_is_asked_no_favours(ticket, alice, monkeypatch):
    hints = []
    monkeypatch.setattr(events.current_app, "send_task", lambda *a, **k: hints.append(a))
    monkeypatch.setattr(events.live, "answers", lambda: False)
    actions.reply(ticket, actor=alice, body="Hello")

    assert hints == []
