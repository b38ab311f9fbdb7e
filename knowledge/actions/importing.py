"""Articles out of files: each becomes a draft, and what cannot be taken is told by its row."""

from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import HelpdeskError, Invalid
from core.events import record
from knowledge.actions.base import require
from knowledge.actions.write import add_article, write_version
from knowledge.lifecycle import WRITE
from knowledge.models import Article, ArticleVersion, Category
from knowledge.reading import ReadArticle, Reading


@dataclass(slots=True)
class Outcome:
    versions: list[ArticleVersion] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def import_articles(reading: Reading, *, category: Category, language: str, actor: User) -> Outcome:
    """``category`` and ``language`` are for those that name none."""
    require(actor, WRITE)
    outcome = Outcome(problems=list(reading.problems))
    groups: dict[str, Article] = {}
    for row in reading.articles:
        try:
            with transaction.atomic():
                version = _take(row, groups, category, language, actor)
        except HelpdeskError as refusal:
            outcome.problems.append((row.where, refusal.reason))
        else:
            outcome.versions.append(version)
            groups.setdefault(row.group, version.article)
    with transaction.atomic():
        record(
            "articles.imported",
            subject=category,
            actor=actor,
            taken=len(outcome.versions),
            refused=len(outcome.problems),
        )
    return outcome


def _take(
    row: ReadArticle, groups: dict[str, Article], category: Category, language: str, actor: User
) -> ArticleVersion:
    spoken = _language_of(row.language) or language
    if article := _known(row) or (groups.get(row.group) if row.group else None):
        return write_version(article, actor=actor, language=spoken, title=row.title, body=row.body)
    return add_article(
        _find_category(row.category) or category,
        actor=actor,
        language=spoken,
        title=row.title,
        body=row.body,
        audience=row.audience.lower() or Article.Audience.PUBLIC,
    )


def _language_of(written: str) -> str:
    code = written.strip().lower().replace("_", "-")
    code = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}.get(
        code, code
    )
    if code and code not in dict(settings.LANGUAGES):
        raise Invalid(_("The language “%(code)s” is not known.") % {"code": written[:20]})
    return code


def _known(row: ReadArticle) -> Article | None:
    if not row.article:
        return None
    try:
        return Article.objects.filter(pk=UUID(row.article)).first()
    except ValueError:
        raise Invalid(_("“%(id)s” is no id of an article.") % {"id": row.article[:40]}) from None


def _find_category(name: str) -> Category | None:
    """By its name in any language, also as the end of a path."""
    wanted = name.rpartition("›")[2].strip().casefold()
    if not wanted:
        return None
    for one in Category.objects.all():
        if wanted in {known.casefold() for known in one.names.values()}:
            return one
    raise Invalid(_("There is no category “%(name)s”.") % {"name": name[:60]})
