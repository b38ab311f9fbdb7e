"""Answers on their way out: what failed, what may have arrived already, what still waits."""

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from tickets.models import Delivery, Ticket

_WAITING = (Delivery.State.SCHEDULED, Delivery.State.SENDING)
OUTGOING = {
    "ambiguous": Q(ambiguous_at__isnull=False),
    "failed": Q(state=Delivery.State.FAILED),
    "bounced": Q(bounced_at__isnull=False),
    "waiting": Q(state__in=_WAITING),
}


def list_outgoing(user: User, state: str) -> "QuerySet[Delivery]":
    """Newest first, with all that a row of the page shows."""
    return (
        _visible(user)
        .filter(OUTGOING[state])
        .select_related("message__ticket__customer", "message__ticket__inbox", "message__author")
        .order_by("-ambiguous_at" if state == "ambiguous" else "-not_before", "-pk")
    )


def count_outgoing(user: User) -> dict[str, int]:
    counts = {name: Count("pk", filter=condition) for name, condition in OUTGOING.items()}
    return _visible(user).aggregate(**counts)


def _visible(user: User) -> "QuerySet[Delivery]":
    if not user.may("tickets.view_delivery"):
        return Delivery.objects.none()
    deliveries = Delivery.objects.filter(message__withdrawn_at=None)
    if user.may("tickets.view_all_ticket"):
        return deliveries
    return deliveries.filter(message__ticket__in=Ticket.objects.visible_to(user))
