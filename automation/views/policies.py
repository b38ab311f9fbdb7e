"""Settings of service levels: what is promised to whom, and what that would have meant."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from automation.actions import policies as actions
from automation.forms import PolicyForm
from automation.models import Policy, PolicyVersion
from automation.queries.trial import try_version
from core.errors import HelpdeskError
from core.pages import sets_up, status_of
from tickets.models import Ticket

RIGHT = "automation.change_policy"
READS_AND_SAVES = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@sets_up(RIGHT)
def policies(request: HttpRequest) -> HttpResponse:
    return render(request, "automation/policies.html", {"policies": list(_policies())})


def _policies() -> "QuerySet[Policy]":
    versions = PolicyVersion.objects.select_related("calendar", "made_by").order_by("-number")
    return Policy.objects.prefetch_related(Prefetch("versions", versions))


@READS_AND_SAVES
@sets_up(RIGHT)
def new_policy(request: HttpRequest) -> HttpResponse:
    form = PolicyForm(request.POST or None, version=None)
    if draft := _save(form, None, request):
        messages.success(request, _("Kept as a draft. Look at what it would have meant."))
        return redirect("automation:policy", draft.policy_id)
    return render(request, "automation/policy.html", {"form": form}, status=status_of(form))


@READS_AND_SAVES
@sets_up(RIGHT)
def policy(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(_policies(), pk=pk)
    versions = list(found.versions.all())
    newest = next((v for v in versions if v.is_draft), versions[0] if versions else None)
    form = PolicyForm(request.POST or None, policy=found, version=newest)
    if _save(form, found, request):
        messages.success(request, _("Kept as a draft. Look at what it would have meant."))
        return redirect("automation:policy", found.pk)
    context = {
        "form": form,
        "policy": found,
        "versions": versions,
        "draft": next((v for v in versions if v.is_draft), None),
        "live": next((v for v in versions if v.is_in_force), None),
    }
    return render(request, "automation/policy.html", context, status=status_of(form))


def _save(form: PolicyForm, found: Policy | None, request: HttpRequest) -> PolicyVersion | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return actions.save_draft(found, actor=request.user, **form.as_given())
    except HelpdeskError as refusal:
        field = refusal.extra.get("field")
        form.add_error(field if field in form.fields else None, refusal.reason)
        return None


@require_safe
@sets_up(RIGHT)
def trial(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Asked for by the page; only tickets the reader may see are named."""
    found = get_object_or_404(_policies(), pk=pk)
    versions = list(found.versions.all())
    newest = versions[0] if versions else None
    version = next((v for v in versions if v.is_draft), newest)
    tried = try_version(version) if version else None
    late = [ticket.pk for one in (tried.metrics if tried else []) for ticket, _span in one.late]
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=late)
    context: dict[str, Any] = {
        "policy": found,
        "version": version,
        "trial": tried,
        "visible": set(visible.values_list("pk", flat=True)),
    }
    return render(request, "automation/trial.html", context)


@require_POST
@sets_up(RIGHT)
def switch(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Policy, pk=pk)
    if request.POST.get("on") == "yes":
        actions.put_in_force(found, actor=request.user)
        messages.success(request, _("In force. Open tickets are judged by it from now on."))
    else:
        actions.take_out_of_force(found, actor=request.user)
        messages.success(request, _("No longer in force."))
    return redirect("automation:policy", found.pk)


@require_POST
@sets_up(RIGHT)
def move(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Policy, pk=pk)
    way = "up" if request.POST.get("way") == "up" else "down"
    actions.move_policy(found, way=way, actor=request.user)
    return redirect("automation:policies")


@require_POST
@sets_up(RIGHT)
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    actions.delete_policy(get_object_or_404(Policy, pk=pk), actor=request.user)
    messages.success(request, _("The service level is gone."))
    return redirect("automation:policies")
