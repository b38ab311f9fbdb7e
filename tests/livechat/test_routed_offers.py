"""Where a team's work is given out, routing says whom a chat is offered to; the queue offers it."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Calendar, Presence, User
from automation.actions.shifts import hand_on_talks
from automation.models import AgentCapacity, AgentSkill, Decision, Skill, SkillRule, TeamRouting
from core import clock
from livechat import actions
from livechat.models import Chat
from tickets.models import Ticket


@pytest.fixture
def routed(support):
    return TeamRouting.objects.create(team=support, mode="push", follows_hours=False)


def fresh(chat):
    return Chat.objects.select_related("ticket", "agent", "offered_to").get(pk=chat.pk)


def test_it_is_offered_to_who_can_do_it_and_says_why(
    routed, begun, alice, bob, on_duty, sign_in, react
):
    devices = Skill.objects.create(code="devices", name="Devices")
    SkillRule.objects.create(skill=devices)
    AgentSkill.objects.create(user=bob, skill=devices, level=1)
    on_duty(alice, bob)
    actions.tend_queue()
    assert fresh(begun).offered_to == bob
    offer = Decision.objects.get(agent=bob)
    assert (offer.cause, offer.weight) == ("offered", 0)
    panel = reverse("automation:why", args=[begun.ticket_id])
    assert "Why me?" in sign_in(bob).get(panel).content.decode()
    actions.accept(fresh(begun), actor=bob)
    react()
    offer.refresh_from_db()
    assert offer.weight == 2  # from now on it counts
    assert "Why me?" in sign_in(bob).get(panel).content.decode()


def test_who_declines_is_not_asked_again(routed, begun, alice, bob, on_duty):
    on_duty(alice, bob)
    actions.tend_queue()
    first = fresh(begun).offered_to
    actions.decline(fresh(begun), actor=first)
    actions.tend_queue()
    assert fresh(begun).offered_to == ({alice, bob} - {first}).pop()
    assert Decision.objects.filter(weight__gt=0).count() == 0


def test_nobody_can_so_it_waits_and_says_why(routed, begun, alice, on_duty):
    SkillRule.objects.create(skill=Skill.objects.create(code="devices", name="Devices"))
    on_duty(alice)
    actions.tend_queue()
    actions.tend_queue()
    assert fresh(begun).state == "queued"
    assert [d.why_none for d in Decision.objects.all()] == ["nobody_can"]


def test_capacity_counts_chats_that_are_only_offered(routed, begun, another, alice, on_duty):
    AgentCapacity.objects.create(user=alice, units=3)  # one chat and a ticket
    on_duty(alice)
    actions.tend_queue()
    other = another.begin()
    actions.tend_queue()
    assert fresh(begun).state == "offered"
    assert Chat.objects.get(pk=other["id"]).state == "queued"


def test_without_routing_the_queue_goes_on_as_ever(begun, alice, on_duty):
    on_duty(alice)
    actions.tend_queue()
    assert fresh(begun).offered_to == alice and not Decision.objects.exists()


def test_another_team_helps_after_its_time(routed, begun, billing, wei, on_duty):
    routed.overflow.add(billing)
    on_duty(wei)
    actions.tend_queue()
    assert fresh(begun).state == "queued"
    with clock.at(clock.now() + timedelta(seconds=91)):  # a tenth of fifteen minutes
        on_duty(wei)
        actions.tend_queue()
    assert fresh(begun).offered_to == wei
    assert Ticket.objects.get(pk=begun.ticket_id).team == billing
    assert Ticket.objects.visible_to(wei).filter(pk=begun.ticket_id).exists()


@pytest.fixture
def shift_over(support, alice, bob):
    """Alice's hours are over, Bob's are not."""
    User.objects.filter(pk=alice.pk).update(calendar=Calendar.objects.create(name="Gone", hours={}))
    always = {
        day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    }
    User.objects.filter(pk=bob.pk).update(
        calendar=Calendar.objects.create(name="Always", hours=always)
    )


def test_at_the_end_of_a_shift_a_talk_goes_to_who_is_there(
    routed, begun, alice, bob, on_duty, shift_over
):
    TeamRouting.objects.update(follows_hours=True)
    on_duty(alice)
    actions.accept(begun, actor=alice)
    with clock.at(clock.now() + timedelta(minutes=4)):
        on_duty(alice)
        assert hand_on_talks() == 0  # there is nobody else: it stays
        on_duty(bob)
        assert hand_on_talks() == 1
        actions.tend_queue()
    chat = fresh(begun)
    assert chat.offered_to == bob and chat.agent is None


def test_who_has_just_answered_is_in_the_middle_of_it(
    routed, begun, alice, bob, on_duty, shift_over
):
    from tickets.actions import reply

    TeamRouting.objects.update(follows_hours=True)
    on_duty(alice, bob)
    actions.accept(begun, actor=alice)
    reply(Ticket.objects.get(pk=begun.ticket_id), actor=alice, body="One moment.")
    assert hand_on_talks() == 0
    later = clock.now() + timedelta(minutes=4)
    Presence.objects.update(seen_at=later)
    with clock.at(later):
        assert hand_on_talks() == 1
