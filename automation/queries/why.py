"""Why a ticket came to somebody, from what was stored; and how evenly a team's work is shared."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts.models import Team, User
from automation.models import Decision, Skill, TeamRouting
from automation.queries.floor import load_floor
from automation.routing.fairness import gini
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate of a decision; ``about`` is a skill's name or a code."""

    name: str
    refused: str
    about: str
    score: float
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Why:
    decision: Decision
    parts: dict[str, float] = field(default_factory=dict)
    needs: list[tuple[str, int, int, bool]] = field(default_factory=list)  # name, level, least, …
    rows: list[Row] = field(default_factory=list)
    is_mine: bool = False

    @property
    def waited(self) -> timedelta:
        return timedelta(seconds=self.decision.asked.get("waited", 0))


def load_why(ticket: Ticket, viewer: User) -> Why | None:
    """None where people gave it or took it themselves."""
    rows = Decision.objects.filter(ticket=ticket).select_related("agent", "previous")
    decision = rows.order_by("-at").first()
    if decision is None:
        return None
    is_offer = decision.cause == Decision.Cause.OFFERED and ticket.assignee_id is None
    if decision.agent_id != ticket.assignee_id and not is_offer:
        return None
    people = dict(
        User.objects.filter(pk__in=[v["agent"] for v in decision.verdicts]).values_list(
            "pk", "name"
        )
    )
    skills = dict(Skill.objects.values_list("code", "name"))
    verdicts = sorted(decision.verdicts, key=lambda v: (bool(v["refused"]), -v["score"]))
    mine = (v for v in verdicts if UUID(v["agent"]) == decision.agent_id)
    chosen: dict[str, Any] = next(mine, {})
    return Why(
        decision,
        parts=chosen.get("parts", {}),
        needs=[
            (skills.get(code, code), level, least, required)
            for code, level, least, required in decision.asked.get("needs", [])
        ],
        rows=[
            _row(verdict, people, skills, decision)
            for verdict in verdicts
            if UUID(verdict["agent"]) in people
        ],
        is_mine=decision.agent_id == viewer.pk,
    )


def _row(
    verdict: dict[str, Any], people: dict[UUID, str], skills: dict[str, str], decision: Decision
) -> Row:
    agent, about = UUID(verdict["agent"]), verdict["about"]
    return Row(
        people[agent],
        verdict["refused"],
        skills.get(about, about),
        verdict["score"],
        agent == decision.agent_id,
    )


# Fairness


@dataclass(frozen=True, slots=True)
class Share:
    user: User
    units: float  # given within the window
    load: int
    capacity: int
    idle: timedelta | None  # since the last one; None: none came within the window
    away: str

    @property
    def percent(self) -> int:
        return round(100 * self.load / self.capacity) if self.capacity else 0


@dataclass(frozen=True, slots=True)
class TeamShares:
    team: Team
    hours: int
    rows: list[Share]
    gini: float
    waiting: int = 0


def load_shares(routing: TeamRouting, *, waiting: int) -> TeamShares:
    """Of the team's own people. The coefficient is of what was given per unit they can carry, of
    those to whom anything was given or who are there."""
    own = {one.id: one for one in load_floor(routing) if one.is_own}
    users = User.objects.in_bulk(own.keys())
    rows = [
        Share(
            users[pk],
            units=one.given,
            load=one.load,
            capacity=one.capacity,
            idle=timedelta(seconds=one.idle) if one.given else None,
            away=one.away,
        )
        for pk, one in own.items()
    ]
    counted = [row.units / max(row.capacity, 1) for row in rows if row.units or not row.away]
    return TeamShares(
        routing.team,
        routing.window_hours,
        sorted(rows, key=lambda row: (-row.units, row.user.name)),
        round(gini(counted), 2),
        waiting,
    )
