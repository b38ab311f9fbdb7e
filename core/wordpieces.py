"""Text as the numbers of BERT's pieces of words, lower case and without accents.

Follows the WordPiece algorithm as the model's own tokenizer file describes it.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_LONGEST_WORD = 100
_HAN = re.compile(r"([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f])")


class WordPieces:
    def __init__(self, numbers: dict[str, int]) -> None:
        self._numbers = numbers
        self._unknown = numbers["[UNK]"]
        self._begin, self._end = numbers["[CLS]"], numbers["[SEP]"]
        self._split = lru_cache(20_000)(self._split_word)

    def numbers_of(self, text: str) -> list[int]:
        found = [number for word in _words_of(text) for number in self._split(word)]
        return [self._begin, *found, self._end]

    def _split_word(self, word: str) -> tuple[int, ...]:
        """The longest piece that is known, then the longest of the rest, and so on."""
        found: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST_WORD:
            for end in range(len(word), start, -1):
                piece = ("##" if start else "") + word[start:end]
                if piece in self._numbers:
                    found.append(self._numbers[piece])
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(found) or (self._unknown,)


def read(path: Path) -> WordPieces:
    return WordPieces(json.loads(path.read_text())["model"]["vocab"])


def _words_of(text: str) -> Iterator[str]:
    cleaned = "".join(sign for sign in text if sign.isspace() or not _is_control(sign))
    spaced = _HAN.sub(r" \1 ", cleaned).lower()
    plain = unicodedata.normalize("NFD", spaced)
    letters = (sign for sign in plain if unicodedata.category(sign) != "Mn")
    word = ""
    for sign in letters:
        if sign.isspace() or _is_mark(sign):
            if word:
                yield word
            word = ""
            if not sign.isspace():
                yield sign
        else:
            word += sign
    if word:
        yield word


def _is_control(sign: str) -> bool:
    return sign in "\0\ufffd" or unicodedata.category(sign).startswith("C")


def _is_mark(sign: str) -> bool:
    """Everything of ASCII that is neither a letter nor a digit counts, as in BERT."""
    if sign.isascii():
        return not sign.isalnum() and sign.isprintable()
    return unicodedata.category(sign).startswith("P")
