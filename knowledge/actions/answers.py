"""Public articles as answers customers are offered while they write."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from connectors.models import Brand
from core.events import record
from core.limits import seconds_to_wait
from core.registry import SuggestedAnswer
from customers.models import Customer
from knowledge.models import Article, ArticleVersion, Reader
from knowledge.queries.search import search

# Nobody is asked who they are, so nobody may fill the history by it.
_PER_MINUTE = 60
_MAX_WORDS = 2_000
_SHOWN = 3
_LONGEST = 600


class ArticleAnswers:
    def find(self, words: str, *, brand: UUID, language: str) -> Iterable[SuggestedAnswer]:
        found = search(
            words[:_MAX_WORDS], reader=Reader(brand), language=language, limit=_SHOWN, open_end=True
        )
        slug = Brand.objects.values_list("slug", flat=True).get(pk=brand) if found else ""
        return [
            SuggestedAnswer(
                "article",
                str(hit.article.pk),
                hit.version.title,
                _shortened(hit.passage.text),
                hit.score,
                url=reverse("knowledge:help_article", args=[slug, hit.article.pk]) if slug else "",
            )
            for hit in found
            if hit.is_near
        ]

    def note_helped(self, key: str, *, brand: UUID, customer: UUID | None) -> bool:
        article = _find_public(key, brand)
        if article is None:
            return False
        if not seconds_to_wait("answers-helped", "articles", at_most=_PER_MINUTE, seconds=60):
            with transaction.atomic():
                actor = Customer.objects.filter(pk=customer).first() if customer else None
                record("answer.helped", subject=article, actor=actor, brand=brand)
        return True


def _find_public(key: str, brand: UUID) -> Article | None:
    try:
        pk = UUID(key)
    except ValueError:
        return None
    version = ArticleVersion.objects.visible_to(Reader(brand)).filter(article=pk).first()
    return version.article if version else None


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    end = max(text.rfind(mark, 0, _LONGEST) for mark in (". ", "。", "\n"))
    return text[: end + 1 if end > _LONGEST // 2 else _LONGEST].rstrip() + " …"
