"""An agent's own numbers of today, seven and twenty-eight days.

What each means is said by ``tickets.templatetags.my_numbers``; every query reads one agent's
rows of four weeks at most.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from accounts.models import User
from core.clock import now
from core.models import Event
from tickets.models import Message, Ticket

DAYS = (1, 7, 28)
# Whoever handles more in four weeks gets the figures of the newest so many.
MOST = 20_000
# An answer and the moment it set on its ticket are written one after the other.
_NEAR = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Numbers:
    days: int
    answered: int
    resolved: int
    first_reply: timedelta | None  # the median
    first_replies: int
    reopened: int

    @property
    def reopened_share(self) -> float | None:
        """Of what was resolved or reopened; None where nothing was."""
        return self.reopened / self.resolved if self.resolved else None


@dataclass(frozen=True, slots=True)
class Waiting:
    tickets: int
    longest_since: datetime | None


def numbers_of(user: User) -> list[Numbers]:
    starts = {days: start_of(user, days) for days in DAYS}
    earliest = starts[DAYS[-1]]
    answers = _answers(user, earliest)
    first = _first_replies(user, earliest)
    done = _resolved(user, earliest)
    return [
        Numbers(
            days=days,
            answered=sum(at >= start for at in answers),
            resolved=sum(when >= start for when, _ in done),
            first_reply=_median(took for at, took in first if at >= start),
            first_replies=sum(at >= start for at, _ in first),
            reopened=sum(again for when, again in done if when >= start),
        )
        for days, start in starts.items()
    ]


def start_of(user: User, days: int) -> datetime:
    """Midnight in the agent's zone, so many days ago counting today as the first."""
    zone = ZoneInfo(user.timezone or "UTC")
    today = now().astimezone(zone).date()
    return datetime.combine(today - timedelta(days=days - 1), time(), zone)


def _said_by(user: User, since: datetime) -> "QuerySet[Message]":
    return Message.objects.filter(
        author=user, at__gte=since, kind="public", direction="out", withdrawn_at=None
    )


def _answers(user: User, since: datetime) -> list[datetime]:
    return list(_said_by(user, since).order_by("-at").values_list("at", flat=True)[:MOST])


def _first_replies(user: User, since: datetime) -> list[tuple[datetime, timedelta]]:
    """Answers that were the first a customer got, with how long that took."""
    first = _said_by(user, since).filter(
        ticket__first_replied_at__range=(F("at") - _NEAR, F("at") + _NEAR),
        ticket__spam_at=None,
    )
    rows = first.values("ticket").annotate(said=Min("at"), opened=Min("ticket__created_at"))
    return [(row["said"], row["said"] - row["opened"]) for row in rows[:MOST]]


def _resolved(user: User, since: datetime) -> list[tuple[datetime, bool]]:
    """When the agent's tickets were resolved, or reopened and are open again."""
    again = Event.objects.filter(
        ticket_id=OuterRef("pk"), name="ticket.reopened", at__gte=since
    ).order_by("-seq")
    own = Ticket.objects.filter(assignee=user, spam_at=None, merged_into=None)
    solved = own.filter(resolved_at__gte=since).annotate(again=Exists(again))
    rows: list[tuple[Any, bool]] = list(
        solved.order_by("-resolved_at").values_list("resolved_at", "again")[:MOST]
    )
    reopened = own.filter(resolved_at=None, reopen_count__gt=0).annotate(
        reopened_at=again.values("at")[:1]
    )
    rows += [
        (at, True) for at in reopened.values_list("reopened_at", flat=True)[:MOST] if at is not None
    ]
    return rows


def _median(values: Iterable[timedelta]) -> timedelta | None:
    seconds = [value.total_seconds() for value in values]
    return timedelta(seconds=median(seconds)) if seconds else None


def waiting_for(user: User) -> Waiting:
    """The agent's tickets in which a customer waits for an answer now."""
    own = Ticket.objects.filter(assignee=user, spam_at=None, waiting_since__isnull=False)
    own = own.filter(Q(category="new") | Q(category="open"))
    found = own.order_by().values_list("waiting_since", flat=True)
    moments = [since for since in found[:MOST] if since is not None]
    return Waiting(len(moments), min(moments) if moments else None)
