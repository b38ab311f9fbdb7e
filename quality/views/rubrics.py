"""Settings › Quality: the rubric."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import HelpdeskError
from core.pages import sets_up
from quality.actions.base import SET_UP
from quality.actions.inspecting import live_rubric
from quality.actions.rubrics import publish as publish_draft
from quality.actions.rubrics import save_draft
from quality.forms import CriterionFormSet
from quality.models import Rubric


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(SET_UP)
def rubric(request: HttpRequest) -> HttpResponse:
    """What is written here is a draft until it is published."""
    draft = Rubric.objects.filter(state=Rubric.State.DRAFT).first()
    shown = draft or live_rubric()
    initial = shown.criteria if shown else []
    forms = CriterionFormSet(request.POST or None, initial=initial)
    if request.method == "POST" and forms.is_valid():
        try:
            save_draft(criteria=forms.criteria(), actor=request.user)
        except HelpdeskError as refusal:
            messages.error(request, refusal.reason)
        else:
            messages.success(request, _("Saved as a draft."))
            return redirect("quality:rubric")
    context = {
        "forms": forms,
        "draft": draft,
        "live": live_rubric(),
        "versions": Rubric.objects.exclude(state=Rubric.State.DRAFT).select_related("made_by"),
    }
    status = 400 if forms.is_bound else 200
    return render(request, "quality/rubric.html", context, status=status)


@require_POST
@sets_up(SET_UP)
def publish(request: HttpRequest) -> HttpResponse:
    found = publish_draft(actor=request.user)
    messages.success(request, _("Version %(n)d is in use.") % {"n": found.number})
    return redirect("quality:rubric")
