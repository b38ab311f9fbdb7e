"""Which passages are worth a closer look: from the index of words and from that of vectors.

Both first ask an index for a bounded number of passages, and only then who may read them; asked the
other way round, PostgreSQL looks at every article there is. Where too few of them may be read, more
are asked for.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import User
from core.clock import now
from core.prepared import PreparedQuery, Value, prepared_cursor
from customers.models import Customer
from knowledge.meaning import Meaning
from knowledge.models import Article, ArticleVersion, Passage, Reader
from knowledge.ranking import PLACES, Candidate, rarity
from knowledge.words import Term

FEW, MANY = 100, 5_000
_CLOSER = 30  # of them, by words; and so many by vectors
_NEAREST, _MORE_NEAREST = 24, 400
_ROWS_PER_WORD, _ROWS = 1_000, 2_500
# A word that so many passages have is not asked for alone where there is a rarer one: all of them
# would be read to look at any thousand. Together with others it still finds.
_COMMON = 5_000
_STATISTICS_KEPT = 300  # seconds
_PAIRED = 3

# The bounds stand in the text: PostgreSQL plans for them.
# By words: for each way of asking its passages, the rarer the way the heavier; and how many it has.
_BY_WORDS = """
WITH hits AS MATERIALIZED (
  SELECT asked.n, found.id, found.version_id
  FROM unnest(%s::text[]) WITH ORDINALITY AS asked (query, n), LATERAL (
    SELECT id, version_id FROM knowledge_passage
    WHERE tsv @@ asked.query::tsquery LIMIT {rows}
  ) AS found
), counts AS MATERIALIZED (
  SELECT n, count(*)::float8 AS many FROM hits GROUP BY n
), best AS (
  SELECT id, version_id, sum(ln(1 + %s::float8 / many)) AS weight
  FROM hits JOIN counts USING (n) GROUP BY id, version_id
  ORDER BY weight DESC, id DESC LIMIT {limit}
)
SELECT id, version_id, weight FROM best UNION ALL SELECT n, NULL, many FROM counts
"""
_BY_VECTOR = """
SELECT id, version_id FROM knowledge_passage
WHERE encoder = %s ORDER BY vector <=> %s::halfvec LIMIT {limit}
"""
_CLOSELY = """
SELECT passage.id, coalesce(passage.words, 0),
  CASE WHEN passage.encoder = asked.encoder THEN 1 - (passage.vector <=> asked.vector) END,
  CASE WHEN passage.encoder = asked.encoder THEN 1 - (passage.title_vector <=> asked.vector) END,
  word.lexeme, word.weights
FROM (SELECT %s::text AS encoder, %s::halfvec AS vector) AS asked, knowledge_passage AS passage
LEFT JOIN LATERAL (
  SELECT lexeme, weights FROM unnest(passage.tsv) AS it (lexeme, positions, weights)
  WHERE lexeme = ANY(%s::text[]) OR lexeme ^@ ANY(%s::text[])
) AS word ON true
WHERE passage.id = ANY(%s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Statistics:
    passages: float = 0.0
    length: float = 80.0
    shares: dict[str, float] = field(default_factory=dict)  # of the commonest lexemes

    @property
    def many(self) -> float:
        """Where there are few, no word is much rarer than another."""
        return max(self.passages, 100.0)

    def rows(self, term: Term) -> float:
        return max(self.shares.get(way, 0.0) for way in term.ways) * self.passages


@dataclass(slots=True)
class Gathered:
    meaning: Meaning | None
    candidates: list[Candidate]
    readable: dict[UUID, tuple[UUID, str]]  # version → article and language
    version_of: dict[int, UUID]
    rarities: list[float]


def gather(
    terms: list[Term], find_meaning: Callable[[], Meaning | None], reader: Reader, *, wanted: int
) -> Gathered:
    """``wanted`` is how many articles the reader hopes for. The meaning is waited for only once
    the words have been asked for."""
    known = statistics()
    chosen = _choose(terms, known)
    versions: dict[int, UUID] = {}
    for few, nearest in ((FEW, _NEAREST), (MANY, _MORE_NEAREST)):
        weights, counted = _ask_words(chosen, known, few)
        meaning = find_meaning()
        near = _ask_vectors(meaning, nearest) if meaning else {}
        versions = {pk: version for pk, (version, _) in weights.items()} | near
        readable = _readable(set(versions.values()), reader)
        articles = {article for article, _ in readable.values()}
        is_all = len(weights) < few and len(near) < nearest
        if is_all or len(articles) >= wanted:
            break
    rarities = _rarities(terms, counted, known)
    best = sorted(
        (pk for pk, (version, _) in weights.items() if version in readable),
        key=lambda pk: (-weights[pk][1], pk),
    )[:_CLOSER]
    closer = dict.fromkeys(best + [pk for pk, one in near.items() if one in readable][:_NEAREST])
    candidates = _look_closely(list(closer), terms, meaning)
    return Gathered(meaning, candidates, readable, {pk: versions[pk] for pk in closer}, rarities)


def _readable(versions: set[UUID], reader: Reader) -> dict[UUID, tuple[UUID, str]]:
    """In two steps by their keys: in one, PostgreSQL begins with all articles there are."""
    if not versions:
        return {}
    out = _out_query.rows((now(), tuple(versions)))
    articles = tuple({article for _pk, article, _spoken in out})
    allowed = {pk for (pk,) in _ask_for(reader, articles)}
    return {pk: (article, spoken) for pk, article, spoken in out if article in allowed}


def _out_among(moment: datetime, versions: tuple[UUID, ...], *, shape: None) -> Any:
    found = ArticleVersion.objects.out(moment).extra(
        where=["knowledge_articleversion.id = ANY(%s)"], params=[versions]
    )
    return found.order_by().values_list("pk", "article", "language")


def _ask_for(reader: Reader, articles: tuple[UUID, ...]) -> list[tuple[Any, ...]]:
    """Of these articles those the reader may see."""
    is_active = reader.agent.is_active if reader.agent else None
    values: list[Value] = [articles]
    if reader.agent is None and reader.brand:
        values.append(reader.brand)
    if reader.agent is None and reader.customer:
        values.append(reader.customer.tier_id)
    shape = (is_active, reader.brand is not None, reader.customer is not None)
    return _visible_query.rows(values, shape=shape)


def _visible_among(
    articles: tuple[UUID, ...], *values: UUID, shape: tuple[bool | None, bool, bool]
) -> Any:
    is_active, has_brand, is_customer = shape
    given = iter(values)
    if is_active is not None:
        reader = Reader(agent=User(is_active=is_active))
    else:
        brand = next(given) if has_brand else None
        reader = Reader(brand, Customer(tier_id=next(given)) if is_customer else None)
    found = Article.objects.visible_to(reader).extra(
        where=["knowledge_article.id = ANY(%s)"], params=[articles]
    )
    return found.order_by().values_list("pk")


_out_query: PreparedQuery[ArticleVersion] = PreparedQuery(_out_among)
_visible_query: PreparedQuery[Article] = PreparedQuery(_visible_among)


# By words


def _choose(terms: list[Term], known: Statistics) -> list[Term]:
    """The rarest, as long as they do not bring too many passages; the others only weigh."""
    chosen: list[Term] = []
    rows = 0.0
    for term in sorted(terms, key=known.rows):
        rows += min(known.rows(term), _ROWS_PER_WORD)
        if chosen and rows > _ROWS:
            break
        chosen.append(term)
    return chosen


def _ask_words(
    chosen: Sequence[Term], known: Statistics, limit: int
) -> tuple[dict[int, tuple[UUID, float]], dict[Term, float]]:
    """Passages with their version and weight, and how many passages the words have that were asked
    for alone."""
    if not chosen:
        return {}, {}
    alone = [term for term in chosen if known.rows(term) <= _COMMON] or chosen[:1]
    asked = [*(term.in_text() for term in alone), *(term.in_heads() for term in alone)]
    asked += _together(chosen)
    statement = _BY_WORDS.format(rows=_ROWS_PER_WORD, limit=limit)
    with prepared_cursor() as cursor:
        cursor.execute(statement, [asked, known.many])
        rows = cursor.fetchall()
    found = {pk: (version, weight) for pk, version, weight in rows if version}
    many = {n: count for n, version, count in rows if not version}
    return found, {term: many.get(number, 0.0) for number, term in enumerate(alone, 1)}


def _together(chosen: Sequence[Term]) -> list[str]:
    """All of them, and pairs of the rarest: of a common word only a part is looked at, in which a
    passage with several need not be."""
    if len(chosen) < 2:
        return []
    groups = [tuple(chosen), *combinations(chosen[:_PAIRED], 2)]
    return [" & ".join(f"({term.in_text()})" for term in group) for group in groups]


def _rarities(terms: list[Term], counted: Mapping[Term, float], known: Statistics) -> list[float]:
    having = [max(counted.get(term, 0.0), known.rows(term)) for term in terms]
    return [rarity(many, known.many) for many in having]


def statistics() -> Statistics:
    return _statistics(int(time.monotonic() // _STATISTICS_KEPT))


@lru_cache(1)
def _statistics(_period: int) -> Statistics:
    """As PostgreSQL sampled it; nothing before it first did."""
    table = Passage._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT reltuples FROM pg_class WHERE oid = %s::regclass),"
            " (SELECT avg(words) FROM (SELECT words FROM knowledge_passage LIMIT 1000) AS first),"
            " most_common_elems::text::text[], most_common_elem_freqs"
            " FROM (SELECT 1) AS one LEFT JOIN pg_stats ON schemaname = current_schema()"
            " AND tablename = %s AND attname = 'tsv'",
            [table, table],
        )
        passages, length, lexemes, shares = cursor.fetchone()
    # The shares' last two or three are their bounds.
    common = dict(zip(lexemes or (), shares or (), strict=False))
    return Statistics(max(float(passages or 0), 0.0), float(length or 80), common)


# By vectors


def _ask_vectors(meaning: Meaning, limit: int) -> dict[int, UUID]:
    with prepared_cursor() as cursor:
        cursor.execute(_BY_VECTOR.format(limit=limit), [meaning.encoder, meaning.vector])
        return dict(cursor.fetchall())


# Both


def _look_closely(
    passages: list[int], terms: list[Term], meaning: Meaning | None
) -> list[Candidate]:
    """How often each word stands where, and how near the vectors are."""
    if not passages:
        return []
    exact = [way for term in terms for way in term.ways]
    begun = [term.begun for term in terms if term.begun]
    encoder, vector = (meaning.encoder, meaning.vector) if meaning else ("", None)
    with prepared_cursor() as cursor:
        cursor.execute(_CLOSELY, [encoder, vector, exact, begun, passages])
        rows = cursor.fetchall()
    found: dict[int, Candidate] = {}
    for pk, length, nearness, title_nearness, lexeme, weights in rows:
        one = found.setdefault(
            pk,
            Candidate(pk, length=length, nearness=nearness, title_nearness=title_nearness),
        )
        if lexeme is not None:
            _count(one, terms, lexeme, weights or ["D"])
    return list(found.values())


def _count(one: Candidate, terms: list[Term], lexeme: str, weights: list[str]) -> None:
    many = sum(PLACES[weight] for weight in weights)
    for number, term in enumerate(terms):
        if term.stands_for(lexeme):
            # A word and its stem are the same word at the same places.
            one.counts[number] = max(one.counts.get(number, 0.0), many)
            if "A" in weights or "B" in weights:
                one.heads.add(number)
