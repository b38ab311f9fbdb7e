"""The patterns of quality/content/words.yaml, and sentences with their places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from core.languages import convert_signs

CONTENT = Path(__file__).resolve().parent.parent / "content" / "words.yaml"
# Where a word of Latin letters begins and ends; Chinese is written without spaces around it.
START, END = r"(?<![^\W\u3400-\u9fff])", r"(?![^\W\u3400-\u9fff])"
_HAN = re.compile(r"[\u3400-\u9fff]")
_LINK = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|\"[^\"]*\"|‘[^’]*’|^>.*$", re.MULTILINE)


@cache
def _content() -> dict[str, dict[str, list[str] | str]]:
    found: dict[str, dict[str, list[str] | str]] = yaml.safe_load(CONTENT.read_text())
    return found


@cache
def pattern(name: str) -> re.Pattern[str]:
    """English parts at the edges of words, Chinese ones anywhere."""
    given = _content()[name]
    english = "|".join(given.get("en", []))
    return re.compile(rf"{START}(?:{english}){END}|{given['zh']}", re.IGNORECASE)


@cache
def _simplified(sign: str) -> str:
    turned = convert_signs(sign)
    return turned if len(turned) == 1 else sign


def straight(text: str) -> str:
    """Typographic apostrophes as typed ones and simplified characters, one by one: as long as
    before, so that places stay."""
    text = text.replace("’", "'").replace("‘", "'")
    return _HAN.sub(lambda match: _simplified(match[0]), text)


def has(name: str, text: str) -> bool:
    return pattern(name).search(straight(text)) is not None


def find(name: str, text: str) -> Iterator[re.Match[str]]:
    return pattern(name).finditer(straight(text))


def rest_of(text: str, name: str) -> str:
    return pattern(name).sub(" ", straight(text))


def rest_without(name: str, text: str) -> str:
    """What is left once the words are taken out, letters and digits alone."""
    return re.sub(r"[\W_]+", "", rest_of(text, name))


@dataclass(frozen=True, slots=True)
class Sentence:
    start: int
    text: str


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")


def sentences(text: str) -> list[Sentence]:
    found, start = [], 0
    for gap in [*_ends().finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[start:end].strip():
            found.append(Sentence(start, text[start:end]))
        start = gap.end() if gap else end
    return found


def count_han(text: str) -> int:
    return len(_HAN.findall(text))


def without_links(text: str) -> str:
    """Addresses, links and quotations as blanks: as long as before."""
    for one in (_LINK, _QUOTED):
        text = one.sub(lambda match: " " * len(match[0]), text)
    return text
