"""How articles are used beside tickets."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.clock import now
from core.events import record
from knowledge.actions.base import require
from knowledge.lifecycle import PUBLISH
from knowledge.models import KnowledgeSettings, KnowledgeUse


def note_use(kind: str, *, articles: Iterable[UUID], ticket: UUID, actor: User) -> None:
    """Each kind counts once per article, ticket and agent."""
    moment = now()
    KnowledgeUse.objects.bulk_create(
        (
            KnowledgeUse(kind=kind, article_id=article, ticket_id=ticket, user=actor, at=moment)
            for article in articles
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def set_control_share(percent: int, *, actor: User) -> KnowledgeSettings:
    require(actor, PUBLISH)
    held, _new = KnowledgeSettings.objects.select_for_update().get_or_create(only=True)
    held.control_percent = min(max(percent, 0), 100)
    held.save(update_fields=["control_percent"])
    record("knowledge.control_changed", subject=held, actor=actor, percent=held.control_percent)
    return held
