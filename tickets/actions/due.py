"""The nearest promise of a ticket, which its lists sort and filter by."""

from datetime import datetime

from tickets.models import Ticket


def note_due(ticket: Ticket, *, moment: datetime | None) -> None:
    """The caller holds the ticket's lock."""
    if ticket.next_due_at != moment:
        ticket.next_due_at = moment
        ticket.save(update_fields=["next_due_at"])
