"""The bot within a ticket's page."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bots import actions
from bots.models import Dialogue
from bots.queries.copilot import load_offer
from bots.queries.handoffs import load_part
from core.errors import NotAllowed
from tickets.models import Ticket


def _find(request: HttpRequest, pk: UUID) -> Ticket:
    found = Ticket.objects.visible_to(request.user).filter(pk=pk)
    ticket = found.select_related("customer", "inbox").first()
    if ticket is None:
        raise Http404
    return ticket


@require_safe
@login_required
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fetched once the page is there, so that no ticket without a bot waits for it."""
    return _render(request, _find(request, pk))


def _render(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    context = {
        "ticket": ticket,
        "bot_part": load_part(ticket, request.user),
        "copilot": load_offer(ticket, request.user),
        "may_reply": request.user.may("tickets.reply_ticket"),
    }
    response = render(request, "bots/_in_ticket.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@login_required
def give_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = _find(request, pk)
    if not request.user.may("tickets.reply_ticket"):
        raise NotAllowed(_("Your role does not allow this."), right="tickets.reply_ticket")
    dialogue = Dialogue.objects.filter(ticket=ticket).order_by("-began_at").first()
    if dialogue is None:
        raise Http404
    actions.give_back(dialogue, actor=request.user)
    return _render(request, ticket)
