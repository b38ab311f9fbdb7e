"""Side conversations: the panel in the thread, and writing into them."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from tickets import actions
from tickets.models import SideConversation, Ticket
from tickets.queries.sides import list_sides
from tickets.views.access import changes_ticket, reads, require, uuid_or_none

_SEPARATORS = re.compile(r"[,;\s]+")


@reads
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = get_object_or_404(
        Ticket.objects.visible_to(request.user).select_related("customer", "inbox"), pk=pk
    )
    return _render(request, ticket)


def _render(request: HttpRequest, ticket: Ticket, status: int = 200) -> HttpResponse:
    context = {
        "ticket": ticket,
        "sides": list_sides(ticket, request.user),
        "may_reply": request.user.may("tickets.reply_ticket"),
    }
    response = render(request, "tickets/_sides.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


@changes_ticket("tickets.reply_ticket")
def start(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    actions.open_side(
        ticket,
        actor=request.user,
        people=[part for part in _SEPARATORS.split(request.POST.get("people", "")) if part],
        subject=request.POST.get("subject", ""),
        body=request.POST.get("body", ""),
        client_id=uuid_or_none(request.POST.get("client_id", "")),
        waits="waits" in request.POST,
    )
    return _render(request, ticket, status=201)


def _own_side(request: HttpRequest, pk: UUID) -> SideConversation:
    visible = Ticket.objects.visible_to(request.user)
    sides = SideConversation.objects.select_related("ticket__customer", "ticket__inbox")
    side = get_object_or_404(sides.filter(ticket__in=visible), pk=pk)
    require(request, "tickets.reply_ticket")
    return side


@login_required
@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    side = _own_side(request, pk)
    actions.ask_again(
        side,
        actor=request.user,
        body=request.POST.get("body", ""),
        client_id=uuid_or_none(request.POST.get("client_id", "")),
    )
    return _render(request, side.ticket, status=201)


@login_required
@require_POST
def state(request: HttpRequest, pk: UUID) -> HttpResponse:
    side = _own_side(request, pk)
    change = actions.reopen_side if request.POST.get("value") == "open" else actions.close_side
    change(side, actor=request.user)
    return _render(request, side.ticket)
