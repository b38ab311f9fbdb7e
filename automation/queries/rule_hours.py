"""Working time of tickets, as rules count it: their team's, else the usual one's."""

from uuid import UUID

from accounts.models import Calendar
from automation.queries.pace import hours_of_teams
from automation.sla.hours import Hours, around_the_clock, read_hours


class TeamHours:
    """Read when first asked for, for however many tickets."""

    def __init__(self) -> None:
        self._teams: dict[UUID, Hours] | None = None
        self._usual = around_the_clock()

    def of(self, team: UUID | None) -> Hours:
        if self._teams is None:
            self._teams, self._usual = hours_of_teams(), _usual_hours()
        return self._teams.get(team, self._usual) if team else self._usual


def _usual_hours() -> Hours:
    found = Calendar.objects.filter(is_default=True).prefetch_related("holidays").first()
    if found is None:
        return around_the_clock()
    days = {day.date: day.hours for day in found.holidays.all()}
    return read_hours(found.timezone, found.hours, days)
