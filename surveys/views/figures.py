"""What customers answered, in figures: each with its n and its interval."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.pages import sets_up
from surveys.queries.report import build_report

RIGHT = "surveys.view_figures"


@require_safe
@sets_up(RIGHT)
def figures(request: HttpRequest) -> HttpResponse:
    report = build_report(
        request.user,
        days=request.GET.get("days", ""),
        by=request.GET.get("by", ""),
        metric=request.GET.get("metric", ""),
    )
    return render(request, "surveys/figures.html", {"report": report})
