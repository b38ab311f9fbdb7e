"""Working time on instants.

A moment counts if the clock on the wall of the zone shows a working hour of a working day. So an
hour that is skipped in spring is not worked, and one that comes twice in autumn is worked twice.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]
Minutes = tuple[tuple[int, int], ...]  # of one day, in order: ((540, 750), (810, 1080))
DAY = timedelta(days=1)
NOTHING = timedelta()
# Whoever does not work within three years will not work any more.
LOOKS_AHEAD = 3 * 366
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHOLE_DAY = ((0, 1440),)
# Of all zones there are and ever were, with room to spare.
_FURTHEST_EAST, _FURTHEST_WEST = timedelta(hours=16), timedelta(hours=16)


class Hours:
    """Weekly hours in a zone, and days that are otherwise: off (no hours) or with other hours."""

    def __init__(
        self, zone: str, week: Sequence[Minutes], days: Mapping[date, Minutes] | None = None
    ) -> None:
        self.zone, self.week, self.days = ZoneInfo(zone), tuple(week), dict(days or {})
        self._spans: dict[date, tuple[Span, ...]] = {}
        self._works_at_all = any(self.week) or any(self.days.values())

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """What is worked on a day of the zone's calendar, in UTC, in order and apart."""
        known = self._spans.get(day)
        if known is None:
            minutes = self.days.get(day, self.week[day.weekday()])
            known = self._spans[day] = _joined(_instants(self.zone, day, minutes))
        return known

    def spans_from(self, moment: datetime) -> Iterator[Span]:
        """From this moment on, for as long as ``LOOKS_AHEAD``."""
        day = moment.astimezone(self.zone).date() - DAY
        for _ in range(LOOKS_AHEAD if self._works_at_all else 0):
            for start, end in self.spans_on(day):
                if end > moment:
                    yield max(start, moment), end
            day += DAY

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments; none if the second is not later."""
        total = NOTHING
        if end <= start:
            return total
        for first, last in self.spans_from(start):
            if first >= end:
                break
            total += min(last, end) - first
        return total

    def after(self, start: datetime, length: timedelta) -> datetime | None:
        """The earliest moment by which so much working time has passed since ``start``; None if
        nobody works that long within ``LOOKS_AHEAD``."""
        if length <= NOTHING:
            return start
        for first, last in self.spans_from(start):
            if last - first >= length:
                return first + length
            length -= last - first
        return None

    def is_open(self, moment: datetime) -> bool:
        first = next(self.spans_from(moment), None)
        return first is not None and first[0] <= moment

    def next_start(self, moment: datetime) -> datetime | None:
        """When work begins again; the moment itself while it is going on."""
        first = next(self.spans_from(moment), None)
        return first[0] if first else None


def read_hours(
    zone: str,
    hours: Mapping[str, Sequence[Sequence[str]]],
    days: Mapping[date, Sequence[Sequence[str]]] | None = None,
) -> Hours:
    """From how calendars keep them: {"mon": [["09:00", "12:30"], …]}; "24:00" ends a day."""
    week = [_minutes_of(hours.get(day, [])) for day in _DAYS]
    return Hours(zone, week, {day: _minutes_of(spans) for day, spans in (days or {}).items()})


@lru_cache(maxsize=1)
def around_the_clock() -> Hours:
    return Hours("UTC", [_WHOLE_DAY] * 7)


def _minutes_of(spans: Sequence[Sequence[str]]) -> Minutes:
    return tuple((_minute(start), _minute(end)) for start, end in spans)


def _minute(text: str) -> int:
    hour, _colon, minute = text.partition(":")
    return int(hour) * 60 + int(minute)


def _instants(zone: ZoneInfo, day: date, minutes: Minutes) -> Iterator[Span]:
    """Within each stretch of one offset, local time is UTC moved by it."""
    midnight = datetime.combine(day, time(), UTC)
    for first, last, offset in _stretches(zone, day):
        for start, end in minutes:
            begins = max(first, midnight + timedelta(minutes=start) - offset)
            ends = min(last, midnight + timedelta(minutes=end) - offset)
            if begins < ends:
                yield begins, ends


@lru_cache(maxsize=4096)
def _stretches(zone: ZoneInfo, day: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """All moments that may be on this day somewhere, cut where the zone's offset changes."""
    midnight = datetime.combine(day, time(), UTC)
    begin, end = midnight - _FURTHEST_EAST, midnight + DAY + _FURTHEST_WEST
    first, last = _offset(zone, begin), _offset(zone, end)
    if first == last:
        return ((begin, end, first),)
    seconds = range(int((end - begin).total_seconds()) + 1)
    change = begin + timedelta(
        seconds=bisect_right(
            seconds, False, key=lambda n: _offset(zone, begin + timedelta(seconds=n)) != first
        )
    )
    return ((begin, change, first), (change, end, last))


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or NOTHING


def _joined(spans: Iterator[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
