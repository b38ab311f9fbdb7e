"""What a ticket's page says of surveys, and asking by hand."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.errors import HelpdeskError, NotAllowed
from core.fields import warm_keys
from surveys.actions import asking
from surveys.models import Invitation, Survey
from surveys.queries.open import usable_surveys
from tickets.models import Ticket


@login_required
@require_safe
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk))


@login_required
@require_POST
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user).select_related("customer__tier", "inbox")
    ticket = get_object_or_404(visible, pk=pk)
    if not request.user.may("tickets.reply_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    try:
        wanted = UUID(request.POST.get("survey", ""))
    except ValueError:
        raise Http404 from None
    survey = get_object_or_404(Survey.objects.exclude(live=None).select_related("live"), pk=wanted)
    refusal = ""
    try:
        asking.ask(ticket, survey, actor=request.user)
    except HelpdeskError as error:
        refusal = error.reason
    return _show(request, ticket, refusal)


def _may_ask(request: HttpRequest, ticket: Ticket, known: list[Invitation]) -> bool:
    """Nobody is offered to ask again what was asked about this solution."""
    was_asked = any(
        one.cycle == ticket.reopen_count
        and not one.is_second
        and one.state != one.State.NOT_OFFERED
        for one in known
    )
    return not was_asked and request.user.may("tickets.reply_ticket")


def _show(request: HttpRequest, ticket: Ticket, refusal: str = "") -> HttpResponse:
    known = Invitation.objects.filter(ticket=ticket).order_by("-created_at")
    rows = list(known.select_related("answer__recovery", "survey")[:5])
    warm_keys(rows, [one.answer for one in rows if hasattr(one, "answer")])
    context = {
        "ticket": ticket,
        "invitations": rows,
        "surveys": usable_surveys() if _may_ask(request, ticket, rows) else [],
        "refusal": refusal,
    }
    response = render(request, "surveys/_of_ticket.html", context)
    response["Cache-Control"] = "no-store, private"
    return response
