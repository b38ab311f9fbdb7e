"""Work that nobody asked for: tickets and notes of our own."""

from accounts.models import Team
from connectors.models import Inbox
from core.clock import now
from core.ids import new_id
from core.language import guess_language
from customers.models import Customer
from tickets.actions.base import record_on
from tickets.actions.write import create_ticket
from tickets.models import Message, Ticket


def open_task(
    customer: Customer, *, inbox: Inbox, subject: str, note: str, team: Team | None = None
) -> Ticket:
    """For a customer, who is told nothing of it; within the caller's transaction."""
    ticket = create_ticket(
        customer,
        inbox=inbox,
        subject=subject,
        actor=None,
        language=guess_language(note[:500]),
        is_waiting=False,
    )
    if team and ticket.team_id != team.pk:
        ticket.team = team
        ticket.save(update_fields=["team"])
    note_by_system(ticket, note)
    return ticket


def note_by_system(ticket: Ticket, body: str) -> Message:
    """The caller holds the ticket's lock."""
    message = Message(
        id=new_id(),
        ticket=ticket,
        kind=Message.Kind.NOTE,
        direction=Message.Direction.OUT,
        body=body,
        language=guess_language(body),
        at=now(),
    )
    event = record_on(ticket, "message.noted", actor=None, message=message.pk)
    message.seq = message.touched_seq = event.seq or 0
    message.save(force_insert=True)
    return message
