"""Public macros as answers customers are offered while they write."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from connectors.models import Brand
from core.events import record
from core.registry import SuggestedAnswer
from customers.models import Customer
from tickets.queries.answers import find_macros, find_public_macro

# Nobody is asked who they are, so nobody may fill the history by it.
PER_MINUTE = 60
_MINUTE = timedelta(minutes=1)


class MacroAnswers:
    def find(self, words: str, *, brand: UUID, language: str) -> Iterable[SuggestedAnswer]:
        return find_macros(words, brand=Brand.objects.get(pk=brand), language=language)

    def note_helped(self, key: str, *, brand: UUID, customer: UUID | None) -> bool:
        macro = find_public_macro(key)
        if macro is None:
            return False
        if _is_within_limit():
            with transaction.atomic():
                actor = Customer.objects.filter(pk=customer).first() if customer else None
                record("answer.helped", subject=macro, actor=actor, brand=brand)
        return True


def _is_within_limit() -> bool:
    cache.add("answers-helped", 0, _MINUTE.total_seconds())
    try:
        return cache.incr("answers-helped") <= PER_MINUTE
    except ValueError:  # it ran out between the two
        return True
