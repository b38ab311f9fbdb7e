"""What every action on an invitation shares."""

from typing import Any
from uuid import UUID

from accounts.models import User
from core.clock import now
from customers.models import Customer
from surveys.models import Invitation
from tickets.actions.base import lock, record_on
from tickets.models import Ticket


def take(pk: UUID) -> Invitation:
    """As it is now, ours until the transaction ends. The ticket is locked first, as by all who
    write on it: whoever rates a chat holds it already."""
    ticket = Invitation.objects.filter(pk=pk).values_list("ticket", flat=True).first()
    if ticket:
        lock(Ticket(pk=ticket))
    related = "survey", "version", "ticket__inbox__brand", "customer", "brand"
    found = Invitation.objects.select_for_update(of=("self",)).select_related(*related)
    return found.get(pk=pk)


def tell(
    invitation: Invitation, name: str, *, actor: User | Customer | None = None, **details: Any
) -> None:
    ticket = invitation.ticket
    home = ticket.merged_into if ticket.merged_into else ticket
    record_on(home, name, actor=actor, invitation=invitation.pk, **details)


def facts_of(ticket: Ticket) -> dict[str, Any]:
    """Of the moment of asking; figures must not change with the ticket."""
    assignee = ticket.assignee
    by_bot = bool(assignee and assignee.is_bot) if assignee else _only_bot_answered(ticket)
    ended = ticket.resolved_at or now()
    return {
        "brand_id": ticket.inbox.brand_id,
        "team_id": ticket.team_id,
        "agent_id": ticket.assignee_id,
        "by_bot": by_bot,
        "door": ticket.inbox.kind,
        "tier": ticket.customer.tier.code,
        "type": ticket.type,
        "language": ticket.language or ticket.customer.locale,
        "solved_seconds": max(0, int((ended - ticket.created_at).total_seconds())),
    }


def _only_bot_answered(ticket: Ticket) -> bool:
    said = ticket.messages.filter(direction="out", kind="public", author__isnull=False)
    authors = set(said.values_list("author__kind", flat=True))
    return authors == {User.Kind.BOT}
