"""Articles beside a ticket. The page sends the words it shows; of the ticket only its id is known
here, to count with."""

from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from connectors.models import Brand
from core.errors import Invalid
from knowledge.actions import note_use
from knowledge.models import Article, KnowledgeUse
from knowledge.queries.articles import spoken_language
from knowledge.queries.search import Found
from knowledge.queries.suggestions import is_in_control
from knowledge.queries.suggestions import suggest as suggest_articles

_Kind = KnowledgeUse.Kind


@login_required
@require_POST
def suggest(request: HttpRequest) -> HttpResponse:
    ticket = _id_in(request, "ticket")
    words = request.POST.get("words", "")
    found = suggest_articles(words, agent=request.user, language=spoken_language())
    is_control = is_in_control(ticket)
    kind = _Kind.WITHHELD if is_control else _Kind.SHOWN
    note_use(kind, articles=[hit.article.pk for hit in found], ticket=ticket, actor=request.user)
    brand = _brand_in(request)
    shown = [] if is_control else [(hit, link_to(hit, brand)) for hit in found]
    response = render(request, "knowledge/_suggestions.html", {"shown": shown})
    response["Cache-Control"] = "no-store, private"
    return response


@login_required
@require_POST
def used(request: HttpRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    article = Article.objects.filter(pk=_id_in(request, "article")).first()
    if kind not in (_Kind.CLICKED, _Kind.INSERTED) or article is None:
        raise Invalid(_("There is no such article."))
    note_use(kind, articles=[article.pk], ticket=_id_in(request, "ticket"), actor=request.user)
    return HttpResponse(status=204)


def link_to(hit: Found, brand: Brand | None) -> str:
    """Where a customer of the brand may read it; nothing if they may not."""
    if brand is None or not brand.slug or hit.article.audience == Article.Audience.AGENTS:
        return ""
    if hit.article.category.brand_id not in (None, brand.pk):
        return ""
    where = reverse("knowledge:help_article", args=[brand.slug, hit.article.pk])
    return f"{settings.PUBLIC_URL}{where}?language={hit.version.language}"


def _brand_in(request: HttpRequest) -> Brand | None:
    try:
        return Brand.objects.filter(pk=UUID(request.POST.get("brand", ""))).only("slug").first()
    except ValueError:
        return None


def _id_in(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Invalid(_("There is no such article."), field=name) from None
