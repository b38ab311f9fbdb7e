"""How suggestions beside tickets are used, and how many tickets get none to compare with."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.pages import carry_out, sets_up, status_of
from knowledge.actions import set_control_share
from knowledge.forms import ControlForm, GateForm
from knowledge.lifecycle import PUBLISH
from knowledge.models import KnowledgeSettings
from knowledge.queries.desk import load_use
from knowledge.queries.suggestions import control_percent

_DAYS = 30


@sets_up(PUBLISH)
@require_http_methods(["GET", "HEAD", "POST"])
def use(request: HttpRequest) -> HttpResponse:
    form = ControlForm(request.POST or None, initial={"percent": control_percent()})
    if carry_out(form, set_control_share, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("knowledge:use")
    gate = GateForm(initial={"gate": KnowledgeSettings.of_all().test_gate})
    context = {"form": form, "gate": gate, "page": load_use(_DAYS), "days": _DAYS}
    return render(request, "knowledge/use.html", context, status=status_of(form))
