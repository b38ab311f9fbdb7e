"""Answers that leave later: when, how they are shown, and what can still be done with them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from core import clock
from core.models import Reaction
from tickets import actions
from tickets.errors import NotScheduled
from tickets.models import Delivery
from tickets.queries.schedule import later_choices

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def in_berlin(alice):
    alice.timezone = "Europe/Berlin"
    alice.save()
    return alice


def later(client, ticket, at, **more):
    data = {"body": "Good morning", "not_before": at, **more}
    return client.post(f"/tickets/{ticket.pk}/replies/", data, headers={"HX-Request": "true"})


def choices(moment):
    with timezone.override(BERLIN):
        return {c.label: c.value for c in later_choices(moment)}


def test_later_means_what_people_mean_by_it():
    friday = choices(datetime(2026, 11, 20, 14, 0, tzinfo=BERLIN))
    assert friday == {
        "Tonight": "2026-11-20T20:00",
        "Tomorrow morning": "2026-11-21T09:00",
        "Monday morning": "2026-11-23T09:00",
    }


def test_no_evening_when_it_is_night_and_no_monday_when_it_is_tomorrow():
    sunday = choices(datetime(2026, 11, 22, 21, 0, tzinfo=BERLIN))
    assert sunday == {"Tomorrow morning": "2026-11-23T09:00"}


def test_on_monday_monday_is_the_next():
    monday = choices(datetime(2026, 11, 23, 8, 0, tzinfo=BERLIN))
    assert monday["Monday morning"] == "2026-11-30T09:00"


def test_nine_is_nine_by_the_clock_on_the_wall_when_the_clocks_change():
    with timezone.override(BERLIN):
        [tomorrow] = [
            c
            for c in later_choices(datetime(2026, 3, 28, 21, 0, tzinfo=BERLIN))
            if c.label == "Tomorrow morning"
        ]
    assert tomorrow.at.astimezone(ZoneInfo("UTC")).hour == 7


def test_it_leaves_at_nine_of_its_author(ticket, in_berlin, sign_in):
    day = (clock.now() + timedelta(days=3)).date()
    answer = later(sign_in(in_berlin), ticket, f"{day}T09:00")

    assert answer.status_code == 201
    delivery = Delivery.objects.get()
    assert delivery.not_before.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") == f"{day}T09:00"
    [reaction] = Reaction.objects.filter(lane="send")
    assert reaction.next_at == delivery.not_before
    page = answer.content.decode()
    assert "data-send-now" in page
    assert page.count("data-withdraw=") == 2  # edit and cancel


def test_nothing_leaves_before_its_time(ticket, in_berlin, sign_in, react):
    later(sign_in(in_berlin), ticket, (clock.now() + timedelta(days=2)).isoformat())
    with clock.at(clock.now() + timedelta(days=1)):
        assert actions.close_ripe_tickets() == 0
    assert Delivery.objects.get().state == "scheduled"


@pytest.mark.parametrize("days", [-1, 400])
def test_a_time_that_makes_no_sense_is_refused(ticket, alice, sign_in, days):
    answer = later(sign_in(alice), ticket, (clock.now() + timedelta(days=days)).isoformat())
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert not Delivery.objects.exists()


def test_it_can_be_sent_at_once(ticket, alice, bob, sign_in):
    later(sign_in(alice), ticket, (clock.now() + timedelta(days=2)).isoformat())
    message = Delivery.objects.get().message
    answer = sign_in(bob).post(f"/tickets/messages/{message.pk}/send-now/")

    assert answer.status_code == 200
    delivery = Delivery.objects.get()
    assert delivery.not_before <= clock.now()
    [reaction] = Reaction.objects.filter(lane="send")
    assert reaction.next_at <= clock.now()


def test_what_has_left_is_not_sent_at_once(ticket, alice):
    message = actions.reply(ticket, actor=alice, body="Hello")
    Delivery.objects.update(state="sent")
    with pytest.raises(NotScheduled):
        actions.send_now(message, actor=alice)


def test_editing_and_cancelling_take_it_back(ticket, alice, sign_in):
    client = sign_in(alice)
    later(client, ticket, (clock.now() + timedelta(days=2)).isoformat())
    message = Delivery.objects.get().message
    assert client.post(f"/tickets/messages/{message.pk}/withdraw/").status_code == 200
    ticket.refresh_from_db()
    assert ticket.category == "new"
    assert Delivery.objects.get().state == "withdrawn"
