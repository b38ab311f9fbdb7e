"""Questions that an article must answer, and what follows where one fails."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.errors import Invalid
from core.pages import sets_up
from knowledge import actions
from knowledge.forms import GateForm
from knowledge.lifecycle import PUBLISH, WRITE
from knowledge.models import Article, Reader, TestQuestion
from knowledge.views.desk import find_article, go


@require_POST
@sets_up(WRITE)
def add(request: HttpRequest, pk: UUID) -> HttpResponse:
    article = find_article(request, pk)
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Http404
    try:
        actions.add_test_question(
            article, text=request.POST.get("text", ""), language=language, actor=request.user
        )
    except Invalid as refusal:
        messages.error(request, refusal.reason)
    return go(article, language)


@require_POST
@sets_up(WRITE)
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    readable = Article.objects.visible_to(Reader(agent=request.user))
    question = get_object_or_404(TestQuestion, pk=pk, article__in=readable)
    actions.remove_test_question(question, actor=request.user)
    return go(question.article, question.language)


@require_POST
@sets_up(PUBLISH)
def gate(request: HttpRequest) -> HttpResponse:
    form = GateForm(request.POST)
    if form.is_valid():
        actions.set_test_gate(form.cleaned_data["gate"], actor=request.user)
        messages.success(request, _("Saved."))
    return redirect("knowledge:use")
