"""What readers say of an article."""

import hashlib
import hmac
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from core.clock import now
from core.crypto import derive
from core.errors import TooMany
from core.events import record
from core.limits import seconds_to_wait
from customers.models import Customer
from knowledge.models import Article, ArticleFeedback, ArticleVersion

_MAX_COMMENT = 2000
_PER_HOUR = 600


def give_feedback(
    version: ArticleVersion,
    *,
    is_helpful: bool,
    comment: str = "",
    customer: Customer | None,
    browser: str,
) -> ArticleFeedback:
    """Counted once per reader: whoever says something again changes what they said. Readers who are
    not signed in are told apart by ``browser``, a secret of theirs."""
    if seconds_to_wait("feedback", str(version.article_id), at_most=_PER_HOUR, seconds=3600):
        raise TooMany(_("Too many at once. Try again later."))
    reader = _hash(f"customer:{customer.pk}" if customer else f"browser:{browser}")
    values = {"is_helpful": is_helpful, "version": version, "at": now()}
    with transaction.atomic():
        Article.objects.select_for_update(of=("self",)).get(pk=version.article_id)
        mine = ArticleFeedback.objects.filter(article=version.article_id, reader=reader).first()
        said = mine or ArticleFeedback(
            article_id=version.article_id, reader=reader, customer=customer
        )
        for name, value in values.items():
            setattr(said, name, value)
        if comment.strip() or mine is None:
            said.comment = comment.strip()[:_MAX_COMMENT]
        said.save()
        record(
            "article.rated",
            subject=version.article,
            actor=customer,
            version=version.pk,
            is_helpful=is_helpful,
        )
    return said


def said_by(article: UUID, *, customer: Customer | None, browser: str) -> ArticleFeedback | None:
    if customer is None and not browser:
        return None
    reader = _hash(f"customer:{customer.pk}" if customer else f"browser:{browser}")
    return ArticleFeedback.objects.filter(article=article, reader=reader).first()


def _hash(who: str) -> bytes:
    return hmac.digest(derive("article-readers"), who.encode(), hashlib.sha256)[:16]
