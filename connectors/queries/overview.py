"""What those who run the doors look at: heads of deliveries, counts, blocked addresses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, QuerySet

from accounts.models import User
from connectors.errors import Unreadable
from connectors.mail.decoding import decode_header
from connectors.mail.dkim_sign import Signer, write_dns_record
from connectors.mail.limits import normalise_line_ends, read_head
from connectors.models import Brand, Inbox, RawContent, RawDelivery, SenderBlock, Suppression
from core.fields import warm_keys

# The states whose number says that somebody should look.
COUNTED = (
    RawDelivery.State.QUARANTINED,
    RawDelivery.State.FAILED,
    RawDelivery.State.RECEIVED,
)
# A list reads the heads of mails up to this size; of larger ones it shows the envelope's sender.
_HEAD_FROM = 512 * 1024
_SHOWN = ("from", "to", "cc", "subject", "date", "reply-to", "return-path", "message-id")


@dataclass(frozen=True, slots=True)
class Head:
    """The lines of a mail's head that people read, decoded; nothing in it is to be trusted."""

    sender: str = ""
    subject: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)


def count_deliveries(user: User) -> dict[str, int]:
    counts = dict.fromkeys(map(str, COUNTED), 0)
    if not user.may("connectors.view_rawdelivery"):
        return counts
    found = RawDelivery.objects.filter(state__in=COUNTED).values("state").annotate(n=Count("pk"))
    return counts | {row["state"]: row["n"] for row in found}


def heads_of(deliveries: Sequence[RawDelivery]) -> dict[UUID, Head]:
    """Who says to have sent them, and about what: one query for the whole page of a list."""
    small = [delivery.pk for delivery in deliveries if delivery.size <= _HEAD_FROM]
    contents = {row.pk: row for row in RawContent.objects.filter(delivery__in=small)}
    warm_keys(deliveries, contents.values())
    return {
        delivery.pk: _with_envelope(read_head_of(bytes(content.raw)), delivery)
        if (content := contents.get(delivery.pk))
        else _with_envelope(Head(), delivery)
        for delivery in deliveries
    }


def _with_envelope(head: Head, delivery: RawDelivery) -> Head:
    sender = head.sender or str(delivery.envelope.get("mail_from") or "")
    return Head(sender, head.subject, head.lines)


def read_head_of(raw: bytes) -> Head:
    """Works on any bytes; what is no head has no lines."""
    data = normalise_line_ends(raw[:_HEAD_FROM].lstrip())
    try:
        headers, _ = read_head(data, 0, len(data))
    except Unreadable:
        return Head()
    lines = [(name, decode_header(value)) for name, value in headers if name in _SHOWN]
    first = dict(reversed(lines))
    return Head(first.get("from", ""), first.get("subject", ""), lines)


def list_blocks(user: User) -> "QuerySet[SenderBlock]":
    if not user.may("connectors.view_senderblock"):
        return SenderBlock.objects.none()
    return SenderBlock.objects.select_related("blocked_by").order_by("-at")


def list_suppressions(user: User) -> "QuerySet[Suppression]":
    if not user.may("connectors.view_suppression"):
        return Suppression.objects.none()
    return Suppression.objects.order_by("-at")


def list_inboxes(user: User) -> "QuerySet[Inbox]":
    if not user.may("connectors.change_inbox"):
        return Inbox.objects.none()
    return Inbox.objects.select_related("brand", "team").order_by("name")


def list_brands(user: User) -> "QuerySet[Brand]":
    if not user.may("connectors.change_brand"):
        return Brand.objects.none()
    return Brand.objects.order_by("name")


def dns_record_of(brand: Brand) -> tuple[str, str] | None:
    """Name and text of the TXT record that receivers look for; none while nothing is signed.

    Raises ``ValueError`` where the key is none.
    """
    if not (brand.dkim_domain and brand.dkim_selector and brand.dkim_key):
        return None
    return write_dns_record(Signer(brand.dkim_domain, brand.dkim_selector, brand.dkim_key))
