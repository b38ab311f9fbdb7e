"""Mails to people who work here (password resets and the like) leave by the same way as answers."""

from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from connectors.errors import SendError
from connectors.mail import send
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
    # Django's own messages take the line end; their type says nothing of it.
    raw = message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    if settings.SMTP_URL:
        send.send_raw(
            raw,
            smtp_url=settings.SMTP_URL,
            sender=message.from_email,
            recipients=message.recipients(),
        )
    else:
        name = f"{clock.now():%Y%m%dT%H%M%SZ}-{new_id()}.eml"
        send.write_once(Path(settings.OUTBOX_DIR) / name, raw)
