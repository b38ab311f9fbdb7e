"""What customers were unhappy about in a month, the worst first, and what was changed since."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils import timezone

from accounts.models import User
from core import registry
from core.clock import now
from surveys.models import Cause, Complaint, Improvement, RecoveryTask
from surveys.queries.tasks import visible_tasks
from tickets.models import Ticket

# Of what nobody has found the cause of yet.
UNKNOWN_HARM = 2
_THEMES = 3
_MONTH = re.compile(r"(\d{4})-(\d\d)")


@dataclass(frozen=True, slots=True)
class Row:
    """A cause, or a theme whose cause is not found yet."""

    cause: Cause | None
    theme: str = ""
    count: int = 0
    complaints: int = 0
    before: int = 0  # in the month before
    themes: list[tuple[str, int]] = field(default_factory=list)  # what they wrote of, how often

    @property
    def named(self) -> str:
        return str(self.cause) if self.cause else self.theme

    @property
    def harm(self) -> int:
        return self.cause.harm if self.cause else UNKNOWN_HARM

    @property
    def weight(self) -> int:
        """Frequency × harm."""
        return self.count * self.harm


def month_named(text: str) -> date:
    """The first day of “2026-11”; of the month that is now where it names none."""
    found = _MONTH.fullmatch(text)
    if found and 2000 <= int(found[1]) < 2100 and 1 <= int(found[2]) <= 12:
        return date(int(found[1]), int(found[2]), 1)
    return timezone.localtime(now()).date().replace(day=1)


def month_after(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def tasks_of(month: date) -> "QuerySet[RecoveryTask]":
    start, end = _bounds(month)
    return RecoveryTask.objects.filter(created_at__gte=start, created_at__lt=end)


def _bounds(month: date) -> tuple[datetime, datetime]:
    zone = timezone.get_default_timezone()
    first, after = (
        datetime(one.year, one.month, 1, tzinfo=zone) for one in (month, month_after(month))
    )
    return first, after


def rank_month(user: User, month: date) -> list[Row]:
    """Of tickets they may see."""
    tasks = visible_tasks(user).filter(pk__in=tasks_of(month).values("pk"))
    earlier = visible_tasks(user).filter(pk__in=tasks_of(month_before(month)).values("pk"))
    counted = _count(tasks)
    complaints, complaints_before = (
        _complaints_of(user, one) for one in (month, month_before(month))
    )
    before = Counter({pk: sum(of.values()) for pk, of in _count(earlier).items() if pk})
    names = {slug: name for listed in registry.intent_names for slug, name in listed()}
    causes = Cause.objects.select_related("parent").in_bulk({*counted, *complaints} - {None})
    rows = []
    for pk, cause in causes.items():
        themes = counted.get(pk, Counter())
        named = [(names[one], n) for one, n in themes.most_common() if one in names]
        rows.append(
            Row(
                cause,
                count=sum(themes.values()) + complaints[pk],
                complaints=complaints[pk],
                before=before[pk] + complaints_before[pk],
                themes=named[:_THEMES],
            )
        )
    unknown: Counter[str] = Counter()
    for theme, n in counted.get(None, {}).items():
        unknown[names.get(theme, "")] += n
    rows += [Row(None, theme, n) for theme, n in unknown.items()]
    return sorted(rows, key=lambda one: (-one.weight, one.named))


def _count(tasks: "QuerySet[RecoveryTask]") -> dict[object, Counter[str]]:
    """By cause, how often which theme."""
    found: dict[object, Counter[str]] = {}
    rows = tasks.order_by().values_list("cause", "answer__theme").annotate(n=Count("pk"))
    for cause, theme, n in rows:
        found.setdefault(cause, Counter())[theme] += n
    return found


def _complaints_of(user: User, month: date) -> Counter[object]:
    """By cause."""
    start, end = _bounds(month)
    found = Complaint.objects.filter(
        created_at__gte=start, created_at__lt=end, cause__isnull=False
    ).filter(ticket__in=Ticket.objects.visible_to(user))
    rows = found.order_by().values_list("cause").annotate(n=Count("pk"))
    return Counter(dict(rows))


def list_improvements(month: date) -> list[Improvement]:
    found = Improvement.objects.filter(month=month).select_related("cause__parent", "brand", "by")
    return list(found.annotate(told=Count("told_tasks")))
