"""Settings › Bots › Verification: the live bot looked at again each month, and flags."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bots.actions.evaluation_flags import flag_answer
from bots.actions.evaluation_months import ask_verification, judge_sampled
from bots.actions.releases import settle_alarm
from bots.actions.teaching import TEACH
from bots.models import Checked, Intent, ReleaseWatch, Turn, Verification
from bots.queries.releases import list_watches
from bots.queries.reviewing import list_months, load_month
from bots.queries.verification import last_month
from bots.views.bot import RIGHT, find_bot
from core.errors import HelpdeskError
from core.pages import sets_up
from core.registry import setbacks
from tickets.models import Ticket


@require_safe
@sets_up(RIGHT)
def verifications(request: HttpRequest, pk: UUID) -> HttpResponse:
    bot = find_bot(pk)
    context = {
        "bot": bot,
        "months": list_months(bot),
        "last": last_month(),
        "watches": list_watches(bot),
        "measures": [one.words for one in setbacks.values()],
    }
    return render(request, "bots/verifications.html", context)


@require_POST
@sets_up(RIGHT)
def verify_now(request: HttpRequest, pk: UUID) -> HttpResponse:
    ask_verification(find_bot(pk), month=last_month(), actor=request.user)
    messages.success(request, _("It is being looked at. Look again in a moment."))
    return redirect("bots:verifications", pk)


@require_POST
@sets_up(RIGHT)
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An alarm after a release was looked at."""
    watch = get_object_or_404(ReleaseWatch, pk=pk)
    try:
        settle_alarm(watch, actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("bots:bot", watch.bot_id)


@require_safe
@sets_up(RIGHT)
def verification(request: HttpRequest, pk: UUID) -> HttpResponse:
    rows = Verification.objects.select_related("bot__brand", "bot__user")
    found = get_object_or_404(rows, pk=pk)
    context = {
        "bot": found.bot,
        "page": load_month(found, request.user),
        "intents": Intent.objects.filter(is_active=True),
        "may_judge": request.user.may(TEACH),
    }
    return render(request, "bots/verification.html", context)


@require_POST
@sets_up(TEACH)
def judge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Right, or wrong and what was meant."""
    visible = Ticket.objects.visible_to(request.user)
    rows = Checked.objects.filter(turn__dialogue__ticket__in=visible)
    found = get_object_or_404(rows, pk=pk)
    is_right = request.POST.get("right") == "yes"
    should_be = request.POST.get("should_be", "")[:40]
    judge_sampled(found, is_right=is_right, should_be=should_be, actor=request.user)
    response = redirect("bots:verification", found.verification_id)
    response["Location"] += "#sample"
    return response


@require_POST
@login_required
def flag(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From a ticket's page, by whoever answers there."""
    visible = Ticket.objects.visible_to(request.user)
    rows = Turn.objects.filter(pk=pk, dialogue__ticket__in=visible)
    turn = rows.select_related("dialogue__ticket").first()
    if turn is None:
        raise Http404
    flag_answer(turn, actor=request.user, note=request.POST.get("note", ""))
    return HttpResponse(status=204)
