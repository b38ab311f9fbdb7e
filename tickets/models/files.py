from uuid import UUID

from django.conf import settings
from django.db import models

from core.clock import now
from core.fields import EncryptedTextField
from core.ids import new_id
from tickets.models.message import Message
from tickets.models.ticket import Ticket


class Blob(models.Model):
    """The content of a file, kept once, sealed with a key of its own below ``BLOB_DIR``."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField(unique=True)  # keyed, so that it confirms nobody's guess
    size = models.PositiveBigIntegerField()
    sniffed_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=now)

    holds_file = True  # `keys verify` reads it
    privacy = {"content": "digest", "not_personal": "id size sniffed_type created_at"}

    def data_key_owner(self) -> tuple[str, UUID]:
        return "blob", self.pk


class Attachment(models.Model):
    """A file of a message; without one while its answer is being written."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="attachments")
    filename = EncryptedTextField()
    content_type = models.CharField(max_length=100)
    disposition = models.CharField(max_length=10, default="attachment")
    cid = EncryptedTextField(default="")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=now)

    # Of its blob, read along by ``queries.thread.messages_of``.
    size: int
    sniffed_type: str

    privacy = {
        "content": "filename cid content_type",
        "staff": "uploaded_by",
        "not_personal": "id ticket message blob disposition created_at",
    }

    def data_key_owner(self) -> tuple[str, UUID]:
        return "customer", self.ticket.customer_id
