"""Teams: who is in them, when they work, what stands below their answers."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import actions
from accounts.forms import TeamForm
from accounts.models import Team
from accounts.queries import grants_on
from core.pages import carry_out, sets_up, status_of


@require_safe
@sets_up("accounts.change_team")
def teams(request: HttpRequest) -> HttpResponse:
    people = Count("members", filter=Q(members__is_active=True))
    rows = Team.objects.select_related("calendar").annotate(people=people)
    return render(request, "accounts/teams.html", {"teams": rows})


@sets_up("accounts.add_team")
def add(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.POST or None)

    def create(*, members: Any, **values: Any) -> Team:
        with transaction.atomic():
            new = actions.add_team(actor=request.user, **values)
            if members:
                actions.set_members(new, members, actor=request.user)
        return new

    if carry_out(form, create):
        messages.success(request, _("The team is there."))
        return redirect("accounts:teams")
    return render(request, "accounts/team.html", {"form": form}, status=status_of(form))


@sets_up("accounts.change_team")
def team(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST or None, team=found)

    def change(*, members: Any, **values: Any) -> Team:
        with transaction.atomic():
            changed = actions.change_team(found, actor=request.user, **values)
            actions.set_members(changed, members, actor=request.user)
        return changed

    if carry_out(form, change):
        messages.success(request, _("Saved."))
        return redirect("accounts:teams")
    context = {"team": found, "form": form, "grants": grants_on(found)}
    return render(request, "accounts/team.html", context, status=status_of(form))
