"""Many tickets at once, and the most urgent one."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Team, User
from core.errors import Invalid
from core.registry import NextWork, next_work
from tickets import actions
from tickets.actions.bulk import KINDS, MOST, BulkResult
from tickets.models import Ticket
from tickets.queries.next_ticket import find_next
from tickets.templatetags.mail_parts import subject_line
from tickets.views.access import require, uuid_or_none

_MANY_SKIPPED = 100


@login_required
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """``do`` and ``value`` for each of ``ids``; those this user cannot see are refused unnamed."""
    require(request, "tickets.change_ticket")
    ids = _ids(request, "ids", most=MOST)
    do = request.POST.get("do", "")
    if do not in KINDS:
        raise Invalid(_("There is no such change."), field="do")
    value = _value(do, request.POST.get("value", ""))
    found = list(Ticket.objects.visible_to(request.user).filter(pk__in=ids))
    result = actions.change_many(found, actor=request.user, do=do, value=value)
    return _answer(result, missing=len(ids) - len(found))


@login_required
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    require(request, "tickets.change_ticket")
    return _answer(actions.undo_bulk(request.POST.get("token", ""), actor=request.user))


def _ids(request: HttpRequest, name: str, *, most: int) -> list[UUID]:
    given = dict.fromkeys(request.POST.getlist(name))
    if len(given) > most:
        raise Invalid(_("At most %(n)d tickets at once.") % {"n": most}, field=name)
    return [pk for pk in map(uuid_or_none, given) if pk]


def _value(do: str, text: str) -> Any:
    match do:
        case "assignee":
            pk = uuid_or_none(text)
            return get_object_or_404(User, pk=pk, is_active=True) if pk else None
        case "team":
            pk = uuid_or_none(text)
            return get_object_or_404(Team, pk=pk) if pk else None
        case "priority":
            if not (text.isascii() and text.isdigit() and len(text) < 4):
                raise Invalid(_("Choose a priority."), field="value")
            return int(text)
        case "spam":
            return text != "no"
        case "tag" | "untag":
            if not text.strip():
                raise Invalid(_("Choose a tag."), field="value")
    return text


def _answer(result: BulkResult, *, missing: int = 0) -> HttpResponse:
    refused: list[dict[str, Any]] = [
        {"id": ticket.pk, "number": ticket.number, "reason": refusal.reason, "code": refusal.code}
        for ticket, refusal in result.refused
    ]
    if missing:
        reason = _("You cannot see this ticket.")
        refused.append({"id": None, "number": None, "reason": reason, "code": ""})
    response = JsonResponse({"done": result.done, "refused": refused, "undo": result.undo})
    response["Cache-Control"] = "no-store, private"
    return response


@login_required
@require_POST
def next_ticket(request: HttpRequest) -> HttpResponse:
    """The most urgent ticket with the reason for it, or nothing when nothing waits."""
    require(request, "tickets.reply_ticket")
    skip = _ids(request, "skip", most=_MANY_SKIPPED)
    found = _find_work(request.user, skip)
    if found is None or found.ticket is None:
        return HttpResponse(status=204)
    response = JsonResponse(
        {
            "id": found.ticket.pk,
            "number": found.ticket.number,
            "subject": subject_line(found.ticket),
            "url": reverse("tickets:ticket", args=[found.ticket.pk]),
            "reasons": found.reasons,
            "taken": found.is_taken,
        }
    )
    response["Cache-Control"] = "no-store, private"
    return response


def _find_work(user: Any, skip: Collection[UUID]) -> NextWork | None:
    """By whoever gives work out in the user's teams; elsewhere what is most urgent."""
    given = [work for take in next_work.values() if (work := take(user, skip))]
    found = next((work for work in given if work.ticket), None)
    if found is None:
        without = frozenset[UUID]().union(*(work.teams for work in given))
        usual = find_next(user, skip=skip, without=without)
        found = NextWork(usual.ticket, usual.reasons) if usual else None
    return found
