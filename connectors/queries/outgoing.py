"""Sending, and what would have left where no outgoing server is set."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.http import Http404

from connectors.errors import PermanentSendError
from connectors.mail import send
from connectors.messages import OutboundMessage, SendResult

_OUTBOX_NAME = re.compile(r"^[\w.\-]+\.eml$")


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


def send_mail(outbound: OutboundMessage) -> SendResult:
    """Hand a mail to the outgoing server, or keep it as a file where none is set.

    Raises ``TemporarySendError`` or ``PermanentSendError``.
    """
    if not outbound.to:
        raise PermanentSendError("The answer names nobody to send it to.")
    return send.send(outbound, smtp_url=settings.SMTP_URL, outbox_dir=settings.OUTBOX_DIR)
