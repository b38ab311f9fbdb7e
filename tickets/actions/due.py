"""The nearest promise of a ticket, which its lists sort and filter by."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tickets.models import Ticket


def note_due(ticket: Ticket, *, moment: datetime | None) -> None:
    """The caller holds the ticket's lock."""
    if ticket.next_due_at != moment:
        ticket.next_due_at = moment
        ticket.save(update_fields=["next_due_at"])


def note_risk(at_risk: Collection[UUID]) -> None:
    """These and no others. An estimate, of which nobody is told: no event, and no lock."""
    was = set(Ticket.objects.filter(is_at_risk=True).values_list("pk", flat=True))
    for pk in was - set(at_risk):
        Ticket.objects.filter(pk=pk).update(is_at_risk=False)
    for pk in set(at_risk) - was:
        Ticket.objects.filter(pk=pk).update(is_at_risk=True)
