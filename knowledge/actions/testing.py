"""Questions that an article must answer: kept with it, and asked when something is published."""

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Brand
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.fields import warm_keys
from knowledge.actions.base import lock, require
from knowledge.errors import TestsFailed
from knowledge.lifecycle import PUBLISH, WRITE
from knowledge.models import Article, ArticleVersion, KnowledgeSettings, Reader, TestQuestion
from knowledge.queries.search import search

_MOST = 40  # of an article
_LONGEST = 300
_LOOKED_AT = 5
_AT_ONCE = 200


@transaction.atomic
def add_test_question(
    article: Article, *, text: str, language: str, actor: User | None
) -> TestQuestion | None:
    """None where the article has it already. ``actor`` is None for those that customers asked."""
    require(actor, WRITE)
    article = lock(article)
    text = " ".join(text.split())
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("Choose a language."), field="language")
    if not text or len(text) > _LONGEST:
        raise Invalid(_("A question has at most 300 characters."), field="text")
    held = list(article.tests.all())
    warm_keys(held)
    if any(one.text.casefold() == text.casefold() for one in held):
        return None
    if len(held) >= _MOST:
        raise Invalid(_("An article has at most 40 test questions."), field="text")
    question = TestQuestion.objects.create(
        article=article, text=text, language=language, created_by=actor, is_learned=actor is None
    )
    ask([question], actor=actor)
    record("article.test_added", subject=article, actor=actor, question=question.pk)
    return question


@transaction.atomic
def remove_test_question(question: TestQuestion, *, actor: User) -> None:
    require(actor, WRITE)
    record("article.test_removed", subject=question.article, actor=actor, question=question.pk)
    question.delete()


@transaction.atomic
def set_test_gate(gate: str, *, actor: User) -> KnowledgeSettings:
    require(actor, PUBLISH)
    held, _new = KnowledgeSettings.objects.select_for_update().get_or_create(only=True)
    held.test_gate = gate if gate == "refuse" else "warn"
    held.save(update_fields=["test_gate"])
    record("knowledge.gate_changed", subject=held, actor=actor, gate=held.test_gate)
    return held


def check_tests(version: ArticleVersion, *, actor: User | None) -> None:
    """In the transaction that publishes it, which a refusal takes back."""
    questions = list(
        version.article.tests.filter(language=version.language).select_related("article__category")
    )
    failed = [one for one in ask(questions, actor=actor) if not one.is_passed]
    if not failed or KnowledgeSettings.of_all().test_gate != "refuse":
        return
    reason = _("Not found by the question “%(question)s”, which it must answer.")
    raise TestsFailed(reason % {"question": failed[0].text}, failed=len(failed))


def ask_all(language: str) -> int:
    """After something was published: it may stand before another article now. Says how many
    fail."""
    questions = TestQuestion.objects.filter(
        language=language, article__versions__in=ArticleVersion.objects.out().values("pk")
    )
    found = questions.distinct().select_related("article__category", "article__created_by")
    asked = ask(found.order_by("asked_at")[:_AT_ONCE], actor=None)
    return sum(not one.is_passed for one in asked)


def ask(questions: Iterable[TestQuestion], *, actor: User | None) -> list[TestQuestion]:
    """Each as somebody who may read the article; where it stood is kept."""
    asked = list(questions)
    warm_keys(asked)
    for one in asked:
        found = search(
            one.text, reader=_reader_of(one.article, actor), language=one.language, limit=_LOOKED_AT
        )
        places = [hit.article.pk for hit in found]
        one.place = places.index(one.article_id) + 1 if one.article_id in places else 0
        one.asked_at = now()
    TestQuestion.objects.bulk_update(asked, ["place", "asked_at"])
    return asked


def _reader_of(article: Article, actor: User | None) -> Reader:
    if article.audience == Article.Audience.PUBLIC and not article.tiers.exists():
        brand = article.category.brand_id or Brand.objects.values_list("pk", flat=True).first()
        return Reader(brand)
    return Reader(agent=actor or User.objects.filter(is_active=True).order_by("pk").first())
