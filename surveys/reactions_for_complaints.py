"""What happens to a ticket that is a complaint decides whether its promise is kept. Cheap, for it
follows every answer and every step."""

from uuid import UUID

from core.events import on
from core.models import Event
from surveys.actions.complaints import carry_over, open_complaint, refresh
from surveys.models import COMPLAINT, Complaint
from tickets.models import UNRESOLVED, Message, Ticket


@on("ticket.type_changed")
def follow_type(event: Event) -> None:
    """Chosen by the customer, by a rule, by somebody at the ticket."""
    if event.ticket_id and event.details.get("to") == COMPLAINT:
        ticket = Ticket.objects.filter(pk=event.ticket_id, type=COMPLAINT).first()
        if ticket:
            open_complaint(ticket, actor=None)


@on(
    "delivery.sent",
    "delivery.failed",
    "delivery.bounced",
    "ticket.resolved",
    "ticket.status_changed",
    "ticket.reopened",
)
def follow_ticket(event: Event) -> None:
    """Steps to a usual status that does not end it are most, and decide nothing."""
    goes_on = event.name == "ticket.status_changed" and event.details.get("to") in UNRESOLVED
    if event.ticket_id and not goes_on:
        _look_at(event.ticket_id)


@on("chat.answer_waits")
def follow_chat(event: Event) -> None:
    """What a chat shows at once is never sent."""
    said = Message.objects.filter(pk=event.details["message"]).values_list("ticket", flat=True)
    if ticket := said.first():
        _look_at(ticket)


def _look_at(ticket: UUID) -> None:
    found = Complaint.objects.filter(ticket=ticket).values_list("pk", flat=True)
    if pk := found.first():
        refresh(pk)


@on("ticket.merged")
def follow_merge(event: Event) -> None:
    related = "inbox", "customer", "merged_into__inbox", "merged_into__customer"
    found = Ticket.objects.select_related(*related).filter(type=COMPLAINT)
    source = found.filter(pk=event.ticket_id).first() if event.ticket_id else None
    if source and source.merged_into:
        carry_over(source, source.merged_into)
