"""Articles as those see them who write them."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext_noop

from core.clock import now
from core.fields import warm_keys
from knowledge.models import Article, ArticleFeedback, ArticleVersion, KnowledgeUse, TestQuestion

PER_PAGE = 50
_MOST_USED = 20
_State = ArticleVersion.State
# Filters of the list, in order.
FILTERS = {
    "published": gettext_noop("Published"),
    "in_review": gettext_noop("In review"),
    "draft": gettext_noop("Draft"),
    "expired": gettext_noop("Expired"),
    "retired": gettext_noop("Retired"),
}


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    state: str = ""
    language: str = ""
    category: UUID | None = None
    words: str = ""
    page: int = 1


@dataclass(slots=True)
class ArticleRow:
    article: Article
    newest: dict[str, ArticleVersion] = field(default_factory=dict)  # by language
    out: set[str] = field(default_factory=set)  # languages in which something is shown now
    helpful: int = 0
    rated: int = 0

    @property
    def title(self) -> str:
        return next((version.title for version in self.newest.values()), "")


def list_rows(wanted: ArticleFilter) -> tuple[list[ArticleRow], bool]:
    """One page, what was changed last first, and whether there are more."""
    found = _matching(wanted).annotate(
        rated=Count("feedback", distinct=True),
        helpful=Count("feedback", filter=Q(feedback__is_helpful=True), distinct=True),
    )
    newest = ArticleVersion.objects.defer("body", "html").order_by("-number")
    out = ArticleVersion.objects.out().only("article", "language")
    articles = found.select_related("category__parent", "category__brand").prefetch_related(
        Prefetch("versions", newest, to_attr="newest_first"),
        Prefetch("versions", out, to_attr="shown"),
    )
    start = (wanted.page - 1) * PER_PAGE
    language = wanted.language or translation.get_language() or ""
    rows = list(articles.order_by("category__position", "position", "-id")[start:][: PER_PAGE + 1])
    return [_row(article, language) for article in rows[:PER_PAGE]], len(rows) > PER_PAGE


def _row(article: "Article", language: str) -> ArticleRow:
    # What the query has put beside each article; its class does not know of it.
    row = ArticleRow(article, out={version.language for version in article.shown})  # type: ignore[attr-defined]
    row.helpful, row.rated = article.helpful, article.rated  # type: ignore[attr-defined]
    versions: Iterable[ArticleVersion] = article.newest_first  # type: ignore[attr-defined]
    for version in sorted(versions, key=lambda one: (one.language != language, one.language)):
        row.newest.setdefault(version.language, version)
    return row


def _matching(wanted: ArticleFilter) -> "QuerySet[Article]":
    versions = ArticleVersion.objects.filter(article=OuterRef("pk"))
    if wanted.language:
        versions = versions.filter(language=wanted.language)
    if wanted.words:
        versions = versions.filter(
            Q(title__icontains=wanted.words) | Q(body__icontains=wanted.words)
        )
    articles = Article.objects.all()
    if wanted.category:
        articles = articles.filter(
            Q(category=wanted.category) | Q(category__parent=wanted.category)
        )
    if not (wanted.state or wanted.language or wanted.words):
        return articles
    return articles.filter(Exists(_in_state(versions, wanted.state)))


def _in_state(versions: "QuerySet[ArticleVersion]", state: str) -> "QuerySet[ArticleVersion]":
    if state == "expired":
        return versions.filter(state=_State.PUBLISHED, expire_at__lte=now())
    if state == "published":
        live = Q(expire_at=None) | Q(expire_at__gt=now())
        return versions.filter(live, state=_State.PUBLISHED)
    if state == "retired":
        return versions.filter(state=_State.RETIRED).exclude(
            article__versions__state__in=[_State.PUBLISHED, _State.DRAFT, _State.IN_REVIEW]
        )
    return versions.filter(state=state) if state in _State.values else versions


# One article


@dataclass(frozen=True, slots=True)
class TextPage:
    """What is known of an article's text in one language."""

    versions: list[ArticleVersion]

    @property
    def newest(self) -> ArticleVersion | None:
        return self.versions[0] if self.versions else None

    @property
    def published(self) -> ArticleVersion | None:
        return next((v for v in self.versions if v.state == _State.PUBLISHED), None)


def load_text(article: Article, language: str) -> TextPage:
    versions = article.versions.filter(language=language).select_related("author", "reviewer")
    return TextPage(list(versions.order_by("-number")))


def languages_in(article: Article) -> dict[str, ArticleVersion]:
    """The newest version of each language."""
    found = article.versions.defer("body", "html").order_by("language", "-number")
    return {version.language: version for version in found.distinct("language")}


def version_before(version: ArticleVersion) -> ArticleVersion | None:
    return (
        ArticleVersion.objects.filter(
            article=version.article_id, language=version.language, number__lt=version.number
        )
        .order_by("-number")
        .first()
    )


def list_feedback(article: Article) -> list[ArticleFeedback]:
    """Those with a comment, the newest first."""
    said = article.feedback.select_related("version", "customer").order_by("-at")[:100]
    return [one for one in said if one.comment][:20]


def list_tests(article: Article, language: str) -> list[TestQuestion]:
    """Those that fail first."""
    found = list(article.tests.filter(language=language))
    warm_keys(found)
    return sorted(found, key=lambda one: (one.is_passed, one.created_at))


_WORDS = re.compile(r"\s+|[\w'’-]+(?<![\u3400-\u9fff])|[\u3400-\u9fff]|[^\w\s]")


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the text: ``same``, ``gone``, ``new`` or ``skip``, as parts that differ or not."""

    kind: str
    parts: list[tuple[str, bool]]


def compare(before: str, after: str) -> list[DiffLine]:
    """Line by line, and word by word within lines that were changed. What stays the same is left
    out but for a line on either side."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[DiffLine] = []
    groups = difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(1)
    for number, group in enumerate(groups):
        if number:
            lines.append(DiffLine("skip", []))
        for kind, a, b, c, d in group:
            if kind == "equal":
                lines += [DiffLine("same", [(line, False)]) for line in old[a:b]]
            elif kind == "replace" and b - a == d - c:
                for was, now_is in zip(old[a:b], new[c:d], strict=True):
                    lines += _compare_words(was, now_is)
            else:
                lines += [DiffLine("gone", [(line, False)]) for line in old[a:b]]
                lines += [DiffLine("new", [(line, False)]) for line in new[c:d]]
    return lines


def _compare_words(before: str, after: str) -> list[DiffLine]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    gone: list[tuple[str, bool]] = []
    added: list[tuple[str, bool]] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if b > a:
            gone.append(("".join(old[a:b]), kind != "equal"))
        if d > c:
            added.append(("".join(new[c:d]), kind != "equal"))
    return [DiffLine("gone", gone), DiffLine("new", added)]


# Use


@dataclass(frozen=True, slots=True)
class UseRow:
    article: Article
    title: str
    shown: int
    clicked: int
    inserted: int


@dataclass(frozen=True, slots=True)
class UsePage:
    tickets: int  # with suggestions
    with_click: int
    with_insert: int
    withheld: int  # tickets of the control
    rows: list[UseRow]


def load_use(days: int) -> UsePage:
    since = now() - timedelta(days=days)
    uses = KnowledgeUse.objects.filter(at__gt=since)
    kinds = KnowledgeUse.Kind

    def tickets(kind: str) -> int:
        return uses.filter(kind=kind).values("ticket_id").distinct().count()

    return UsePage(
        tickets(kinds.SHOWN),
        tickets(kinds.CLICKED),
        tickets(kinds.INSERTED),
        tickets(kinds.WITHHELD),
        _most_used(uses),
    )


def _most_used(uses: "QuerySet[KnowledgeUse]") -> list[UseRow]:
    kinds = KnowledgeUse.Kind
    rows: QuerySet[Any, Any] = (
        uses.exclude(kind=kinds.WITHHELD)
        .values("article")
        .annotate(
            shown=Count("pk", filter=Q(kind=kinds.SHOWN)),
            clicked=Count("pk", filter=Q(kind=kinds.CLICKED)),
            inserted=Count("pk", filter=Q(kind=kinds.INSERTED)),
        )
    )
    used = list(rows.order_by("-inserted", "-clicked", "-shown")[:_MOST_USED])
    articles = Article.objects.in_bulk([row["article"] for row in used])
    titles = _titles(articles)
    return [
        UseRow(
            articles[row["article"]],
            titles.get(row["article"], "—"),
            row["shown"],
            row["clicked"],
            row["inserted"],
        )
        for row in used
    ]


def _titles(articles: Iterable[UUID]) -> dict[UUID, str]:
    versions = ArticleVersion.objects.filter(article__in=list(articles))
    newest = versions.order_by("article", "language", "-number").distinct("article")
    return dict(newest.values_list("article", "title"))
