"""Mails to people who work here (password resets and the like) leave by the same way as answers."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from connectors.errors import SendError
from connectors.mail import send
from connectors.models import Inbox
from core import clock
from core.ids import new_id


class OutgoingBackend(BaseEmailBackend):
    """Django's mail backend over our own sending: an outgoing server, or files in the outbox."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = 0
        for message in email_messages:
            try:
                _send(message)
            except (SendError, OSError):
                if not self.fail_silently:
                    raise
            else:
                sent += 1
        return sent


def _send(message: EmailMessage) -> None:
    server, address = _find_server()
    if address and message.from_email == settings.DEFAULT_FROM_EMAIL:
        message.from_email = address
    # Django's own messages take the line end; their type says nothing of it.
    raw = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    if server:
        send.send_raw(
            raw,
            smtp_url=server,
            sender=message.from_email,
            recipients=message.recipients(),
        )
    else:
        name = f"{clock.now():%Y%m%dT%H%M%SZ}-{new_id()}.eml"
        send.write_once(Path(settings.OUTBOX_DIR) / name, raw)


def _find_server() -> tuple[str, str]:
    """Everybody's server; else that of the oldest inbox which has one, with the only address it
    will send from."""
    if settings.SMTP_URL:
        return settings.SMTP_URL, ""
    doors = Inbox.objects.filter(kind=Inbox.Kind.MAIL, is_active=True).exclude(address=None)
    for inbox in doors.order_by("pk"):
        if url := inbox.credentials.get("smtp_url"):
            return str(url), str(inbox.address)
    return "", ""
