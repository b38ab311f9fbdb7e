"""Articles beside a ticket. The page sends the words it shows; of the ticket only its id is known
here, to count with."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from connectors.models import Brand
from core.errors import Invalid
from core.registry import ComposerHint, hint_providers
from knowledge.actions import note_use
from knowledge.models import Article, KnowledgeUse
from knowledge.queries.articles import address_of, spoken_language
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
    shown = [] if is_control else [(hit, address_of(hit.version, brand)) for hit in found]
    hints = [] if is_control else _hints(words, request.user, ticket)
    context = {"shown": shown, "hints": hints}
    response = render(request, "knowledge/_suggestions.html", context)
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


def _hints(words: str, user: User, ticket: UUID) -> list[ComposerHint]:
    if not words.strip():
        return []
    return [hint for one in hint_providers for hint in one.find(words, user=user, ticket=ticket)]


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
