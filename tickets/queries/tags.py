"""Tags as admins see them: how many tickets have each, and which changes are still under way."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from core.clock import now
from core.models import Event
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class TagChange:
    """A renaming that has not reached all tickets yet."""

    old: list[str]
    new: str
    done: int
    all: int


def count_tags() -> list[tuple[str, int]]:
    """Tags by how many tickets have them, the most used first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tag, count(*) FROM tickets_ticket, unnest(tags) tag GROUP BY tag "
            "ORDER BY count(*) DESC, tag LIMIT 1000"
        )
        return [(tag, count) for tag, count in cursor.fetchall()]


def list_tag_changes() -> list[TagChange]:
    asked = Event.objects.filter(name="tags.renamed", at__gt=now() - timedelta(days=1))
    changes = []
    for event in asked.order_by("-at")[:20]:
        left = Ticket.objects.filter(tags__overlap=event.details["old"]).count()
        total = max(event.details["left"], left)
        if left:
            new = event.details["new"]
            changes.append(TagChange(event.details["old"], new, total - left, total))
    return changes
