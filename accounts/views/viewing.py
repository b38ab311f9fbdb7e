"""Looking with a colleague's eyes: what they may see, and a round through their pages."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.middleware import VIEWING_KEY, Viewing
from accounts.models import Team, User
from accounts.queries import areas_in, can_manage, list_areas, roles_of
from core.clock import now
from core.pages import sets_up


@require_safe
@sets_up("accounts.view_as_user")
def view_as(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What this person may do and where, in words, before one looks with their eyes."""
    person = get_object_or_404(User, pk=pk)
    states = areas_in(set(person.access.rights))
    groups = list_areas()
    is_other = person.is_active and person.pk != request.user.pk
    context = {
        "person": person,
        "role": roles_of(person),
        "areas": [(name, [(a, states[a.code]) for a in areas]) for name, areas in groups],
        "teams": Team.objects.filter(pk__in=person.access.teams),
        "sees_all": person.may("tickets.view_all_ticket"),
        "may_look": is_other and can_manage(request.user, person),
    }
    return render(request, "accounts/view_as.html", context)


@require_POST
@sets_up("accounts.view_as_user")
def begin(request: HttpRequest, pk: UUID) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    actions.begin_viewing(person, actor=request.user)
    request.session[VIEWING_KEY] = Viewing(person.pk, now()).as_kept()
    return redirect("tickets:list")


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Reached as oneself: the middleware lets this one address through."""
    viewing = Viewing.read(request.session.pop(VIEWING_KEY, None))
    if viewing is None or not request.user.is_authenticated:
        return redirect("tickets:list")
    person = get_object_or_404(User, pk=viewing.person)
    actions.end_viewing(person, actor=request.user)
    return redirect("accounts:view_as", person.pk)
