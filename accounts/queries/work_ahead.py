"""When so much working time will have passed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Calendar, Team
from accounts.queries.shift import spans_on, special_days

_DAY = timedelta(days=1)
_LOOKS_AHEAD = 366


def calendar_for(team: Team | None) -> Calendar | None:
    """The team's, else the usual one; None where no hours are set up at all."""
    if team and team.calendar:
        return team.calendar
    return Calendar.objects.filter(is_default=True).first()


def after_working(length: timedelta, *, since: datetime, calendar: Calendar | None) -> datetime:
    """Without hours, or where nobody works within a year, all time counts."""
    if calendar is None:
        return since + length
    day = since.astimezone(ZoneInfo(calendar.timezone)).date()
    special = special_days(calendar, day)
    left = length
    for _ in range(_LOOKS_AHEAD):
        for start, end in spans_on(calendar, day, special):
            # In UTC: two moments of one zone are told apart by the clock on the wall.
            begins, ends = max(start.astimezone(UTC), since), end.astimezone(UTC)
            if ends <= begins:
                continue
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        day += _DAY
    return since + length
