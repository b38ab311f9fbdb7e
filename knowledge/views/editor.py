"""Writing articles and taking them through their states."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from connectors.queries import article_to_html
from core.errors import HelpdeskError
from core.pages import carry_out, sets_up, status_of
from knowledge import actions
from knowledge.forms import AboutForm, NewArticleForm, PublishForm, TextForm
from knowledge.lifecycle import WRITE
from knowledge.models import Article, ArticleVersion, Category, Reader
from knowledge.queries.articles import spoken_language
from knowledge.views.desk import find_article, go, show_article

_MAX_PREVIEW = 50_000


@sets_up(WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    form = NewArticleForm(
        request.POST or None,
        initial={"language": spoken_language(), "category": request.GET.get("category", "")},
    )
    made = carry_out(form, actions.add_article, actor=request.user)
    if made:
        messages.success(request, _("The draft is kept."))
        return go(made.article, made.language)
    context = {"form": form, "has_categories": Category.objects.exists()}
    return render(request, "knowledge/new.html", context, status=status_of(form))


@require_POST
@sets_up(WRITE)
def text(request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
    """Keep the words; with ``then`` also take the next step with them."""
    article = find_article(request, pk)
    if language not in dict(settings.LANGUAGES):
        raise Http404
    form, dates = TextForm(request.POST), PublishForm(request.POST)
    kept = None
    if dates.is_valid():
        kept = carry_out(
            form,
            actions.write_version,
            article=article,
            actor=request.user,
            language=language,
            before=_id_or_none(request.POST.get("before", "")),
        )
    if not kept:
        return show_article(
            request, article, language, form=form, publish=dates, status=status_of(form, dates)
        )
    refusal = _go_on(request, kept, dates)
    if refusal:
        form.add_error(None, refusal)
        return show_article(request, article, language, form=form, publish=dates, status=409)
    return go(article, language)


def _go_on(request: HttpRequest, version: ArticleVersion, dates: PublishForm) -> str:
    """What was kept is kept; the refusal of the step that was to follow, if it was."""
    then = request.POST.get("then", "")
    if then not in ("submit", "publish"):
        messages.success(request, _("The draft is kept."))
        return ""
    try:
        given = dates.cleaned_data if then == "publish" else {}
        actions.take_step(version, step=then, actor=request.user, **given)
    except HelpdeskError as refusal:
        return refusal.reason
    done = _("It is published.") if then == "publish" else _("It waits for a review.")
    messages.success(request, done)
    return ""


@require_POST
@sets_up(WRITE)
def step(request: HttpRequest, pk: UUID) -> HttpResponse:
    version = get_object_or_404(
        ArticleVersion.objects.select_related("article"),
        pk=pk,
        article__in=Article.objects.visible_to(Reader(agent=request.user)),
    )
    dates = PublishForm(request.POST)
    wanted = request.POST.get("step", "")
    given = dates.cleaned_data if dates.is_valid() and wanted == "publish" else {}
    actions.take_step(version, step=wanted, actor=request.user, **given)
    messages.success(request, _("Done."))
    return go(version.article, version.language)


@require_POST
@sets_up(WRITE)
def about(request: HttpRequest, pk: UUID) -> HttpResponse:
    article = find_article(request, pk)
    asked = request.POST.get("language", "")
    language = asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    form = AboutForm(request.POST)
    if carry_out(form, actions.change_article, article=article, actor=request.user):
        messages.success(request, _("Saved."))
        return go(article, language)
    return show_article(request, article, language, about=form, status=status_of(form))


@require_POST
@sets_up(WRITE)
def preview(request: HttpRequest) -> HttpResponse:
    """As readers will see it; made here, so that it is the same."""
    html = article_to_html(request.POST.get("body", "")[:_MAX_PREVIEW])
    return HttpResponse(html)


def _id_or_none(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
