"""How fast teams keep their promises, and what waits for them, in a few statements."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count

from accounts.models import Team
from automation.models import Clock
from automation.sla.hours import Hours, around_the_clock, read_hours
from automation.sla.risk import LOOKS_BACK, pace_of
from tickets.models import UNRESOLVED

_ENDED = (Clock.State.MET, Clock.State.BREACHED)


def going_clocks(moment: datetime) -> list[Clock]:
    """Those that run towards a moment ahead, the soonest due first."""
    rows = Clock.objects.filter(
        state=Clock.State.RUNNING,
        due_at__gt=moment,
        ticket__category__in=UNRESOLVED,
        ticket__spam_at=None,
        ticket__merged_into=None,
    )
    related = rows.select_related("ticket").order_by("due_at", "pk")
    return list(related.only("metric", "due_at", "risk", "ticket__team"))


def hours_of_teams() -> dict[UUID, Hours]:
    """Of those with working hours of their own."""
    found = {}
    teams = Team.objects.filter(calendar__isnull=False).select_related("calendar")
    for team in teams.prefetch_related("calendar__holidays"):
        if calendar := team.calendar:
            days = {day.date: day.hours for day in calendar.holidays.all()}
            found[team.pk] = read_hours(calendar.timezone, calendar.hours, days)
    return found


def paces(moment: datetime) -> dict[tuple[UUID, str], float]:
    """By team and metric, where enough came to an end lately."""
    ended = Clock.objects.filter(
        state__in=_ENDED, stopped_at__gt=moment - LOOKS_BACK, ticket__team__isnull=False
    )
    counts = ended.order_by().values_list("ticket__team", "metric").annotate(n=Count("pk"))
    hours = hours_of_teams() if counts else {}
    found = {}
    for team, metric, count in counts:
        pace = pace_of(count, hours.get(team) or around_the_clock(), at=moment)
        if pace:
            found[team, metric] = pace
    return found
