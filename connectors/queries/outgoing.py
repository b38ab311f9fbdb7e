"""Sending, and what would have left where no outgoing server is set."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.http import Http404

from connectors.errors import OAuthProblem, PermanentSendError, TemporarySendError
from connectors.mail import permission, send
from connectors.mail.dkim_sign import Signer
from connectors.messages import OutboundMessage, SendResult
from connectors.models import Brand, Inbox, Suppression
from core import blind

SUPPRESSED = "suppressed"
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


def send_mail(outbound: OutboundMessage, *, inbox: Inbox | None = None) -> SendResult:
    """Hand a mail to the outgoing server, or keep it as a file where none is set.

    The inbox lends its own server and its brand's signature. Copies to suppressed addresses are
    left out and named as refused. Raises ``TemporarySendError`` or ``PermanentSendError``.
    """
    if not outbound.to:
        raise PermanentSendError("The answer names nobody to send it to.")
    if any(is_suppressed(person.email) for person in outbound.to):
        raise PermanentSendError(
            "Nothing is sent to this address any more: it is suppressed.",
            provider_code=SUPPRESSED,
        )
    copies = [*outbound.cc, *outbound.bcc]
    left_out = [person for person in copies if is_suppressed(person.email)]
    result = send.send(
        replace(
            outbound,
            cc=[person for person in outbound.cc if person not in left_out],
            bcc=[person for person in outbound.bcc if person not in left_out],
        ),
        smtp_url=_server_of(inbox),
        outbox_dir=settings.OUTBOX_DIR,
        signer=_signer_of(inbox.brand) if inbox else None,
        oauth_token=_token_for(inbox),
    )
    refused = (*result.refused, *(person.email for person in left_out))
    return replace(result, refused=refused)


def has_server(inbox: Inbox) -> bool:
    return bool(_server_of(inbox))


def _server_of(inbox: Inbox | None) -> str:
    """The inbox's own, else the one of the provider it is connected with, else everybody's."""
    if inbox is None:
        return str(settings.SMTP_URL)
    return str(inbox.credentials.get("smtp_url") or permission.smtp_url(inbox) or settings.SMTP_URL)


def _token_for(inbox: Inbox | None) -> str:
    """Only ever for the provider's own server: the token is worth the whole mailbox."""
    if inbox is None or inbox.credentials.get("smtp_url") or not permission.smtp_url(inbox):
        return ""
    try:
        return permission.fresh_access_token(inbox)
    except OAuthProblem as problem:
        raise TemporarySendError(problem.reason) from problem


def _signer_of(brand: Brand) -> Signer | None:
    if not (brand.dkim_domain and brand.dkim_selector and brand.dkim_key):
        return None
    return Signer(brand.dkim_domain, brand.dkim_selector, brand.dkim_key)


def is_suppressed(address: str) -> bool:
    indexes = blind.all_versions("email", address)
    return Suppression.objects.filter(address_index__in=indexes).exists()
