"""What is being written on a ticket, as far as somebody may see it."""

from typing import Any

from django.db.models import Q

from accounts.models import User
from core.fields import warm_keys
from tickets.models import Draft, Ticket


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


def describe_draft(draft: Draft) -> dict[str, Any]:
    return {
        "id": str(draft.pk),
        "kind": draft.kind,
        "body": draft.body,
        "copies": draft.copies,
        "version": draft.version,
        "shared": draft.is_shared,
        "author": draft.author.name,
        "initials": draft.author.initials,
        "at": draft.updated_at.isoformat(),
    }
