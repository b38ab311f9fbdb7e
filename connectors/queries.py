"""Reading inboxes, what arrived through them, and what would have left."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404

from accounts.models import User
from connectors.errors import PermanentSendError, Unreadable
from connectors.mail import addresses, html, parse, send, text
from connectors.messages import InboundMessage, OutboundMessage, SendResult
from connectors.models import Inbox, RawDelivery

_OUTBOX_NAME = re.compile(r"^[\w.\-]+\.eml$")


def inbox_for_address(address: str) -> Inbox | None:
    """The inbox a mail address belongs to, plus-addressed forms included."""
    local, _, domain = address.strip().lower().rpartition("@")
    plain = f"{local.partition('+')[0]}@{domain}"
    return Inbox.objects.filter(address__iexact=plain, is_active=True).first()


def own_addresses() -> set[str]:
    found = Inbox.objects.exclude(address=None).values_list("address", flat=True)
    return {address.lower() for address in found if address}


def read_raw(delivery: RawDelivery) -> bytes:
    """The payload as it arrived. Raises ``DecryptionError`` if it was altered or erased."""
    return bytes(delivery.content.raw)


def list_deliveries(user: User, state: str = "") -> "QuerySet[RawDelivery]":
    if not user.may("connectors.view_rawdelivery"):
        return RawDelivery.objects.none()
    deliveries = RawDelivery.objects.select_related("inbox").order_by("-received_at")
    return deliveries.filter(state=state) if state else deliveries


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """A mail kept as a file because no outgoing server is set."""

    name: str
    subject: str
    to: str
    at: datetime
    size: int


def list_outbox(limit: int = 200) -> list[OutboxMail]:
    folder = Path(settings.OUTBOX_DIR)
    if not folder.is_dir():
        return []
    newest = sorted(folder.glob("*.eml"), key=lambda path: path.name, reverse=True)[:limit]
    return [_outbox_mail(path) for path in newest]


def _outbox_mail(path: Path) -> OutboxMail:
    with path.open("rb") as file:
        headers = BytesHeaderParser().parse(file)
    status = path.stat()
    return OutboxMail(
        name=path.name,
        subject=str(make_header(decode_header(headers.get("Subject", "")))),
        to=str(make_header(decode_header(headers.get("To", "")))),
        at=datetime.fromtimestamp(status.st_mtime, UTC),
        size=status.st_size,
    )


def read_outbox(name: str) -> bytes:
    path = Path(settings.OUTBOX_DIR) / name
    if not _OUTBOX_NAME.match(name) or not path.is_file():
        raise Http404
    return path.read_bytes()


def safe_mail_document(source: str, cid_urls: Mapping[str, str]) -> tuple[str, int]:
    """A customer's HTML as a document for a sandboxed frame, and how many images it wanted."""
    safe = html.sanitise(source, cid_urls=cid_urls)
    return html.as_document(safe), safe.blocked_images


def fold_quotes(body: str) -> tuple[str, str]:
    return text.fold_quotes(body)


def text_to_html(body: str) -> str:
    return text.text_to_html(body)


# What the layers above may know of the mail protocol.


def read_inbound(delivery: RawDelivery) -> InboundMessage:
    """Understand a stored payload. Raises ``Unreadable`` for what never can be."""
    if size := delivery.envelope.get("too_large"):
        raise Unreadable(f"The mail has {size // 1_000_000} MB; only its head was fetched.")
    return parse.parse(
        read_raw(delivery),
        own_addresses=own_addresses(),
        envelope_sender=delivery.envelope.get("mail_from"),
    )


def read_reply_address(address: str) -> addresses.ReplyToken | None:
    return addresses.read_reply_address(address)


def reply_token_fits(token: addresses.ReplyToken, email: str) -> bool:
    """Say whether the address was made for this very correspondent."""
    return hmac.compare_digest(token.participant_hash, addresses.participant_hash(email))


def make_reply_address(inbox_address: str, *, ticket_id: UUID, participant: str) -> str:
    return addresses.make_reply_address(inbox_address, ticket_id=ticket_id, participant=participant)


def make_message_id(message_id: UUID, address: str) -> str:
    return addresses.make_message_id(message_id, address.rpartition("@")[2])


def read_message_id(value: str) -> UUID | None:
    return addresses.read_message_id(value)


def send_mail(outbound: OutboundMessage) -> SendResult:
    """Hand a mail to the outgoing server, or keep it as a file where none is set.

    Raises ``TemporarySendError`` or ``PermanentSendError``.
    """
    if not outbound.to:
        raise PermanentSendError("The answer names nobody to send it to.")
    return send.send(outbound, smtp_url=settings.SMTP_URL, outbox_dir=settings.OUTBOX_DIR)
