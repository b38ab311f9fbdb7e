"""Which conversations people look at, and alarms when scores shift."""

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from math import erfc, sqrt
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.clock import now
from core.events import record
from quality.actions.base import LEAD, require
from quality.models import Inspection, Review, Shift

PER_STRATUM = 2  # of each person (or all bots), channel and band, each week
MOST = 200
_CALIBRATED = 5  # one in so many goes to two people
LOW, HIGH = 60, 85
_WEEK = timedelta(days=7)
_WEEKS_BEFORE = 4
_LEAST = 20  # scores on either side, below which nothing is said
_CHANCE = 0.01
Scores = list[int]


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def last_week() -> date:
    return monday_of(timezone.localdate(now())) - _WEEK


def bounds_of(week: date) -> tuple[datetime, datetime]:
    zone = timezone.get_current_timezone()
    begins = datetime(week.year, week.month, week.day, tzinfo=zone)
    after = week + _WEEK
    return begins, datetime(after.year, after.month, after.day, tzinfo=zone)


def stratum_of(score: int | None) -> str:
    if score is None or score >= HIGH:
        return Review.Stratum.HIGH
    return Review.Stratum.LOW if score < LOW else Review.Stratum.MIDDLE


def draw_due_samples() -> int:
    """Of the week that is over, once, also where nothing ran on its last day."""
    week = last_week()
    return 0 if Review.objects.filter(week=week).exists() else draw_sample(week, actor=None)


@transaction.atomic
def draw_sample(week: date, *, actor: User | None) -> int:
    """So many of each stratum (who spoke, channel, band of score), drawn by lot; one in five goes
    to two people. Says how many conversations are new in it."""
    require(actor, LEAD)
    begins, ends = bounds_of(week)
    rows = Inspection.objects.filter(resolved_at__gte=begins, resolved_at__lt=ends)
    fresh = rows.filter(reviews=None).order_by("pk")
    strata: dict[tuple[UUID | None, str, str], list[Inspection]] = defaultdict(list)
    for row in fresh.only("pk", "agent", "is_bot", "channel", "score").select_for_update(
        of=("self",)
    )[: MOST * 50]:
        strata[row.agent_id, row.channel, stratum_of(row.score)].append(row)
    lot = random.Random(week.toordinal())  # noqa: S311  no secret: a sample
    drawn = [
        (row, key[2])
        for key, among in sorted(strata.items(), key=lambda pair: str(pair[0]))
        for row in lot.sample(among, min(PER_STRATUM, len(among)))
    ]
    lot.shuffle(drawn)
    made = []
    for at, (row, stratum) in enumerate(drawn[:MOST]):
        is_pair = at % _CALIBRATED == 0
        made += [
            Review(inspection=row, week=week, stratum=stratum, is_calibration=is_pair, place=place)
            for place in ((1, 2) if is_pair else (1,))
        ]
    Review.objects.bulk_create(made, ignore_conflicts=True)
    if made:
        record("sample.drawn", subject=made[0], actor=actor, week=str(week), many=len(made))
    return min(len(drawn), MOST)


# Shifts


def look_for_shifts() -> list[Shift]:
    """The week that is over against the four before it: all, bots, and each team."""
    week = last_week()
    begins, ends = bounds_of(week)
    first = begins - _WEEKS_BEFORE * _WEEK
    rows = Inspection.objects.filter(resolved_at__gte=first, resolved_at__lt=ends, score__gte=0)
    before: dict[str, Scores] = defaultdict(list)
    after: dict[str, Scores] = defaultdict(list)
    for at, score, team, is_bot in rows.values_list("resolved_at", "score", "team", "is_bot"):
        side = after if at >= begins else before
        scopes = ["all", *(["bots"] if is_bot else []), *([f"team:{team}"] if team else [])]
        for scope in scopes:
            side[scope].append(score or 0)
    found = []
    for scope, scores in after.items():
        chance = chance_of_fall(before[scope], scores)
        if chance < _CHANCE and (made := _alarm(week, scope, before[scope], scores, chance)):
            found.append(made)
    return found


@transaction.atomic
def _alarm(week: date, scope: str, before: Scores, after: Scores, chance: float) -> Shift | None:
    kind, _colon, team = scope.partition(":")
    row, is_new = Shift.objects.get_or_create(
        week=week,
        scope=scope,
        defaults={
            "team_id": UUID(team) if kind == "team" else None,
            "before": sum(before) / len(before),
            "after": sum(after) / len(after),
            "count": len(after),
            "chance": chance,
        },
    )
    if not is_new:
        return None
    record("quality.shifted", subject=row, actor=None, scope=scope, week=str(week))
    return row


def chance_of_fall(before: Scores, after: Scores) -> float:
    """How likely so low a mean is if nothing has changed: Welch's test to one side, with the normal
    distribution, which some twenty scores on either side allow."""
    if len(before) < _LEAST or len(after) < _LEAST:
        return 1.0
    error = sqrt(_variance(before) / len(before) + _variance(after) / len(after))
    fall = sum(before) / len(before) - sum(after) / len(after)
    if not error:
        return 0.0 if fall > 0 else 1.0
    return 0.5 * erfc(fall / error / sqrt(2))


def _variance(scores: Scores) -> float:
    mean = sum(scores) / len(scores)
    return sum((one - mean) ** 2 for one in scores) / (len(scores) - 1)
