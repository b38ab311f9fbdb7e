"""Estimating anew, every few minutes, which promises will probably be broken."""

from collections import Counter
from datetime import datetime
from uuid import UUID

from automation.models import Clock
from automation.queries.pace import going_clocks, hours_of_teams, paces
from automation.sla.hours import around_the_clock
from automation.sla.risk import Risk, estimate
from core.clock import now
from tickets.actions.due import note_risk


def estimate_risks() -> int:
    """Row by row, so that no fold of a ticket waits for another's. Returns how many tickets are at
    risk."""
    moment = now()
    clocks = going_clocks(moment)
    risks = _risks(clocks, moment)
    for clock in clocks:
        found = risks.get(clock.pk)
        told = found.as_json() if found else None
        if told != clock.risk:
            Clock.objects.filter(pk=clock.pk).update(risk=told)
    at_risk = {c.ticket_id for c in clocks if (r := risks.get(c.pk)) and r.is_at_risk}
    note_risk(at_risk)
    return len(at_risk)


def _risks(clocks: list[Clock], moment: datetime) -> dict[UUID, Risk]:
    """Of those clocks, the soonest due first, of whose team enough is known."""
    hours, pace = hours_of_teams(), paces(moment)
    ahead: Counter[tuple[UUID, str]] = Counter()
    found: dict[UUID, Risk] = {}
    for clock in clocks:
        team = clock.ticket.team_id
        if team is None or clock.due_at is None:
            continue
        queue = (team, clock.metric)
        if per_hour := pace.get(queue):
            found[clock.pk] = estimate(
                ahead=ahead[queue],
                per_hour=per_hour,
                due=clock.due_at,
                hours=hours.get(team) or around_the_clock(),
                at=moment,
            )
        ahead[queue] += 1
    return found
