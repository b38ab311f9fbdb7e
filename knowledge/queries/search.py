"""Finding what is published, by its words and by its meaning together.

``rank_passages`` gathers what the two indexes know (``candidates``), weighs it (``ranking``) and
prefers the reader's language; ``search`` leaves the best passage of each article. While somebody is
still typing, and as long as no encoder is at hand, words alone decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from core.fulltext import find_snippet
from core.prepared import PreparedQuery
from knowledge.encoding import begin_question, no_meaning
from knowledge.models import Article, ArticleVersion, Passage, Reader
from knowledge.queries.candidates import Gathered, gather, statistics
from knowledge.ranking import Candidate, put_in_order, rate, weigh_words
from knowledge.spelling import HAN
from knowledge.words import Term, read_terms, words_to_mark

# Less likely to answer than that, a passage is shown only for the words it has.
_UNLIKELY = 0.15
# Of the best one's share of the question: what has less is there by chance.
_FAR_BELOW, _FEW_WORDS = 0.3, 0.3
# From there on it is as good as an answer.
_LIKELY = 0.4
_SNIPPET = 170
_MAX_QUESTION = 2_000


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage that may answer, and why."""

    pk: int
    version: UUID
    article: UUID
    language: str
    score: float
    likelihood: float  # that it answers the question
    share: float  # of the question's words, the rarer the heavier
    meaning: float | None  # cosine of its text plus that of its title
    is_near: bool  # it likely answers, or has a word of the question in its title, or two


@dataclass(frozen=True, slots=True)
class Ranking:
    passages: list[Ranked] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    encoder: str = ""  # nothing: by words alone


@dataclass(frozen=True, slots=True)
class Found:
    """An article that may answer, with the version and passage that say why."""

    version: ArticleVersion
    passage: Passage
    score: float
    is_near: bool
    fragments: list[tuple[str, bool]]

    @property
    def article(self) -> Article:
        return self.version.article


def search(
    text: str, *, reader: Reader, language: str, limit: int = 20, open_end: bool = False
) -> list[Found]:
    """The best first, one line per article, in the reader's language where there is a choice."""
    ranking = rank_passages(
        text, reader=reader, language=language, wanted=limit, is_typing=open_end
    )
    best: dict[UUID, Ranked] = {}
    for one in ranking.passages:
        best.setdefault(one.article, one)
    return _load(list(best.values())[:limit], ranking.terms)


def rank_passages(
    text: str,
    *,
    reader: Reader,
    language: str,
    wanted: int = 10,
    is_typing: bool = False,
    waits: bool = False,
) -> Ranking:
    """``waits``: for the encoder, where it is not at hand yet."""
    text = text[:_MAX_QUESTION]
    terms = read_terms(text, open_end=is_typing)
    meaning = no_meaning if is_typing else begin_question(text, waits=waits)
    found = gather(terms, meaning, reader, wanted=wanted)
    for one in found.candidates:
        article, spoken = found.readable[found.version_of[one.pk]]
        one.article, one.is_own_language = article, spoken == language
    weigh_words(found.candidates, found.rarities, statistics().length)
    rate(found.candidates, is_chinese=bool(HAN.search(text)))
    ordered = put_in_order(found.candidates, words=len(terms))
    shown = _worth_showing(ordered, bool(found.meaning))
    passages = [_ranked(one, found, len(terms)) for one in shown]
    return Ranking(passages, terms, found.meaning.encoder if found.meaning else "")


def _ranked(one: Candidate, found: Gathered, asked: int) -> Ranked:
    version = found.version_of[one.pk]
    article, spoken = found.readable[version]
    has_words = bool(one.heads) or len(one.counts) >= 2 or (asked == 1 and bool(one.counts))
    is_near = has_words if one.meaning is None else one.likelihood >= _LIKELY
    return Ranked(
        one.pk,
        version,
        article,
        spoken,
        one.score,
        one.likelihood,
        one.share,
        one.meaning,
        is_near,
    )


def _worth_showing(ordered: list[Candidate], has_meaning: bool) -> list[Candidate]:
    most = max((one.share for one in ordered), default=0.0)
    enough = max(most * _FAR_BELOW, _FEW_WORDS if has_meaning else 0.0)
    return [
        one
        for one in ordered
        if (one.share and one.share >= enough)
        or (one.meaning is not None and one.likelihood >= _UNLIKELY)
    ]


def _load(ranked: list[Ranked], terms: list[Term]) -> list[Found]:
    passages = load_passages(one.pk for one in ranked)
    return [_found(one, passages[one.pk], terms) for one in ranked if one.pk in passages]


def _found(one: Ranked, passage: Passage, terms: list[Term]) -> Found:
    marked = words_to_mark(terms, one.language)
    fragments = find_snippet(passage.text, marked, _SNIPPET)
    return Found(passage.version, passage, one.score, one.is_near, fragments)


def load_passages(keys: Iterable[int]) -> dict[int, Passage]:
    """Without one that was retired between two queries."""
    wanted = tuple(keys)
    return {one.pk: one for one in _passages.fetch([wanted])} if wanted else {}


def _load_among(keys: tuple[int, ...], *, shape: None) -> "QuerySet[Passage]":
    found = Passage.objects.select_related("version__article__category").order_by()
    found = found.defer("tsv", "vector", "title_vector", "version__body", "version__html")
    return found.extra(where=["knowledge_passage.id = ANY(%s::bigint[])"], params=[keys])


_passages = PreparedQuery(_load_among)
