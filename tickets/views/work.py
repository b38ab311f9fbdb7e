"""Checklist, links and followers of a ticket: one part of the side panel, asked for by itself."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from tickets import actions
from tickets.models import ChecklistItem, Ticket, TicketLink
from tickets.queries.work import load_work
from tickets.views.access import changes_ticket, reads, require, uuid_or_none
from tickets.views.moves import other_ticket


@reads
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _render(request, get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk))


def _render(request: HttpRequest, ticket: Ticket, status: int = 200) -> HttpResponse:
    user = request.user
    work = load_work(ticket, user)
    context = {
        "ticket": ticket,
        "work": work,
        "done": sum(1 for item in work.items if item.done_at),
        "is_followed": user.pk in {follower.pk for follower in work.followers},
        "may_change": user.may("tickets.change_ticket"),
        "may_reply": user.may("tickets.reply_ticket"),
    }
    response = render(request, "tickets/_work.html", context, status=status)
    response["Cache-Control"] = "no-store, private"
    return response


@reads
def dialogs(request: HttpRequest) -> HttpResponse:
    """The same for every ticket; a page asks for them once, when it first needs one."""
    return render(request, "tickets/_dialogs.html")


@login_required
@require_POST
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whoever may see it may follow it."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    change = actions.unfollow if request.POST.get("value") == "no" else actions.follow
    change(ticket, user=request.user)
    return _render(request, ticket)


@changes_ticket("tickets.change_ticket")
def add_item(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    actions.add_item(ticket, actor=request.user, text=request.POST.get("text", ""))
    return _render(request, ticket, status=201)


@changes_ticket("tickets.change_ticket")
def order_items(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    ids = [pk for pk in map(uuid_or_none, request.POST.getlist("item")) if pk]
    actions.order_items(ticket, actor=request.user, ids=ids)
    return _render(request, ticket)


def _changes_item(change: Callable[[HttpRequest, ChecklistItem], Any]) -> Any:
    @login_required
    @require_POST
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        visible = Ticket.objects.visible_to(request.user)
        items = ChecklistItem.objects.select_related("ticket").filter(ticket__in=visible)
        item = get_object_or_404(items, pk=pk)
        require(request, "tickets.change_ticket")
        change(request, item)
        return _render(request, item.ticket)

    return view


@_changes_item
def tick_item(request: HttpRequest, item: ChecklistItem) -> None:
    actions.tick_item(item, actor=request.user, is_done=request.POST.get("value") != "no")


@_changes_item
def rename_item(request: HttpRequest, item: ChecklistItem) -> None:
    actions.rename_item(item, actor=request.user, text=request.POST.get("text", ""))


@_changes_item
def remove_item(request: HttpRequest, item: ChecklistItem) -> None:
    actions.remove_item(item, actor=request.user)


@changes_ticket("tickets.change_ticket")
def link(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    other = other_ticket(request, "other")
    way = request.POST.get("way", "related")
    actions.link_tickets(ticket, other=other, way=way, actor=request.user)
    return _render(request, ticket, status=201)


@login_required
@require_POST
def unlink(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From the end that is shown, which the user must see; so must they the other."""
    visible = Ticket.objects.visible_to(request.user)
    links = TicketLink.objects.select_related("ticket", "other")
    found = get_object_or_404(links.filter(ticket__in=visible, other__in=visible), pk=pk)
    require(request, "tickets.change_ticket")
    actions.unlink_tickets(found, actor=request.user)
    here = found.other if request.POST.get("here") == str(found.other_id) else found.ticket
    return _render(request, here)


@changes_ticket("tickets.change_ticket")
def resolve_incidents(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    body = request.POST.get("body", "")
    if body.strip():
        require(request, "tickets.reply_ticket")
    actions.resolve_incidents(ticket, actor=request.user, body=body)
    return _render(request, ticket)
