"""Settings › Bots › Tests: suites, their tests, and a conversation made one of them."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots.actions import evaluation
from bots.evaluation_forms import CaseForm, ImportForm, KeepForm, PlayForm, SuiteForm
from bots.models import Case, Suite
from bots.queries.candidates import all_drafts, usable_models
from bots.queries.conversations import find_dialogue, read_conversation
from bots.queries.suites import list_cases, list_runs, list_suites
from bots.views.bot import RIGHT, find_bot
from core.pages import carry_out, sets_up, status_of
from tickets.models import Ticket

_FORMS = ["GET", "HEAD", "POST"]


@require_safe
@sets_up(RIGHT)
def suites(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    return render(request, "bots/suites.html", {"bot": bot, "rows": list_suites(bot)})


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def add_suite(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    form = SuiteForm(request.POST or None)
    if made := carry_out(form, evaluation.add_suite, bot=bot, actor=request.user):
        return redirect("bots:suite", made.pk)
    context = {"bot": bot, "form": form}
    return render(request, "bots/suite_new.html", context, status=status_of(form))


def _find_suite(pk: UUID) -> Suite:
    return get_object_or_404(Suite.objects.select_related("bot__brand", "bot__user"), pk=pk)


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def suite(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_suite(pk)
    initial = {"name": found.name, "bar": found.bar, "is_gating": found.is_gating}
    form = SuiteForm(request.POST or None, initial=initial)
    if carry_out(form, evaluation.change_suite, suite=found, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("bots:suite", pk)
    return _show(request, found, form=form)


def _show(
    request: HttpRequest,
    found: Suite,
    *,
    form: SuiteForm | None = None,
    imported: ImportForm | None = None,
) -> HttpResponse:
    initial = {"name": found.name, "bar": found.bar, "is_gating": found.is_gating}
    context = {
        "bot": found.bot,
        "suite": found,
        "form": form or SuiteForm(initial=initial),
        "imported": imported or ImportForm(),
        "opens": form is not None and form.is_bound,
        "cases": list_cases(found),
        "runs": list_runs(found),
        "play": PlayForm(drafts=len(all_drafts(found.bot)), models=usable_models()),
    }
    status = status_of(*(one for one in (form, imported) if one))
    return render(request, "bots/suite.html", context, status=status)


@require_POST
@sets_up(RIGHT)
def remove_suite(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_suite(pk)
    evaluation.remove_suite(found, actor=request.user)
    messages.success(request, _("The suite is gone."))
    return redirect("bots:suites", found.bot_id)


@require_POST
@sets_up(RIGHT)
def import_cases(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_suite(pk)
    form = ImportForm(request.POST)
    made = carry_out(form, evaluation.import_cases, suite=found, actor=request.user)
    if not made:
        return _show(request, found, imported=form)
    count = len(made) if isinstance(made, list) else 0
    messages.success(
        request,
        ngettext("One test was added.", "%(n)d tests were added.", count) % {"n": count},
    )
    return redirect("bots:suite", pk)


# Tests


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def add_case(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_suite(pk)
    form = CaseForm(request.POST or None, bot=found.bot)
    if _save(request, form, found):
        return redirect("bots:suite", pk)
    context = {"bot": found.bot, "suite": found, "form": form}
    return render(request, "bots/case.html", context, status=status_of(form))


def _save(
    request: HttpRequest,
    form: CaseForm,
    suite: Suite,
    *,
    case: Case | None = None,
    source: str = Case.Source.WRITTEN,
) -> Any:
    def save(**_values: Any) -> Case:
        given = form.given
        kind = Case.Kind.QUESTION if len(given["turns"]) == 1 else Case.Kind.SCRIPT
        return evaluation.save_case(
            suite, given, actor=request.user, kind=kind, case=case, source=source
        )

    saved = carry_out(form, save)
    if saved:
        messages.success(request, _("Saved."))
    return saved


def _find_case(pk: UUID) -> Case:
    return get_object_or_404(Case.objects.select_related("suite__bot__brand"), pk=pk)


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_case(pk)
    form = CaseForm(request.POST or None, bot=found.suite.bot, given=found.given)
    if _save(request, form, found.suite, case=found):
        return redirect("bots:suite", found.suite_id)
    context = {"bot": found.suite.bot, "suite": found.suite, "case": found, "form": form}
    return render(request, "bots/case.html", context, status=status_of(form))


@require_POST
@sets_up(RIGHT)
def remove_case(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find_case(pk)
    evaluation.remove_case(found, actor=request.user)
    messages.success(request, _("The test is gone."))
    return redirect("bots:suite", found.suite_id)


@require_http_methods(_FORMS)
@sets_up(RIGHT)
def keep_case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was said in a ticket, without who said it, to be looked at before it is kept."""
    visible = Ticket.objects.visible_to(request.user).filter(pk=pk)
    ticket = visible.select_related("customer__tier").first()
    dialogue = find_dialogue(ticket) if ticket else None
    if ticket is None or dialogue is None:
        raise Http404
    given = None if request.method == "POST" else read_conversation(dialogue)
    form = KeepForm(request.POST or None, bot=dialogue.bot, given=given)
    if form.is_bound and form.is_valid():
        suite = form.cleaned_data["suite"]
        if _save(request, form, suite, source=Case.Source.CONVERSATION):
            return redirect("bots:suite", suite.pk)
    has_suites = dialogue.bot.suites.exists()
    context = {"bot": dialogue.bot, "ticket": ticket, "form": form, "has_suites": has_suites}
    return render(request, "bots/case.html", context, status=status_of(form))
