"""Colleagues: inviting them, what they may do, letting them go."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.forms import InviteForm, PersonForm
from accounts.models import User
from accounts.queries import can_manage, invitation_of, is_invited, list_people, roles_of, workspace
from core.pages import carry_out, sets_up, status_of


@require_safe
@sets_up("accounts.change_user")
def people(request: HttpRequest) -> HttpResponse:
    rows = list_people()
    context = {
        "here": [row for row in rows if row.user.is_active],
        "gone": [row for row in rows if not row.user.is_active],
    }
    return render(request, "accounts/people.html", context)


@sets_up("accounts.add_user")
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    language = workspace().language
    user = carry_out(form, actions.invite_user, actor=request.user, language=language)
    if user:
        messages.success(request, _("The invitation is on its way."))
        return redirect("accounts:person", user.pk)
    return render(request, "accounts/invite.html", {"form": form}, status=status_of(form))


@sets_up("accounts.change_user")
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, user=user)

    def change(**values: Any) -> User:
        return actions.change_user(user, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("accounts:people")
    return _show_person(request, user, form)


def _show_person(
    request: HttpRequest, user: User, form: PersonForm, *, link: str = ""
) -> HttpResponse:
    context = {
        "person": user,
        "form": form,
        "role": roles_of(user),
        "is_invited": is_invited(user),
        "may_manage": can_manage(request.user, user),
        "link": link,
    }
    return render(request, "accounts/person.html", context, status=status_of(form))


@require_POST
@sets_up("accounts.add_user")
def invite_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    actions.invite_again(user, actor=request.user)
    messages.success(request, _("A new invitation is on its way; the old link is no longer good."))
    return redirect("accounts:person", pk)


@require_POST
@sets_up("accounts.add_user")
def show_link(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Where mail does not work yet, the link is passed on by another way."""
    user = get_object_or_404(User, pk=pk)
    if not is_invited(user):
        return redirect("accounts:person", pk)
    actions.show_invitation(user, actor=request.user)
    link = settings.PUBLIC_URL + reverse("accounts:invitation", args=[invitation_of(user)])
    return _show_person(request, user, PersonForm(user=user), link=link)


@require_POST
@sets_up("accounts.change_user")
def reactivate(request: HttpRequest, pk: UUID) -> HttpResponse:
    user = get_object_or_404(User, pk=pk)
    actions.reactivate_user(user, actor=request.user)
    messages.success(request, _("%(name)s may sign in again.") % {"name": user.name})
    return redirect("accounts:person", pk)
