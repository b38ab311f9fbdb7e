"""Rights in words, for people who decide about them.

An area is what a role is given or not given as a whole; behind it stand Django's permissions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from guardian.models import GroupObjectPermission, UserObjectPermission

from accounts.errors import OutOfReach
from accounts.models import User


@dataclass(frozen=True, slots=True)
class Area:
    code: str
    group: str | Promise
    name: str | Promise
    rights: frozenset[str]


# The roles we ship have names in every language; those of the house stand as they were written.
_ROLE_NAMES = {
    "admin": gettext_lazy("Admin"),
    "supervisor": gettext_lazy("Supervisor"),
    "agent": gettext_lazy("Agent"),
    "light agent": gettext_lazy("Light agent"),
}


def role_name(name: str) -> str:
    return str(_ROLE_NAMES.get(name, name))


def _crud(app: str, *names: str) -> list[str]:
    verbs = ("view", "add", "change", "delete")
    return [f"{app}.{verb}_{name}" for name in names for verb in verbs]


_TICKETS = gettext_lazy("Tickets")
_CUSTOMERS = gettext_lazy("Customers")
_KNOWLEDGE = gettext_lazy("Knowledge")
_BOTS = gettext_lazy("Bots")
_MAIL = gettext_lazy("Mail")
_HOUSE = gettext_lazy("The house")
_ALL: list[tuple[str, str | Promise, str | Promise, list[str]]] = [
    (
        "read",
        _TICKETS,
        gettext_lazy("Read tickets of own teams and inboxes"),
        ["tickets.view_ticket"],
    ),
    (
        "read_all",
        _TICKETS,
        gettext_lazy("Read the tickets of all teams"),
        ["tickets.view_all_ticket"],
    ),
    ("note", _TICKETS, gettext_lazy("Write notes"), ["tickets.note_ticket"]),
    ("open", _TICKETS, gettext_lazy("Open tickets for customers"), ["tickets.add_ticket"]),
    ("answer", _TICKETS, gettext_lazy("Answer customers"), ["tickets.reply_ticket"]),
    (
        "change",
        _TICKETS,
        gettext_lazy("Assign, tag, prioritise and resolve tickets"),
        ["tickets.change_ticket"],
    ),
    ("reopen", _TICKETS, gettext_lazy("Reopen closed tickets"), ["tickets.reopen_closed_ticket"]),
    ("remove", _TICKETS, gettext_lazy("Remove the words of a message"), ["tickets.delete_message"]),
    (
        "share",
        _TICKETS,
        gettext_lazy("Share views and macros with everybody"),
        ["tickets.share_savedview", "tickets.share_macro"],
    ),
    (
        "write_articles",
        _KNOWLEDGE,
        gettext_lazy("Write articles"),
        ["knowledge.write_article"],
    ),
    (
        "publish_articles",
        _KNOWLEDGE,
        gettext_lazy("Publish and retire articles, set up categories"),
        ["knowledge.publish_article"],
    ),
    ("teach_bots", _BOTS, gettext_lazy("Teach bots to understand"), ["bots.teach_intent"]),
    ("bots", _BOTS, gettext_lazy("Set up bots and write their flows"), ["bots.set_up_bot"]),
    ("publish_flows", _BOTS, gettext_lazy("Publish flows"), ["bots.publish_flow"]),
    (
        "override_gate",
        _BOTS,
        gettext_lazy("Publish although tests fail"),
        ["bots.override_gate"],
    ),
    ("customers", _CUSTOMERS, gettext_lazy("Look customers up"), ["customers.view_customer"]),
    (
        "edit_customers",
        _CUSTOMERS,
        gettext_lazy("Change customers: notes, tier, consents"),
        ["customers.change_customer"],
    ),
    (
        "import_customers",
        _CUSTOMERS,
        gettext_lazy("Import and export customers"),
        ["customers.add_customer"],
    ),
    (
        "tiers",
        _CUSTOMERS,
        gettext_lazy("Set up tiers, purposes and notices"),
        _crud("customers", "tier", "purpose", "notice"),
    ),
    (
        "arrivals",
        _MAIL,
        gettext_lazy("Look after set-aside mail and what leaves"),
        ["connectors.view_rawdelivery", "tickets.view_delivery"],
    ),
    (
        "blocks",
        _MAIL,
        gettext_lazy("Block and unblock senders"),
        [
            "connectors.view_senderblock",
            "connectors.add_senderblock",
            "connectors.delete_senderblock",
        ],
    ),
    (
        "replays",
        _MAIL,
        gettext_lazy("Repeat deliveries, lift suppressed addresses"),
        [
            "connectors.change_rawdelivery",
            "connectors.view_suppression",
            "connectors.delete_suppression",
        ],
    ),
    (
        "doors",
        _MAIL,
        gettext_lazy("Set up inboxes and brands"),
        _crud("connectors", "inbox", "brand"),
    ),
    (
        "people",
        _HOUSE,
        gettext_lazy("Invite, change and deactivate people"),
        _crud("accounts", "user"),
    ),
    ("roles", _HOUSE, gettext_lazy("Make roles and give rights"), _crud("auth", "group")),
    (
        "view_as",
        _HOUSE,
        gettext_lazy("See, without acting, what somebody else sees"),
        ["accounts.view_as_user"],
    ),
    (
        "teams",
        _HOUSE,
        gettext_lazy("Set up teams and working hours"),
        _crud("accounts", "team", "calendar"),
    ),
    (
        "forms",
        _HOUSE,
        gettext_lazy("Set up statuses, ticket types and custom fields"),
        [*_crud("tickets", "status", "tickettype"), *_crud("customers", "customfield")],
    ),
    (
        "promises",
        _HOUSE,
        gettext_lazy("Set up service levels"),
        _crud("automation", "policy"),
    ),
    (
        "rules",
        _HOUSE,
        gettext_lazy("Set up rules, and what they may do"),
        _crud("automation", "rule"),
    ),
    (
        "webhooks",
        _HOUSE,
        gettext_lazy("Set up webhooks"),
        _crud("automation", "webhook"),
    ),
    (
        "routing",
        _HOUSE,
        gettext_lazy("Set up routing, skills and capacity"),
        ["automation.set_up_routing"],
    ),
    (
        "surveys",
        _HOUSE,
        gettext_lazy("Set up surveys and causes"),
        ["surveys.set_up_survey"],
    ),
    (
        "survey_figures",
        _HOUSE,
        gettext_lazy("See what customers answered, in figures"),
        ["surveys.view_figures"],
    ),
    (
        "recovery",
        _HOUSE,
        gettext_lazy("Work low scores"),
        ["surveys.work_recovery"],
    ),
    (
        "reviews",
        _HOUSE,
        gettext_lazy("Review conversations"),
        ["quality.review_inspection"],
    ),
    (
        "quality",
        _HOUSE,
        gettext_lazy("See all scores, decide disputes and coach"),
        ["quality.lead_quality"],
    ),
    (
        "rubrics",
        _HOUSE,
        gettext_lazy("Write and publish rubrics"),
        ["quality.set_up_rubric"],
    ),
    ("tags", _HOUSE, gettext_lazy("Rename, merge and delete tags"), ["tickets.curate_tags"]),
    (
        "workspace",
        _HOUSE,
        gettext_lazy("Change the workspace and its keys for programs"),
        ["accounts.change_workspace", *_crud("accounts", "apitoken")],
    ),
    (
        "audit",
        _HOUSE,
        gettext_lazy("Read the record of who did what"),
        ["core.view_event"],
    ),
    (
        "operation",
        _HOUSE,
        gettext_lazy("See and repeat failed background work"),
        ["core.view_reaction", "core.change_reaction"],
    ),
]
AREAS = {code: Area(code, group, name, frozenset(rights)) for code, group, name, rights in _ALL}


def list_areas() -> list[tuple[str, list[Area]]]:
    """By heading, in the order of the table."""
    grouped: dict[str, list[Area]] = {}
    for area in AREAS.values():
        grouped.setdefault(str(area.group), []).append(area)
    return list(grouped.items())


def rights_of(areas: Iterable[str]) -> set[str]:
    """The rights behind areas; unknown codes stand for nothing."""
    return {right for code in areas if code in AREAS for right in AREAS[code].rights}


def areas_in(rights: set[str]) -> dict[str, str]:
    """Per area "all", "some" or "none" of its rights."""
    return {
        code: "all" if area.rights <= rights else "some" if area.rights & rights else "none"
        for code, area in AREAS.items()
    }


def held_rights(role: Group) -> set[str]:
    """Reads the prefetched ``permissions__content_type`` where there is one."""
    return {f"{p.content_type.app_label}.{p.codename}" for p in role.permissions.all()}


def check_may_give(actor: User, rights: set[str]) -> None:
    """Raises ``OutOfReach`` unless the actor holds all of them."""
    if not all(actor.may(right) for right in rights):
        raise OutOfReach(_("You cannot give or take rights that you do not have yourself."))


def check_may_give_role(actor: User, role: Group) -> None:
    """What everybody of a role may do, and the teams and inboxes that are open to all of them."""
    check_may_give(actor, held_rights(role))
    if actor.may("tickets.view_all_ticket"):
        return
    if not places_of(role) <= actor.access.teams | actor.access.inboxes:
        raise OutOfReach(
            _("This role opens teams or inboxes in which you do not work yourself; choose another.")
        )


def places_of(role: Group) -> set[UUID]:
    """The teams and inboxes in which everybody of the role works."""
    granted = GroupObjectPermission.objects.filter(
        group=role, permission__codename__in=("work_in_team", "work_in_inbox")
    )
    return {UUID(pk) for pk in granted.values_list("object_pk", flat=True)}


def rights_rooms(users: Iterable[UUID]) -> list[str]:
    """Where the sockets of these people hear that they may watch more or less than before."""
    return [f"rights:{user}" for user in users]


# Rights on one team or inbox


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody, or everybody of a role, works in a team or inbox without being a member."""

    holder: User | Group

    @property
    def is_role(self) -> bool:
        return isinstance(self.holder, Group)


def grants_on(place: models.Model) -> list[Grant]:
    on_place = {
        "permission": work_permission(place),
        "object_pk": str(place.pk),
    }
    people = UserObjectPermission.objects.filter(**on_place).select_related("user")
    roles = GroupObjectPermission.objects.filter(**on_place).select_related("group")
    return [
        *(Grant(row.group) for row in roles.order_by("group__name")),
        *(Grant(row.user) for row in people.order_by("user__name")),
    ]


def work_permission(place: models.Model) -> Permission:
    return Permission.objects.get(
        content_type=ContentType.objects.get_for_model(place),
        codename=f"work_in_{place._meta.model_name}",
    )
