"""Letting somebody go or closing a team: what they have is handed over in the same step."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team, User
from accounts.queries import check_manages
from connectors.models import Inbox
from core.pages import carry_out, sets_up, status_of
from customers.models import Tier
from tickets import actions
from tickets.models import Ticket
from tickets.settings_forms import DeleteTeamForm, HandOverForm


@sets_up("accounts.change_user")
def deactivate(request: HttpRequest, pk: UUID) -> HttpResponse:
    person = get_object_or_404(User, pk=pk, is_active=True)
    check_manages(request.user, person)
    form = HandOverForm(request.POST or None, leaving=person)

    def let_go(*, to: User | Team | None) -> Any:
        return actions.hand_over_and_deactivate(person, to=to, actor=request.user)

    if request.method == "POST" and (done := carry_out(form, let_go)):
        words = ngettext(
            "%(name)s is signed out; %(n)d ticket was handed over.",
            "%(name)s is signed out; %(n)d tickets were handed over.",
            done[1],
        )
        messages.success(request, words % {"name": person.name, "n": done[1]})
        return redirect("accounts:people")
    open_tickets = Ticket.objects.unresolved().filter(assignee=person).count()
    context = {"person": person, "form": form, "open_tickets": open_tickets}
    return render(request, "accounts/deactivate.html", context, status=status_of(form))


@sets_up("accounts.delete_team")
def delete_team(request: HttpRequest, pk: UUID) -> HttpResponse:
    team = get_object_or_404(Team, pk=pk)
    form = DeleteTeamForm(request.POST or None, team=team, actor=request.user)

    def close(*, to: Team | None) -> Any:
        actions.hand_over_and_delete_team(team, to=to, actor=request.user)

    if request.method == "POST" and carry_out(form, close):
        messages.success(request, _("The team is gone; what it had went to the other team."))
        return redirect("accounts:teams")
    context = {
        "team": team,
        "form": form,
        "tickets": Ticket.objects.filter(team=team).count(),
        "inboxes": Inbox.objects.filter(team=team),
        "tiers": Tier.objects.filter(team=team),
    }
    return render(request, "accounts/delete_team.html", context, status=status_of(form))
