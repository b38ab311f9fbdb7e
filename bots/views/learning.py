"""Knowledge › Gaps: what is asked and not answered, and what becomes of it."""

from uuid import UUID

from celery import current_app
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bots.actions.learning import accept_gap, dismiss_gap
from bots.learning_forms import AcceptForm
from bots.models import Gap
from bots.queries.learning import (
    count_gaps,
    languages_of_gaps,
    list_gaps,
    load_coverage,
    load_gap,
)
from core.limits import seconds_to_wait
from core.pages import carry_out, sets_up, status_of
from knowledge.lifecycle import WRITE
from knowledge.models import Category

_LEARN = "bots.tasks.learn"


@require_safe
@sets_up(WRITE)
def gaps(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    state = asked.get("state", "")
    state = state if state in Gap.State.values else Gap.State.OPEN
    language, page = asked.get("language", ""), asked.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and 0 < int(page) < 1000 else 1
    rows, more = list_gaps(state, language, page=number)
    counts = count_gaps()
    context = {
        "rows": rows,
        "more": more,
        "page": number,
        "state": state,
        "language": language,
        "states": [(code, label, counts.get(code, 0)) for code, label in Gap.State.choices],
        "languages": languages_of_gaps(),
        "coverage": load_coverage(),
    }
    return render(request, "bots/gaps.html", context)


@sets_up(WRITE)
@require_http_methods(["GET", "HEAD", "POST"])
def gap(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Gap.objects.select_related("article", "decided_by"), pk=pk)
    form = AcceptForm(request.POST or None, gap=found)
    version = carry_out(form, accept_gap, gap=found, actor=request.user)
    if version:
        messages.success(request, _("The draft of an article is kept."))
        response = redirect("knowledge:article", version.article_id)
        response["Location"] += f"?language={version.language}"
        return response
    context = {
        "page": load_gap(found),
        "gap": found,
        "form": form,
        "has_categories": Category.objects.exists(),
    }
    return render(request, "bots/gap.html", context, status=status_of(form))


@require_POST
@sets_up(WRITE)
def dismiss(request: HttpRequest, pk: UUID) -> HttpResponse:
    dismiss_gap(get_object_or_404(Gap, pk=pk), actor=request.user)
    messages.success(request, _("It is shown no more."))
    return redirect("gaps:list")


@require_POST
@sets_up(WRITE)
def learn(request: HttpRequest) -> HttpResponse:
    """Now, and not at the next full hour."""
    if not seconds_to_wait("learning", "all", at_most=6, seconds=3600):
        current_app.send_task(_LEARN, queue="vectors", ignore_result=True)
    messages.success(request, _("Questions are being put together. Look again in a minute."))
    return redirect("gaps:list")
