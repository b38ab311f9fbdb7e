"""What people set for themselves, and what admins set for a team."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import actions
from accounts.forms import PreferencesForm, TeamSignatureForm
from accounts.models import Team
from core.errors import NotAllowed


@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        actions.set_preferences(request.user, **form.cleaned_data)
        with translation.override(form.cleaned_data["language"] or translation.get_language()):
            messages.success(request, _("Preferences saved."))
        return redirect("accounts:preferences")
    status = 400 if form.errors else 200
    return render(request, "accounts/preferences.html", {"form": form}, status=status)


@login_required
def team(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The words below the answers of a team."""
    if not request.user.may("accounts.change_team"):
        raise NotAllowed(_("Your role does not allow this."))
    found = get_object_or_404(Team, pk=pk)
    form = TeamSignatureForm(request.POST or None, initial={"signature": found.signature})
    if request.method == "POST" and form.is_valid():
        actions.set_team_signature(found, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("connectors:inboxes")
    status = 400 if form.errors else 200
    context = {"team": found, "form": form}
    return render(request, "accounts/team.html", context, status=status)
