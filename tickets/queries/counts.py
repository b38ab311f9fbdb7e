"""The numbers beside the usual views and the teams: unresolved tickets, in one statement."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from tickets.models import UNRESOLVED, WAITING, Ticket

NUMBERS = ("n", "mine", "unassigned", "waiting")


def count_by_team(user: User) -> "QuerySet[Ticket, Any]":
    """A row per team with its id and ``NUMBERS``, read from one partial index alone."""
    unresolved = Ticket.objects.visible_to(user).filter(category__in=UNRESOLVED, spam_at=None)
    return unresolved.values("team_id").annotate(
        n=Count("category"),
        mine=Count("category", filter=Q(assignee=user)),
        unassigned=Count("category", filter=Q(assignee=None)),
        waiting=Count("category", filter=Q(category__in=WAITING)),
    )


def add_up(per_team: Iterable[Any]) -> dict[str, int]:
    """By the names of the views, of rows as above. Views that only ever grow stay at 0."""
    counts = dict.fromkeys(("open", "mine", "unassigned", "waiting", "resolved", "all", "spam"), 0)
    for team, n, *rest in per_team:
        counts["open"] += n
        for name, number in zip(NUMBERS[1:], rest, strict=True):
            counts[name] += number
        if team:
            counts[f"team-{team}"] = n
    return counts
