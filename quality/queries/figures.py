"""Trends of people and teams, what fails most, and how far checks agree with people."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.clock import now
from quality.checks.agreement import Agreement, Weights, cohen_kappa
from quality.models import Inspection, Review, Rubric, Shift

WEEKS = 8
LEAST = 5  # scores below which no mean is shown
_MOST = 50_000


@dataclass(frozen=True, slots=True)
class Point:
    week: date
    mean: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Trend:
    """Of one agent, team, or of bots."""

    name: str
    points: list[Point]
    count: int
    mean: float | None
    low: float | None  # 95 % of the mean
    high: float | None

    @property
    def line(self) -> str:
        """Points of a polyline in a box of 100 × 24."""
        step = 100 / max(1, len(self.points) - 1)
        return " ".join(
            f"{at * step:.1f},{24 - one.mean * 0.24:.1f}"
            for at, one in enumerate(self.points)
            if one.mean is not None
        )


@dataclass(frozen=True, slots=True)
class Failing:
    name: str
    share: float
    count: int
    judged: int


@dataclass(frozen=True, slots=True)
class Overview:
    all: Trend
    people: list[Trend]
    teams: list[Trend]
    failing: list[Failing]
    shifts: list[Shift]


def load_overview(user: User) -> Overview:
    begins = timezone.localdate(now()) - timedelta(weeks=WEEKS)
    found = Inspection.objects.visible_to(user).filter(resolved_at__date__gte=begins)
    rows = list(found.select_related("agent", "team", "rubric").order_by("-resolved_at")[:_MOST])
    by_person: dict[str, list[Inspection]] = defaultdict(list)
    by_team: dict[str, list[Inspection]] = defaultdict(list)
    for row in rows:
        if row.agent:
            by_person[row.agent.name or row.agent.email].append(row)
        if row.team:
            by_team[row.team.name].append(row)
    return Overview(
        trend_of("", rows),
        [trend_of(name, of) for name, of in sorted(by_person.items())],
        [trend_of(name, of) for name, of in sorted(by_team.items())],
        _failing(rows),
        list(Shift.objects.select_related("team")[:10]) if user.may("quality.lead_quality") else [],
    )


def trend_of(name: str, rows: Sequence[Inspection]) -> Trend:
    today = timezone.localdate(now())
    monday = today - timedelta(days=today.weekday())
    by_week: dict[date, list[int]] = defaultdict(list)
    scores = []
    for row in rows:
        if row.score is not None:
            day = timezone.localdate(row.resolved_at)
            by_week[day - timedelta(days=day.weekday())].append(row.score)
            scores.append(row.score)
    weeks = [monday - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
    points = [Point(one, _mean(by_week[one]), len(by_week[one])) for one in weeks]
    mean, (low, high) = _mean(scores), _interval(scores)
    return Trend(name, points, len(scores), mean, low, high)


def _mean(scores: Sequence[int]) -> float | None:
    return sum(scores) / len(scores) if scores else None


def _interval(scores: Sequence[int]) -> tuple[float | None, float | None]:
    """Of the mean, where there are enough."""
    many = len(scores)
    if many < LEAST:
        return None, None
    mean = sum(scores) / many
    variance = sum((one - mean) ** 2 for one in scores) / (many - 1)
    half = 1.96 * (variance / many) ** 0.5
    return max(0.0, mean - half), min(100.0, mean + half)


def _failing(rows: Sequence[Inspection]) -> list[Failing]:
    judged: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    names: dict[str, str] = {}
    for row in rows:
        names |= {one["code"]: one["name"] for one in row.rubric.criteria}
        for code, result in row.results.items():
            judged[code] += result["state"] != "none"
            failed[code] += result["state"] == "fault"
    found = [
        Failing(names.get(code, code), failed[code] / many, failed[code], many)
        for code, many in judged.items()
        if many
    ]
    return sorted(found, key=lambda one: -one.share)


# Agreement


@dataclass(frozen=True, slots=True)
class Agreeing:
    name: str
    code: str
    agreement: Agreement


def check_agreement(criteria: Rubric | None) -> list[Agreeing]:
    """Each automatic verdict against the marks of people: a fault is what they gave the lowest half
    of the scale."""
    if criteria is None:
        return []
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for review in _done():
        for code, mark in review.marks.items():
            state = (review.inspection.results.get(code) or {}).get("state", "none")
            if mark is not None and state != "none":
                pairs[code].append((int(state == "fault"), int(mark < 2)))
    return [
        Agreeing(one["name"], one["code"], cohen_kappa(pairs[one["code"]]))
        for one in criteria.criteria_of("auto")
    ]


def calibration(criteria: Rubric | None) -> list[Agreeing]:
    """The same conversations as two people marked them, step by step of the scale."""
    if criteria is None:
        return []
    weights: Weights = "quadratic"
    first: dict[Any, Review] = {}
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for review in _done().filter(is_calibration=True):
        other = first.setdefault(review.inspection_id, review)
        if other is review:
            continue
        for code, mark in review.marks.items():
            if mark is not None and other.marks.get(code) is not None:
                one, two = sorted((other, review), key=lambda row: row.place)
                pairs[code].append((one.marks[code], two.marks[code]))
    return [
        Agreeing(one["name"], one["code"], cohen_kappa(pairs[one["code"]], weights))
        for one in criteria.criteria
    ]


def _done() -> Any:
    done = Review.objects.exclude(done_at=None).select_related("inspection")
    return done.defer("comment").order_by("-done_at")
