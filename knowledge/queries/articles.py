"""Articles as the help centre shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, Q
from django.http import Http404
from django.urls import reverse
from django.utils import translation

from connectors.models import Brand
from knowledge.models import Article, ArticleFile, ArticleVersion, Category, Reader
from knowledge.queries.search import search

# Whoever finds nothing in their own language reads another, the likeliest first.
_NEXT_BEST = {
    "zh-hans": ("zh-hant", "en"),
    "zh-hant": ("zh-hans", "en"),
    "en": ("zh-hans", "zh-hant"),
}
_ON_A_SHELF = 5
_RELATED = 4


@dataclass(slots=True)
class Shelf:
    """A category as the start page shows it: its first articles, and how many there are."""

    category: Category
    versions: list[ArticleVersion] = field(default_factory=list)
    children: list["Shelf"] = field(default_factory=list)

    @property
    def first(self) -> list[ArticleVersion]:
        return self.versions[:_ON_A_SHELF]

    @property
    def count(self) -> int:
        return len(self.versions) + sum(child.count for child in self.children)


@dataclass(frozen=True, slots=True)
class ShownArticle:
    article: Article
    version: ArticleVersion
    languages: list[tuple[str, str]]  # code and title, of all versions that may be read
    related: list[ArticleVersion]
    files: list[ArticleFile]


def choose_language(versions: Iterable[ArticleVersion], language: str) -> ArticleVersion | None:
    """The version in this language, else the next best."""
    spoken = {version.language: version for version in versions}
    for wanted in (language, *_NEXT_BEST.get(language, ())):
        if wanted in spoken:
            return spoken[wanted]
    return next(iter(spoken.values()), None)


def list_articles(
    reader: Reader, *, language: str, category: Category | None = None
) -> list[ArticleVersion]:
    """One version of each readable article, in the order of the shelves."""
    shown = ArticleVersion.objects.visible_to(reader).defer("body", "html").order_by("-number")
    articles = Article.objects.visible_to(reader).select_related("category__parent")
    if category:
        articles = articles.filter(Q(category=category) | Q(category__parent=category))
    articles = articles.prefetch_related(Prefetch("versions", shown, to_attr="shown"))
    found = []
    for article in articles.order_by("category__position", "position", "id"):
        # Put there by the prefetch; the class does not know of it.
        shown_here: list[ArticleVersion] = article.shown  # type: ignore[attr-defined]
        if version := choose_language(shown_here, language):
            version.article = article
            found.append(version)
    return found


def load_shelves(reader: Reader, *, language: str) -> list[Shelf]:
    """Those that hold something this reader may read."""
    shelves: dict[UUID, Shelf] = {}
    for version in list_articles(reader, language=language):
        category = version.article.category
        shelf = shelves.setdefault(category.pk, Shelf(category))
        shelf.versions.append(version)
    for shelf in list(shelves.values()):
        if parent := shelf.category.parent:
            shelves.setdefault(parent.pk, Shelf(parent)).children.append(shelf)
    tops = [shelf for shelf in shelves.values() if shelf.category.parent_id is None]
    return sorted(tops, key=lambda shelf: (shelf.category.position, shelf.category.pk))


def list_categories(reader: Reader) -> list[Category]:
    of_brand = Q(brand=None) | Q(brand=reader.brand) if reader.agent is None else Q()
    return list(Category.objects.filter(of_brand).select_related("parent", "brand"))


def load_article(reader: Reader, pk: UUID, *, language: str) -> ShownArticle:
    """With what stands beside it. Raises ``Http404`` for whoever may not read it."""
    shown = list(
        ArticleVersion.objects.visible_to(reader)
        .filter(article=pk)
        .select_related("article__category__parent")
    )
    version = choose_language(shown, language)
    if version is None:
        raise Http404
    languages = sorted((one.language, one.title) for one in shown)
    files = list(version.article.files.all())
    return ShownArticle(version.article, version, languages, related_to(version, reader), files)


def in_language(article: UUID, reader: Reader, language: str) -> ArticleVersion | None:
    """What this reader may read of it in their language; both ways of writing Chinese will do."""
    shown = ArticleVersion.objects.visible_to(reader).filter(article=article)
    spoken = {version.language: version for version in shown.defer("body", "html")}
    same = [code for code in (language, *_NEXT_BEST.get(language, ())) if code[:2] == language[:2]]
    return next((spoken[code] for code in same if code in spoken), None)


def address_of(version: ArticleVersion, brand: Brand | None) -> str:
    """Where a customer of the brand may read it; nothing if they may not."""
    article = version.article
    if brand is None or not brand.slug or article.audience == Article.Audience.AGENTS:
        return ""
    if article.category.brand_id not in (None, brand.pk):
        return ""
    where = reverse("knowledge:help_article", args=[brand.slug, article.pk])
    return f"{settings.PUBLIC_URL}{where}?language={version.language}"


def related_to(version: ArticleVersion, reader: Reader) -> list[ArticleVersion]:
    """By the words of the title, then from the same shelf."""
    alike = search(version.title, reader=reader, language=version.language, limit=_RELATED + 1)
    found = {hit.article.pk: hit.version for hit in alike if hit.is_near}
    beside = list_articles(reader, language=version.language, category=version.article.category)
    for other in beside:
        found.setdefault(other.article_id, other)
    found.pop(version.article_id, None)
    return list(found.values())[:_RELATED]


def spoken_language() -> str:
    return translation.get_language() or "en"
