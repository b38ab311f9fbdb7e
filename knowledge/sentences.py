"""A passage's text cut into what can be cited on its own."""

from dataclasses import dataclass
from uuid import UUID

from knowledge.models import Passage
from knowledge.passages import SENTENCE_END


@dataclass(frozen=True, slots=True)
class CutSentence:
    text: str
    passage: UUID
    heading: str = ""

    @property
    def in_context(self) -> str:
        """Under “What cannot be returned” the same words say the opposite."""
        if not self.heading:
            return self.text
        colon = ":" if self.heading.isascii() else "："
        return f"{self.heading}{colon} {self.text}"


def cut_sentences(passage: Passage) -> list[CutSentence]:
    lines = passage.text.split("\n")
    parts = [part.strip() for line in lines for part in SENTENCE_END.split(line)]
    return [CutSentence(part, passage.ref, passage.heading) for part in filter(None, parts)]
