"""The words of articles as PostgreSQL finds them: stems of English words, pairs of characters where
words have no spaces between them, each as it stands.

Articles are nobody's secret, so unlike those of messages their words are not hashed. They are
stemmed here and not by a dictionary of PostgreSQL, because one text mixes Chinese, English and
order numbers, and because query and index must agree with the snippets (``core.fulltext``).
Chinese is compared in its simplified writing.

A word of the title or of a heading stands in the index a second time, marked: such a passage is
chosen by the index alone, without its whole vector being read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.words import EMPTY, TOKEN, forms_of, normalise, split_token, stem
from knowledge.spelling import simplify, traditional

_MAX_POSITION = 16_383  # PostgreSQL's highest
_MAX_POSITIONS = 255
_MAX_CHARACTERS = 100_000
_MAX_TERMS = 24
_GAP = 8
# Shorter beginnings are looked for in titles and headings alone: too much begins with them.
_FEWEST_LETTERS_OF_BEGINNING, _ENOUGH_LETTERS = 2, 4
HEAD = "^"
_EMPTY_PAIRS = re.compile("|".join(sorted(word for word in EMPTY if not word.isascii())))


@dataclass(frozen=True, slots=True)
class Indexed:
    tsvector: str  # its text form: the title weighs most (A), then the heading (B)
    words: int  # how long the passage is, without its title


def index_of(title: str, heading: str, text: str) -> Indexed:
    places: dict[str, list[str]] = {}
    position, words = 1, 0
    for part, weight in ((title, "A"), (heading, "B"), (text, "D")):
        for lexeme, offset in _lexemes(part[:_MAX_CHARACTERS]):
            at = min(position + offset, _MAX_POSITION)
            places.setdefault(lexeme, []).append(f"{at}{weight}")
            if weight != "D":
                places.setdefault(HEAD + lexeme, [])
            words += weight != "A"
        position += len(part) + _GAP
    return Indexed(" ".join(_entry(*one) for one in places.items()), words)


def _entry(lexeme: str, places: list[str]) -> str:
    found = ",".join(dict.fromkeys(places[:_MAX_POSITIONS]))
    return f"'{lexeme}':{found}" if found else f"'{lexeme}'"


def _lexemes(text: str) -> Iterable[tuple[str, int]]:
    """Each with the number of words and characters before it."""
    position = 0
    for token in TOKEN.finditer(normalise(simplify(text))):
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
    """One word that is looked for, as the lexemes that each stand for it; ``begun`` is that of a
    word in writing."""

    ways: tuple[str, ...]
    begun: str = ""

    def in_text(self) -> str:
        ways = [f"'{way}'" for way in self.ways]
        if self.begun and (len(self.begun) >= _ENOUGH_LETTERS or not self.begun.isascii()):
            ways.append(f"'{self.begun}':*")
        return " | ".join(ways)

    def in_heads(self) -> str:
        ways = [f"'{HEAD}{way}'" for way in self.ways]
        if self.begun:
            ways.append(f"'{HEAD}{self.begun}':*")
        return " | ".join(ways)

    def stands_for(self, lexeme: str) -> bool:
        return lexeme in self.ways or bool(self.begun and lexeme.startswith(self.begun))


def read_terms(query: str, *, open_end: bool = False) -> list[Term]:
    """What a question looks for, without the words that stand in every question. With
    ``open_end`` the last word may still be in writing, so its beginning counts."""
    tokens = list(TOKEN.finditer(normalise(simplify(query))))
    terms: dict[Term, None] = {}
    for token in tokens:
        is_open = open_end and token is tokens[-1]
        found = _terms_of_run(token[1]) if token[1] else _terms_of_word(token[0], is_open)
        terms.update(dict.fromkeys(found))
    return list(terms)[:_MAX_TERMS]


def _terms_of_run(run: str) -> list[Term]:
    if len(run) == 1:
        return [Term((run,), begun=run)]
    # Pairs that reach into a word of every question belong to no word at all.
    parts = _EMPTY_PAIRS.split(run)
    return [Term((pair,)) for part in parts for pair in _pairs(part)]


def _terms_of_word(word: str, is_open: bool) -> list[Term]:
    parts = split_token(word)
    found = []
    for number, part in enumerate(parts):
        is_begun = is_open and number == len(parts) - 1
        ways = tuple(dict.fromkeys((stem(part), part)))
        if is_begun and len(part) >= _FEWEST_LETTERS_OF_BEGINNING:
            found.append(Term(ways, begun=part))
        elif part not in EMPTY:
            found.append(Term(ways))
    return found


def words_to_mark(terms: Iterable[Term], language: str) -> str:
    """For ``core.fulltext.find_snippet``: without the words of every question, and Chinese as it is
    written in a text of this language."""
    written = " ".join(term.begun or term.ways[-1] for term in terms)
    return traditional(written) if language == "zh-hant" else written
