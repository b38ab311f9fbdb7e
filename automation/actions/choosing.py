"""Whom a conversation with a queue of its own is offered to: see ``core.registry.Chooser``.

The queue keeps its offers and time-outs; who is next is decided by the same core as of tickets.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from accounts.models import Team
from automation.actions.routing import keep, note_unserved
from automation.models import Decision, TeamRouting
from automation.queries.floor import (
    OFFLINE,
    build_requests,
    load_floor,
    policy_of,
    pushing_teams,
    units_of,
)
from automation.routing.deciding import drain
from automation.routing.shapes import Candidate, Decided, Policy, Request
from core.clock import now
from core.registry import Busy, Chosen, InLine
from tickets.models import Ticket

# Whoever waits in a chat looks at it: what a team gives up after a minute, it gives up here after
# six seconds.
_HURRY = 10


class RoutedQueue:
    def choose(
        self, line: Sequence[InLine], people: Mapping[UUID, Busy]
    ) -> tuple[set[UUID], list[Chosen]]:
        """Tickets whose team's work is given out, and whom those come to that find somebody."""
        by_ticket = {one.ticket: one for one in line}
        related = "inbox", "customer__tier"
        tickets = Ticket.objects.filter(pk__in=by_ticket).select_related(*related)
        teams: dict[UUID, list[Ticket]] = {}
        for ticket in tickets.defer("subject", "custom_private"):
            if ticket.team_id:
                teams.setdefault(ticket.team_id, []).append(ticket)
        decided: set[UUID] = set()
        chosen: list[Chosen] = []
        for routing in pushing_teams().filter(pk__in=teams):
            found = teams[routing.pk]
            decided |= {ticket.pk for ticket in found}
            chosen += _choose_in(routing, found, by_ticket, people)
        return decided, chosen


def _choose_in(
    routing: TeamRouting,
    tickets: list[Ticket],
    line: Mapping[UUID, InLine],
    people: Mapping[UUID, Busy],
) -> list[Chosen]:
    began = time.perf_counter()
    requests = {one.id: _in_line(one, line[one.id]) for one in build_requests(tickets, routing)}
    floor = [_with_talks(one, people) for one in load_floor(routing)]
    made, after = drain(requests.values(), floor, hurried(policy_of(routing)))
    each = (time.perf_counter() - began) * 1000 / max(len(made), 1)
    found = {one.request for one in made}
    note_unserved([one for pk, one in requests.items() if pk not in found], after, routing)
    own = {one.id for one in floor if one.is_own}
    return [_chosen(one, requests[one.request], routing, each, own) for one in made]


def _chosen(
    decided: Decided, request: Request, routing: TeamRouting, took: float, own: set[UUID]
) -> Chosen:
    user = decided.chosen
    assert user is not None  # noqa: S101  drain gives only what was decided for somebody
    return Chosen(
        ticket=request.id,
        user=user,
        team=None if user in own else helping_team(routing, user),
        keep=lambda: keep(decided, request, routing, took=took, cause=Decision.Cause.OFFERED),
    )


def helping_team(routing: TeamRouting, user: UUID) -> Team | None:
    """Through which of the teams that help it comes to them."""
    return routing.overflow.filter(members=user).order_by("name").first()


def hurried(policy: Policy) -> Policy:
    relaxes = tuple((after / _HURRY, what) for after, what in policy.relaxes)
    return replace(policy, relaxes=relaxes, starves_after=policy.starves_after / _HURRY)


def _in_line(request: Request, one: InLine) -> Request:
    """It waits since it entered the line, and nobody is asked twice."""
    return replace(
        request,
        waited=max((now() - one.since) / timedelta(seconds=1), 0.0),
        passed_by=one.asked,
    )


def _with_talks(candidate: Candidate, people: Mapping[UUID, Busy]) -> Candidate:
    """As their queue knows them: how many talk with them, how many are offered to them."""
    busy = people.get(candidate.id)
    if busy is None:
        return candidate if candidate.away else replace(candidate, away=OFFLINE)
    return replace(
        candidate,
        load=candidate.load + busy.offered * units_of("chat"),
        held={**candidate.held, "chat": busy.talks + busy.offered},
    )


def note_accepted(ticket: UUID, agent: UUID) -> None:
    """Now it weighs what such a conversation weighs."""
    offers = Decision.objects.filter(ticket=ticket, cause=Decision.Cause.OFFERED)
    last = offers.order_by("-at").first()
    if last and last.agent_id == agent and not last.weight:
        last.weight = units_of("chat")
        last.save(update_fields=["weight"])
