"""Low scores being worked: the list, and one of them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import HelpdeskError
from core.pages import sets_up, status_of
from surveys.actions import recovery as actions
from surveys.actions.recovery import RIGHT
from surveys.forms import RecoveryForm
from surveys.models import Cause, RecoveryTask
from surveys.queries.tasks import list_tasks, visible_tasks


@require_safe
@sets_up(RIGHT)
def tasks(request: HttpRequest) -> HttpResponse:
    shown = "closed" if request.GET.get("show") == "closed" else "open"
    asked = request.GET.get("cause", "")
    cause = get_object_or_404(Cause, pk=_read_id(asked)) if asked else None
    context = {
        "tasks": list_tasks(request.user, state=shown, cause=cause.pk if cause else None),
        "shown": shown,
        "cause": cause,
    }
    return render(request, "surveys/tasks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(RIGHT)
def task(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _find(request, pk)
    form = RecoveryForm(request.POST or None, task=found)
    if form.is_bound and form.is_valid() and _work(request, found, form):
        return redirect("surveys:task", pk)
    context = {
        "task": _find(request, pk),
        "form": form,
        "may_reply": request.user.may("tickets.reply_ticket"),
    }
    return render(request, "surveys/task.html", context, status=status_of(form))


def _read_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _find(request: HttpRequest, pk: UUID) -> RecoveryTask:
    return get_object_or_404(visible_tasks(request.user), pk=pk)


def _work(request: HttpRequest, found: RecoveryTask, form: RecoveryForm) -> bool:
    given = form.cleaned_data
    try:
        actions.work(
            found,
            cause=given["cause"],
            remedy=given["remedy"],
            owner=given["owner"],
            actor=request.user,
        )
        if request.POST.get("close"):
            actions.close(
                found, actor=request.user, told=given["told"], asks_again=given["asks_again"]
            )
            messages.success(request, _("Closed."))
        else:
            messages.success(request, _("Saved."))
    except HelpdeskError as refusal:
        form.add_error(None, refusal.reason)
        return False
    return True


@require_POST
@sets_up(RIGHT)
def called(request: HttpRequest, pk: UUID) -> HttpResponse:
    try:
        actions.note_call(_find(request, pk), actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("surveys:task", pk)
