"""A version's way: into review, out, and away again."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.events import record
from knowledge.actions.base import lock, require
from knowledge.actions.indexing import index_meaning_if_warm, index_words
from knowledge.actions.testing import check_tests
from knowledge.errors import StepRefused
from knowledge.lifecycle import find_step
from knowledge.models import ArticleVersion, Passage

_State = ArticleVersion.State


@transaction.atomic
def take_step(
    version: ArticleVersion,
    *,
    step: str,
    actor: User | None,
    publish_at: datetime | None = None,
    expire_at: datetime | None = None,
) -> ArticleVersion:
    """``step`` is a name of ``knowledge.lifecycle.STEPS``; the dates belong to ``publish``.

    Once this commits, a published version is found: its words are in the index with it.
    """
    lock(version.article)
    version = ArticleVersion.objects.select_related("article__category").get(pk=version.pk)
    found = find_step(step, version.state)
    if found is None:
        raise StepRefused(_("This step is not possible from the present state."))
    require(actor, found.right)
    version.state, version.changed_at = found.target, now()
    if step == "publish":
        _publish(version, actor, publish_at, expire_at)
    elif step == "retire":
        version.passages.all().delete()
    version.save()
    if step == "publish" and not version.is_ahead:
        check_tests(version, actor=actor)
    record(
        found.event,
        subject=version.article,
        actor=actor,
        version=version.pk,
        language=version.language,
        number=version.number,
    )
    return version


def _publish(
    version: ArticleVersion,
    actor: User | None,
    publish_at: datetime | None,
    expire_at: datetime | None,
) -> None:
    """What was out before stays until the new one's time has come."""
    version.publish_at, version.expire_at = publish_at or now(), expire_at
    if expire_at and expire_at <= version.publish_at:
        raise Invalid(_("It would end before it begins."), field="expire_at")
    version.reviewer = actor
    if version.publish_at <= now():
        earlier = ArticleVersion.objects.filter(
            article=version.article,
            language=version.language,
            state=_State.PUBLISHED,
            number__lt=version.number,
        )
        Passage.objects.filter(version__in=earlier).delete()
        earlier.update(state=_State.RETIRED)
    index_words(version)
    if version.article.tests.exists():
        index_meaning_if_warm(version)
