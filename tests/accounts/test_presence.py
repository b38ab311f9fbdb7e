"""Presence: what somebody says of themselves, and who is told."""

import pytest

from accounts.actions import set_presence
from accounts.models import Presence
from accounts.queries import standing_of
from core.errors import Invalid
from core.models import Event

URL = "/me/presence/"


def test_somebody_who_said_nothing_is_online(alice, sign_in):
    assert sign_in(alice).get(URL).json() == {"state": "online", "reason": "", "words": ""}


def test_away_has_a_reason_and_is_recorded(alice, sign_in):
    answer = sign_in(alice).post(URL, {"state": "away", "reason": "lunch"})

    assert answer.json() == {"state": "away", "reason": "lunch", "words": "Away: Lunch"}
    event = Event.objects.get(name="user.presence_changed")
    assert event.subject_id == event.actor_id == alice.pk
    assert (event.details["was"], event.details["to"]) == ("online", "away")
    assert event.details["reason"] == "lunch"


def test_saying_the_same_twice_is_one_event(alice):
    for _ in range(2):
        set_presence(alice, state="away", reason="meeting", actor=alice)
    assert Event.objects.filter(name="user.presence_changed").count() == 1


def test_back_online_has_no_reason(alice):
    set_presence(alice, state="away", reason="lunch", actor=alice)
    set_presence(alice, state="online", reason="lunch", actor=alice)

    assert Presence.objects.get(user=alice).reason == ""
    alice.refresh_from_db()
    assert standing_of(alice).reason == ""


@pytest.mark.parametrize("wrong", [{"state": "asleep"}, {"state": "away", "reason": "hangover"}])
def test_what_is_not_on_the_list_is_refused(alice, sign_in, wrong):
    with pytest.raises(Invalid):
        set_presence(alice, actor=alice, **wrong)
    assert sign_in(alice).post(URL, wrong).status_code == 400
    assert not Presence.objects.exclude(state="online").exists()


def test_it_stands_beside_the_name_where_agents_are_chosen(alice, bob, sign_in):
    page = sign_in(alice).get("/tickets/choices/").content.decode()
    assert "In a meeting" not in page
    assert "standing" not in page

    set_presence(bob, state="away", reason="meeting", actor=bob)

    page = sign_in(alice).get("/tickets/choices/").content.decode()
    assert "Away: Meeting" in page


def test_the_own_menu_offers_every_reason(alice, sign_in):
    page = sign_in(alice).get("/preferences/").content.decode()
    for reason in ("break", "lunch", "meeting", "training", "focus"):
        assert f'data-presence-reason="{reason}"' in page
