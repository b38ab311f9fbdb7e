"""Clocks of a ticket, as pages and the API show them."""

from automation.models import Clock
from tickets.models import Ticket


def clocks_of(ticket: Ticket) -> list[Clock]:
    """What still goes first, the soonest due before the rest; then what is over, newest first."""
    rows = Clock.objects.filter(ticket=ticket).select_related("version__policy")
    return sorted(rows, key=_rank)


def _rank(clock: Clock) -> tuple[bool, float, float]:
    due = clock.due_at.timestamp() if clock.due_at else float("inf")
    newest = -(clock.stopped_at or clock.started_at).timestamp()
    return (not clock.is_going, due if clock.is_going else 0.0, newest)
