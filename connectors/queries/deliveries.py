"""What arrived, as it arrived and as it is understood."""

from django.db.models import QuerySet

from accounts.models import User
from connectors.errors import Unreadable
from connectors.mail import parse
from connectors.messages import InboundMessage
from connectors.models import RawDelivery
from connectors.queries.inboxes import own_addresses


def read_raw(delivery: RawDelivery) -> bytes:
    """The payload as it arrived. Raises ``DecryptionError`` if it was altered or erased."""
    return bytes(delivery.content.raw)


def list_deliveries(user: User, state: str = "") -> "QuerySet[RawDelivery]":
    if not user.may("connectors.view_rawdelivery"):
        return RawDelivery.objects.none()
    deliveries = RawDelivery.objects.select_related("inbox").order_by("-received_at")
    return deliveries.filter(state=state) if state else deliveries


def read_inbound(delivery: RawDelivery) -> InboundMessage:
    """Understand a stored payload. Raises ``Unreadable`` for what never can be."""
    if size := delivery.envelope.get("too_large"):
        raise Unreadable(f"The mail has {size // 1_000_000} MB; only its head was fetched.")
    return parse.parse(
        read_raw(delivery),
        own_addresses=own_addresses(),
        envelope_sender=delivery.envelope.get("mail_from"),
    )
