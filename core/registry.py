"""What apps beside one another offer: each registers itself in its ``AppConfig.ready``."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SuggestedAnswer:
    """Something a customer may read instead of asking."""

    source: str  # the name of its provider
    key: str
    title: str
    text: str
    score: float

    @property
    def name(self) -> str:
        return f"{self.source}:{self.key}"


class AnswerProvider(Protocol):
    def find(self, words: str, *, brand: UUID, language: str) -> Iterable[SuggestedAnswer]:
        """What may answer these words of a customer, in their language."""

    def note_helped(self, key: str, *, brand: UUID, customer: UUID | None) -> bool:
        """Remember that it answered somebody; say whether there is such an answer."""


answer_providers: dict[str, AnswerProvider] = {}
_SHOWN = 3


def find_answers(words: str, *, brand: UUID, language: str) -> list[SuggestedAnswer]:
    """The best of all providers, the best first."""
    found = [
        answer
        for provider in answer_providers.values()
        for answer in provider.find(words, brand=brand, language=language)
    ]
    return sorted(found, key=lambda answer: -answer.score)[:_SHOWN]


def note_helped(name: str, *, brand: UUID, customer: UUID | None) -> bool:
    source, _colon, key = name.partition(":")
    provider = answer_providers.get(source)
    return provider is not None and provider.note_helped(key, brand=brand, customer=customer)
