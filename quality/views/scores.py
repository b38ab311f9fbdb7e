"""Quality: what was scored, and why."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.registry import alarms
from quality.actions.base import LEAD, REVIEW
from quality.actions.inspecting import live_rubric
from quality.actions.reviewing import raise_dispute
from quality.models import Inspection
from quality.queries.conversation import lines_of, messages_of
from quality.queries.figures import calibration, check_agreement, load_overview
from quality.queries.moods import load_line
from tickets.models import Ticket

_PAGE = 50


def private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store, private"
    return response


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads see their teams; everybody else their own."""
    leads = request.user.may(LEAD)
    rubric = live_rubric() if leads else None
    context = {
        "overview": load_overview(request.user),
        "alarms": [one for ring in alarms for one in ring(request.user)],
        "leads": leads,
        "checks": check_agreement(rubric),
        "pairs": calibration(rubric),
    }
    return private(render(request, "quality/home.html", context))


@require_safe
@login_required
def inspections(request: HttpRequest) -> HttpResponse:
    rows = Inspection.objects.visible_to(request.user).select_related("agent", "ticket", "team")
    if fault := request.GET.get("fault", "")[:40]:
        rows = rows.filter(faults__contains=[fault])
    rubric = live_rubric()
    context = {
        "page": Paginator(rows, _PAGE).get_page(request.GET.get("page")),
        "fault": fault,
        "criteria": rubric.criteria_of("auto") if rubric else [],
    }
    return private(render(request, "quality/inspections.html", context))


def find(request: HttpRequest, pk: UUID) -> Inspection:
    rows = Inspection.objects.visible_to(request.user).select_related(
        "ticket__customer", "ticket__inbox", "rubric", "agent"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
@login_required
def inspection(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    may_read = Ticket.objects.visible_to(request.user).filter(pk=found.ticket_id).exists()
    is_own = found.agent_id == request.user.pk
    context = {
        "inspection": found,
        "lines": lines_of(found, messages_of(found.ticket) if may_read else None),
        "may_read": may_read,
        "is_own": is_own,
        "disputed": {one.criterion for one in found.disputes.all()},
        "disputes": found.disputes.select_related("inspection__ticket", "raised_by", "decided_by"),
        "reviews": [
            {"row": row, "marks": _marked(found, row.marks)}
            for row in found.reviews.exclude(done_at=None).select_related(
                "inspection__ticket", "reviewer"
            )
        ],
    }
    return private(render(request, "quality/inspection.html", context))


def _marked(found: Inspection, marks: dict[str, int | None]) -> list[tuple[str, str, int | None]]:
    return [(one["code"], one["name"], marks.get(one["code"])) for one in found.rubric.criteria]


@require_POST
@login_required
def dispute(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = find(request, pk)
    raise_dispute(
        found,
        criterion=request.POST.get("criterion", "")[:40],
        reason=request.POST.get("reason", ""),
        actor=request.user,
    )
    return redirect("quality:inspection", pk)


@require_safe
@login_required
def in_ticket(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Beside the open ticket: moods, and the score for those it is shown to."""
    ticket = get_object_or_404(
        Ticket.objects.visible_to(request.user).select_related("inbox", "customer"), pk=pk
    )
    rows = Inspection.objects.visible_to(request.user).filter(ticket=ticket)
    found = rows.select_related("rubric", "agent").first()
    shown = found and (
        request.user.may(LEAD) or request.user.may(REVIEW) or found.agent_id == request.user.pk
    )
    context = {
        "ticket": ticket,
        "inspection": found if shown else None,
        "lines": lines_of(found, messages_of(ticket)) if found and shown else [],
        "line": load_line(ticket),
    }
    return private(render(request, "quality/_in_ticket.html", context))
