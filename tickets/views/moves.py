"""Merging, splitting, and taking either back."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Invalid
from core.fields import warm_keys
from tickets import actions
from tickets.models import UNRESOLVED, Move, Ticket
from tickets.queries import find_tickets
from tickets.views.access import changes_ticket, reads, require, uuid_or_none

_CANDIDATES = 8


@reads
def candidates(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Tickets this one could be merged into or linked with; the same customer's come first."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    text = request.GET.get("q", "").strip()[:200]
    visible = Ticket.objects.visible_to(request.user)
    found = find_tickets(request.user, text) if text else visible.filter(customer=ticket.customer)
    is_theirs = Case(When(customer=ticket.customer_id, then=Value(0)), default=Value(1))
    is_open = Case(When(category__in=UNRESOLVED, then=Value(0)), default=Value(1))
    rows = list(
        found.filter(spam_at=None, merged_into=None)
        .exclude(pk=pk)
        .select_related("customer", "status", "inbox")
        .order_by(is_theirs, is_open, "-last_at")[:_CANDIDATES]
    )
    warm_keys(rows)
    context = {"ticket": ticket, "found": rows, "q": text}
    response = render(request, "tickets/_candidates.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


def other_ticket(request: HttpRequest, name: str) -> Ticket:
    pk = uuid_or_none(request.POST.get(name, ""))
    if pk is None:
        raise Invalid(_("Choose a ticket."), field=name)
    return get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)


@changes_ticket("tickets.change_ticket")
def merge(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    target = other_ticket(request, "target")
    move = actions.merge(ticket, target=target, actor=request.user)
    return _moved(move, opens=target)


@changes_ticket("tickets.change_ticket")
def split(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    chosen = [uuid_or_none(text) for text in request.POST.getlist("messages")]
    move = actions.split(
        ticket,
        messages=[pk for pk in chosen if pk],
        actor=request.user,
        subject=request.POST.get("subject", ""),
    )
    return _moved(move, opens=move.target)


@login_required
@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    moves = Move.objects.select_related("source", "target")
    move = get_object_or_404(moves.filter(source__in=visible, target__in=visible), pk=pk)
    require(request, "tickets.change_ticket")
    actions.undo_move(move, actor=request.user)
    return _moved(move, opens=move.source)


def _moved(move: Move, *, opens: Ticket) -> HttpResponse:
    return JsonResponse(
        {
            "move": str(move.pk),
            "undo": reverse("tickets:undo_move", args=[move.pk]),
            "opens": reverse("tickets:ticket", args=[opens.pk]),
            "number": opens.number,
        }
    )
