"""Finding what is published: by words now, one place for other ways to join.

``search`` gathers candidates with the index (all words first, then any of them), weighs each
word by how few candidates have it and where it stands, and leaves the best passage of each article.
A second way of finding, such as vectors, becomes a second ranked list of passages here, joined by
reciprocal rank before the articles are chosen.
"""

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import BooleanField, Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from core.fulltext import find_snippet
from core.search import BlindQuery
from knowledge.models import Article, ArticleVersion, Passage, Reader
from knowledge.words import Term, all_of, any_of, read_terms

_CANDIDATES = 60
_IN_TITLE, _IN_HEADING, _IN_TEXT = 30, 20, 10
_OWN_LANGUAGE = 1.3
# Of the best one's score: what is further below shares a common word by chance.
_FAR_BELOW = 0.3
_SNIPPET = 170
# A word in more than this share of all passages, and so many times more than the rarest one asked
# for, brings no candidates of its own.
_OFTEN, _MUCH_MORE = 0.02, 3
_STATISTICS_KEPT = 300  # seconds
_FEW = 5_000


@dataclass(frozen=True, slots=True)
class Found:
    """An article that may answer, with the version and passage that say why."""

    version: ArticleVersion
    passage: Passage
    score: float
    is_near: bool  # a rare word in its title, or two in one of its passages
    fragments: list[tuple[str, bool]]

    @property
    def article(self) -> Article:
        return self.version.article


def search(
    text: str, *, reader: Reader, language: str, limit: int = 20, open_end: bool = False
) -> list[Found]:
    """The best first, one line per article, in the reader's language where there is a choice."""
    terms = read_terms(text, open_end=open_end)
    if not terms:
        return []
    scored = _score(_candidates(terms, reader), terms)
    best = _best_of_articles(scored, language)[:limit]
    versions = _load_versions(row["version"] for row, _, _ in best)
    passages = Passage.objects.in_bulk([row["pk"] for row, _, _ in best])
    # Without the words of every question, and in pairs as the index knows them.
    sought = " ".join(term.ways[-1].partition(":")[0] for term in terms)
    return [
        Found(
            versions[row["version"]],
            passages[row["pk"]],
            score,
            is_near,
            find_snippet(passages[row["pk"]].text, sought, _SNIPPET),
        )
        for row, score, is_near in best
        if row["pk"] in passages  # not retired between two queries
    ]


def _candidates(terms: list[Term], reader: Reader) -> list[int]:
    anything = any_of(_leave_out_common(terms))
    found = Passage.objects.filter(
        tsv=BlindQuery(anything),
        version__in=ArticleVersion.objects.visible_to(reader).order_by().values("pk"),
    ).annotate(
        has_all=Case(
            When(Q(tsv=BlindQuery(all_of(terms))), then=True),
            default=False,
            output_field=BooleanField(),
        ),
        rank=SearchRank(F("tsv"), BlindQuery(anything)),
    )
    rows = found.order_by("-has_all", "-rank", "pk").values_list("pk", flat=True)
    return list(rows[:_CANDIDATES])


def _leave_out_common(terms: list[Term]) -> list[Term]:
    """Words that stand in a large part of all passages choose nothing and cost most; beside a rarer
    one they only weigh."""
    share = _common_lexemes(int(time.monotonic() // _STATISTICS_KEPT))
    shares = [max(share.get(way, 0.0) for way in term.ways) for term in terms]
    most = max(min(shares) * _MUCH_MORE, _OFTEN)
    return [term for term, found in zip(terms, shares, strict=True) if found <= most]


@lru_cache(1)
def _common_lexemes(_period: int) -> dict[str, float]:
    """Of the commonest lexemes in which share of the passages they stand, as PostgreSQL sampled
    it; nothing while there are so few passages that all of them may be weighed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_elems::text::text[], most_common_elem_freqs FROM pg_stats"
            " WHERE schemaname = current_schema() AND tablename = %s AND attname = 'tsv'"
            " AND (SELECT reltuples FROM pg_class WHERE oid = %s::regclass) > %s",
            [Passage._meta.db_table, Passage._meta.db_table, _FEW],
        )
        row = cursor.fetchone()
    return dict(zip(row[0], row[1], strict=False)) if row and row[0] else {}


def _score(candidates: list[int], terms: list[Term]) -> list[tuple[dict[str, Any], float, bool]]:
    """Rows with their score and whether they are near, the best first."""
    names = [f"t{number}" for number in range(len(terms))]
    rows = list(
        _with_places(Passage.objects.filter(pk__in=candidates), terms).values(
            "pk", "version", "version__article", "version__language", *names
        )
    )
    weights = [_rarity(rows, name) for name in names]
    scored = []
    for row in rows:
        score = sum(weight * row[name] / 10 for name, weight in zip(names, weights, strict=True))
        places = [row[name] for name in names if row[name]]
        is_near = len(places) >= 2 or _IN_TITLE in places or len(terms) == 1
        scored.append((row, score * len(places) / len(terms) + score, is_near))
    return sorted(scored, key=lambda one: (-one[1], one[0]["pk"]))


def _with_places(passages: "QuerySet[Passage]", terms: list[Term]) -> "QuerySet[Any]":
    """Where each word stands: the heaviest of its places."""
    return passages.annotate(
        **{
            f"t{number}": Cast(
                Case(
                    When(Q(tsv=BlindQuery(term.tsquery("A"))), then=Value(_IN_TITLE)),
                    When(Q(tsv=BlindQuery(term.tsquery("B"))), then=Value(_IN_HEADING)),
                    When(Q(tsv=BlindQuery(term.tsquery())), then=Value(_IN_TEXT)),
                    default=Value(0),
                ),
                IntegerField(),
            )
            for number, term in enumerate(terms)
        }
    )


def _rarity(rows: list[dict[str, Any]], name: str) -> float:
    having = sum(1 for row in rows if row[name])
    return math.log(1 + (len(rows) + 1) / (1 + having))


def _best_of_articles(
    scored: Iterable[tuple[dict[str, Any], float, bool]], language: str
) -> list[tuple[dict[str, Any], float, bool]]:
    """One passage per article: what is in the reader's language counts a little more."""
    best: dict[UUID, tuple[dict[str, Any], float, bool]] = {}
    for row, score, is_near in scored:
        if row["version__language"] == language:
            score *= _OWN_LANGUAGE
        held = best.get(row["version__article"])
        if held is None or score > held[1]:
            best[row["version__article"]] = (row, score, is_near)
    ranked = sorted(best.values(), key=lambda one: (-one[1], one[0]["pk"]))
    return [one for one in ranked if one[1] >= ranked[0][1] * _FAR_BELOW]


def _load_versions(keys: Iterable[UUID]) -> dict[UUID, ArticleVersion]:
    found = ArticleVersion.objects.select_related("article__category").defer("body", "html")
    return found.in_bulk(list(keys))
