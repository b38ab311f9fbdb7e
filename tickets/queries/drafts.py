"""What is being written on a ticket, as far as somebody may see it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from core.fields import warm_keys
from tickets.models import Attachment, Draft, Ticket


def drafts_on(ticket: Ticket, *, user: User) -> list[Draft]:
    """One's own, and what colleagues share."""
    seen = Q(author=user) | Q(is_shared=True)
    found = list(
        Draft.objects.filter(seen, ticket=ticket)
        .select_related("ticket", "author")
        .order_by("updated_at")
    )
    warm_keys(found)
    return found


def describe_drafts(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    found = list(drafts)
    files = _files_of(found)
    return [
        {
            "id": str(draft.pk),
            "kind": draft.kind,
            "body": draft.body,
            "copies": draft.copies,
            "files": [files[pk] for pk in draft.files if pk in files],
            "version": draft.version,
            "shared": draft.is_shared,
            "author": draft.author.name,
            "initials": draft.author.initials,
            "at": draft.updated_at.isoformat(),
        }
        for draft in found
    ]


def _files_of(drafts: list[Draft]) -> dict[UUID, dict[str, Any]]:
    """Names and sizes; the content of a loose upload is its uploader's alone."""
    wanted = {pk for draft in drafts for pk in draft.files}
    if not wanted:
        return {}
    loose = Attachment.objects.filter(pk__in=wanted, message=None)
    found = list(loose.select_related("ticket", "blob"))
    warm_keys(found)
    return {f.pk: {"id": str(f.pk), "name": f.filename, "size": f.blob.size} for f in found}
