"""Who works in one team or inbox without being a member, by a right on just that."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import actions
from accounts.forms import GrantForm
from accounts.models import Team, User
from accounts.queries import grants_on
from core.pages import carry_out, sets_up, status_of

_KINDS = {"team": "accounts", "inbox": "connectors"}


def _find(kind: str, pk: UUID) -> Model:
    if kind not in _KINDS:
        raise Http404
    model: Any = ContentType.objects.get_by_natural_key(_KINDS[kind], kind).model_class()
    place: Model = get_object_or_404(model, pk=pk)
    return place


@sets_up("auth.change_group")
def place(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    found: Any = _find(kind, pk)
    form = GrantForm(request.POST or None)

    def grant(*, holder: User | Group) -> None:
        actions.grant_work(found, to=holder, actor=request.user)

    if carry_out(form, grant):
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("accounts:access", kind, pk)
    team = found if kind == "team" else found.team
    context = {
        "place": found,
        "kind": kind,
        "form": form,
        "grants": grants_on(found),
        "members": _members_of(team),
        "team": team,
    }
    return render(request, "accounts/access.html", context, status=status_of(form))


def _members_of(team: Team | None) -> list[User]:
    if team is None:
        return []
    return list(User.objects.filter(teams=team, is_active=True).order_by("name"))


@require_POST
@sets_up("auth.change_group")
def revoke(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    of, _colon, holder_pk = request.POST.get("holder", "").partition(":")
    model: Any = User if of == "user" else Group
    try:
        holder = get_object_or_404(model, pk=holder_pk)
    except (ValueError, TypeError, ValidationError):
        raise Http404 from None
    actions.revoke_work(_find(kind, pk), of=holder, actor=request.user)
    messages.success(request, _("Taken back. It holds from now on."))
    return redirect("accounts:access", kind, pk)
