"""What stands out of what was said, word for word: questions, and the sentences that tell most."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bots.masking import strip_courtesies
from knowledge.passages import SENTENCE_END

_LONGEST = 260
_SHORTEST = 4
_ASKS = re.compile(
    r"^(?:(?:and|but|so|please)\s+)?(?:what|when|where|who|why|how|which|is|are|am|do|does|did|can|"
    r"could|would|will|should|may|has|have)\b",
    re.IGNORECASE,
)
_ASKS_CHINESE = re.compile(r"(?:吗|嗎|呢|么|麼|怎么|怎麼|怎样|什么|什麼|哪里|哪裡|多久|几时|能不能|"
                           r"可不可以|是否|为什么|為什麼)")  # fmt: skip
_WANTS = re.compile(r"\b(?:please|need|want|would like)\b|请|請|希望|想要|需要", re.IGNORECASE)
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was said in the conversation."""

    message: str  # its id
    is_customers: bool
    by: str
    text: str
    language: str = ""


def sentences_of(text: str) -> list[str]:
    lines = strip_courtesies(text).split("\n")
    parts = [" ".join(part.split()) for line in lines for part in SENTENCE_END.split(line)]
    return [part[:_LONGEST] for part in parts if len(part) >= _SHORTEST]


def questions_in(text: str) -> list[str]:
    return [one for one in sentences_of(text) if _is_question(one)]


def _is_question(sentence: str) -> bool:
    if sentence.rstrip("”’\"')）」』 ").endswith(("?", "？")):
        return True
    return bool(_ASKS_CHINESE.search(sentence[-8:]) and not sentence.endswith("."))


def most_telling(text: str, *, most: int) -> list[str]:
    """In the order in which they were said."""
    found = sentences_of(text)
    ranked = sorted(range(len(found)), key=lambda at: (-_weight(found[at]), at))
    return [found[at] for at in sorted(ranked[:most])]


def _weight(sentence: str) -> float:
    asks = _is_question(sentence) or bool(_ASKS.match(sentence))
    wants, names = bool(_WANTS.search(sentence)), bool(_NUMBER.search(sentence))
    return 2.0 * asks + 1.0 * wants + 1.0 * names + min(len(sentence), 80) / 80


def open_questions(lines: Iterable[Line], *, most: int) -> list[tuple[str, str]]:
    """Question and message: what was asked since we answered last; where nothing was asked since,
    what the customer said last, as far as it asks."""
    since: list[Line] = []
    for line in lines:
        since = [*since, line] if line.is_customers else []
    found = [(one, line.message) for line in since for one in questions_in(line.text)]
    return list(dict(found).items())[-most:]
