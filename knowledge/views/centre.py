"""The help centre: shelves, search, one article and what its readers say of it."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from core.errors import HelpdeskError
from knowledge.actions import give_feedback
from knowledge.actions.feedback import said_by
from knowledge.actions.missed import tell_missed
from knowledge.models import Category
from knowledge.queries import list_articles, load_article, load_shelves, search
from knowledge.queries.articles import list_categories
from knowledge.views.visit import Visit, help_page

_MAX_QUERY = 200
_INSTANT = 6


@help_page("GET")
def home(visit: Visit) -> HttpResponse:
    query = visit.request.GET.get("q", "").strip()[:_MAX_QUERY]
    if not query:
        return visit.show("help", shelves=load_shelves(visit.reader, language=visit.language))
    found = search(query, reader=visit.reader, language=visit.language)
    if not found:
        tell_missed(query, brand=visit.brand.pk, language=visit.language)
    return visit.show("found", query=query, found=found)


@help_page("POST")
def find(visit: Visit) -> HttpResponse:
    """While somebody types. Sent, not asked for by an address: addresses are written down."""
    query = visit.request.POST.get("q", "").strip()[:_MAX_QUERY]
    found = search(
        query, reader=visit.reader, language=visit.language, limit=_INSTANT, open_end=True
    )
    return visit.show("_instant", query=query, found=found)


@help_page("GET")
def category(visit: Visit, pk: UUID) -> HttpResponse:
    readable = {one.pk for one in list_categories(visit.reader)}
    shelf = get_object_or_404(Category.objects.select_related("parent"), pk=pk, pk__in=readable)
    found = list_articles(visit.reader, language=visit.language, category=shelf)
    groups: dict[str, list[object]] = {}
    for version in found:
        own = version.article.category
        groups.setdefault("" if own.pk == shelf.pk else str(own), []).append(version)
    return visit.show("category", category=shelf, groups=sorted(groups.items()))


@help_page("GET")
def article(visit: Visit, pk: UUID) -> HttpResponse:
    return _show(visit, pk)


def _show(visit: Visit, pk: UUID, *, refusal: str = "", status: int = 200) -> HttpResponse:
    wanted = visit.request.GET.get("language", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else visit.language
    page = load_article(visit.reader, pk, language=language)
    said = said_by(page.article.pk, customer=visit.customer, browser=visit.browser)
    return visit.show(
        "article",
        page=page,
        article=page.article,
        version=page.version,
        is_other_language=page.version.language != visit.language,
        said=said,
        refusal=refusal,
        status=status,
    )


@help_page("POST")
def rate(visit: Visit, pk: UUID) -> HttpResponse:
    """Whether it helped; a second time with a comment."""
    asked = visit.request.POST
    page = load_article(visit.reader, pk, language=asked.get("language", "") or visit.language)
    try:
        give_feedback(
            page.version,
            is_helpful=asked.get("helpful") == "yes",
            comment=asked.get("comment", ""),
            customer=visit.customer,
            browser=visit.keep_browser(),
        )
    except HelpdeskError as refusal:
        return _show(visit, pk, refusal=refusal.reason, status=refusal.status)
    response = visit.go("article", pk)
    response["Location"] += f"?language={page.version.language}#helpful"
    return response
