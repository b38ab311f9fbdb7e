"""People take the next one: what routing would give them, once they ask for it."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from automation.actions.pulling import take_next
from automation.actions.routing import route_waiting
from automation.models import AgentCapacity, AgentSkill, Decision, Skill, SkillRule, TeamRouting
from tickets import actions
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulls(support):
    return TeamRouting.objects.create(team=support, mode="pull", follows_hours=False)


def press(web):
    return web.post(reverse("tickets:next"))


def test_the_next_one_is_theirs_with_the_reasons_kept(pulls, ticket, alice, bob, sign_in):
    assert route_waiting() == 0  # nothing is pushed there
    answer = press(sign_in(alice)).json()
    assert answer["taken"] and answer["id"] == str(ticket.pk)
    assert Ticket.objects.get(pk=ticket.pk).assignee == alice
    decision = Decision.objects.get(agent=alice)
    assert (decision.cause, decision.weight) == ("pulled", 1)
    assert {verdict["agent"] for verdict in decision.verdicts} >= {str(alice.pk), str(bob.pk)}
    page = sign_in(alice).get(reverse("automation:why", args=[ticket.pk])).content.decode()
    assert "Why me?" in page and "asked for the next one" in page


@pytest.mark.slow
def test_what_they_cannot_do_is_left_to_others(pulls, ticket, alice, bob, sign_in):
    devices = Skill.objects.create(code="devices", name="Devices")
    SkillRule.objects.create(skill=devices)
    AgentSkill.objects.create(user=bob, skill=devices, level=1)
    assert press(sign_in(alice)).status_code == 204
    assert press(sign_in(bob)).json()["id"] == str(ticket.pk)


@pytest.mark.slow
def test_who_has_enough_to_do_gets_no_more(pulls, inbox, alice, mail_in, sign_in):
    AgentCapacity.objects.create(user=alice, units=1)
    for name in "ab":
        mail_in(inbox, f"{name}@example.org", "Help", "Please.")
    web = sign_in(alice)
    first = press(web).json()
    assert first["taken"]
    again = press(web).json()  # their own waits for an answer
    assert again["id"] == first["id"] and not again["taken"]
    actions.reply(Ticket.objects.get(pk=first["id"]), actor=alice, body="Done.")
    assert press(web).json()["taken"]  # what waits for a customer carries no weight


def test_a_better_tier_goes_first(pulls, inbox, alice, mail_in, sign_in):
    from customers.models import Tier

    mail_in(inbox, "a@example.org", "Help", "Please.")
    vip = mail_in(inbox, "v@example.org", "Help", "Please.").ticket
    vip.customer.tier = Tier.objects.get(code="vip")
    vip.customer.save(update_fields=["tier"])
    assert press(sign_in(alice)).json()["id"] == str(vip.pk)


def test_where_nobody_pulls_they_are_led_as_ever(ticket, alice, sign_in):
    answer = press(sign_in(alice)).json()
    assert answer["id"] == str(ticket.pk) and not answer["taken"]
    assert Ticket.objects.get(pk=ticket.pk).assignee is None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_all_who_press_at_once_get_one_each(pulls, inbox, alice, bob, supervisor, mail_in):
    waiting = {mail_in(inbox, f"p{n}@example.org", "Help", "Please.").ticket.pk for n in range(3)}
    ready, got = threading.Barrier(3), []

    def take(user):
        try:
            ready.wait(20)
            got.append(take_next(user, ()).ticket.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[user]) for user in (alice, bob, supervisor)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 3 and set(got) == waiting
    assert Decision.objects.filter(cause="pulled").count() == 3
