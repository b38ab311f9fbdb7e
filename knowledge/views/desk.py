"""Articles for those who work here: the list, one article, one version."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.registry import writers_pages
from knowledge.forms import AboutForm, PublishForm, TextForm, path_of
from knowledge.lifecycle import PUBLISH, WRITE, allowed_steps
from knowledge.models import Article, ArticleVersion, Category, Reader
from knowledge.queries.articles import spoken_language
from knowledge.queries.desk import (
    FILTERS,
    ArticleFilter,
    compare,
    languages_in,
    list_feedback,
    list_rows,
    list_tests,
    load_text,
    version_before,
)

_LANGUAGES = dict(settings.LANGUAGES)


@login_required
@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    wanted = _filter_of(request)
    rows, more = list_rows(wanted)
    categories = Category.objects.select_related("parent", "brand")
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "rows": rows,
        "more": more,
        "wanted": wanted,
        "query": query.urlencode(),
        "states": [(code, _(name)) for code, name in FILTERS.items()],
        "languages": settings.LANGUAGES,
        "categories": [(one.pk, path_of(one)) for one in categories],
        "is_filtered": any((wanted.state, wanted.language, wanted.category, wanted.words)),
        "may_write": request.user.may(WRITE),
        "may_publish": request.user.may(PUBLISH),
        "more_pages": writers_pages,
    }
    return private(render(request, "knowledge/list.html", context))


def _filter_of(request: HttpRequest) -> ArticleFilter:
    asked = request.GET
    page = asked.get("page", "1")
    state, language = asked.get("state", ""), asked.get("language", "")
    return ArticleFilter(
        state=state if state in FILTERS else "",
        language=language if language in _LANGUAGES else "",
        category=_id_or_none(asked.get("category", "")),
        words=asked.get("q", "").strip().replace("\0", "")[:100],
        page=int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 1000 else 1,
    )


def _id_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@require_safe
def article(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find_article(request, pk)
    newest = languages_in(found)
    wanted = request.GET.get("language", "")
    if wanted not in _LANGUAGES:
        own = spoken_language()
        wanted = own if own in newest else next(iter(newest), settings.LANGUAGE_CODE)
    return show_article(request, found, wanted)


def show_article(
    request: HttpRequest,
    found: Article,
    language: str,
    *,
    form: TextForm | None = None,
    about: AboutForm | None = None,
    publish: PublishForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = load_text(found, language)
    newest = page.newest
    usable = newest if newest and newest.state != ArticleVersion.State.RETIRED else None
    context: dict[str, Any] = {
        "article": found,
        "language": language,
        "page": page,
        "newest": newest,
        "tabs": [(c, n, languages_in(found).get(c)) for c, n in settings.LANGUAGES],
        "form": form or TextForm(version=newest),
        "about": about or AboutForm(article=found),
        "publish": publish or PublishForm(),
        "steps": allowed_steps(usable, request.user) if usable else [],
        "feedback": list_feedback(found),
        "tests": list_tests(found, language),
        "rated": found.feedback.count(),
        "helpful": found.feedback.filter(is_helpful=True).count(),
        "may_write": request.user.may(WRITE),
        "may_publish": request.user.may(PUBLISH),
        "opens": about is not None,
    }
    return private(render(request, "knowledge/edit.html", context, status=status))


@login_required
@require_safe
def version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One version as it is read, and what differs from the one before."""
    shown = get_object_or_404(
        ArticleVersion.objects.select_related("author", "reviewer", "article__category"),
        pk=pk,
        article__in=Article.objects.visible_to(Reader(agent=request.user)),
    )
    before = version_before(shown)
    context = {
        "version": shown,
        "before": before,
        "lines": compare(before.body, shown.body) if before else [],
        "may_write": request.user.may(WRITE),
    }
    return private(render(request, "knowledge/version.html", context))


def find_article(request: HttpRequest, pk: UUID) -> Article:
    readable = Article.objects.visible_to(Reader(agent=request.user))
    return get_object_or_404(readable.select_related("category__brand", "category__parent"), pk=pk)


def private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response


def go(article: Article, language: str) -> HttpResponse:
    response = redirect("knowledge:article", article.pk)
    response["Location"] += f"?language={language}"
    return response
