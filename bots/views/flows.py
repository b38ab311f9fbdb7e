"""Flows: their list, the editor, trying them out, publishing."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots import actions
from bots.actions.evaluation_runs import OVERRIDE, ask_missing
from bots.errors import GateClosed, NotPublishable
from bots.forms import FlowForm
from bots.models import Flow
from bots.queries.candidates import candidate_of
from bots.queries.flows import list_flows, live_version, read_outline
from bots.queries.gate import standings
from bots.queries.rehearsal import outline_in_words, rehearse
from bots.views.bot import RIGHT, find_bot
from core.pages import carry_out, sets_up, status_of

_START = """flow my_flow
title
  en: What the customer would call it
when my_intent

ask order: order_number
  en: Which order is it?
say
  en: Thank you, I have noted {order}.
"""


@require_safe
@sets_up(RIGHT)
def flows(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    return render(request, "bots/flows.html", {"bot": bot, "rows": list_flows(bot)})


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    form = FlowForm(request.POST or None, initial={"outline": _START})

    def save(outline: str) -> Flow:
        return actions.save_draft(bot, outline, actor=request.user)

    if made := carry_out(form, save):
        messages.success(request, _("Saved as a draft."))
        return redirect("bots:flow", made.pk)
    context = {"bot": bot, "form": form}
    return render(request, "bots/flow.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def flow(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_flow(pk)
    form = FlowForm(request.POST or None, initial={"outline": found.draft})

    def save(outline: str) -> Flow:
        return actions.save_draft(found.bot, outline, actor=request.user, flow=found)

    if carry_out(form, save):
        messages.success(request, _("Saved as a draft."))
        return redirect("bots:flow", pk)
    return _show(request, found, form, status=status_of(form))


def _find_flow(pk: UUID) -> Flow:
    return get_object_or_404(Flow.objects.select_related("bot__brand", "bot__user"), pk=pk)


def _show(request: HttpRequest, flow: Flow, form: FlowForm, *, status: int = 200) -> HttpResponse:
    live = live_version(flow)
    is_changed = live is None or live.outline != flow.draft
    context = {
        "bot": flow.bot,
        "flow": flow,
        "form": form,
        "live": live,
        "gate": standings(flow.bot, candidate_of(flow)) if is_changed else [],
        "overrides": flow.overrides.select_related("by")[:5],
        "may_override": request.user.may(OVERRIDE),
        "versions": flow.versions.select_related("published_by")[:20],
        "problems": read_outline(flow.draft, flow.bot).problems,
    }
    return render(request, "bots/flow.html", context, status=status)


@require_POST
@sets_up(RIGHT)
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was not played against the draft yet is, and nothing is published meanwhile."""
    found = _find_flow(pk)
    because = request.POST.get("because", "")[:1000]
    try:
        version = actions.publish_flow(found, actor=request.user, because=because)
    except (NotPublishable, GateClosed) as refusal:
        if isinstance(refusal, GateClosed):
            ask_missing(refusal.standings, candidate_of(found), actor=request.user)
        form = FlowForm({"outline": found.draft})
        form.add_error(None, refusal.reason)
        return _show(request, found, form, status=refusal.status)
    messages.success(request, _("Version %(n)d is live.") % {"n": version.number})
    return redirect("bots:flow", pk)


@require_POST
@sets_up(RIGHT)
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_flow(pk)
    actions.switch_flow(found, is_on=request.POST.get("on") == "yes", actor=request.user)
    return redirect("bots:flows", found.bot_id)


@require_POST
@sets_up(RIGHT)
def bring_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    number = request.POST.get("number", "")
    found = _find_flow(pk)
    actions.bring_back(
        found,
        number=int(number) if number.isascii() and number.isdigit() else 0,
        actor=request.user,
    )
    messages.success(request, _("It is the draft again. Publish it to have it followed."))
    return redirect("bots:flow", pk)


# While it is written


@require_POST
@sets_up(RIGHT)
def check(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is wrong, and what it comes to, line by line."""
    reading = read_outline(request.POST.get("outline", "")[:60_000], find_bot(pk))
    told = {
        "problems": [{"line": one.line, "words": one.words} for one in reading.problems],
        "steps": outline_in_words(reading.flow) if reading.flow else [],
    }
    return JsonResponse(told)


@require_POST
@sets_up(RIGHT)
def try_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One turn of a made-up conversation: no tool is called, nobody is written to."""
    try:
        kept: Any = json.loads(request.POST.get("state", "") or "{}")
    except ValueError:
        kept = {}
    told = rehearse(
        find_bot(pk),
        outline=request.POST.get("outline", "")[:60_000],
        text=request.POST.get("text", "")[:2000],
        kept=kept if isinstance(kept, dict) else {},
        is_proved=request.POST.get("proved") == "yes",
    )
    return JsonResponse(told)
