"""Writing: the article itself, and its text in one language after another."""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.queries import article_to_html
from core.clock import now
from core.errors import Invalid
from core.events import record
from customers.models import Tier
from knowledge.actions.base import lock, require
from knowledge.errors import ChangedMeanwhile
from knowledge.lifecycle import PUBLISH, WRITE
from knowledge.models import Article, ArticleVersion, Category

MAX_TITLE = 160
MAX_BODY = 50_000
_State = ArticleVersion.State


@transaction.atomic
def add_article(
    category: Category,
    *,
    actor: User | None,
    language: str,
    title: str,
    body: str,
    audience: str = Article.Audience.PUBLIC,
    tiers: Iterable[Tier] = (),
    notes: str = "",
) -> ArticleVersion:
    """A new article with the first draft of its text."""
    require(actor, WRITE)
    article = Article.objects.create(
        category=category, audience=_known_audience(audience), notes=notes, created_by=actor
    )
    article.tiers.set(tiers)
    record("article.added", subject=article, actor=actor, category=category.pk, audience=audience)
    return write_version(article, actor=actor, language=language, title=title, body=body)


@transaction.atomic
def change_article(
    article: Article,
    *,
    actor: User,
    category: Category,
    audience: str,
    tiers: Iterable[Tier],
    notes: str,
) -> Article:
    """Who sees a published article is as much as its words, so changing that wants the right to
    publish. The event says what differs, not the notes."""
    require(actor, WRITE)
    article = lock(article)
    wanted = {"category": category, "audience": _known_audience(audience), "notes": notes}
    changed = [name for name, value in wanted.items() if getattr(article, name) != value]
    tiers = set(tiers)
    has_other_tiers = tiers != set(article.tiers.all())
    if (has_other_tiers or {"audience", "category"} & set(changed)) and _is_out(article):
        require(actor, PUBLISH)
    for name in changed:
        setattr(article, name, wanted[name])
    article.save(update_fields=changed)
    if has_other_tiers:
        article.tiers.set(tiers)
        changed.append("tiers")
    if changed:
        record("article.changed", subject=article, actor=actor, fields=changed, audience=audience)
    return article


def _known_audience(audience: str) -> str:
    if audience not in Article.Audience.values:
        raise Invalid(_("Choose who may read it."), field="audience")
    return audience


def _is_out(article: Article) -> bool:
    return article.versions.filter(state=_State.PUBLISHED).exists()


@transaction.atomic
def write_version(
    article: Article,
    *,
    actor: User | None,
    language: str,
    title: str,
    body: str,
    before: UUID | None = None,
) -> ArticleVersion:
    """Keep the text as the draft of this language: the one in work, else a new number.

    A version in review becomes a draft again. ``before`` is the version the writer began from;
    whoever began from another than the newest would undo what somebody else wrote since.
    """
    require(actor, WRITE)
    article = lock(article)
    title, body = _clean(title, body, language)
    newest = article.versions.filter(language=language).order_by("-number").first()
    if before and newest and newest.pk != before:
        raise ChangedMeanwhile(_("Somebody else wrote a newer version. Look at it first."))
    if newest and (newest.title, newest.body) == (title, body) and newest.state != _State.RETIRED:
        return newest
    version = newest if newest and newest.is_in_work else _next_version(article, language)
    version.title, version.body, version.html = title, body, article_to_html(body)
    version.author, version.state, version.changed_at = actor, _State.DRAFT, now()
    version.save()
    record(
        "article.written",
        subject=article,
        actor=actor,
        version=version.pk,
        language=language,
        number=version.number,
    )
    return version


def _next_version(article: Article, language: str) -> ArticleVersion:
    numbers = article.versions.filter(language=language).aggregate(last=Max("number"))
    return ArticleVersion(article=article, language=language, number=(numbers["last"] or 0) + 1)


def _clean(title: str, body: str, language: str) -> tuple[str, str]:
    title, body = " ".join(title.split()), body.replace("\r\n", "\n").strip()
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("Choose a language."), field="language")
    if not title or len(title) > MAX_TITLE:
        raise Invalid(_("An article needs a title of at most 160 characters."), field="title")
    if not body:
        raise Invalid(_("An article needs a text."), field="body")
    if len(body) > MAX_BODY:
        raise Invalid(_("The text is longer than 50,000 characters."), field="body")
    if "\0" in title or "\0" in body:
        raise Invalid(_("This is no text."), field="body")
    return title, body
