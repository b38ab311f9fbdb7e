"""Quality › Practice: talking with scripted customers."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from core.errors import Invalid
from quality.actions.inspecting import live_rubric
from quality.actions.practising import begin, say, talk_of
from quality.checks.running import run_checks
from quality.models import Practice
from quality.scenarios import SCENARIOS
from quality.views.scores import private


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def practices(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        row = begin(request.POST.get("scenario", ""), actor=request.user)
        return redirect("quality:practice", row.pk)
    rows = Practice.objects.filter(agent=request.user)[:20]
    known = [{"row": row, "scenario": SCENARIOS.get(row.scenario)} for row in rows]
    context = {"scenarios": SCENARIOS.values(), "rows": known}
    return private(render(request, "quality/practices.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def practice(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = get_object_or_404(Practice.objects.filter(agent=request.user), pk=pk)
    if row.scenario not in SCENARIOS:
        raise Http404
    problem, words = "", request.POST.get("words", "")
    if request.method == "POST":
        try:
            say(row.pk, words=words, actor=request.user)
        except Invalid as refusal:
            problem = refusal.reason
        else:
            return redirect("quality:practice", row.pk)
    talk, rubric = talk_of(row), live_rubric()
    verdicts = []
    if row.done_at and rubric:
        names = {one["check"]: one["name"] for one in rubric.criteria_of("auto")}
        found = run_checks(talk, list(names))
        verdicts = [(names[code], verdict) for code, verdict in found.items()]
    context = {
        "row": row,
        "scenario": SCENARIOS[row.scenario],
        "talk": talk,
        "verdicts": verdicts,
        "problem": problem,
        "words": words if problem else "",
    }
    status = 400 if problem else 200
    return private(render(request, "quality/practice.html", context, status=status))
