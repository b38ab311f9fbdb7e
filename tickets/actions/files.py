"""Files: kept once per content, each sealed with a key of its own."""

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core import blind, files
from core.clock import now
from core.crypto import data_keys
from core.errors import Invalid
from core.events import after_commit
from core.ids import new_id
from core.uploads import clean_filename as clean_filename
from core.uploads import sniff_type
from tickets.models import Attachment, Blob, Draft, Message, Ticket

MAX_UPLOAD = 25 * 1024 * 1024


@transaction.atomic
def keep_blob(content: bytes) -> Blob:
    """The blob of this content, written and flushed to disk before its row is committed."""
    digest = blind.handle_index("blob", hashlib.sha256(content).hexdigest())
    if known := Blob.objects.filter(digest=digest).first():
        return known
    blob = Blob(id=new_id(), digest=digest, size=len(content), sniffed_type=sniff_type(content))
    kid, key = data_keys.for_owner(*blob.data_key_owner())
    files.write(blob.pk, BytesIO(content), key=key, kid=kid)
    Blob.objects.bulk_create([blob], ignore_conflicts=True)
    return Blob.objects.get(digest=digest)


def attach(
    ticket: Ticket,
    message: Message,
    *,
    filename: str,
    content_type: str,
    content: bytes,
    disposition: str = "attachment",
    cid: str = "",
) -> Attachment:
    return Attachment.objects.create(
        ticket=ticket,
        message=message,
        blob=keep_blob(content),
        filename=clean_filename(filename),
        content_type=content_type[:100],
        disposition=disposition[:10],
        cid=cid,
    )


@transaction.atomic
def attach_upload(
    ticket: Ticket, *, actor: User, filename: str, content_type: str, content: BinaryIO
) -> Attachment:
    """Keep a file for an answer that is still being written."""
    data = content.read(MAX_UPLOAD + 1)
    if len(data) > MAX_UPLOAD:
        raise Invalid(_("The file is larger than 25 MB."), field="file")
    if not data:
        raise Invalid(_("The file is empty."), field="file")
    return Attachment.objects.create(
        ticket=ticket,
        blob=keep_blob(data),
        filename=clean_filename(filename),
        content_type=content_type[:100],
        uploaded_by=actor,
    )


def drop_forgotten_uploads() -> int:
    """Files that no draft has any more, after two days, and contents nothing refers to."""
    old = now() - timedelta(days=2)
    kept = {pk for ids in Draft.objects.values_list("files", flat=True) for pk in ids}
    forgotten = Attachment.objects.filter(message=None, created_at__lt=old).exclude(pk__in=kept)
    dropped, _ = forgotten.delete()
    for blob in Blob.objects.filter(attachments=None, created_at__lt=old)[:1000]:
        with transaction.atomic():
            pk = blob.pk
            blob.delete()
            data_keys.destroy("blob", pk)
            after_commit(files.delete, pk)
    return dropped


def discard_upload(attachment: Attachment, *, actor: User) -> None:
    Attachment.objects.filter(pk=attachment.pk, message=None, uploaded_by=actor).delete()
