"""Quality: reviews by people, disputes, coaching and call-backs."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core.errors import HelpdeskError, Invalid
from core.pages import carry_out, sets_up, status_of
from quality.actions.base import LEAD, REVIEW
from quality.actions.feeling import settle_call_back
from quality.actions.inspecting import live_rubric
from quality.actions.reviewing import (
    coach,
    decide_dispute,
    finish_coaching,
    finish_review,
    take_next,
    waiting_for,
)
from quality.actions.sampling import draw_sample, last_week
from quality.forms import CoachingForm
from quality.models import CallBack, Coaching, Dispute, Inspection, Review
from quality.queries.conversation import lines_of, messages_of
from quality.views.scores import private
from tickets.models import Ticket


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(REVIEW)
def reviews(request: HttpRequest) -> HttpResponse:
    """POST leads to the next one."""
    if request.method == "POST":
        row = take_next(actor=request.user)
        if row:
            return redirect("quality:review", row.pk)
        messages.success(request, _("Nothing waits for a review."))
        return redirect("quality:reviews")
    mine = Review.objects.filter(reviewer=request.user).select_related("inspection__ticket")
    context = {
        "waiting": waiting_for(request.user).count(),
        "done": mine.exclude(done_at=None).order_by("-done_at")[:20],
        "leads": request.user.may(LEAD),
    }
    return render(request, "quality/reviews.html", context)


@require_POST
@sets_up(LEAD)
def sample(request: HttpRequest) -> HttpResponse:
    """Of last week, what was not drawn yet."""
    many = draw_sample(last_week(), actor=request.user)
    messages.success(request, _("%(n)d conversations were drawn.") % {"n": many})
    return redirect("quality:reviews")


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(REVIEW)
def review(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    rows = Review.objects.filter(reviewer=request.user, inspection__ticket__in=visible)
    row = get_object_or_404(
        rows.select_related("inspection__ticket__inbox", "inspection__rubric"), pk=pk
    )
    inspection, problem = row.inspection, ""
    given = {one["code"]: request.POST.get(one["code"], "") for one in inspection.rubric.criteria}
    comment = request.POST.get("comment", row.comment)
    if request.method == "POST":
        try:
            finish_review(pk, marks=_read(given), comment=comment, actor=request.user)
        except Invalid as refusal:
            problem = refusal.reason
        else:
            after = take_next(actor=request.user) if "next" in request.POST else None
            return redirect("quality:review", after.pk) if after else redirect("quality:reviews")
    said = messages_of(inspection.ticket)
    # What a check found is shown once one's own mind is made up.
    lines = lines_of(inspection, said) if row.done_at else []
    context = {
        "row": row,
        "said": said,
        "lines": lines,
        "criteria": [one | {"given": given[one["code"]]} for one in inspection.rubric.criteria],
        "steps": _steps(),
        "comment": comment,
        "problem": problem,
    }
    return render(request, "quality/review.html", context, status=400 if problem else 200)


def _steps() -> list[tuple[str, str]]:
    return [
        ("3", _("very good")),
        ("2", _("good")),
        ("1", _("weak")),
        ("0", _("poor")),
        ("-", _("does not apply")),
    ]


def _read(given: dict[str, str]) -> dict[str, int | None]:
    known = {code for code, _name in _steps()}
    if not all(value in known for value in given.values()):
        raise Invalid(_("Give every criterion a mark."), field="marks")
    return {code: None if value == "-" else int(value) for code, value in given.items()}


# Disputes


@require_safe
@login_required
def disputes(request: HttpRequest) -> HttpResponse:
    """One's own; leads decide about those of tickets they see."""
    seen = Q(raised_by=request.user)
    if request.user.may(LEAD):
        seen |= Q(inspection__ticket__in=Ticket.objects.visible_to(request.user))
    rows = Dispute.objects.filter(seen).select_related(
        "inspection__ticket", "inspection__rubric", "raised_by", "decided_by"
    )
    context = {
        "open": rows.filter(state=Dispute.State.OPEN),
        "decided": rows.exclude(state=Dispute.State.OPEN)[:50],
        "leads": request.user.may(LEAD),
    }
    return private(render(request, "quality/disputes.html", context))


@require_POST
@sets_up(LEAD)
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    row = get_object_or_404(Dispute.objects.filter(inspection__ticket__in=visible), pk=pk)
    do = request.POST.get("do")
    if do not in ("uphold", "reject"):
        raise Invalid(_("Choose what to do with it."), field="do")
    answer = request.POST.get("answer", "")
    decide_dispute(row.pk, upheld=do == "uphold", answer=answer, actor=request.user)
    return redirect("quality:disputes")


# Coaching


@require_safe
@login_required
def coaching(request: HttpRequest) -> HttpResponse:
    rows = _coachings(request.user)
    context = {"rows": rows.order_by("done_at", "-made_at")[:100], "leads": request.user.may(LEAD)}
    return private(render(request, "quality/coaching.html", context))


def _coachings(user: Any) -> Any:
    rows = Coaching.objects.select_related("agent", "made_by").prefetch_related("examples__ticket")
    return rows if user.may(LEAD) else rows.filter(agent=user)


@require_http_methods(["GET", "HEAD", "POST"])
@sets_up(LEAD)
def new_coaching(request: HttpRequest, pk: UUID) -> HttpResponse:
    """For somebody, with examples among their lower scores."""
    agent = get_object_or_404(User.objects.filter(is_active=True), pk=pk)
    if not Inspection.objects.visible_to(request.user).filter(agent=agent).exists():
        raise Invalid(_("There is no conversation of theirs that you may see."))
    examples = Inspection.objects.visible_to(request.user).filter(agent=agent)
    form = CoachingForm(
        request.POST or None, examples=examples.order_by("score"), rubric=live_rubric()
    )
    if carry_out(form, coach, agent=agent, actor=request.user):
        return redirect("quality:coaching")
    context = {"form": form, "agent": agent}
    return render(request, "quality/new_coaching.html", context, status=status_of(form))


@require_POST
@login_required
def coached(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = get_object_or_404(_coachings(request.user), pk=pk)
    finish_coaching(row.pk, actor=request.user)
    return redirect("quality:coaching")


# Call-backs


@require_safe
@sets_up(LEAD)
def call_backs(request: HttpRequest) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    rows = CallBack.objects.filter(ticket__in=visible, state=CallBack.State.OPEN)
    context = {"rows": rows.select_related("customer", "ticket")[:200]}
    return render(request, "quality/call_backs.html", context)


@require_POST
@sets_up(LEAD)
def settle(request: HttpRequest, pk: UUID) -> HttpResponse:
    visible = Ticket.objects.visible_to(request.user)
    row = get_object_or_404(CallBack.objects.filter(ticket__in=visible), pk=pk)
    try:
        settle_call_back(row.pk, how=request.POST.get("how", ""), actor=request.user)
    except HelpdeskError as refusal:
        messages.error(request, refusal.reason)
    return redirect("quality:call_backs")
