"""Settings › Triage, and what triage says of an open ticket."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.actions import triage as actions
from automation.actions.routing_setup import SET_UP
from automation.models import TriageGuess, TriageModel
from automation.queries.triage import guesses_of, list_versions, rules
from automation.triage_forms import TriageForm
from core.errors import Invalid, NotAllowed
from core.pages import carry_out, sets_up, status_of
from tickets.models import Ticket


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(SET_UP)
def triage(request: HttpRequest) -> HttpResponse:
    form = TriageForm(request.POST or None, rules=rules())
    if carry_out(form, actions.set_rules, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:triage")
    context = {"form": form, "versions": list_versions()}
    return render(request, "automation/triage.html", context, status=status_of(form))


@require_POST
@sets_up(SET_UP)
def learn(request: HttpRequest) -> HttpResponse:
    actions.ask_learning(actor=request.user)
    messages.success(request, _("It is being learned. The report stands here once it is done."))
    return redirect("automation:triage")


@require_POST
@sets_up(SET_UP)
def use(request: HttpRequest, pk: UUID) -> HttpResponse:
    model = actions.use_version(get_object_or_404(TriageModel, pk=pk), actor=request.user)
    messages.success(request, _("Version %(n)d is in use.") % {"n": model.number})
    return redirect("automation:triage")


@require_safe
@login_required
def guesses(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fetched once the ticket is on the screen; empty where there is nothing to say."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    may_change = request.user.may("tickets.change_ticket")
    context = {"guesses": guesses_of(ticket), "may_change": may_change, "ticket": ticket}
    response = render(request, "automation/_triage.html", context)
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@login_required
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    guess = get_object_or_404(TriageGuess.objects.filter(ticket__in=visible), pk=pk)
    if not request.user.may("tickets.change_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    match request.POST.get("do"):
        case "take":
            actions.take_guess(guess, actor=request.user)
        case "refuse":
            actions.refuse_guess(guess, actor=request.user)
        case _:
            raise Invalid(_("Choose what to do with it."), field="do")
    return HttpResponse(status=204)
