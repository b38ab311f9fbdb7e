"""How people come in for the first time. Opening a link changes nothing; its button does."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts import actions
from accounts.errors import InvitationOver
from accounts.forms import AcceptForm, FirstAdminForm
from accounts.models import User
from accounts.queries import read_first_link, read_invitation, workspace
from core.pages import carry_out, status_of

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = read_invitation(token)
    except InvitationOver as over:
        return _over(request, over)
    form = AcceptForm(request.POST or None, initial={"name": user.name})

    def accept(**values: str) -> User:
        return actions.accept_invitation(token, **values)

    if accepted := carry_out(form, accept):
        login(request, accepted, backend=_BACKEND)
        return redirect("tickets:list")
    context = {"form": form, "email": user.email, "house": workspace().name}
    return render(request, "accounts/invitation.html", context, status=status_of(form))


@never_cache
@sensitive_post_parameters()
def first(request: HttpRequest, token: str) -> HttpResponse:
    """The very first admin, by the link that the start of the helpdesk printed."""
    try:
        read_first_link(token)
    except InvitationOver as over:
        return _over(request, over)
    form = FirstAdminForm(request.POST or None)
    language = get_language() or "en"

    def begin(**values: str) -> User:
        return actions.add_first_admin(token, language=language, **values)

    if admin := carry_out(form, begin):
        login(request, admin, backend=_BACKEND)
        return redirect("tickets:set_up")
    return render(request, "accounts/first.html", {"form": form}, status=status_of(form))


def _over(request: HttpRequest, over: InvitationOver) -> HttpResponse:
    context = {"reason": over.reason, "title": _("This link is no longer good")}
    return render(request, "accounts/over.html", context, status=over.status)
