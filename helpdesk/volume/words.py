"""Names and sentences, mixed from those of the demonstration shop."""

import random
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from helpdesk.demo.telling import fill, read_content

LANGUAGES = {"en": 70, "zh-hans": 18, "zh-hant": 7, "mixed": 2, "de": 1, "fr": 1, "ar": 1}
_SENTENCE = re.compile(r"(?<=[.!?؟])\s+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Voice:
    """One request: its language, what it is about, and what its sentences speak of."""

    language: str
    story: dict[str, Any]
    values: dict[str, str]

    @property
    def subject(self) -> str:
        return fill(f"{self.story['subject']} {self.values['order']}", self.values)

    def say(self, role: str, rng: random.Random) -> str:
        """Two to six sentences of a customer, an agent or a note."""
        known = _sentences(self.language, role)
        said = rng.sample(known, min(rng.randint(2, 6), len(known)))
        return fill(("" if self.language.startswith("zh") else " ").join(said), self.values)


def pick(weights: dict[Any, int], rng: random.Random) -> Any:
    return rng.choices(list(weights), list(weights.values()))[0]


def invent_name(language: str, rng: random.Random) -> str:
    known = _names(language)
    one, other = rng.choice(known), rng.choice(known)
    if language.startswith("zh"):
        return one[0] + other[1:]
    return f"{one.split()[0]} {other.split()[-1]}"


def find_voice(name: str, language: str, rng: random.Random) -> Voice:
    lexicon = read_content("lexicon")
    product = rng.choice(lexicon["products"])["names"]
    day = f"{rng.randint(1, 28)}.{rng.randint(1, 12)}."
    values = {
        "order": lexicon["order_format"].format(number=rng.randrange(100_000, 10_000_000)),
        "amount": f"{rng.randint(8, 900)}.50",
        "first_name": name[0] if language.startswith("zh") else name.split()[0],
        "name": name,
        "product": product.get(language) or product["en"],
        "city": rng.choice(lexicon["cities"].get(language) or lexicon["cities"]["en"]),
        "courier": rng.choice(lexicon["couriers"].get(language) or lexicon["couriers"]["en"]),
        "order_date": day,
        "date": day,
    }
    return Voice(language, rng.choice(_stories(language)), values)


@cache
def _names(language: str) -> list[str]:
    return [c["name"] for c in read_content("customers") if language in c["languages"]]


@cache
def _stories(language: str) -> list[dict[str, Any]]:
    file = language.replace("-", "_") if language in ("en", "zh-hans", "zh-hant") else "other"
    return [s for s in read_content(f"stories_{file}") if s["lang"] == language] or _stories("en")


@cache
def _sentences(language: str, role: str) -> list[str]:
    turns = [turn["text"] for s in _stories(language) for turn in s["turns"] if turn["by"] == role]
    found = {part for text in turns for part in _SENTENCE.split(text) if part.strip()}
    return sorted(found) or _sentences("en", role)
