"""Settings › Rules: putting them together, trying them on what happened, and what they did."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.actions import rules as actions
from automation.actions.rule_account import change_rule_account
from automation.actions.rule_replay import DAYS, replay_rule
from automation.actions.rule_steps import known_actions
from automation.models import Rule, RuleRun, RuleVersion
from automation.queries.rule_builder import build_builder
from automation.queries.rules import list_rules, live_version, newest_version, runs_of
from automation.rule_forms import RuleAccountForm, RuleForm, read_body
from automation.rules.reading import Unreadable
from automation.templatetags.rule_words import DAY_NAMES, tell_rule
from core.errors import HelpdeskError, Invalid
from core.pages import carry_out, sets_up, status_of
from tickets.models import Ticket

RIGHT = "automation.change_rule"
READS_AND_SAVES = require_http_methods(["GET", "HEAD", "POST"])
_PAGE = 30
_SHOWN = 50
LENGTHS = (7, 14, 30)


@require_safe
@sets_up(RIGHT)
def rules(request: HttpRequest) -> HttpResponse:
    return render(request, "automation/rules.html", {"rules": list(list_rules())})


@READS_AND_SAVES
@sets_up(RIGHT)
def new_rule(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST or None)
    if draft := _save(form, None, request):
        messages.success(request, _("Kept as a draft. Look at what it would have done."))
        return redirect("automation:rule", draft.rule_id)
    return render(request, "automation/rule.html", _context(form), status=status_of(form))


@READS_AND_SAVES
@sets_up(RIGHT)
def rule(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(list_rules(), pk=pk)
    form = RuleForm(request.POST or None, rule=found, version=newest_version(found))
    if _save(form, found, request):
        messages.success(request, _("Kept as a draft. Look at what it would have done."))
        return redirect("automation:rule", found.pk)
    versions = list(found.versions.all())
    context = _context(form) | {
        "rule": found,
        "versions": versions,
        "draft": next((v for v in versions if v.is_draft), None),
        "live": live_version(found),
        "lengths": LENGTHS,
    }
    return render(request, "automation/rule.html", context, status=status_of(form))


def _context(form: RuleForm) -> dict[str, Any]:
    builder = build_builder(known_actions(), day_names=DAY_NAMES, rule=form.shown)
    return {"form": form, "builder": builder, "days": DAYS}


def _save(form: RuleForm, found: Rule | None, request: HttpRequest) -> RuleVersion | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return actions.save_rule(found, actor=request.user, **form.as_given())
    except HelpdeskError as refusal:
        field = refusal.extra.get("field")
        form.add_error("name" if field == "name" else None, refusal.reason)
        return None


@require_POST
@sets_up(RIGHT)
def sentence(request: HttpRequest) -> HttpResponse:
    """The rule that is being put together in words, and what is still wrong with it."""
    try:
        body = read_body(request.POST.get("body"))
    except Invalid as refusal:
        return JsonResponse({"words": "", "problem": refusal.reason, "place": ""})
    problem, place = "", ""
    try:
        actions.read_rule(body["when"], body["if"], body["then"])
    except Invalid as refusal:
        problem, place = refusal.reason, str(refusal.extra.get("field", ""))
    try:
        words = tell_rule(body["when"], body["if"], body["then"])
    except (TypeError, ValueError, KeyError, AttributeError):
        words = ""  # what only a program can have sent
    return JsonResponse({"words": words, "problem": problem, "place": place})


@require_safe
@sets_up(RIGHT)
def trial(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Back-test; only tickets the reader may see are named."""
    found = get_object_or_404(list_rules(), pk=pk)
    version = newest_version(found)
    given = request.GET.get("days", "")
    days = int(given) if given.isdecimal() and int(given) in LENGTHS else DAYS
    try:
        tried = replay_rule(version, days=days) if version else None
    except Unreadable:
        tried = None
    hits = tried.hits[:_SHOWN] if tried else []
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=[h.ticket.pk for h in hits])
    context = {
        "rule": found,
        "version": version,
        "trial": tried,
        "hits": hits,
        "days": days,
        "lengths": LENGTHS,
        "visible": set(visible.values_list("pk", flat=True)),
    }
    return render(request, "automation/rule_trial.html", context)


@require_POST
@sets_up(RIGHT)
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Rule, pk=pk)
    try:
        if request.POST.get("on") == "yes":
            actions.enable_rule(found, actor=request.user)
            messages.success(request, _("Switched on. It acts on what happens from now on."))
        else:
            actions.disable_rule(found, actor=request.user)
            messages.success(request, _("Switched off."))
    except Invalid as refusal:
        messages.error(request, refusal.reason)
    to = "automation:rules" if request.POST.get("back") == "list" else "automation:rule"
    return redirect(to, *([] if to.endswith("rules") else [found.pk]))


@require_POST
@sets_up(RIGHT)
def order(request: HttpRequest) -> HttpResponse:
    """All ids in their new order, or one that goes up or down by one."""
    ids = [UUID(one) for one in request.POST.getlist("ids") if _is_id(one)]
    actions.order_rules(ids, actor=request.user)
    return redirect("automation:rules")


@require_POST
@sets_up(RIGHT)
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Rule, pk=pk)
    ids = list(Rule.objects.order_by("position", "name").values_list("pk", flat=True))
    index = ids.index(found.pk)
    other = index - 1 if request.POST.get("way") == "up" else index + 1
    if 0 <= other < len(ids):
        ids[index], ids[other] = ids[other], ids[index]
        actions.order_rules(ids, actor=request.user)
    return redirect("automation:rules")


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


@require_POST
@sets_up(RIGHT)
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Rule, pk=pk)
    try:
        actions.delete_rule(found, actor=request.user)
    except Invalid as refusal:
        messages.error(request, refusal.reason)
        return redirect("automation:rule", found.pk)
    messages.success(request, _("The rule is gone."))
    return redirect("automation:rules")


@require_safe
@sets_up(RIGHT)
def runs(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(list_rules(), pk=pk)
    log, state = runs_of(found), request.GET.get("state", "")
    if state in RuleRun.State.values:
        log = log.filter(state=state)
    page = Paginator(log, _PAGE).get_page(request.GET.get("page"))
    shown = [run.ticket_id for run in page.object_list]
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=shown)
    context = {
        "rule": found,
        "page": page,
        "state": state,
        "visible": set(visible.values_list("pk", flat=True)),
    }
    return render(request, "automation/rule_runs.html", context)


@READS_AND_SAVES
@sets_up(RIGHT)
def account(request: HttpRequest) -> HttpResponse:
    form = RuleAccountForm(request.POST or None)
    if carry_out(form, change_rule_account, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("automation:rule_account")
    return render(request, "automation/rule_account.html", {"form": form}, status=status_of(form))
