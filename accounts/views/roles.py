"""Who may do what, as a table, and roles of the house's own."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import actions
from accounts.forms import RoleForm
from accounts.queries import areas_in, held_rights, list_areas
from core.pages import carry_out, sets_up, status_of


@require_safe
@sets_up("auth.change_group")
def roles(request: HttpRequest) -> HttpResponse:
    groups = sorted(_roles(), key=_rank)
    states = {group.pk: areas_in(held_rights(group)) for group in groups}
    table = [
        (heading, [(area, [states[group.pk][area.code] for group in groups]) for area in areas])
        for heading, areas in list_areas()
    ]
    context = {"roles": groups, "table": table, "built_in": actions.ROLES, "places": _places()}
    return render(request, "accounts/roles.html", context)


def _roles() -> list[Group]:
    people = Count("user", filter=Q(user__is_active=True))
    groups = Group.objects.annotate(people=people)
    return list(groups.prefetch_related("permissions__content_type"))


def _rank(group: Group) -> tuple[int, str]:
    """Those we ship first, from much to little; then the house's own by name."""
    known = list(actions.ROLES)
    return (known.index(group.name) if group.name in known else len(known), group.name)


def _places() -> list[tuple[str, str, object]]:
    """Teams and inboxes, on which people may be given rights beside their role."""
    found: list[tuple[str, str, object]] = []
    for app, kind in (("accounts", "team"), ("connectors", "inbox")):
        model = ContentType.objects.get_by_natural_key(app, kind)
        found += [(kind, str(row), row) for row in model.get_all_objects_for_this_type()]
    return found


@sets_up("auth.add_group")
def add(request: HttpRequest) -> HttpResponse:
    form = RoleForm(request.POST or None, actor=request.user)
    if carry_out(form, actions.add_role, actor=request.user):
        messages.success(request, _("The role is there. Give it to somebody under People."))
        return redirect("accounts:roles")
    context = {"form": form, "states": _chosen(form)}
    return render(request, "accounts/role.html", context, status=status_of(form))


@sets_up("auth.change_group")
def role(request: HttpRequest, pk: int) -> HttpResponse:
    group = get_object_or_404(_with_people(), pk=pk)
    form = RoleForm(request.POST or None, actor=request.user, role=group)

    def change(**values: Any) -> Group:
        return actions.change_role(group, actor=request.user, **values)

    if carry_out(form, change):
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("accounts:roles")
    context = {
        "form": form,
        "role": group,
        "is_built_in": group.name in actions.ROLES,
        "states": _chosen(form),
    }
    return render(request, "accounts/role.html", context, status=status_of(form))


def _with_people() -> Any:
    people = Count("user", filter=Q(user__is_active=True))
    return Group.objects.annotate(people=people).prefetch_related("permissions__content_type")


def _chosen(form: RoleForm) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """By heading: code, words, and whether the box is ticked."""
    ticked = set(form["areas"].value() or [])
    return [
        (heading, [(area.code, str(area.name), area.code in ticked) for area in areas])
        for heading, areas in list_areas()
    ]


@require_POST
@sets_up("auth.delete_group")
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    actions.delete_role(get_object_or_404(Group, pk=pk), actor=request.user)
    messages.success(request, _("The role is gone."))
    return redirect("accounts:roles")
