"""Many articles in two languages, and questions to them. Run by bench.inside.

Words come as often as words do, a few in every passage and most in hardly any. Vectors lie around
those of some passages, as those of many texts about few things do; to encode all takes an hour.
"""

import random
import time
from collections.abc import Iterator
from typing import Any

import numpy
from django.conf import settings
from django.db import connection

from connectors.models import Brand
from core.encoders import passage_encoder
from knowledge.actions import add_category
from knowledge.encoding import as_text, name_of, question_meaning
from knowledge.models import Article, ArticleVersion, Category, Passage, Reader
from knowledge.queries.search import rank_passages, search
from knowledge.words import index_of

SHELF = "Bench"
_PER_ARTICLE, _BATCH = 10, 2_000
_WORDS, _SIGNS, _LENGTH = 12_000, 900, 60
_ENCODED, _NOISE = 240, 0.25
_SYLLABLES = [first + vowel for first in "bdfghklmnprstvz" for vowel in "aeiou"]


class _Language:
    """Made-up words with real frequencies, so that nothing has to be shipped."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(0)  # noqa: S311 - the same words each time
        made = {"".join(self.rng.choices(_SYLLABLES, k=3)) + "s" for _ in range(_WORDS * 2)}
        self.words = sorted(made)[:_WORDS]
        self.rng.shuffle(self.words)
        self.signs = [chr(0x4E00 + number * 7) for number in range(_SIGNS)]
        self.of_words = [1 / (rank + 3) for rank in range(len(self.words))]
        self.of_signs = [1 / (rank + 8) for rank in range(_SIGNS)]
        self.rng.seed(seed)

    def text(self, length: int, *, is_chinese: bool) -> str:
        if is_chinese:
            return "".join(self.rng.choices(self.signs, self.of_signs, k=length * 2))
        return " ".join(self.rng.choices(self.words, self.of_words, k=length))


def shelve(passages: int) -> int:
    """How many were added; the index of vectors is the caller's, see ``bench.knowing``."""
    missing = passages - Passage.objects.count()
    if missing <= 0:
        return 0
    shelf = Category.objects.filter(names__en=SHELF).first()
    shelf = shelf or add_category(actor=None, names={"en": SHELF})
    language = _Language(missing)
    vectors = _vectors(language, missing * 2)
    encoder = name_of(passage_encoder())
    for start in range(0, missing, _BATCH):
        versions = _versions(shelf, language, min(_BATCH, missing - start) // _PER_ARTICLE)
        rows = []
        for version in versions:
            title = next(vectors)
            rows += [
                _passage(version, position, language, encoder, (next(vectors), title))
                for position in range(_PER_ARTICLE)
            ]
        Passage.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_passage")
        return int(cursor.fetchone()[0])


def _versions(shelf: Category, language: _Language, many: int) -> list[ArticleVersion]:
    articles = Article.objects.bulk_create(Article(category=shelf) for _ in range(many))
    return ArticleVersion.objects.bulk_create(
        ArticleVersion(
            article=article,
            language="zh-hans" if number % 2 else "en",
            number=1,
            title=language.text(4, is_chinese=bool(number % 2)),
            body="",
            html="",
            state="published",
            publish_at=article.created_at,
        )
        for number, article in enumerate(articles)
    )


def _passage(
    version: ArticleVersion,
    position: int,
    language: _Language,
    encoder: str,
    vectors: tuple[str, str],
) -> Passage:
    text = language.text(_LENGTH, is_chinese=version.language != "en")
    index = index_of(version.title, "", text)
    return Passage(
        version=version,
        position=position,
        text=text,
        tsv=index.tsvector,
        words=index.words,
        vector=vectors[0],
        title_vector=vectors[1],
        encoder=encoder,
    )


def _vectors(language: _Language, many: int) -> Iterator[str]:
    texts = [language.text(20, is_chinese=bool(number % 2)) for number in range(_ENCODED)]
    centres = passage_encoder().encode_passages(texts)
    rng = numpy.random.default_rng(many)
    for _ in range(many):
        moved = centres[rng.integers(len(centres))] + rng.normal(0, _NOISE / 20, centres.shape[1])
        yield as_text(moved / numpy.linalg.norm(moved))


# Asking


def ask_articles(questions: int) -> dict[str, list[float]]:
    """Milliseconds of each question: all of the search, by words alone, and of the parts."""
    language = _Language(7)
    asked = [
        language.text(3 + number % 6, is_chinese=bool(number % 2)) for number in range(questions)
    ]
    reader = Reader(Brand.objects.values_list("pk", flat=True).first())
    kinds = {
        "both": lambda text: search(text, reader=reader, language="en", limit=10),
        "typing": lambda text: search(text, reader=reader, language="en", limit=6, open_end=True),
        "answering": lambda text: rank_passages(text, reader=reader, language="en", waits=True),
        "encoding": lambda text: question_meaning(f"{text}.", waits=True),
    }
    question_meaning("warm", waits=True)
    return {name: _times(ask, asked) for name, ask in kinds.items()}


def _times(ask: Any, questions: list[str]) -> list[float]:
    if settings.SEARCH_BY_MEANING:
        search(questions[0], reader=Reader(), language="en")
    took = []
    for number, question in enumerate(questions):
        begun = time.perf_counter()
        ask(f"{question} {number}")  # which no encoder remembers
        took.append((time.perf_counter() - begun) * 1000)
    return took


def memory_of_meaning() -> float:
    """MiB by which this process grows once it has encoded a question."""
    before = _own_memory()
    question_meaning("How long does a refund take?", waits=True)
    return _own_memory() - before


def _own_memory() -> float:
    with open("/proc/self/smaps_rollup") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    return float(lines["Pss"].split()[0]) / 1024
