"""Complaints: the list with what is overdue first, one of them, and beside its ticket."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import HelpdeskError, NotAllowed
from core.fields import warm_keys
from core.pages import carry_out, sets_up, status_of
from surveys.actions import complaints as actions
from surveys.actions.complaints import RIGHT
from surveys.complaint_forms import ComplaintForm, ComplaintPolicyForm
from surveys.models import COMPLAINT, Complaint
from surveys.queries import complaints as queries
from surveys.queries.open import policy as survey_policy
from tickets.models import Ticket

_READS_AND_SAVES = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@sets_up("surveys.work_recovery")
def complaints(request: HttpRequest) -> HttpResponse:
    is_open = request.GET.get("show") != "closed"
    figures = None
    if request.user.may("surveys.view_figures"):
        least, days = survey_policy().least, request.GET.get("days", "")
        figures = queries.load_figures(request.user, days=days, least=least)
    context = {
        "complaints": queries.list_complaints(request.user, is_open=is_open),
        "is_open": is_open,
        "figures": figures,
        "periods": queries.PERIODS,
    }
    return render(request, "surveys/complaints.html", context)


@_READS_AND_SAVES
@login_required
def complaint(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(request, pk)
    form = ComplaintForm(request.POST or None, complaint=found)
    if carry_out(form, lambda **given: actions.work_complaint(found, actor=request.user, **given)):
        messages.success(request, _("Saved."))
        return redirect("surveys:complaint", pk)
    warm_keys([found], [found.ticket], [found.ticket.customer])
    context = {"complaint": found, "form": form, "may_reply": _may_reply(request)}
    return _private(render(request, "surveys/complaint.html", context, status=status_of(form)))


@require_POST
@login_required
def acknowledge(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(request, pk)
    try:
        actions.acknowledge(found, actor=request.user)
        messages.success(request, _("It is on its way to the customer."))
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("surveys:complaint", pk)


def _find(request: HttpRequest, pk: UUID) -> Complaint:
    found: Complaint = get_object_or_404(queries.visible_complaints(request.user), pk=pk)
    if not request.user.may(RIGHT):
        raise NotAllowed(_("Your role does not allow this."))
    return found


def _may_reply(request: HttpRequest) -> bool:
    return bool(request.user.may("tickets.reply_ticket"))


@require_safe
@login_required
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _show(request, _ticket(request, pk))


@require_POST
@login_required
def make(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From the ticket's page: a person decides, whatever the words sound like."""
    ticket = _ticket(request, pk)
    refusal = ""
    try:
        actions.make_complaint(ticket, actor=request.user)
    except NotAllowed:
        raise
    except HelpdeskError as error:
        refusal = error.reason
    return _show(request, _ticket(request, pk), refusal)


def _ticket(request: HttpRequest, pk: UUID) -> Ticket:
    found: Ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    return found


def _show(request: HttpRequest, ticket: Ticket, refusal: str = "") -> HttpResponse:
    known = Complaint.objects.filter(ticket=ticket).select_related("cause__parent").first()
    # One of the past has the type alone.
    found = known if ticket.type == COMPLAINT else None
    may = request.user.may(RIGHT) and not ticket.merged_into_id
    context = {
        "ticket": ticket,
        "complaint": found,
        "may": may,
        "may_make": may and found is None,
        "sounds_angry": found is None and queries.sounds_angry(ticket.pk),
        "refusal": refusal,
    }
    return _private(render(request, "surveys/_complaint.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response


@_READS_AND_SAVES
@sets_up("surveys.set_up_survey")
def policy(request: HttpRequest) -> HttpResponse:
    form = ComplaintPolicyForm(request.POST or None, rules=queries.policy())
    save = actions.save_complaint_policy
    if carry_out(form, lambda **given: save(actor=request.user, **given)):
        messages.success(request, _("Saved."))
        return redirect("surveys:complaint_policy")
    return render(request, "surveys/complaint_policy.html", {"form": form}, status=status_of(form))
