"""Passages as the search finds them: words with the version, vectors soon after."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from knowledge.encoding import (
    find_encoder,
    is_warm,
    name_of,
    passage_vectors,
    title_vectors,
)
from knowledge.models import ArticleVersion, Passage
from knowledge.passages import split_html
from knowledge.words import index_of

# Each takes a worker a tenth of a second and more.
_AT_ONCE = 32


def index_words(version: ArticleVersion) -> None:
    """In the transaction that publishes it."""
    Passage.objects.filter(version=version).delete()
    Passage.objects.bulk_create(
        _passage(version, position, heading, text)
        for position, (heading, text) in enumerate(split_html(version.html))
    )


def _passage(version: ArticleVersion, position: int, heading: str, text: str) -> Passage:
    index = index_of(version.title, heading, text)
    return Passage(
        version=version,
        position=position,
        heading=heading,
        text=text,
        tsv=index.tsvector,
        words=index.words,
    )


def index_words_again(limit: int = 200) -> int:
    """Versions whose passages were cut and indexed in an older way; says how many there were."""
    old = Passage.objects.filter(words=None).order_by().values("version").distinct()[:limit]
    versions = ArticleVersion.objects.filter(pk__in=old)
    for version in versions:
        with transaction.atomic():
            index_words(version)
    return len(versions)


# Vectors


Vectors = dict[int, tuple[str, str]]


def compute_vectors(passages: Sequence[Passage]) -> tuple[str, Vectors]:
    """The encoder's name, and for each its own vector and that of its title; none where there is no
    encoder."""
    encoder = find_encoder()
    if encoder is None or not passages:
        return "", {}
    own = passage_vectors(encoder, [_spoken(one) for one in passages])
    titles = list(dict.fromkeys(one.version.title for one in passages))
    of_titles = dict(zip(titles, title_vectors(encoder, titles), strict=True))
    return name_of(encoder), {
        one.pk: (vector, of_titles[one.version.title])
        for one, vector in zip(passages, own, strict=True)
    }


def _spoken(passage: Passage) -> str:
    """A passage says little without what it is about."""
    heads = dict.fromkeys(filter(None, (passage.version.title, passage.heading)))
    return "\n".join((*heads, passage.text))


def keep_vectors(encoder: str, vectors: Vectors) -> None:
    passages = [
        Passage(pk=pk, vector=vector, title_vector=of_title, encoder=encoder)
        for pk, (vector, of_title) in vectors.items()
    ]
    Passage.objects.bulk_update(passages, ["vector", "title_vector", "encoder"])


def index_meaning_if_warm(version: ArticleVersion) -> None:
    """At once, for what is asked within the transaction; else the reaction does it."""
    if is_warm():
        keep_vectors(*compute_vectors(passages_of(version.pk)))


def passages_of(version: UUID) -> list[Passage]:
    return list(Passage.objects.filter(version=version).select_related("version").defer("tsv"))


def compute_missing_vectors(limit: int = _AT_ONCE) -> int:
    """Of passages that have none or one of another encoder; says how many were made."""
    encoder = find_encoder()
    if encoder is None:
        return 0
    lacking = Passage.objects.exclude(encoder=name_of(encoder)).order_by("-pk")
    passages = lacking.select_related("version").defer("tsv", "vector")[:limit]
    name, vectors = compute_vectors(list(passages))
    keep_vectors(name, vectors)
    return len(vectors)
