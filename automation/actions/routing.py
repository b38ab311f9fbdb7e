"""Giving tickets to people, safe under any number of routers.

What is to be given to whom is decided without locks, from what is seen. It is done under two: the
ticket's, which a second router skips, and that of the agent's capacity, under which is looked
again whether there is still room. Locks are always taken in this order.
"""

import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from accounts.models import Presence, User
from accounts.queries import PAGE_LOST_AFTER
from automation.models import AgentCapacity, Decision, TeamRouting
from automation.queries.floor import (
    OFFLINE,
    OWN_QUEUES,
    build_requests,
    load_floor,
    policy_of,
    pushing_teams,
    read_again,
    waiting_for,
)
from automation.routing.deciding import decide, drain, refuse
from automation.routing.shapes import Candidate, Decided, Request
from core.clock import now
from tickets.actions.change import assign
from tickets.models import Category, Ticket

# So many are looked at in one round, and so often is looked again when others were faster.
_AT_ONCE = 200
_ROUNDS = 3
_NOTED_AT_ONCE = 20
_TAKEN_BACK_AT_ONCE = 50
_CAUSES = Decision.Cause


def route_waiting() -> int:
    """Of all teams whose tickets are given out. Returns how many found somebody."""
    return sum(drain_team(routing.pk) for routing in pushing_teams())


def drain_team(team: UUID) -> int:
    """Give away what waits there, as far as there are free hands."""
    routing = pushing_teams().filter(pk=team).first()
    given = 0
    if routing is None:
        return given
    for _round in range(_ROUNDS):
        made, done = _drain_once(routing)
        given += done
        if done == made:
            break
    return given


def _drain_once(routing: TeamRouting) -> tuple[int, int]:
    """How many were decided, and how many of those came about."""
    began = time.perf_counter()
    tickets = most_urgent(waiting_for(routing.pk))
    if not tickets:
        return 0, 0
    requests = {one.id: one for one in build_requests(tickets, routing)}
    floor = load_floor(routing)
    made, people = drain(requests.values(), floor, policy_of(routing))
    each = (time.perf_counter() - began) * 1000 / max(len(made), 1)
    done = sum(give(one, requests[one.request], routing, took=each) for one in made)
    found = {one.request for one in made}
    note_unserved([one for pk, one in requests.items() if pk not in found], people, routing)
    return len(made), done


def most_urgent(waiting: "QuerySet[Ticket]") -> list[Ticket]:
    """Of a long queue those whose lane or whose wait may put them first."""
    read = waiting.select_related("inbox", "customer__tier").defer("subject", "custom_private")
    longest = read.order_by("waiting_since", "pk")[:_AT_ONCE]
    found = {ticket.pk: ticket for ticket in longest}
    if len(found) == _AT_ONCE:
        lanes = read.order_by("-customer__tier__priority", "waiting_since", "pk")[:_AT_ONCE]
        found |= {ticket.pk: ticket for ticket in lanes}
    return list(found.values())


@transaction.atomic
def give(
    decided: Decided,
    request: Request,
    routing: TeamRouting,
    *,
    took: float = 0.0,
    previous: User | None = None,
) -> bool:
    """Whether it came about: not if somebody else was faster or there is no room any more."""
    ticket = _claim(request.id, routing, previous)
    if ticket is None or decided.chosen is None:
        return False
    hold_capacity(decided.chosen)
    # Statements of their own, after the lock: they see what the others have committed.
    as_is = read_again(routing, decided.chosen)
    if not as_is or refuse(request, as_is[1], decided.given_up):
        return False
    assign(ticket, actor=None, assignee=as_is[0])
    keep(decided, request, routing, took=took, previous=previous)
    return True


def hold_capacity(user: UUID) -> None:
    """Until the transaction ends nobody else gives them anything."""
    mine = AgentCapacity.objects.select_for_update().filter(user_id=user)
    if mine.first() is None:
        AgentCapacity.objects.get_or_create(user_id=user)
        mine.get()


def _claim(pk: UUID, routing: TeamRouting, previous: User | None) -> Ticket | None:
    waiting = held_in(routing.pk).filter(assignee=previous) if previous else waiting_for(routing.pk)
    return waiting.filter(pk=pk).select_for_update(skip_locked=True, of=("self",)).first()


def held_in(team: UUID) -> "QuerySet[Ticket]":
    """Given out by routing, and their customers wait for who has them."""
    by_routing = Decision.objects.filter(ticket=OuterRef("pk"), agent=OuterRef("assignee"))
    return Ticket.objects.filter(
        Exists(by_routing),
        team=team,
        assignee__isnull=False,
        category__in=[Category.NEW, Category.OPEN],
        waiting_since__isnull=False,
        spam_at=None,
        merged_into=None,
    ).exclude(inbox__kind__in=OWN_QUEUES)


def keep(
    decided: Decided,
    request: Request,
    routing: TeamRouting,
    *,
    took: float = 0.0,
    previous: User | None = None,
    cause: Decision.Cause | None = None,
) -> Decision:
    """The decision with all it was made from."""
    return Decision.objects.create(
        ticket_id=request.id,
        team_id=routing.pk,
        agent_id=decided.chosen,
        previous=previous,
        cause=cause or (_CAUSES.TAKEN_BACK if previous else _CAUSES.WAITED),
        why_none=decided.why_none,
        weight=0 if cause == _CAUSES.OFFERED else request.weight,
        asked=_write_request(request),
        given_up=[str(step) for step in decided.given_up],
        verdicts=[
            {
                "agent": str(verdict.agent),
                "refused": verdict.refused,
                "about": verdict.about,
                "score": verdict.score,
                "parts": dict(verdict.parts),
            }
            for verdict in decided.verdicts
        ],
        milliseconds=round(took, 2),
    )


def _write_request(request: Request) -> dict[str, object]:
    needs = [[n.skill, n.level, n.least, n.is_required] for n in request.needs]
    return {
        "channel": request.channel,
        "needs": needs,
        "language": request.language,
        "lane": request.lane,
        "slack": None if request.slack is None else round(request.slack),
        "waited": round(request.waited),
    }


def note_unserved(
    requests: Collection[Request], people: list[Candidate], routing: TeamRouting
) -> None:
    """Why nobody got it, once for each reason."""
    if not requests:
        return
    known = _last_reasons([one.id for one in requests])
    for request in list(requests)[:_NOTED_AT_ONCE]:
        decided = decide(request, people, policy_of(routing))
        if decided.chosen is None and known.get(request.id) != decided.why_none:
            keep(decided, request, routing)


def _last_reasons(tickets: Iterable[UUID]) -> dict[UUID, str]:
    rows = Decision.objects.filter(ticket__in=list(tickets), cause=_CAUSES.WAITED)
    latest = rows.order_by("ticket", "-at").distinct("ticket")
    return dict(latest.values_list("ticket", "why_none"))


# Of who is not there any more


def take_back_from_absent() -> int:
    """What waits for somebody who has gone is given to who is there, if somebody can take it; else
    it stays, so that nothing is nobody's over night."""
    teams = pushing_teams().filter(takes_back_after__isnull=False)
    return sum(_take_back_in(routing) for routing in teams)


def _take_back_in(routing: TeamRouting) -> int:
    held = held_in(routing.pk).select_related("inbox", "customer__tier", "assignee__presence")
    tickets = list(held.defer("subject", "custom_private").order_by("waiting_since")[:_AT_ONCE])
    floor = load_floor(routing) if tickets else []
    away = {one.id: one.away for one in floor}
    late = [t for t in tickets if t.assignee and _has_gone(t.assignee, away, routing)]
    done = 0
    for ticket, request in zip(late, build_requests(late, routing), strict=True):
        if done == _TAKEN_BACK_AT_ONCE:
            break
        decided = decide(request, floor, policy_of(routing))
        if decided.chosen:
            done += give(decided, request, routing, previous=ticket.assignee)
            floor = load_floor(routing)
    return done


def _has_gone(user: User, away: dict[UUID, str], routing: TeamRouting) -> bool:
    """Away for as long as the team waits; who has left the team or the house has gone at once."""
    why = away.get(user.pk, OFFLINE)
    presence: Presence | None = getattr(user, "presence", None)
    if not why:
        return False
    if user.pk not in away or presence is None:
        return True
    since = presence.since
    if why == OFFLINE and presence.state == Presence.State.ONLINE:
        since = (presence.seen_at or presence.since) + PAGE_LOST_AFTER
    return now() - since >= timedelta(minutes=routing.takes_back_after or 0)


# Who is to look again


def teams_touched_by(user: UUID) -> "QuerySet[TeamRouting]":
    """Those whose tickets may come to this person."""
    own = pushing_teams().filter(team__members=user)
    helped = pushing_teams().filter(overflow__members=user)
    return (own | helped).order_by(F("pk")).distinct()
