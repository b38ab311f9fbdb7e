"""Name, language and time zone of the installation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from accounts import actions
from accounts.forms import WorkspaceForm
from accounts.queries import workspace as find_workspace
from core.pages import carry_out, sets_up, status_of


@sets_up("accounts.change_workspace")
def workspace(request: HttpRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None, workspace=find_workspace())
    if carry_out(form, actions.change_workspace, actor=request.user):
        messages.success(request, _("Saved."))
        return redirect("accounts:workspace")
    return render(request, "accounts/workspace.html", {"form": form}, status=status_of(form))
