"""When somebody works: today's hours, the next break, the next day, days off."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from accounts.models import Calendar, Team, User
from accounts.queries.working_time import DAYS
from core.clock import now

LOOKS_AHEAD = timedelta(days=14)
_DAY_CODES = tuple(DAYS)
Span = tuple[datetime, datetime]
Special = dict[date, tuple[str, list[list[str]]]]  # name, and hours that are worked all the same


@dataclass(frozen=True, slots=True)
class Shift:
    calendar: Calendar
    source: str  # user, team or usual: whose hours these are
    today: list[Span] = field(default_factory=list)
    holiday: str = ""  # today's, if it is one
    is_working: bool = False
    next_break: Span | None = None
    ends: datetime | None = None
    next_start: datetime | None = None
    next_holiday: tuple[date, str] | None = None


def shift_of(user: User, *, at: datetime | None = None) -> Shift | None:
    """None where no hours are set up at all. Times are in the calendar's zone."""
    found = _calendar_of(user)
    if found is None:
        return None
    calendar, source = found
    return shift_in(calendar, source=source, at=at)


def shift_in(calendar: Calendar, *, source: str = "", at: datetime | None = None) -> Shift:
    moment = (at or now()).astimezone(ZoneInfo(calendar.timezone))
    special = special_days(calendar, moment.date())
    days_off = {day: name for day, (name, hours) in special.items() if not hours}
    today = spans_on(calendar, moment.date(), special)
    return Shift(
        calendar=calendar,
        source=source,
        today=today,
        holiday=days_off.get(moment.date(), ""),
        is_working=any(start <= moment < end for start, end in today),
        next_break=next(
            ((end, start) for (_, end), (start, _) in pairwise(today) if moment < start), None
        ),
        ends=today[-1][1] if today and moment < today[-1][1] else None,
        next_start=_next_start(calendar, moment, special),
        next_holiday=next(((day, days_off[day]) for day in sorted(days_off)), None),
    )


def _calendar_of(user: User) -> tuple[Calendar, str] | None:
    if user.calendar:
        return user.calendar, "user"
    team = Team.objects.filter(members=user, calendar__isnull=False).select_related("calendar")
    if (first := team.order_by("name").first()) and first.calendar:
        return first.calendar, "team"
    usual = Calendar.objects.filter(is_default=True).first()
    return (usual, "usual") if usual else None


def special_days(calendar: Calendar, today: date) -> Special:
    rows = calendar.holidays.filter(date__gte=today, date__lte=today + timedelta(days=366))
    return {day: (name, hours) for day, name, hours in rows.values_list("date", "name", "hours")}


def spans_on(calendar: Calendar, day: date, special: Special) -> list[Span]:
    zone = ZoneInfo(calendar.timezone)
    hours = calendar.hours.get(_DAY_CODES[day.weekday()], [])
    if day in special:
        hours = special[day][1]
    return [(_moment(day, start, zone), _moment(day, end, zone)) for start, end in hours]


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + timedelta(days=1), time(), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)


def _next_start(calendar: Calendar, moment: datetime, special: Special) -> datetime | None:
    for ahead in range(LOOKS_AHEAD.days + 1):
        day = moment.date() + timedelta(days=ahead)
        for start, _ in spans_on(calendar, day, special):
            if start > moment:
                return start
    return None
