"""What somebody says of their being there: presence with a reason, and out of office."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.models import User
from accounts.presence_forms import AbsenceForm
from accounts.queries import list_stand_ins, standing_of, with_standing
from accounts.templatetags.presence import standing_words
from core.pages import carry_out, status_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def presence(request: HttpRequest) -> JsonResponse:
    """The reader's own; POST changes it."""
    if request.method == "POST":
        actions.set_presence(
            request.user,
            state=request.POST.get("state", ""),
            reason=request.POST.get("reason", ""),
            actor=request.user,
        )
    standing = standing_of(with_standing(User.objects.all()).get(pk=request.user.pk))
    content = {
        "state": standing.state,
        "reason": standing.reason,
        "words": standing_words(standing),
    }
    return JsonResponse(content, headers={"Cache-Control": "no-store, private"})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = AbsenceForm(request.POST or None, user=user, colleagues=list_stand_ins(user))
    if carry_out(form, actions.plan_absence, user=user, actor=user):
        messages.success(request, _("Saved. Your colleagues see when you are away."))
        return redirect("tickets:me")
    context = {"form": form, "is_planned": user.away_from is not None}
    return render(request, "accounts/absence.html", context, status=status_of(form))


@login_required
@require_POST
def back(request: HttpRequest) -> HttpResponse:
    """Back again, or not leaving after all."""
    actions.end_absence(request.user, actor=request.user)
    messages.success(request, _("Welcome back. New work comes to you again."))
    return redirect("tickets:me")
