"""What our articles say to a question, sentence by sentence, each with the passages it comes from.

Only what the reader may read is looked at, and nothing is said that does not stand there: sentences
are taken as they are, or put in other words by a model whose every sentence is held against its
sources. Where it is not likely enough that the passages answer, there is no answer.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from bots.confidence import threshold_for
from bots.extracts import choose_sentences
from bots.generator import GeneratorUnavailable, is_set_up
from bots.phrasing import phrase
from connectors.models import Brand
from knowledge.models import Passage, Reader
from knowledge.queries.articles import address_of, in_language
from knowledge.queries.search import Ranked, Ranking, load_passages, rank_passages
from knowledge.sentences import CutSentence, cut_sentences

log = logging.getLogger("helpdesk.bots")

_LOOKED_AT = 5
_TRACED = 5
# A second article is used, too, where it is nearly as near as the first.
_NEARLY = 0.99
_SOURCES, _PASSAGES = 24, 8


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    passages: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    sentences: tuple[Sentence, ...] = ()
    articles: tuple[tuple[UUID, str, str], ...] = ()  # id, title, address
    confidence: float = 0.0
    trace: dict[str, Any] = field(default_factory=dict)  # ids, numbers and codes
    offered: tuple[CutSentence, ...] = ()  # what a model might put in other words


def find_answer(question: str, *, reader: Reader, language: str, is_phrased: bool = True) -> Answer:
    """No sentences: nothing we know answers it, and ``trace["reason"]`` says why. Unless
    ``is_phrased`` no model is asked: sentences stand as the articles have them."""
    begun = time.monotonic()
    ranking = rank_passages(question, reader=reader, language=language, waits=True)
    confidence = ranking.passages[0].likelihood if ranking.passages else 0.0
    trace = _trace(ranking, confidence)
    if not ranking.passages or confidence < threshold_for(ranking):
        trace["reason"] = "low_confidence" if ranking.passages else "nothing_found"
        answer = Answer(confidence=confidence, trace=trace)
    else:
        answer = _answer(question, ranking, reader, language, confidence, trace, is_phrased)
    trace["milliseconds"] = round((time.monotonic() - begun) * 1000, 1)
    return answer


def _trace(ranking: Ranking, confidence: float) -> dict[str, Any]:
    return {
        "encoder": ranking.encoder,
        "confidence": round(confidence, 4),
        "threshold": threshold_for(ranking),
        "found": [
            {
                "article": str(one.article),
                "version": str(one.version),
                "score": round(one.score, 4),
                "words": round(one.share, 4),
                "meaning": round(one.meaning, 4) if one.meaning is not None else None,
            }
            for one in ranking.passages[:_TRACED]
        ],
    }


def _answer(
    question: str,
    ranking: Ranking,
    reader: Reader,
    language: str,
    confidence: float,
    trace: dict[str, Any],
    is_phrased: bool,
) -> Answer:
    own, others = _load_best(ranking.passages, reader, language)
    sources = [cut for one in own if (cut := cut_sentences(one))]
    if not sources:
        trace["reason"] = "nothing_found"  # no more than a title, or retired between two queries
        return Answer(confidence=confidence, trace=trace)
    brand = Brand.objects.filter(pk=reader.brand).first() if reader.brand else None
    trace["language"] = spoken = own[0].version.language
    if _is_foreign(spoken, language):
        trace["reason"], trace["passages"] = "other_language", [str(own[0].ref)]
        said = (_say_elsewhere(own[0], language),)
        return Answer(said, _articles(own, brand), confidence, trace)
    offered = _offer(sources, others)
    sentences = _say(question, sources, offered if is_phrased else [], trace)
    cited = {passage for sentence in sentences for passage in sentence.passages}
    trace["passages"] = [str(one.ref) for one in (*own, *others) if one.ref in cited]
    used = [one for one in (*own, *others) if one.ref in cited]
    return Answer(sentences, _articles(used, brand), confidence, trace, tuple(offered))


def _load_best(
    ranked: list[Ranked], reader: Reader, language: str
) -> tuple[list[Passage], list[Passage]]:
    """Of the best article, in the reader's language if it has one, the best passage first; and what
    is nearly as good of others in that language."""
    best = [one for one in ranked if one.score >= ranked[0].score * _NEARLY][:_LOOKED_AT]
    found = load_passages(one.pk for one in best)
    passages = [found[one.pk] for one in best if one.pk in found]
    if not passages:
        return [], []
    first = passages[0]
    version, place = first.version, first.position
    if version.language != language:
        version = in_language(version.article_id, reader, language) or version
    own = list(version.passages.defer("tsv", "vector", "title_vector").order_by("position"))
    for one in own:
        one.version = version
    # Texts of one article are mostly cut alike.
    own.sort(key=lambda one: (one.position != place, one.position))
    others = [
        one
        for one in passages
        if one.version.article_id != version.article_id and one.version.language == version.language
    ]
    return own[:_PASSAGES], others


def _is_foreign(spoken: str, language: str) -> bool:
    """Both ways of writing Chinese are read by all who read one."""
    return spoken.partition("-")[0] != language.partition("-")[0]


def _articles(passages: list[Passage], brand: Brand | None) -> tuple[tuple[UUID, str, str], ...]:
    versions = {one.version.article_id: one.version for one in reversed(passages)}
    return tuple(
        (pk, version.title, address_of(version, brand))
        for pk, version in reversed(versions.items())
    )


def _say_elsewhere(passage: Passage, language: str) -> Sentence:
    """What it says is not shown: whoever asked may not read it."""
    with override(language if language in dict(settings.LANGUAGES) else "en"):
        spoken = _("English") if passage.version.language == "en" else _("Chinese")
        text = _("We explain this in %(language)s only: “%(title)s”.")
        words = text % {"language": spoken, "title": passage.version.title}
    return Sentence(words, (passage.ref,))


def _offer(sources: list[list[CutSentence]], others: list[Passage]) -> list[CutSentence]:
    offered = [one for sentences in sources for one in sentences]
    offered += [one for passage in others for one in cut_sentences(passage)]
    return offered[:_SOURCES]


def _say(
    question: str,
    sources: list[list[CutSentence]],
    offered: list[CutSentence],
    trace: dict[str, Any],
) -> tuple[Sentence, ...]:
    """``offered``: to a model, if there is one."""
    trace["generator"] = "off"
    if offered and is_set_up():
        try:
            phrased = phrase(question, offered)
        except GeneratorUnavailable as problem:
            trace["generator"] = str(problem)
        else:
            trace["generator"], trace["struck"] = "used", phrased.struck
            if phrased.sentences:
                return tuple(Sentence(text, refs) for text, refs in phrased.sentences)
    return _extract(question, sources)


def _extract(question: str, sources: list[list[CutSentence]]) -> tuple[Sentence, ...]:
    first, *more = choose_sentences(question, sources)
    said = [first.in_context, *(one.text for one in more)]
    return tuple(Sentence(text, (first.passage,)) for text in said)
