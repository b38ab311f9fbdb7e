"""What may help an agent with a ticket, by the words they and the customer wrote."""

import hashlib
from uuid import UUID

from accounts.models import User
from core.language import guess_language
from knowledge.models import KnowledgeSettings, Reader
from knowledge.queries.search import Found, search

_SHOWN = 4
_MAX_WORDS = 1_500


def suggest(words: str, *, agent: User, language: str) -> list[Found]:
    """In the language of the words; what only shares a common word is left out."""
    spoken = guess_language(words) or language
    found = search(words[:_MAX_WORDS], reader=Reader(agent=agent), language=spoken, limit=_SHOWN)
    return [hit for hit in found if hit.is_near]


def control_percent() -> int:
    return KnowledgeSettings.objects.values_list("control_percent", flat=True).first() or 0


def is_in_control(ticket: UUID) -> bool:
    """Decided by the ticket's id alone, so that everybody sees the same at any time."""
    percent = control_percent()
    if not percent:
        return False
    digest = hashlib.sha256(b"knowledge-control" + ticket.bytes).digest()
    return int.from_bytes(digest[:4], "big") % 100 < percent
