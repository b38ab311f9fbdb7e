"""What hurt most in a month, and what was changed because of it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.pages import carry_out, sets_up, status_of
from surveys.actions.improvements import publish_improvement
from surveys.actions.recovery import RIGHT
from surveys.forms import ImprovementForm
from surveys.models import Cause
from surveys.queries.improvements import (
    list_improvements,
    month_after,
    month_before,
    month_named,
    rank_month,
)


@require_safe
@sets_up(RIGHT)
def improvements(request: HttpRequest) -> HttpResponse:
    month = month_named(request.GET.get("month", ""))
    context = {
        "month": month,
        "earlier": month_before(month),
        "later": month_after(month) if month < month_named("") else None,
        "rows": rank_month(request.user, month),
        "made": list_improvements(month),
    }
    return render(request, "surveys/improvements.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def improve(request: HttpRequest, pk: UUID) -> HttpResponse:
    cause = get_object_or_404(Cause.objects.select_related("parent"), pk=pk)
    month = month_named(request.GET.get("month", ""))
    form = ImprovementForm(request.POST or None)
    back = f"{reverse('surveys:improvements')}?month={month:%Y-%m}"
    made = carry_out(
        form,
        lambda **given: publish_improvement(cause, month=month, actor=request.user, **given),
    )
    if made:
        messages.success(request, _("Published."))
        return redirect(back)
    context = {"form": form, "cause": cause, "month": month, "back": back}
    return render(request, "surveys/improve.html", context, status=status_of(form))
