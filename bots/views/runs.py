"""Suites played against what is live and what may come, and what came of it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bots.actions.evaluation_runs import ask_missing, ask_run
from bots.actions.teaching import TEACH
from bots.models import Flow, Run, Suite, UnderstandingModel
from bots.queries.candidates import Candidate, all_drafts, candidate_of
from bots.queries.gate import standings, standings_of_model
from bots.queries.suites import load_run
from bots.views.bot import RIGHT
from core.errors import HelpdeskError
from core.pages import sets_up


@require_POST
@sets_up(RIGHT)
def play_suite(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Suite.objects.select_related("bot"), pk=pk)
    candidate = _chosen(found, request.POST.get("candidate", ""))
    try:
        run = ask_run(found, candidate, actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
        return redirect("bots:suite", pk)
    return redirect("bots:run", run.pk)


def _chosen(suite: Suite, asked: str) -> Candidate:
    kind, _colon, number = asked.partition(":")
    if kind == "drafts":
        return Candidate(all_drafts(suite.bot))
    is_number = number.isascii() and number.isdigit() and len(number) < 9
    return Candidate(model=int(number)) if kind == "model" and is_number else Candidate()


@require_safe
@sets_up(RIGHT)
def run(request: HttpRequest, pk: UUID) -> HttpResponse:
    runs = Run.objects.select_related("suite__bot__brand", "asked_by")
    found = get_object_or_404(runs, pk=pk)
    context = {"bot": found.suite.bot, "suite": found.suite, "run": found, "page": load_run(found)}
    return render(request, "bots/run.html", context)


@require_POST
@sets_up(RIGHT)
def play_flow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Every suite that stands before publishing this draft."""
    flow = get_object_or_404(Flow.objects.select_related("bot"), pk=pk)
    candidate = candidate_of(flow)
    ask_missing(standings(flow.bot, candidate), candidate, actor=request.user)
    messages.success(request, _("The suites are being played. Look again in a moment."))
    return redirect("bots:flow", pk)


@require_POST
@sets_up(TEACH)
def play_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(UnderstandingModel.objects.defer("artefact"), pk=pk)
    play_missing_of(found)
    messages.success(request, _("The suites are being played. Look again in a moment."))
    return redirect("bots:version", pk)


def play_missing_of(model: UnderstandingModel) -> int:
    """Asked for by whoever teaches, played by the program: an understanding serves every bot."""
    candidate = Candidate(model=model.number)
    return ask_missing(standings_of_model(model.number), candidate, actor=None)
