"""Mood and theme of what was written, from whoever understands words."""

from dataclasses import dataclass
from uuid import UUID

from core import registry
from surveys.actions.answering import keep_reading, words_of
from surveys.models import Answer


@dataclass(frozen=True, slots=True)
class Reading:
    answer: UUID
    mood: float | None
    theme: str

    def keep(self) -> None:
        keep_reading(self.answer, mood=self.mood, theme=self.theme)


def read_words(answer: Answer) -> Reading | None:
    """None where there are no words, or nobody understands any."""
    words = words_of(answer)
    if not words:
        return None
    for name, understand in registry.understanders.items():
        is_taught = registry.has_understanding.get(name)
        if is_taught and not is_taught():
            continue
        found = understand(words, language=answer.language, brand=answer.invitation.brand_id)
        if found:
            return Reading(answer.pk, found.mood, found.intent)
    return None
