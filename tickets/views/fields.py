"""Status, assignee, team, priority and tags, changed in place."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Team, User
from accounts.queries import with_standing
from core.errors import Invalid
from tickets import actions
from tickets.models import Category, Priority, Ticket
from tickets.views.access import changes_ticket, number, reads, uuid_or_none
from tickets.views.pages import render_changes

_MANY_TAGS = 200


@changes_ticket("tickets.change_ticket")
def status(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    actions.move_to_status(ticket, actor=request.user, status=request.POST.get("value", ""))
    return render_changes(request, ticket.pk)


@changes_ticket("tickets.change_ticket")
def assignee(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    actions.assign(ticket, actor=request.user, assignee=_colleague(request))
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return HttpResponse(status=204)  # handed on to where this user does not work
    return render_changes(request, ticket.pk)


def _colleague(request: HttpRequest) -> User | None:
    pk = uuid_or_none(request.POST.get("value", ""))
    return get_object_or_404(User, pk=pk, is_active=True) if pk else None


@changes_ticket("tickets.change_ticket")
def team(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    pk = uuid_or_none(request.POST.get("value", ""))
    new = get_object_or_404(Team, pk=pk) if pk else None
    actions.move_to_team(ticket, actor=request.user, team=new)
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return HttpResponse(status=204)
    return render_changes(request, ticket.pk)


@changes_ticket("tickets.change_ticket")
def priority(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    value = request.POST.get("value", "")
    if not (value.isascii() and value.isdigit() and len(value) < 4):
        raise Invalid(_("Choose a priority."), field="value")
    actions.set_priority(ticket, actor=request.user, priority=int(value))
    return render_changes(request, ticket.pk)


@changes_ticket("tickets.change_ticket")
def tags(request: HttpRequest, ticket: Ticket) -> HttpResponse:
    actions.set_tags(ticket, actor=request.user, tags=request.POST.getlist("value"))
    return render_changes(request, ticket.pk)


@login_required
@require_POST
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), pk=pk)
    actions.mark_read(ticket, user=request.user, seq=min(number(request, "seq"), ticket.seq))
    actions.read_notifications_of(request.user, ticket)
    return HttpResponse(status=204)


@reads
def choices(request: HttpRequest) -> HttpResponse:
    """Colleagues, teams and tags for the menus; the page asks once and keeps them."""
    recent = Ticket.objects.visible_to(request.user).order_by("-last_at")
    used: dict[str, None] = {}
    for names in recent.exclude(tags=[]).values_list("tags", flat=True)[:_MANY_TAGS]:
        used.update(dict.fromkeys(names))
    context = {
        "colleagues": with_standing(User.objects.filter(is_active=True))
        .prefetch_related("teams")
        .order_by("name"),
        "teams": Team.objects.all(),
        "tags": sorted(used),
        "categories": [(c.value, c.label) for c in Category if c != Category.NEW],
        "priority_values": [(p.value, p.label) for p in reversed(Priority)],
    }
    return render(request, "tickets/_choices.html", context)
