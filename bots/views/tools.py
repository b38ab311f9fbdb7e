"""Settings of a bot: the addresses of the house's own systems that its flows may call."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots import actions
from bots.actions.tooling import Tried, new_secret, remove_tool, renew_tool_secret, try_tool
from bots.errors import ToolInUse
from bots.models import Tool
from bots.queries.tools import find_callers
from bots.tool_forms import NewToolForm, ToolForm, TryToolForm
from bots.views.bot import RIGHT, find_bot
from core.pages import carry_out, sets_up, status_of

_FORMS = ["GET", "HEAD", "POST"]


@require_safe
@sets_up(RIGHT)
def tools(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find_bot(pk)
    return render(request, "bots/tools.html", {"bot": found, "tools": found.tools.all()})


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def new(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find_bot(pk)
    form = NewToolForm(request.POST or None, bot=found)
    secret = new_secret()

    def save(name: str, **values: Any) -> Tool:
        return actions.save_tool(found, name=name, actor=request.user, secret=secret, **values)

    if made := carry_out(form, save):
        return _show(request, made, secret=secret)
    return render(request, "bots/tool.html", {"bot": found, "form": form}, status=status_of(form))


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def tool(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    form = ToolForm(request.POST or None, tool=found)

    def save(**values: Any) -> Tool:
        return actions.save_tool(found.bot, name=found.name, actor=request.user, **values)

    if carry_out(form, save):
        messages.success(request, _("Saved."))
        return redirect("bots:tool", pk)
    return _show(request, found, form=form, status=status_of(form))


def _find(pk: UUID) -> Tool:
    return get_object_or_404(Tool.objects.select_related("bot__brand", "bot__user"), pk=pk)


def _show(
    request: HttpRequest,
    found: Tool,
    *,
    form: ToolForm | None = None,
    trying: TryToolForm | None = None,
    tried: Tried | None = None,
    secret: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """``secret``: told this once."""
    context = {
        "bot": found.bot,
        "tool": found,
        "form": form or ToolForm(tool=found),
        "trying": trying or TryToolForm(tool=found),
        "tried": tried,
        "secret": secret,
        "problem": problem,
        "callers": find_callers(found),
        "failures": found.failures.all(),
    }
    return render(request, "bots/tool.html", context, status=status)


@require_POST
@sets_up(RIGHT)
def renew_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    return _show(request, found, secret=renew_tool_secret(found, actor=request.user))


@require_POST
@sets_up(RIGHT)
def try_out(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    form = TryToolForm(request.POST, tool=found)

    def call(**given: Any) -> Tried:
        return try_tool(
            found,
            form.inputs,
            proved=given["proved"],
            is_meant=bool(given.get("is_meant")),
            actor=request.user,
        )

    tried = carry_out(form, call)
    return _show(request, found, trying=form, tried=tried, status=status_of(form))


@require_POST
@sets_up(RIGHT)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(pk)
    try:
        bot = remove_tool(found, actor=request.user)
    except ToolInUse as refusal:
        return _show(request, found, problem=refusal.reason, status=409)
    messages.success(request, _("The tool is gone."))
    return redirect("bots:tools", bot.pk)
