"""Everything that left or shall leave, for those who watch over the sending."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from connectors.queries import make_message_id
from tickets.models import Delivery, Ticket

NO_ADDRESS = "helpdesk@localhost"


def search_outgoing(
    user: User | None, *, state: str = "", is_ambiguous: bool | None = None
) -> "QuerySet[Delivery]":
    """Newest first. Without a user it is for commands, which see everything."""
    found = Delivery.objects.select_related("message__ticket__inbox").order_by("-pk")
    if user is not None:
        if not user.may("tickets.view_delivery"):
            return found.none()
        found = found.filter(message__ticket__in=Ticket.objects.visible_to(user))
    if state:
        found = found.filter(state=state)
    if is_ambiguous is not None:
        found = found.filter(ambiguous_at__isnull=not is_ambiguous)
    return found


def describe_outgoing(delivery: Delivery) -> dict[str, Any]:
    """Ids, codes and times; nothing of what was said or to whom."""
    message = delivery.message
    address = message.ticket.inbox.address or NO_ADDRESS
    return {
        "id": delivery.pk,
        "ticket": message.ticket_id,
        "message": delivery.message_id,
        "message_id": make_message_id(delivery.message_id, address),
        "classification": message.classification,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "problem": delivery.problem,
        "code": delivery.provider_code,
        "ambiguous": delivery.ambiguous_at is not None,
        "not_before": delivery.not_before,
        "sent_at": delivery.sent_at,
    }


def page_of_outgoing(
    found: "QuerySet[Delivery]", *, after: UUID | None, size: int = 200
) -> list[Delivery]:
    return list((found.filter(pk__lt=after) if after else found)[:size])
