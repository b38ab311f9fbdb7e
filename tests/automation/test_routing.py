"""Tickets of a team whose work is given out find somebody."""

from datetime import timedelta

import pytest

from accounts.actions import set_presence
from accounts.models import Presence
from automation.actions.routing import drain_team, route_waiting, take_back_from_absent
from automation.models import AgentCapacity, AgentSkill, Decision, Skill, SkillRule, TeamRouting
from core import clock
from core.clock import now
from tickets import actions
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def pushes(support):
    return TeamRouting.objects.create(team=support, mode="push", follows_hours=False)


@pytest.fixture
def comes():
    def come(*users):
        for user in users:
            Presence.objects.update_or_create(
                user=user, defaults={"state": "online", "seen_at": now(), "since": now()}
            )

    return come


def holder(ticket):
    return Ticket.objects.get(pk=ticket.pk).assignee


def test_nothing_is_given_out_until_a_team_wants_it(ticket, alice, comes, react):
    comes(alice)
    react()
    assert route_waiting() == 0 and holder(ticket) is None


def test_a_new_ticket_comes_to_who_is_there(pushes, alice, bob, comes, mail_in, inbox, react):
    comes(alice)
    ticket = mail_in(inbox, "eve@example.org", "Broken", "It broke.").ticket
    react()
    assert holder(ticket) == alice
    decision = Decision.objects.get(ticket=ticket)
    assert decision.agent == alice
    refused = {verdict["agent"]: verdict["refused"] for verdict in decision.verdicts}
    assert refused[str(alice.pk)] == "" and refused[str(bob.pk)] == "away"


@pytest.mark.slow
def test_nobody_there_is_noted_once_and_the_first_to_come_gets_it(
    pushes, ticket, alice, comes, react
):
    assert route_waiting() == 0 == route_waiting()
    assert [d.why_none for d in Decision.objects.filter(ticket=ticket)] == ["nobody_there"]
    comes(alice)
    set_presence(alice, state="away", actor=alice)
    set_presence(alice, state="online", actor=alice)
    react()
    assert holder(ticket) == alice


def test_a_required_skill_is_required_however_long_somebody_waits(
    pushes, ticket, alice, bob, comes
):
    devices = Skill.objects.create(code="devices", name="Devices")
    SkillRule.objects.create(skill=devices, level=2, least=2)
    comes(alice, bob)
    AgentSkill.objects.create(user=alice, skill=devices, level=1)
    with clock.at(now() + timedelta(hours=5)):
        comes(alice, bob)
        assert route_waiting() == 0
        assert Decision.objects.filter(ticket=ticket).latest("at").why_none == "nobody_can"
        AgentSkill.objects.create(user=bob, skill=devices, level=2)
        assert route_waiting() == 1
    assert holder(ticket) == bob


@pytest.mark.slow
def test_nobody_carries_more_than_they_may_and_freed_room_is_used(
    pushes, inbox, alice, comes, mail_in, react
):
    comes(alice)
    AgentCapacity.objects.create(user=alice, units=1)
    first, second = (
        mail_in(inbox, f"{name}@example.org", "Help", "Please.").ticket for name in "ab"
    )
    assert drain_team(inbox.team_id) == 1
    assert holder(first) == alice and holder(second) is None
    actions.move_to_status(first, actor=alice, status="resolved")
    react()
    assert holder(second) == alice


@pytest.mark.slow
def test_what_somebody_leaves_behind_comes_to_who_is_there(pushes, ticket, alice, bob, comes):
    comes(alice)
    route_waiting()
    set_presence(alice, state="away", reason="lunch", actor=alice)
    with clock.at(now() + timedelta(minutes=14)):
        comes(bob)
        assert take_back_from_absent() == 0
    with clock.at(now() + timedelta(minutes=16)):
        assert take_back_from_absent() == 0 and holder(ticket) == alice  # nobody else is there
        comes(bob)
        assert take_back_from_absent() == 1
    assert holder(ticket) == bob
    assert Decision.objects.get(agent=bob).previous == alice


def test_what_somebody_took_themselves_is_never_taken_from_them(pushes, ticket, alice, bob, comes):
    actions.assign(ticket, actor=alice, assignee=alice)
    set_presence(alice, state="away", actor=alice)
    with clock.at(now() + timedelta(hours=1)):
        comes(bob)
        assert take_back_from_absent() == 0
    assert holder(ticket) == alice


@pytest.mark.slow
def test_other_teams_help_after_the_time_that_was_set(pushes, ticket, billing, wei, comes):
    pushes.overflow.add(billing)
    comes(wei)
    Ticket.objects.update(waiting_since=now())  # the cast may be older than that time
    assert route_waiting() == 0
    with clock.at(now() + timedelta(minutes=16)):
        comes(wei)
        assert route_waiting() == 1
    assert holder(ticket) == wei


def test_out_of_hours_nothing_comes(pushes, ticket, alice, support, comes):
    from accounts.models import Calendar

    support.calendar = Calendar.objects.create(name="Never", hours={})
    support.save()
    TeamRouting.objects.update(follows_hours=True)
    comes(alice)
    assert route_waiting() == 0
    [verdict] = [
        one for one in Decision.objects.get(ticket=ticket).verdicts if one["agent"] == str(alice.pk)
    ]
    assert (verdict["refused"], verdict["about"]) == ("away", "off_duty")


@pytest.mark.slow
def test_a_floor_of_any_size_is_read_in_a_few_statements(
    pushes, inbox, alice, bob, comes, mail_in, django_assert_max_num_queries
):
    comes(alice, bob)
    for n in range(8):
        mail_in(inbox, f"w{n}@example.org", "Help", "Please.")
    from automation.queries.floor import build_requests, load_floor, waiting_for

    with django_assert_max_num_queries(9):
        waiting = list(waiting_for(inbox.team_id).select_related("inbox", "customer__tier"))
        assert len(build_requests(waiting, pushes)) == 8
        assert len(load_floor(pushes)) >= 2
