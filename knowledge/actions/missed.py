"""Searches of the help centre that found nothing, told to whoever learns from them."""

from uuid import UUID

from core.registry import missed_searches


def tell_missed(words: str, *, brand: UUID, language: str) -> None:
    for tell in missed_searches:
        tell(words, brand=brand, language=language)
