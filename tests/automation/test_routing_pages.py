"""Skills, capacity, rules and fairness on their pages, and why a ticket came to somebody."""

import pytest
from django.urls import reverse

from accounts.models import Presence
from automation.actions.routing import route_waiting
from automation.models import AgentCapacity, AgentSkill, Skill, SkillRule, TeamRouting
from core.clock import now

pytestmark = pytest.mark.django_db


def online(user):
    Presence.objects.update_or_create(user=user, defaults={"seen_at": now()})


@pytest.mark.slow
def test_a_supervisor_sets_it_up_and_the_agent_reads_why(
    sign_in, supervisor, alice, bob, support, ticket
):
    web = sign_in(supervisor)
    web.post(reverse("automation:skills"), {"name": "Devices", "language": ""})
    skill = Skill.objects.get()
    need = {"skill": skill.pk, "level": 2, "least": 1, "is_required": "on", "team": support.pk}
    web.post(reverse("automation:add_skill_rule"), need)
    given = {"units": 4, "chats": 2, f"skill_{skill.pk}": 3}
    web.post(reverse("automation:ability", args=[alice.pk]), given)
    mode = {"mode": "push", "starves_after": 30, "window_hours": 8, "preferred_after": ""}
    answer = web.post(reverse("automation:routing_team", args=[support.pk]), mode)
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert AgentCapacity.objects.get(user=alice).units == 4 and alice.chat_capacity == 2
    assert AgentSkill.objects.get(user=alice).level == 3
    routing = TeamRouting.objects.get(team=support)
    assert (routing.mode, routing.starves_after, routing.preferred_after) == ("push", 30, None)
    online(alice)
    online(bob)
    assert route_waiting() == 1
    page = sign_in(alice).get(reverse("automation:why", args=[ticket.pk])).content.decode()
    assert "Why me?" in page and "can do what it needs" in page
    assert "Bob Achterberg" in page and "lacks Devices" in page
    other = sign_in(bob).get(reverse("automation:why", args=[ticket.pk])).content.decode()
    assert "Why Alice Moreau?" in other
    fair = web.get(reverse("automation:fairness")).content.decode()
    assert "Alice Moreau" in fair and "1 / 4" in fair


def test_a_ticket_that_somebody_took_says_nothing(sign_in, alice, ticket):
    page = sign_in(alice).get(reverse("automation:why", args=[ticket.pk]))
    assert page.status_code == 200 and page.content.decode().strip() == ""


def test_the_panel_says_why_nobody_has_it(sign_in, alice, support, ticket):
    TeamRouting.objects.create(team=support, mode="push")
    route_waiting()
    page = sign_in(alice).get(reverse("automation:why", args=[ticket.pk])).content.decode()
    assert "Why does nobody have it?" in page and "Nobody who can do it is there." in page


def test_a_least_level_above_the_level_is_refused_at_its_field(sign_in, admin):
    skill = Skill.objects.create(code="devices", name="Devices")
    wrong = {"skill": skill.pk, "level": 1, "least": 3}
    page = sign_in(admin).post(reverse("automation:add_skill_rule"), wrong)
    assert page.status_code == 400 and not SkillRule.objects.exists()
    assert "The least level lies above" in page.content.decode()


@pytest.mark.parametrize("name", ["routing", "skills", "abilities", "fairness"])
def test_pages_stand_empty(sign_in, admin, name):
    assert sign_in(admin).get(reverse(f"automation:{name}")).status_code == 200
