"""The words of articles as PostgreSQL finds them: stems of English words, pairs of characters where
words have no spaces between them, each as it stands.

Articles are nobody's secret, so unlike those of messages their words are not hashed. They are
stemmed here and not by a dictionary of PostgreSQL, because one text mixes Chinese, English and
order numbers, and because query and index must agree with the snippets (``core.fulltext``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.words import EMPTY, TOKEN, forms_of, normalise, split_token, stem

_MAX_POSITION = 16_383  # PostgreSQL's highest
_MAX_POSITIONS = 255
_MAX_CHARACTERS = 100_000
_MAX_TERMS = 24
_GAP = 8
_FEWEST_LETTERS_OF_BEGINNING = 2
_EMPTY_PAIRS = re.compile("|".join(sorted(word for word in EMPTY if not word.isascii())))


def tsvector(title: str, heading: str, text: str) -> str:
    """The text form of a ``tsvector``: the title weighs most (A), then the heading (B)."""
    places: dict[str, list[str]] = {}
    position = 1
    for part, weight in ((title, "A"), (heading, "B"), (text, "D")):
        for lexeme, offset in _lexemes(part[:_MAX_CHARACTERS]):
            at = min(position + offset, _MAX_POSITION)
            places.setdefault(lexeme, []).append(f"{at}{weight}")
        position += len(part) + _GAP
    return " ".join(
        f"'{lexeme}':{','.join(dict.fromkeys(found[:_MAX_POSITIONS]))}"
        for lexeme, found in places.items()
    )


def _lexemes(text: str) -> Iterable[tuple[str, int]]:
    """Each with the number of words and characters before it."""
    position = 0
    for token in TOKEN.finditer(normalise(text)):
        if run := token[1]:
            yield from ((pair, position + at) for at, pair in enumerate(_pairs(run)))
            yield run[-1], position + len(run) - 1
            position += len(run)
            continue
        forms, width = forms_of(token[0])
        for form, offset in forms:
            # The word as it stands, too: beginnings are looked for among these.
            for lexeme in {form, stem(form)}:
                yield lexeme, position + offset
        position += width


def _pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]


@dataclass(frozen=True, slots=True)
class Term:
    """One word that is looked for, as the lexemes that each stand for it."""

    ways: tuple[str, ...]

    def tsquery(self, weight: str = "") -> str:
        return " | ".join(_weighted(way, weight) for way in self.ways)


def _weighted(way: str, weight: str) -> str:
    lexeme, _colon, star = way.partition(":")
    mark = f":{star}{weight}" if star or weight else ""
    return f"'{lexeme}'{mark}"


def read_terms(query: str, *, open_end: bool = False) -> list[Term]:
    """What a question looks for, without the words that stand in every question. With
    ``open_end`` the last word may still be in writing, so its beginning counts."""
    tokens = list(TOKEN.finditer(normalise(query)))
    terms: dict[Term, None] = {}
    for token in tokens:
        is_open = open_end and token is tokens[-1]
        found = _terms_of_run(token[1]) if token[1] else _terms_of_word(token[0], is_open)
        terms.update(dict.fromkeys(found))
    return list(terms)[:_MAX_TERMS]


def _terms_of_run(run: str) -> list[Term]:
    if len(run) == 1:
        return [Term((f"{run}:*",))]
    # Pairs that reach into a word of every question belong to no word at all.
    parts = _EMPTY_PAIRS.split(run)
    return [Term((pair,)) for part in parts for pair in _pairs(part)]


def _terms_of_word(word: str, is_open: bool) -> list[Term]:
    parts = split_token(word)
    found = []
    for number, part in enumerate(parts):
        is_begun = is_open and number == len(parts) - 1
        ways = list(dict.fromkeys((stem(part), part)))
        if is_begun and len(part) >= _FEWEST_LETTERS_OF_BEGINNING:
            ways.append(f"{part}:*")
        elif part in EMPTY:
            continue
        found.append(Term(tuple(ways)))
    return found


def any_of(terms: Iterable[Term]) -> str:
    return " | ".join(f"({term.tsquery()})" for term in terms)


def all_of(terms: Iterable[Term]) -> str:
    return " & ".join(f"({term.tsquery()})" for term in terms)
