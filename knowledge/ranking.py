"""How passages that may answer are put in order, and how likely they do. Pure: what the indexes
found comes in as numbers.

Weights come from what was measured, see docs/knowledge.md; those of nearness belong to the shipped
encoder, whose cosines all lie close together and higher among Chinese than among other texts.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# BM25's usual constants.
_SATURATION, _LENGTH = 1.2, 0.75
# A word of the title counts like so many of the text. In tsvectors' own weights.
PLACES = {"A": 3.0, "B": 2.0, "C": 1.0, "D": 1.0}
# The more words a question has, the more it says how many of them a passage has.
_PER_WORD, _MOST_WORDS = 0.03, 0.6
_OWN_LANGUAGE, _OWN_LANGUAGE_BY_WORDS = 0.01, 1.3
# Of a logistic regression.
_BIAS, _CHINESE, _NEAR, _NEAR_TITLE, _SHARE, _AHEAD = -58.84, -1.63, 42.47, 25.05, 5.61, 39.3
_BIAS_BY_WORDS, _SHARE_BY_WORDS, _TITLE_BY_WORDS = -2.2, 5.0, 0.8


@dataclass(slots=True)
class Candidate:
    """A passage with what is known of it and the question."""

    pk: int
    article: object = None
    is_own_language: bool = False
    length: int = 0
    counts: dict[int, float] = field(default_factory=dict)  # by number of the word asked for
    heads: set[int] = field(default_factory=set)  # words in its title or heading
    nearness: float | None = None  # cosine of the passage; none: no vector to compare
    title_nearness: float | None = None
    share: float = 0.0  # of what its words could weigh at most: how much of the question it has
    score: float = 0.0
    likelihood: float = 0.0  # that it answers the question

    @property
    def meaning(self) -> float | None:
        if self.nearness is None or self.title_nearness is None:
            return None
        return self.nearness + self.title_nearness


def rarity(having: float, of: float) -> float:
    return math.log(1 + (max(of, having) - having + 0.5) / (having + 0.5))


def weigh_words(candidates: Sequence[Candidate], rarities: Sequence[float], average: float) -> None:
    most = sum(rarities) * (_SATURATION + 1)
    for one in candidates:
        longer = _SATURATION * (1 - _LENGTH + _LENGTH * one.length / max(average, 1))
        words = sum(
            rarities[number] * count * (_SATURATION + 1) / (count + longer)
            for number, count in one.counts.items()
        )
        one.share = words / most if most else 0.0


def put_in_order(candidates: Iterable[Candidate], *, words: int) -> list[Candidate]:
    """The best first; ``words`` is how many the question has.

    What has no vector yet was published a moment ago: it counts as near as a good one, so that its
    words decide. Reciprocal ranks would not do: they let the weaker order drag the other down.
    """
    found = list(candidates)
    known = sorted(one.meaning for one in found if one.meaning is not None)
    if not known:
        for one in found:
            one.score = one.share * (_OWN_LANGUAGE_BY_WORDS if one.is_own_language else 1)
    else:
        usual, weight = known[len(known) * 3 // 4], min(words * _PER_WORD, _MOST_WORDS)
        for one in found:
            meaning = usual if one.meaning is None else one.meaning
            one.score = meaning + weight * one.share + _OWN_LANGUAGE * one.is_own_language
    return sorted(found, key=lambda one: (-one.score, one.pk))


def rate(candidates: Sequence[Candidate], *, is_chinese: bool) -> None:
    """How likely each answers the question: by what it is, and by how far it is ahead of the best
    of other articles."""
    best: dict[object, float] = {}
    for one in candidates:
        if one.meaning is not None:
            best[one.article] = max(best.get(one.article, 0.0), one.meaning)
    first, second = [*sorted(best.values(), reverse=True), 0.0, 0.0][:2]
    for one in candidates:
        rival = second if best.get(one.article) == first else first
        one.likelihood = _rate(one, rival, is_chinese=is_chinese)


def _rate(one: Candidate, rival: float, *, is_chinese: bool) -> float:
    if one.meaning is None or one.nearness is None or one.title_nearness is None:
        return _logistic(
            _BIAS_BY_WORDS + _SHARE_BY_WORDS * one.share + _TITLE_BY_WORDS * bool(one.heads)
        )
    ahead = one.meaning - rival if rival else 0.0
    return _logistic(
        _BIAS
        + _CHINESE * is_chinese
        + _NEAR * one.nearness
        + _NEAR_TITLE * one.title_nearness
        + _SHARE * one.share
        + _AHEAD * max(min(ahead, 0.1), -0.1)
    )


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(min(value, 40.0), -40.0)))
