"""When rules of time are due."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from automation.rules.reading import DAYS
from automation.sla.hours import Hours

_A_WEEK_AND_A_DAY = 9


def due_at(since: datetime, *, minutes: int, hours: Hours | None) -> datetime | None:
    """``hours``: only working time counts, which is known forwards alone; so a moment before
    something is always by the clock on the wall. None: nobody ever works that long."""
    length = timedelta(minutes=minutes)
    if hours is None or minutes < 0:
        return since + length
    return hours.after(since, length)


def next_time(after: datetime, *, days: Iterable[str], at: str, zone: str) -> datetime | None:
    """The first such moment later than ``after``. An hour that is skipped in spring is taken an
    hour later; of one that comes twice the first counts."""
    wanted = {DAYS.index(day) for day in days}
    hour, _colon, minute = at.partition(":")
    local = after.astimezone(ZoneInfo(zone))
    for n in range(_A_WEEK_AND_A_DAY):
        day = local.date() + timedelta(days=n)
        if day.weekday() not in wanted:
            continue
        found = datetime.combine(day, time(int(hour), int(minute)), ZoneInfo(zone))
        moment = found.astimezone(after.tzinfo)
        if moment > after:
            return moment
    return None
