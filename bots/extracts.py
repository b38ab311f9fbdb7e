"""Which sentences of an article answer a question: neighbours, so that they read as they were
written."""

from collections.abc import Sequence

from bots.encoding import find_sentence_encoder
from bots.support import content_of, plain
from knowledge.passages import width
from knowledge.sentences import CutSentence

_LONGEST = 420.0
_MOST = 5
# A word that both have, beside the cosine of the two.
_PER_WORD = 0.08
_LATER_PASSAGE = 0.03


def choose_sentences(question: str, passages: Sequence[Sequence[CutSentence]]) -> list[CutSentence]:
    """Around the sentence nearest to the question: a short passage as a whole, of a long one the
    stretch that speaks most of it. ``passages`` come with the best first."""
    scored = _score(question, passages)
    _, chosen, at = max(
        (score - _LATER_PASSAGE * number, -number, -place)
        for number, scores in enumerate(scored)
        for place, score in enumerate(scores)
    )
    sentences, scores, best = passages[-chosen], scored[-chosen], -at
    if fits(sentences):
        return list(sentences)
    stretches = [
        (sum(scores[start:end]), -start, end)
        for start in range(max(0, best - _MOST + 1), best + 1)
        for end in range(best + 1, min(start + _MOST, len(sentences)) + 1)
        if fits(sentences[start:end]) or end == start + 1
    ]
    _, start, end = max(stretches)
    return list(sentences[-start:end])


def fits(sentences: Sequence[CutSentence]) -> bool:
    return len(sentences) <= _MOST and sum(width(one.text) for one in sentences) <= _LONGEST


def _score(question: str, passages: Sequence[Sequence[CutSentence]]) -> list[list[float]]:
    asked = _terms(question)
    texts = [one.in_context for sentences in passages for one in sentences]
    nearness = iter(_nearness(question, texts))
    return [
        [next(nearness) + _PER_WORD * len(asked & _terms(one.in_context)) for one in sentences]
        for sentences in passages
    ]


def _nearness(question: str, texts: list[str]) -> list[float]:
    encoder = find_sentence_encoder()
    if encoder is None:
        return [0.0] * len(texts)
    found = encoder.encode_passages(texts) @ encoder.encode_queries([question])[0]
    return [float(one) for one in found]


def _terms(text: str) -> set[str]:
    words, pairs = content_of(plain(text))
    return words | pairs
