"""Settings › Surveys: what is asked, of whom, and causes of low scores."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import HelpdeskError
from core.pages import carry_out, sets_up, status_of
from surveys.actions import definitions as actions
from surveys.actions.definitions import RIGHT
from surveys.actions.recovery import save_cause
from surveys.forms import CauseForm, PolicyForm, SurveyForm, VersionForm
from surveys.models import Cause, Survey
from surveys.queries.open import policy as current_policy

_READS_AND_SAVES = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@sets_up(RIGHT)
def surveys(request: HttpRequest) -> HttpResponse:
    rows = Survey.objects.select_related("live")
    return render(request, "surveys/surveys.html", {"surveys": rows, "policy": current_policy()})


@_READS_AND_SAVES
@sets_up(RIGHT)
def new(request: HttpRequest) -> HttpResponse:
    form = SurveyForm(request.POST or None)
    made = carry_out(form, lambda **given: actions.save_survey(None, actor=request.user, **given))
    if made:
        return redirect("surveys:words", made.pk)
    return render(request, "surveys/survey.html", {"form": form}, status=status_of(form))


@_READS_AND_SAVES
@sets_up(RIGHT)
def survey(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Survey, pk=pk)
    form = SurveyForm(request.POST or None, survey=found)
    if carry_out(form, lambda **given: actions.save_survey(found, actor=request.user, **given)):
        messages.success(request, _("Saved."))
        return redirect("surveys:survey", pk)
    context = {"form": form, "survey": found, "tab": "settings"}
    return render(request, "surveys/survey.html", context, status=status_of(form))


@_READS_AND_SAVES
@sets_up(RIGHT)
def words(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Survey.objects.select_related("live"), pk=pk)
    draft = found.versions.filter(published_at=None).first()
    form = VersionForm(request.POST or None, version=draft or found.live)

    def save(**given: Any) -> Any:
        return actions.save_draft(found, actor=request.user, **given)

    if carry_out(form, save):
        messages.success(request, _("Kept as a draft."))
        return redirect("surveys:words", pk)
    context = {
        "form": form,
        "survey": found,
        "draft": draft,
        "versions": found.versions.exclude(published_at=None).select_related("published_by"),
        "tab": "words",
    }
    return render(request, "surveys/words.html", context, status=status_of(form))


@require_POST
@sets_up(RIGHT)
def publish(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Survey, pk=pk)
    try:
        actions.publish(found, actor=request.user)
        messages.success(request, _("Published. It is asked from now on."))
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("surveys:words", pk)


@require_POST
@sets_up(RIGHT)
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Survey, pk=pk)
    is_on = request.POST.get("on") == "yes"
    try:
        actions.switch(found, is_on=is_on, actor=request.user)
        messages.success(request, _("Switched on.") if is_on else _("Switched off."))
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("surveys:survey", pk)


@_READS_AND_SAVES
@sets_up(RIGHT)
def policy(request: HttpRequest) -> HttpResponse:
    form = PolicyForm(request.POST or None, instance=current_policy())
    if carry_out(form, lambda **given: actions.save_policy(actor=request.user, **given)):
        messages.success(request, _("Saved."))
        return redirect("surveys:policy")
    return render(request, "surveys/policy.html", {"form": form}, status=status_of(form))


@require_safe
@sets_up(RIGHT)
def causes(request: HttpRequest) -> HttpResponse:
    rows = Cause.objects.filter(parent=None).prefetch_related("children")
    return render(request, "surveys/causes.html", {"causes": rows})


@_READS_AND_SAVES
@sets_up(RIGHT)
def cause(request: HttpRequest, pk: UUID | None = None) -> HttpResponse:
    found = get_object_or_404(Cause, pk=pk) if pk else None
    form = CauseForm(request.POST or None, instance=found)
    fresh = get_object_or_404(Cause, pk=pk) if pk else None
    if carry_out(form, lambda **given: save_cause(fresh, actor=request.user, **given)):
        messages.success(request, _("Saved."))
        return redirect("surveys:causes")
    context = {"form": form, "cause": found}
    return render(request, "surveys/cause.html", context, status=status_of(form))
