"""Out of office: it begins and ends by itself, and hands over what was wished."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.actions import end_absence, plan_absence, turn_absences
from accounts.models import Presence, User
from accounts.queries import find_taker, is_absent
from core import clock
from core.errors import Invalid
from core.models import Event
from tickets import actions
from tickets.models import Ticket

NOW = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def this_morning():
    with clock.at(NOW):
        yield


def plan(user, since=NOW, until=NOW + 5 * DAY, stand_in=None, hands_over=False):
    return plan_absence(
        user, since=since, until=until, stand_in=stand_in, hands_over=hands_over, actor=user
    )


def fresh(user):
    return User.objects.get(pk=user.pk)


def assign(ticket, assignee, actor):
    actions.assign(ticket, actor=actor, assignee=fresh(assignee))
    return Ticket.objects.get(pk=ticket.pk).assignee


def test_what_is_assigned_meanwhile_goes_to_the_stand_in(ticket, alice, bob, supervisor):
    plan(alice, stand_in=bob)

    assert assign(ticket, alice, supervisor) == bob
    event = Event.objects.filter(name="ticket.assigned").latest("seq")
    assert event.details["instead_of"] == str(alice.pk)


def test_without_a_stand_in_it_goes_back_to_the_team(ticket, alice, bob, supervisor):
    actions.assign(ticket, actor=supervisor, assignee=bob)
    plan(alice)

    assert assign(ticket, alice, supervisor) is None
    assert Ticket.objects.get(pk=ticket.pk).team.name == "Support"


def test_stand_ins_of_stand_ins_are_followed_and_circles_end(ticket, alice, bob, supervisor):
    plan(alice, stand_in=bob)
    plan(bob, stand_in=supervisor)
    assert find_taker(fresh(alice)) == supervisor

    User.objects.filter(pk=supervisor.pk).update(away_from=NOW, stand_in=alice)
    assert find_taker(fresh(alice)) is None


def test_who_is_away_may_still_take_a_ticket_themselves(ticket, alice, bob):
    plan(alice, stand_in=bob)

    assert assign(ticket, alice, fresh(alice)) == alice


def test_a_plan_changes_nothing_before_its_time(ticket, alice, bob, supervisor):
    plan(alice, since=NOW + DAY, stand_in=bob)

    assert turn_absences() == (0, 0)
    assert assign(ticket, alice, supervisor) == alice
    assert not Presence.objects.filter(user=alice, state="away").exists()


def test_it_begins_and_ends_by_itself(alice, bob):
    plan(alice, since=NOW + DAY, until=NOW + 3 * DAY, stand_in=bob)

    with clock.at(NOW + DAY):
        assert turn_absences() == (1, 0)
        assert turn_absences() == (0, 0)
        assert is_absent(fresh(alice))
        assert Presence.objects.get(user=alice).state == "away"
    with clock.at(NOW + 3 * DAY):
        assert not is_absent(fresh(alice))
        assert turn_absences() == (0, 1)
    assert Presence.objects.get(user=alice).state == "online"
    assert fresh(alice).away_from is None
    assert fresh(alice).stand_in is None
    names = Event.objects.filter(subject_id=alice.pk, name__startswith="user.absence")
    wanted = ["user.absence_planned", "user.absence_began", "user.absence_ended"]
    assert list(names.order_by("at").values_list("name", flat=True)) == wanted


def test_open_tickets_are_handed_over_only_if_wished(ticket, alice, bob, react):
    actions.assign(ticket, actor=alice, assignee=alice)
    plan(alice, stand_in=bob)
    react()
    assert Ticket.objects.get(pk=ticket.pk).assignee == alice

    end_absence(alice, actor=alice)
    plan(alice, stand_in=bob, hands_over=True)
    react()

    assert Ticket.objects.get(pk=ticket.pk).assignee == bob


def test_what_is_resolved_stays_where_it_is(ticket, alice, bob, react):
    actions.assign(ticket, actor=alice, assignee=alice)
    actions.move_to_status(ticket, actor=alice, status="resolved")
    plan(alice, stand_in=bob, hands_over=True)
    react()

    assert Ticket.objects.get(pk=ticket.pk).assignee == alice


def test_handed_over_without_a_stand_in_they_are_nobodys(ticket, alice, react):
    actions.assign(ticket, actor=alice, assignee=alice)
    plan(alice, hands_over=True)
    react()

    assert Ticket.objects.get(pk=ticket.pk).assignee is None


def test_nonsense_is_refused(alice, bob):
    with pytest.raises(Invalid):
        plan(alice, until=NOW - DAY)
    with pytest.raises(Invalid):
        plan(alice, stand_in=alice)
    assert fresh(alice).away_from is None


def test_the_page_plans_it_and_takes_it_back(alice, bob, sign_in):
    client = sign_in(alice)
    form = {"since": "2030-03-04T09:00", "until": "2030-03-08T18:00", "stand_in": str(bob.pk)}

    assert client.post("/me/out-of-office/", form).status_code == 302
    assert fresh(alice).stand_in == bob
    page = client.get("/me/").content.decode()
    assert "Bob Achterberg stands in" in page
    client.post("/me/out-of-office/end/")

    assert fresh(alice).away_from is None


def test_the_page_says_what_is_wrong(alice, sign_in):
    form = {"since": "2030-03-04T09:00", "until": "2030-03-03T18:00"}
    answer = sign_in(alice).post("/me/out-of-office/", form)
    assert answer.status_code == 400
    assert "The end lies before the beginning" in answer.content.decode()


def test_colleagues_see_it_where_they_choose(alice, bob, sign_in):
    plan(bob, stand_in=alice)
    page = sign_in(alice).get("/tickets/choices/").content.decode()
    assert "Out of office until" in page
