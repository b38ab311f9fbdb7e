"""What rules did on a ticket, those with a button, and taking back what one did."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from automation.actions.rule_following import run_by_hand
from automation.actions.rule_undoing import undo_run
from automation.models import RuleRun, RuleVersion
from core.errors import NotAllowed
from tickets.models import Ticket


@login_required
@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    return _show(request, ticket)


def _show(request: HttpRequest, ticket: Ticket, kept: list[str] | None = None) -> HttpResponse:
    may_change = request.user.may("tickets.change_ticket")
    context = {"ticket": ticket, "may_change": may_change, "kept": kept}
    response = render(request, "automation/_rules.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


@login_required
@require_POST
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = _changeable(request, pk)
    found = get_object_or_404(RuleVersion, pk=_id_in(request, "version"))
    run_by_hand(found, ticket, actor=request.user)
    return _show(request, ticket)


@login_required
@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = _changeable(request, pk)
    found = get_object_or_404(RuleRun, pk=_id_in(request, "run"), ticket=ticket)
    return _show(request, ticket, undo_run(found, actor=request.user))


def _id_in(request: HttpRequest, name: str) -> UUID:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None


def _changeable(request: HttpRequest, pk: UUID) -> Ticket:
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    if not request.user.may("tickets.change_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    return ticket
