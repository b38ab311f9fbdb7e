"""Roles: who may do what. Who sees which ticket is a matter of teams and inboxes, not of roles,
but for ``view_all_ticket``."""

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.errors import BuiltIn, InUse
from accounts.models import User
from accounts.queries import AREAS, check_may_give, rights_of, rights_rooms
from core.errors import Invalid
from core.events import record

LIGHT_AGENT = {"tickets.view_ticket", "tickets.note_ticket", "customers.view_customer"}
AGENT = LIGHT_AGENT | {
    "tickets.add_ticket",
    "tickets.reply_ticket",
    "tickets.change_ticket",
    "customers.change_customer",
    "knowledge.write_article",
}
SUPERVISOR = AGENT | {
    "customers.add_customer",
    "tickets.view_all_ticket",
    "tickets.reopen_closed_ticket",
    "tickets.share_savedview",
    "tickets.share_macro",
    "knowledge.publish_article",
    "connectors.view_rawdelivery",
    "connectors.view_senderblock",
    "connectors.add_senderblock",
    "connectors.delete_senderblock",
    "tickets.delete_message",
    "tickets.view_delivery",
    "core.view_event",
    "bots.set_up_bot",
    "bots.teach_intent",
    "automation.set_up_routing",
    "surveys.view_figures",
    "quality.review_inspection",
    "quality.lead_quality",
    "surveys.work_recovery",
}
ADMIN = SUPERVISOR | {
    "connectors.change_rawdelivery",
    "connectors.view_suppression",
    "connectors.delete_suppression",
    "core.view_reaction",
    "core.change_reaction",
    "accounts.view_as_user",
    "accounts.change_workspace",
    "tickets.curate_tags",
    "bots.publish_flow",
    "bots.override_gate",
    "quality.set_up_rubric",
    "surveys.set_up_survey",
    *(
        f"{app}.{verb}_{model}"
        for app, models in {
            "accounts": ("user", "team", "apitoken", "calendar"),
            "auth": ("group",),
            "customers": ("tier", "purpose", "notice", "customfield"),
            "connectors": ("brand", "inbox"),
            "tickets": ("status", "tickettype"),
            "automation": ("policy", "webhook", "rule"),
        }.items()
        for model in models
        for verb in ("view", "add", "change", "delete")
    ),
}
# Those we ship; their rights are ours to set, admins make roles of their own beside them.
ROLES = {
    "admin": ADMIN,
    "supervisor": SUPERVISOR,
    "agent": AGENT,
    "light agent": LIGHT_AGENT,
}


@transaction.atomic
def set_up_roles() -> None:
    """Make the roles and give them their rights; safe to repeat."""
    for name, rights in ROLES.items():
        group, _new = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(rights))


def _permissions(rights: Iterable[str]) -> "list[Permission]":
    wanted = Q(pk__in=[])
    for right in rights:
        app, _dot, codename = right.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.filter(wanted))


@transaction.atomic
def add_role(name: str, *, areas: Iterable[str] = (), actor: User) -> Group:
    """A role of the house's own; ``areas`` are codes of ``accounts.queries.AREAS``."""
    rights = rights_of(areas)
    check_may_give(actor, rights)
    try:
        with transaction.atomic():
            group = Group.objects.create(name=_clean_name(name))
    except IntegrityError:
        raise Invalid(_("There is a role of this name already."), field="name") from None
    group.permissions.set(_permissions(rights))
    record("role.added", subject=group, actor=actor, rights=sorted(rights))
    return group


@transaction.atomic
def change_role(role: Group, *, name: str, areas: Iterable[str], actor: User) -> Group:
    """Rights outside of all areas stay as they are."""
    role = Group.objects.select_for_update().get(pk=role.pk)
    _refuse_built_in(role)
    before = _rights_in(role)
    known = rights_of(AREAS)
    after = rights_of(areas) | (before - known)
    check_may_give(actor, before | after)  # neither give nor take what one has not
    role.name = _clean_name(name)
    if Group.objects.exclude(pk=role.pk).filter(name=role.name).exists():
        raise Invalid(_("There is a role of this name already."), field="name")
    role.save(update_fields=["name"])
    role.permissions.set(_permissions(after))
    record(
        "role.changed",
        subject=role,
        actor=actor,
        given=sorted(after - before),
        taken=sorted(before - after),
        rooms=rights_rooms(role.user_set.values_list("pk", flat=True)),
    )

    return role


@transaction.atomic
def delete_role(role: Group, *, actor: User) -> None:
    _refuse_built_in(role)
    check_may_give(actor, _rights_in(role))
    if role.user_set.exists():
        raise InUse(_("Somebody still has this role. Give them another one first."))
    record("role.removed", subject=role, actor=actor)
    role.delete()


def _refuse_built_in(role: Group) -> None:
    if role.name in ROLES:
        raise BuiltIn(_("This role comes with the helpdesk. Make one of your own beside it."))


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("A role needs a name of at most 60 characters."), field="name")
    return name


def _rights_in(role: Group) -> set[str]:
    found = role.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}
