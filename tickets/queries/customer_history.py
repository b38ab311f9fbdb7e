"""A customer's last twelve months: how much was asked, how fast it was answered, by which way."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from core.clock import now
from tickets.models import Ticket

MONTHS = 12
# Whoever asks more often is drawn by the newest so many.
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    requests: int
    first_answer: timedelta | None  # the median of those that were answered


@dataclass(frozen=True, slots=True)
class History:
    months: list[Month]
    channels: list[tuple[str, int]] = field(default_factory=list)  # the most used first
    requests: int = 0
    first_answer: timedelta | None = None
    is_cut: bool = False


def history_of(user: User, customer: UUID) -> History:
    """Of the tickets this user may see, in one query."""
    starts = _month_starts()
    rows = list(
        Ticket.objects.visible_to(user)
        .filter(customer=customer, spam_at=None, merged_into=None, created_at__date__gte=starts[0])
        .order_by("-created_at")
        .values_list("created_at", "first_replied_at", "inbox__kind")[:MOST]
    )
    counts: Counter[date] = Counter()
    waits: dict[date, list[float]] = defaultdict(list)
    for created, replied, _kind in rows:
        month = timezone.localtime(created).date().replace(day=1)
        counts[month] += 1
        if replied:
            waits[month].append((replied - created).total_seconds())
    return History(
        months=[Month(start, counts[start], _median(waits[start])) for start in starts],
        channels=Counter(kind for _, _, kind in rows).most_common(),
        requests=len(rows),
        first_answer=_median([second for month in waits.values() for second in month]),
        is_cut=len(rows) == MOST,
    )


def _month_starts() -> list[date]:
    """This month and the eleven before it, the oldest first."""
    this = timezone.localtime(now()).date().replace(day=1)
    found = [this]
    while len(found) < MONTHS:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _median(seconds: list[float]) -> timedelta | None:
    return timedelta(seconds=median(seconds)) if seconds else None
