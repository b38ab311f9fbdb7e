"""What agents are shown of chats, drawn by the server: the panel, and the chat in its ticket."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from core.fields import warm_keys
from core.registry import part_of
from livechat.models import Chat
from livechat.queries.desk import list_colleagues, list_teams, load_about, load_panel
from tickets.models import Ticket
from tickets.views.access import is_fragment, reads, require


@reads
def panel(request: HttpRequest) -> HttpResponse:
    """Who waits, who is offered to the reader, and whom they are talking with."""
    require(request, "tickets.view_ticket")
    template = "livechat/_panel.html" if is_fragment(request) else "livechat/chats.html"
    return _private(render(request, template, {"panel": load_panel(request.user)}))


@reads
def in_ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How the chat of a ticket stands, for the line above the box and the side of the page."""
    ticket = _visible(request, pk)
    part = part_of(ticket, request.user)
    if part is None:
        return _private(HttpResponse(status=204))
    chat = part.told["chat"]
    chat.ticket = ticket
    warm_keys([chat.visitor])
    context = {
        "part": part,
        "ticket": ticket,
        "about": load_about(chat, request.user),
    }
    return _private(render(request, "livechat/_in_ticket.html", context))


@reads
def takers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """To whom a chat can be handed, and whom one may ask to join."""
    visible = Ticket.objects.visible_to(request.user)
    chats = Chat.objects.filter(ticket__in=visible).select_related("ticket")
    chat = get_object_or_404(chats, pk=pk)
    require(request, "tickets.reply_ticket")
    context: dict[str, Any] = {
        "colleagues": list_colleagues(chat, request.user, chat.ticket),
        "teams": list_teams() if "teams" in request.GET else [],
    }
    return _private(render(request, "livechat/_takers.html", context))


def _visible(request: HttpRequest, pk: UUID) -> Ticket:
    tickets = Ticket.objects.visible_to(request.user)
    found = tickets.select_related("inbox__brand", "customer__tier", "merged_into")
    return get_object_or_404(found, pk=pk)


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response
