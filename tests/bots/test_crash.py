"""A worker that dies at any point: the dialogue goes on, and nothing is said twice."""

from datetime import timedelta

import pytest
from django.db import transaction

from bots.actions import replying
from bots.models import Dialogue, Turn
from core import clock, lanes
from core.models import Reaction
from tickets.models import Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


class Killed(BaseException):
    """As the process ends: nothing after it runs."""


def said_by_bot():
    return Message.objects.filter(author__kind="bot", kind="public")


def waiting():
    return Reaction.objects.filter(lane="talk")


def drain_others():
    for row in Reaction.objects.filter(lane=""):
        lanes.drain(row.xid)


@pytest.mark.parametrize(
    "place",
    ["before it was understood", "after the tool had answered", "before the commit"],
)
def test_another_worker_takes_over_and_answers_once(visit, monkeypatch, shop, place):
    june = visit()
    june.say("Where is my order PW-20734?")
    june.browser.say(june.chat, "BS6 5QA")
    drain_others()
    [row] = waiting()
    before = said_by_bot().count()

    def die(*_given, **_more):
        raise Killed

    with monkeypatch.context() as broken:
        if place == "before it was understood":
            broken.setattr(replying, "understand", die)
        elif place == "after the tool had answered":
            ask = replying.call_tool

            def ask_and_die(*given, **more):
                ask(*given, **more)
                raise Killed

            broken.setattr(replying, "call_tool", ask_and_die)
        else:
            broken.setattr(replying, "_move_on", die)
        with pytest.raises(Killed):
            lanes.run_lane(row.pk)
    assert said_by_bot().count() == before

    assert not lanes.run_lane(row.pk), "its lease holds while it may still live"
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert lanes.run_lane(row.pk)
    assert said_by_bot().count() == before + 1
    assert "Swiftlane" in said_by_bot().order_by("-seq").first().body
    assert not waiting().exists()


def test_the_same_call_has_the_same_name_each_time_it_is_worked_out(visit, monkeypatch, shop):
    june = visit()
    june.say("Where is my order PW-20734?")
    june.browser.say(june.chat, "BS6 5QA")
    drain_others()
    [row] = waiting()
    with monkeypatch.context() as broken:
        broken.setattr(replying, "_move_on", lambda *_g, **_m: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            lanes.run_lane(row.pk)
    with clock.at(clock.now() + timedelta(minutes=1)):
        lanes.run_lane(row.pk)

    keys = [key for call, _body, key in shop.asked if call == "find-order"]
    assert len(keys) == 2 and keys[0] == keys[1]


def test_a_worker_that_was_overtaken_writes_nothing(visit, monkeypatch):
    """Somebody else deals with the message while it is being worked out."""
    june = visit()
    june.say("Where is my order?")
    june.browser.say(june.chat, "PW-20734")
    drain_others()
    [row] = waiting()
    work_out, calls = replying.work_out, []

    def be_overtaken(scene, **given):
        worked = work_out(scene, **given)
        if not calls:
            calls.append(scene)
            with transaction.atomic():
                replying.write_turn(scene, work_out(scene, **given))
        return worked

    monkeypatch.setattr(replying, "work_out", be_overtaken)
    lanes.run_lane(row.pk)

    assert Turn.objects.count() == 2 and said_by_bot().count() == 2
    assert Dialogue.objects.get().fence == 2


def test_two_messages_at_once_are_answered_in_their_order(visit):
    june = visit()
    june.say("Where is my order?")
    june.browser.say(june.chat, "PW-20734")
    june.browser.say(june.chat, "BS6 5QA")
    drain_others()
    rows = list(waiting().order_by("-pk"))
    for row in rows:  # the later one first
        lanes.run_lane(row.pk)

    bodies = list(said_by_bot().order_by("seq"))
    assert len(bodies) == 3 and "Swiftlane" in bodies[-1].body
    assert not waiting().exists()
