"""A team of forty with six skills, and tickets given out in it. Run by bench.inside."""

import random
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group

from accounts.models import Presence, Team, User
from automation.actions.routing import drain_team
from automation.models import AgentCapacity, AgentSkill, Skill, SkillRule, TeamRouting
from bench.counting import counting
from core.clock import now
from tickets.actions.base import default_status
from tickets.models import Category, Ticket

PEOPLE = 40
SKILLS = ("billing", "devices", "returns", "trade", "accounts", "delivery")
_TEAM = "Benched routing"
_UNITS = 200  # so that nobody is ever full


def give_tickets(alone: int, rounds: int, at_once: int) -> dict[str, Any]:
    """Milliseconds a decision takes from the look at the queue to the commit: of one ticket that
    waits, and of many that wait at once; and the statements of one."""
    team = _make_team()
    ids = list(Ticket.objects.order_by("-pk").values_list("pk", flat=True)[: max(alone, at_once)])
    took = [_give(team, [ids[n % len(ids)]]) for n in range(alone)]
    with counting() as asked:
        _give(team, ids[:1])
    together = [_give(team, ids[:at_once]) for _round in range(rounds)]
    TeamRouting.objects.filter(pk=team).update(mode=TeamRouting.Mode.OFF)
    return {
        "alone": [one for one in took if one],
        "together": [one for one in together if one],
        "statements": len(asked.statements) - 1,  # the first puts the ticket there
    }


def _give(team: UUID, ids: list[UUID]) -> float:
    """Each of them; 0 where the house's own beat was faster."""
    status = default_status(Category.NEW)
    Ticket.objects.filter(pk__in=ids).update(
        team=team,
        assignee=None,
        status=status,
        category=status.category,
        resolved_at=None,
        closed_at=None,
        spam_at=None,
        merged_into=None,
        waiting_since=now(),
    )
    began = time.perf_counter()
    given = drain_team(team)
    return (time.perf_counter() - began) * 1000 / given if given else 0.0


def _make_team() -> UUID:
    """Everybody has three of the skills in a ring; half of the tickets need one."""
    rng = random.Random(16)  # noqa: S311 - the same people each time
    team, _new = Team.objects.get_or_create(name=_TEAM)
    skills = [Skill.objects.get_or_create(code=code, defaults={"name": code})[0] for code in SKILLS]
    SkillRule.objects.get_or_create(team=team, skill=skills[0], defaults={"tag": ""})
    role = Group.objects.get(name="agent")
    for number in range(PEOPLE):
        user = _hire(number, team, role)
        for step in range(3):
            skill = skills[(number + step) % len(skills)]
            level = rng.randint(1, 5)
            AgentSkill.objects.get_or_create(user=user, skill=skill, defaults={"level": level})
    routing = {"mode": TeamRouting.Mode.PUSH, "follows_hours": False}
    TeamRouting.objects.update_or_create(team=team, defaults=routing)
    return team.pk


def _hire(number: int, team: Team, role: Group) -> User:
    """With a page that stays open for as long as it takes."""
    address = f"routed-{number}@bench.example"
    user, _new = User.objects.get_or_create(email=address, defaults={"name": f"Routed {number}"})
    user.teams.add(team)
    user.groups.add(role)
    AgentCapacity.objects.update_or_create(user=user, defaults={"units": _UNITS})
    stays = {"state": Presence.State.ONLINE, "seen_at": now() + timedelta(hours=2)}
    Presence.objects.update_or_create(user=user, defaults=stays)
    return user
