"""Settings › Bots › Trial: a candidate answers a share of new dialogues."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bots.actions.evaluation_runs import ask_missing
from bots.actions.evaluation_trials import make_trial_live, start_trial, stop_trial
from bots.errors import GateClosed
from bots.evaluation_forms import TrialForm
from bots.models import Bot, Trial
from bots.queries.candidates import Candidate, all_drafts, usable_models
from bots.queries.trials import load_trial
from bots.views.bot import RIGHT, find_bot
from core.errors import HelpdeskError, NotAllowed
from core.pages import carry_out, sets_up, status_of


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def trials(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    drafts, models = all_drafts(bot), usable_models()
    form = TrialForm(request.POST or None, bot=bot, drafts=drafts, models=models)
    if _start(request, bot, form, drafts):
        messages.success(request, _("The trial has begun."))
        return redirect("bots:trials", pk)
    return _show(request, bot, form)


def _start(request: HttpRequest, bot: Bot, form: TrialForm, drafts: dict[str, str]) -> Any:
    def start(share: int, flows: list[str] | None = None, model: str = "") -> Trial:
        chosen = {slug: drafts[slug] for slug in flows or ()}
        candidate = Candidate(chosen, int(model) if model else None)
        try:
            return start_trial(bot, candidate, share=share, actor=request.user)
        except GateClosed as refusal:
            ask_missing(refusal.standings, candidate, actor=request.user)
            raise

    return carry_out(form, start)


def _show(request: HttpRequest, bot: Bot, form: TrialForm, *, refused: str = "") -> HttpResponse:
    found = [load_trial(one) for one in bot.trials.select_related("began_by", "ended_by")[:12]]
    running = [one for one in found if one.trial.state == Trial.State.RUNNING]
    context = {
        "bot": bot,
        "form": form,
        "running": running[0] if running else None,
        "over": [one for one in found if one not in running],
        "may_start": "flows" in form.fields or "model" in form.fields,
        "refused": refused,
    }
    status = 409 if refused else status_of(form)
    return render(request, "bots/trials.html", context, status=status)


def _find(pk: UUID) -> Trial:
    return get_object_or_404(Trial.objects.select_related("bot__brand", "bot__user"), pk=pk)


@require_POST
@sets_up(RIGHT)
def stop(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    stop_trial(found, actor=request.user)
    messages.success(request, _("The trial is over. Everybody is answered by what is live."))
    return redirect("bots:trials", found.bot_id)


@require_POST
@sets_up(RIGHT)
def make_live(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    because = request.POST.get("because", "")[:1000]
    try:
        make_trial_live(found, actor=request.user, because=because)
    except NotAllowed:
        raise
    except HelpdeskError as refusal:
        if isinstance(refusal, GateClosed):
            ask_missing(refusal.standings, _candidate(found), actor=request.user)
        bot = found.bot
        form = TrialForm(bot=bot, drafts=all_drafts(bot), models=usable_models())
        return _show(request, bot, form, refused=refusal.reason)
    messages.success(request, _("The candidate is live."))
    return redirect("bots:trials", found.bot_id)


def _candidate(trial: Trial) -> Candidate:
    return Candidate(trial.flows, trial.model)
