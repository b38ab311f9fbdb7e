"""Events that are written together, and hints that go straight to a lane."""

from uuid import uuid4

import pytest
from django.db import transaction

from bench.counting import counting
from core import events
from core.events import on, record, spare, together
from core.models import Event, Reaction

pytestmark = pytest.mark.django_db


@on("together.happened")
def follow(event):
    pass


@on("together.happened", lane="send")
def follow_outside(event, lease):
    with lease.finish():
        pass


def happen(**details):
    return record("together.happened", subject=Event(id=uuid4()), actor=None, **details)


def test_events_recorded_together_take_two_statements():
    with counting() as count, together():
        made = [happen(n=number) for number in range(3)]
        assert not count.statements
    assert len(count.statements) == 2
    assert set(Event.objects.filter(name="together.happened")) == set(made)
    assert {event.xid for event in made} == set(Reaction.objects.values_list("xid", flat=True))
    assert Reaction.objects.count() == 6


def test_what_was_undone_alone_is_not_written_with_the_rest():
    with together():
        kept = happen()
        with pytest.raises(ValueError, match="no"), transaction.atomic():
            happen()
            raise ValueError("no")
    assert [event.pk for event in Event.objects.filter(name="together.happened")] == [kept.pk]


def test_nothing_is_written_when_it_fails():
    with pytest.raises(ValueError, match="no"), together():
        happen()
        raise ValueError("no")
    assert not Event.objects.filter(name="together.happened").exists()
    happen()
    assert Event.objects.filter(name="together.happened").count() == 1


def test_what_is_done_already_is_spared():
    with together():
        first, second = happen(), happen()
        spare(first, lane="send")
    lanes = Reaction.objects.order_by("pk").values_list("event", "lane")
    assert set(lanes) == {(first.pk, ""), (second.pk, ""), (second.pk, "send")}


def test_each_lane_is_told_at_once(monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(
        events.current_app,
        "send_task",
        lambda name, args, **kw: (
            sent.append((name, kw["queue"])) if "queue" in kw else sent.append((name, ""))
        ),
    )
    monkeypatch.setattr(events.live, "answers", lambda: True)
    with django_capture_on_commit_callbacks(execute=True):
        happen()
    assert sent == [("core.tasks.drain", ""), ("core.tasks.run_lane", "send")]
