"""What arrived, as it arrived and as it is understood."""

import base64
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import User
from connectors.errors import Unreadable
from connectors.mail import sandbox
from connectors.mail.resolver import LiveResolver, Off
from connectors.mail.verdict import judge
from connectors.messages import InboundMessage, Verdicts
from connectors.models import RawDelivery
from connectors.queries.inboxes import own_addresses

log = logging.getLogger("helpdesk.mail")


def read_raw(delivery: RawDelivery) -> bytes:
    """The payload as it arrived. Raises ``DecryptionError`` if it was altered or erased."""
    return bytes(delivery.content.raw)


def list_deliveries(user: User, state: str = "") -> "QuerySet[RawDelivery]":
    if not user.may("connectors.view_rawdelivery"):
        return RawDelivery.objects.none()
    deliveries = RawDelivery.objects.select_related("inbox").order_by("-received_at")
    return deliveries.filter(state=state) if state else deliveries


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    rows: list[RawDelivery]
    next: str


def list_deliveries_behind(
    user: User, *, state: str = "", after: str = "", limit: int = 50
) -> DeliveryPage:
    """By keyset: a page costs the same at any depth. A cursor that is none ends the list."""
    found = list_deliveries(user, state).order_by("-received_at", "-pk")
    if after:
        position = _read_cursor(after)
        if position is None:
            return DeliveryPage([], "")
        at, pk = position
        found = found.filter(Q(received_at__lt=at) | Q(received_at=at, pk__lt=pk))
    rows = list(found[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    return DeliveryPage(rows, _cursor_of(rows[-1]) if more else "")


def _cursor_of(delivery: RawDelivery) -> str:
    text = f"{delivery.received_at.isoformat()} {delivery.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, pk = text.partition(" ")
        moment = datetime.fromisoformat(at)
        return (moment, UUID(pk)) if moment.tzinfo else None
    except ValueError:
        return None


def read_inbound(delivery: RawDelivery) -> InboundMessage:
    """Understand a stored payload. Raises ``Unreadable`` for what never can be.

    May take seconds and ask the DNS, so it is best called outside a transaction. The verdicts
    are those that were stored, if it was judged before.
    """
    if size := delivery.envelope.get("too_large"):
        raise Unreadable(f"The mail has {size // 1_000_000} MB; only its head was fetched.")
    raw = read_raw(delivery)
    try:
        message, _ = sandbox.read(
            raw,
            own_addresses=own_addresses(),
            envelope_sender=delivery.envelope.get("mail_from"),
        )
    finally:
        log.info("read %s: %s", delivery.pk, sandbox.last_usage())
    return replace(message, verdicts=_read_verdicts(delivery, raw, message.sender.email))


def _read_verdicts(delivery: RawDelivery, raw: bytes, sender: str) -> Verdicts:
    known = delivery.verdicts
    if known and "temperror" not in known.values():
        return Verdicts(**known)
    envelope, inbox = delivery.envelope, delivery.inbox
    # By the other doors a mail comes with whatever header its sender put on top.
    trusted = inbox.credentials.get("authserv_id", "") if delivery.source == "imap" else ""
    return judge(
        raw,
        peer=envelope.get("peer", ""),
        helo=envelope.get("helo", ""),
        mail_from=envelope.get("mail_from"),
        resolver=LiveResolver() if settings.MAIL_DNS else Off(),
        authserv_id=trusted,
        sender=sender,
    )
