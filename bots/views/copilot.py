"""The agent's copilot beside a ticket, and where admins decide on it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots.actions.copilot import (
    Wanted,
    ask_copilot,
    hide_copilot,
    note_copilot_used,
    set_copilot,
)
from bots.generator import host_of_model, is_set_up, name_of_model
from bots.models import CopilotUse
from bots.models.copilot import FEATURES
from bots.queries.copilot import (
    features_of,
    find_message,
    find_use,
    label_of,
    list_uses,
    load_talk,
    sources_of,
)
from bots.views.bot import RIGHT
from connectors.models import Brand
from core.errors import Invalid, NotAllowed
from core.pages import sets_up
from tickets.models import Ticket

# What is made to be sent to a customer.
_TO_BE_SENT = ("suggestion", "tone")
_REPLY = "tickets.reply_ticket"


@require_POST
@login_required
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answered at once with a note that it is being worked on; see ``answer``."""
    found = Ticket.objects.visible_to(request.user).filter(pk=pk)
    ticket = found.select_related("customer", "inbox__brand").first()
    if ticket is None:
        raise Http404
    wanted = _wanted_in(request, ticket)
    is_sent = wanted.kind in _TO_BE_SENT or (wanted.kind == "translation" and not wanted.message)
    if is_sent and not request.user.may(_REPLY):
        raise NotAllowed(_("Your role does not allow this."), right=_REPLY)
    return _show(request, ask_copilot(ticket, actor=request.user, wanted=wanted))


def _wanted_in(request: HttpRequest, ticket: Ticket) -> Wanted:
    posted = request.POST
    kind, message = posted.get("kind", ""), None
    if posted.get("message"):
        message = find_message(ticket, _id_of(posted["message"]))
        if message is None:
            raise Http404
    is_own = kind == "summary" or message is not None
    language = (get_language() or "en") if is_own else load_talk(ticket).language
    text = posted.get("text", "").replace("\r\n", "\n")
    return Wanted(kind, language[:10], text, posted.get("tone", ""), message)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(_("There is no such message."), field="message") from None


@require_safe
@login_required
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, _own(request, pk))


def _own(request: HttpRequest, pk: UUID) -> CopilotUse:
    use = find_use(pk, request.user)
    if use is None:
        raise Http404
    return use


def _show(request: HttpRequest, use: CopilotUse) -> HttpResponse:
    made: dict[str, Any] = use.made or {}
    facts = [(label_of(name), text) for name, text in made.get("facts", [])]
    sources = sources_of(made, request.user)
    context = {"use": use, "made": made, "facts": facts, "sources": sources}
    response = render(request, "bots/_copilot_answer.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@login_required
def used(request: HttpRequest, pk: UUID) -> HttpResponse:
    note_copilot_used(_own(request, pk))
    return HttpResponse(status=204)


@require_POST
@login_required
def hide(request: HttpRequest) -> HttpResponse:
    hide_copilot(actor=request.user, is_hidden=request.POST.get("hidden") == "yes")
    return HttpResponse(status=204)


# For admins


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def settings(request: HttpRequest) -> HttpResponse:
    brands = list(Brand.objects.order_by("name"))
    if request.method == "POST":
        for brand in brands:
            chosen = request.POST.getlist(f"features:{brand.pk}")
            set_copilot(brand, features=chosen, actor=request.user)
        messages.success(request, _("Saved."))
        return redirect("bots:copilot")
    names = [(name, CopilotUse.Kind(name).label) for name in FEATURES]
    rows = []
    for brand in brands:
        on = features_of(brand.pk)
        rows.append((brand, [(name, label, name in on) for name, label in names]))
    context = {
        "rows": rows,
        "names": names,
        "has_model": is_set_up(),
        "model": name_of_model(),
        "host": host_of_model(),
        "uses": list_uses(),
    }
    return render(request, "bots/copilot.html", context)
