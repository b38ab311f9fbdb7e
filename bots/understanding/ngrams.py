"""Words and pieces of words as weighted features; needs nothing but numpy."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.words import CJK, normalise

_PIECE = re.compile(rf"([{CJK}]+)|([^\W_{CJK}]+)|([!?！？])")
_HAN_LENGTHS = (1, 2, 3)
_WORD_LENGTHS = (2, 3, 4, 5)
_MOST = 60_000

Row = tuple[NDArray[np.int32], NDArray[np.float32]]


def count_grams(text: str) -> Counter[str]:
    """Words and pairs of words ("w"), pieces of words ("c"), and Chinese runs of 1 to 3 signs."""
    found: Counter[str] = Counter()
    words: list[str] = []
    for han, word, mark in _PIECE.findall(normalise(text)):
        if han:
            found.update(_runs_of(han))
        elif word:
            words.append(word)
            found.update(_pieces_of(word))
        else:
            found["w" + mark] += 1
    found.update("w" + word for word in words)
    found.update(f"w{first} {second}" for first, second in pairwise(words))
    return found


def _runs_of(han: str) -> Iterator[str]:
    for length in _HAN_LENGTHS:
        for at in range(len(han) - length + 1):
            yield "w" + han[at : at + length]


def _pieces_of(word: str) -> Iterator[str]:
    framed = f" {word} "
    for length in _WORD_LENGTHS:
        for at in range(len(framed) - length + 1):
            yield "c" + framed[at : at + length]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What of it counts and how much: the rarer, the more. Words and pieces weigh alike."""

    numbers: dict[str, int]
    weights: NDArray[np.float32]

    @classmethod
    def learn(cls, counted: Sequence[Counter[str]], *, at_least: int = 2) -> "Vocabulary":
        spread = Counter(gram for grams in counted for gram in grams)
        kept = [gram for gram, times in spread.most_common(_MOST) if times >= at_least]
        times = np.array([spread[gram] for gram in kept], dtype=np.float32)
        weights = np.log((1 + len(counted)) / (1 + times)) + 1
        return cls({gram: at for at, gram in enumerate(kept)}, weights.astype(np.float32))

    def weigh(self, grams: Counter[str]) -> Row:
        """Numbers and values of what is known of a text; each of the two kinds has length one."""
        known = [(self.numbers[gram], gram[0], n) for gram, n in grams.items() if gram in self]
        numbers = np.array([number for number, _kind, _n in known], dtype=np.int32)
        counts = np.array([n for _number, _kind, n in known], dtype=np.float32)
        values = (1 + np.log(np.maximum(counts, 1))) * self.weights[numbers]
        is_word = np.array([kind == "w" for _number, kind, _n in known], dtype=bool)
        for part in (is_word, ~is_word):
            length = float(np.linalg.norm(values[part]))
            if length:
                values[part] /= length
        return numbers, values.astype(np.float32)

    def __contains__(self, gram: str) -> bool:
        return gram in self.numbers

    def __len__(self) -> int:
        return len(self.numbers)


def weigh_all(vocabulary: Vocabulary, counted: Iterable[Counter[str]]) -> list[Row]:
    return [vocabulary.weigh(grams) for grams in counted]
