"""Promises that come near their end are told to those who can keep them."""

from automation.actions.promises import KINDS, tell_of_promise
from core.events import on
from core.models import Event
from tickets.models import Ticket


@on("sla.warned", "sla.breached")
def tell_people(event: Event) -> None:
    """Once for each event, which itself is recorded once per clock and cycle."""
    related = "assignee__presence", "assignee__calendar", "team__calendar", "customer__tier"
    found = Ticket.objects.select_related(*related)
    ticket = found.filter(pk=event.ticket_id).first() if event.ticket_id else None
    if ticket and not ticket.is_resolved and not ticket.merged_into_id:
        tell_of_promise(ticket, kind=KINDS[event.name])
