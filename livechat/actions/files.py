"""Files of visitors: kept when they come, part of the ticket with the message that names them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.clock import now
from core.ids import new_id
from livechat.errors import BadFile, TooLarge
from livechat.models import Visitor, VisitorFile
from livechat.queries.config import MAX_FILE, MAX_FILES
from tickets.actions.files import clean_filename, keep_blob
from tickets.models import Attachment, Message

# Before the round that drops contents nothing refers to.
_KEPT = timedelta(days=1)
_MOST_WAITING = 3 * MAX_FILES


@transaction.atomic
def keep_file(
    visitor: Visitor, *, filename: str, content_type: str, content: BinaryIO
) -> VisitorFile:
    data = content.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise TooLarge(_("The file is larger than %(n)d MB.") % {"n": MAX_FILE // 1024 // 1024})
    if not data:
        raise BadFile(_("The file is empty."), field="file")
    if VisitorFile.objects.filter(visitor=visitor).count() >= _MOST_WAITING:
        raise BadFile(_("Send the files you have chosen first."), field="file")
    file = VisitorFile(
        id=new_id(),
        visitor=visitor,
        blob=keep_blob(data),
        filename=clean_filename(filename),
        content_type=content_type[:100],
        created_at=now(),
    )
    file.save(force_insert=True)
    return file


def take_files(message: Message, visitor: Visitor, ids: Sequence[UUID]) -> None:
    """They keep their ids, by which the visitor's browser knows them."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_FILES:
        raise BadFile(_("At most %(n)d files at a time.") % {"n": MAX_FILES}, field="files")
    kept = VisitorFile.objects.select_for_update().filter(pk__in=wanted, visitor=visitor)
    found = {file.pk: file for file in kept}
    if len(found) != len(wanted):
        raise BadFile(_("A file is gone. Choose it again."), field="files")
    for pk in wanted:
        file = found[pk]
        Attachment(
            id=pk,
            ticket=message.ticket,
            message=message,
            blob_id=file.blob_id,
            filename=file.filename,
            content_type=file.content_type,
            created_at=now(),
        ).save(force_insert=True)
        file.delete()


def drop_forgotten_files() -> int:
    return VisitorFile.objects.filter(created_at__lt=now() - _KEPT).delete()[0]
