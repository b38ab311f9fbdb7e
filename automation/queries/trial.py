"""What a promise would have meant for the tickets of the last days, before it holds."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from automation.models import PolicyVersion
from automation.queries.history import read_history
from automation.queries.policies import Book, Facts, fits
from automation.sla.fold import Terming, fold
from automation.sla.shapes import Happening, State
from core.clock import now
from tickets.models import Ticket

DAYS = 30
MOST = 300
_SHOWN = 10


@dataclass(slots=True)
class MetricTrial:
    metric: str
    counts: Counter[str] = field(default_factory=Counter)
    used: list[timedelta] = field(default_factory=list)  # of what was kept or broken
    # The worst, by how far over: (ticket, how late).
    late: list[tuple[Ticket, timedelta]] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return self.counts[State.MET] + self.counts[State.BREACHED]

    @property
    def kept_share(self) -> float | None:
        return self.counts[State.MET] / self.judged if self.judged else None

    @property
    def usual(self) -> timedelta | None:
        seconds = [span.total_seconds() for span in self.used]
        return timedelta(seconds=median(seconds)) if seconds else None


@dataclass(frozen=True, slots=True)
class Trial:
    days: int
    seen: int
    fitting: int
    metrics: list[MetricTrial]
    is_cut: bool


def try_version(version: PolicyVersion, *, days: int = DAYS) -> Trial:
    """As though it had held all the time and no other before it. Reads the newest ``MOST`` tickets
    it fits; what it fits by is what they are now."""
    book, since = Book([version]), now() - timedelta(days=days)
    found = Ticket.objects.filter(created_at__gte=since, spam_at=None, merged_into=None)
    tickets = found.select_related("customer__tier", "inbox", "status").order_by("-created_at")
    seen = fitting = 0
    metrics: dict[str, MetricTrial] = {}
    for ticket in tickets[:MOST]:
        seen += 1
        history = read_history(ticket)
        terms = _terms(version, book, history.changes)
        if not any(one for _since, one in terms):
            continue
        fitting += 1
        _count(metrics, ticket, history.happenings, terms)
    for one in metrics.values():
        one.late = sorted(one.late, key=lambda pair: -pair[1])[:_SHOWN]
    return Trial(days, seen, fitting, list(metrics.values()), is_cut=seen == MOST)


def _terms(
    version: PolicyVersion, book: Book, changes: list[tuple[datetime, Facts, str]]
) -> list[Terming]:
    return [
        (since, book.promise(version, facts) if fits(version.conditions, facts) else None)
        for since, facts, _why in _from_the_beginning(changes)
    ]


def _from_the_beginning(
    changes: list[tuple[datetime, Facts, str]],
) -> list[tuple[datetime, Facts, str]]:
    first, *rest = changes
    return [(first[0] - timedelta(days=3650), *first[1:]), *rest]


def _count(
    metrics: dict[str, MetricTrial],
    ticket: Ticket,
    happenings: list[Happening],
    terms: list[Terming],
) -> None:
    moment = now()
    for clock in fold(happenings, terms, at=moment):
        one = metrics.setdefault(clock.metric, MetricTrial(clock.metric))
        one.counts[str(clock.state)] += 1
        if clock.state in (State.MET, State.BREACHED):
            one.used.append(clock.elapsed)
        if clock.state == State.BREACHED and clock.due_at:
            one.late.append((ticket, (clock.stopped_at or moment) - clock.due_at))
