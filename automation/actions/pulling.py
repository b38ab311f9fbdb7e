"""People take the next one: what the same core would give them is theirs once they ask."""

import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from automation.actions.routing import hold_capacity, keep, most_urgent
from automation.models import Decision, TeamRouting
from automation.queries.floor import (
    build_requests,
    load_floor,
    policy_of,
    read_again,
    waiting_for,
)
from automation.routing.deciding import decide_for, refuse, urgency
from automation.routing.shapes import Decided, Request
from core.registry import NextWork
from tickets.actions.change import assign
from tickets.models import Ticket
from tickets.queries.next_ticket import find_next, reasons_for


def take_next(user: User, skip: Collection[UUID]) -> NextWork | None:
    """For ``core.registry.next_work``. None where nobody of theirs pulls; then they are led to
    what is most urgent, as ever."""
    teams = list(pulled_by(user))
    if not teams:
        return None
    pulled = frozenset(routing.pk for routing in teams)
    if own := find_next(user, skip=skip, only_own=True):
        return NextWork(own.ticket, own.reasons, teams=pulled)
    if ticket := _take(user, teams, set(skip)):
        return NextWork(ticket, reasons_for(ticket, user), is_taken=True, teams=pulled)
    return NextWork(None, [], teams=pulled)


def pulled_by(user: User) -> "QuerySet[TeamRouting]":
    """Of the teams they are in, those whose people take the next one."""
    pulling = TeamRouting.objects.filter(mode=TeamRouting.Mode.PULL, team__members=user)
    return pulling.select_related("team__calendar").order_by("team__name")


def _take(user: User, teams: Iterable[TeamRouting], skip: set[UUID]) -> Ticket | None:
    if not user.may("tickets.reply_ticket"):
        return None
    for routing in teams:
        began = time.perf_counter()
        waiting = most_urgent(waiting_for(routing.pk).exclude(pk__in=skip))
        requests = build_requests(waiting, routing)
        floor, policy = load_floor(routing), policy_of(routing)
        for request in sorted(requests, key=lambda one: urgency(one, policy)):
            decided = decide_for(user.pk, request, floor, policy)
            if decided and (found := _claim(user, request, routing, decided, began)):
                return found
    return None


@transaction.atomic
def _claim(
    user: User, request: Request, routing: TeamRouting, decided: Decided, began: float
) -> Ticket | None:
    """None if somebody else was faster: then the next is tried."""
    free = waiting_for(routing.pk).filter(pk=request.id)
    ticket = free.select_for_update(skip_locked=True, of=("self",)).first()
    if ticket is None:
        return None
    hold_capacity(user.pk)
    as_is = read_again(routing, user.pk)
    if as_is is None or refuse(request, replace(as_is[1], away=""), decided.given_up):
        return None
    ticket = assign(ticket, actor=user, assignee=user)
    took = (time.perf_counter() - began) * 1000
    keep(decided, request, routing, took=took, cause=Decision.Cause.PULLED)
    return ticket
