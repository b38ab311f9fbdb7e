"""What the configuration is made of: each section a model, its natural key and its entries.

In this order rows are made, so that whatever a row refers to is there already. A column that is
not exported stands in ``left_out`` with its reason, so that none is forgotten by accident.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group
from django.db import models

from accounts.models import Calendar, Team, User, Workspace
from automation.models import Policy, Skill, SkillRule, TeamRouting, TriageRule
from connectors.models import Brand, Inbox
from customers.models import CustomField, Purpose, Tier, TierRule
from helpdesk.config.parts import (
    Amount,
    Holidays,
    Many,
    Marked,
    Names,
    Part,
    Reference,
    Rights,
    WorksIn,
    names_strangers,
)
from helpdesk.config.promises import InForce, Promise
from tickets.models import Macro, SavedView, Status, TicketType

ID = {"id": "made anew elsewhere"}


@dataclass(frozen=True)
class Section:
    name: str  # of its file
    kind: str  # of its events
    model: type[models.Model]
    key: tuple[str, ...]
    parts: tuple[Part, ...]
    left_out: Mapping[str, str]
    fixed: frozenset[str] = frozenset()  # once made these stay as they are
    only: Mapping[str, Any] = field(default_factory=dict)  # which rows belong to it
    removal: str = ""  # what becomes of a row no file names: "delete", "switch off" or it stays
    key_of: Callable[[Any], str] | None = None

    def rows(self) -> dict[str, Any]:
        """By natural key. Rows that share one are numbered, the oldest first."""
        found: dict[str, Any] = {}
        for row in self.model._default_manager.filter(**self.only).order_by("pk"):
            plain = key = self.name_of(row)
            number = 1
            while key in found:
                number += 1
                key = f"{plain} ({number})"
            found[key] = row
        return dict(sorted(found.items()))

    def name_of(self, row: Any) -> str:
        if self.key_of:
            return self.key_of(row)
        return "/".join(str(getattr(row, name)) for name in self.key)

    def begin(self, key: str) -> Any:
        """A new row with what its key says of it."""
        if self.name == "inboxes":
            return Inbox(address=key, name=key) if "@" in key else Inbox(name=key)
        if self.name == "workspace":
            return Workspace()
        if self.name in _NAMED_BY_WORDS:  # all that the key says stands in its entries, too
            return self.model()
        values = key.split("/", len(self.key) - 1)
        return self.model(**dict(zip(self.key, values, strict=False)))


_NAMED_BY_WORDS = ("skill_rules", "routing", "tier_rules")


def name_skill_rule(row: SkillRule) -> str:
    """All that is asked, so that none is named like another."""
    where = [row.team.name if row.team else "*", row.inbox.name if row.inbox else "*"]
    return "/".join([row.skill.code, *where, row.type or "*", row.tag or "*"])


def name_tier_rule(row: TierRule) -> str:
    asked = (row.field, row.at_least, row.tickets, row.older_than, row.younger_than)
    return "/".join(
        [
            row.tier.code,
            *(
                "*" if one in (None, "") else f"{one:g}" if isinstance(one, float) else str(one)
                for one in asked
            ),
        ]
    )


def columns(*names: str) -> tuple[Part, ...]:
    return tuple(Part(name) for name in names)


SECTIONS = (
    Section(
        "workspace",
        "workspace",
        Workspace,
        (),
        columns("name", "language", "timezone"),
        ID | {"only": "", "set_up_at": "when the wizard was done", "steps_done": "the wizard's"},
        key_of=lambda row: "workspace",
    ),
    Section(
        "calendars",
        "calendar",
        Calendar,
        ("name",),
        (*columns("timezone", "hours", "is_default"), Holidays("holidays")),
        ID | {"name": "its key"},
        removal="delete",
    ),
    Section(
        "teams",
        "team",
        Team,
        ("name",),
        (Part("signature"), Reference("calendar", to="calendars")),
        ID | {"name": "its key", "created_at": ""},
    ),
    Section(
        "tiers",
        "tier",
        Tier,
        ("code",),
        (
            *columns("name", "colour", "priority"),
            Reference("team", to="teams"),
            *columns("proactive_reminders", "silence_days", "renewal_field", "renewal_days"),
            *columns("guided_onboarding", "check_in_days", "is_default"),
        ),
        ID | {"code": "its key"},
    ),
    Section(
        "purposes",
        "purpose",
        Purpose,
        ("code",),
        columns("name", "basis", "needs_separate_consent"),
        ID | {"code": "its key"},
        fixed=frozenset({"basis"}),
    ),
    Section(
        "custom_fields",
        "custom_field",
        CustomField,
        ("owner", "code"),
        columns(
            *("name", "customer_name", "help_text", "kind", "options", "is_required"),
            *("is_personal", "is_for_customers", "position", "is_active"),
        ),
        ID | {"owner": "its key", "code": "its key"},
        fixed=frozenset({"kind", "is_personal"}),
        removal="switch off",
    ),
    Section(
        "ticket_types",
        "ticket_type",
        TicketType,
        ("code",),
        (
            *columns("name", "customer_name", "description", "position", "is_offered"),
            Part("is_active"),
            Many("fields", to="custom_fields"),
        ),
        ID | {"code": "its key"},
        removal="switch off",
    ),
    Section(
        "statuses",
        "status",
        Status,
        ("code",),
        columns("category", "name", "customer_name", "position", "is_default"),
        ID | {"code": "its key"},
        fixed=frozenset({"category"}),
    ),
    Section(
        "brands",
        "brand",
        Brand,
        ("name",),
        columns("slug", "accent", "languages", "signature", "sender_name"),
        ID
        | {
            "name": "its key",
            "logo": "a picture, set on its page",
            "logo_type": "the picture's",
            "dkim_domain": "belongs to the key",
            "dkim_selector": "belongs to the key",
            "dkim_key": "a secret",
        },
    ),
    Section(
        "inboxes",
        "inbox",
        Inbox,
        ("address",),
        (
            Reference("brand", to="brands"),
            *columns("kind", "name"),
            Reference("team", to="teams"),
            Reference("calendar", to="calendars"),
            *columns("undo_seconds", "reopen_days", "acknowledges", "acknowledgement"),
            Part("is_active"),
        ),
        ID
        | {
            "address": "its key",
            "credentials": "secrets",
            "cursor": "how far it was read",
            "healthy_at": "its health",
            "problem": "its health",
            "failing_since": "its health",
            "alarmed_at": "its health",
            "paused_at": "its health",
        },
        fixed=frozenset({"brand", "kind"}),
        removal="switch off",
        key_of=lambda row: row.address or row.name,
    ),
    Section(
        "service_levels",
        "policy",
        Policy,
        ("name",),
        (Part("position"), Promise("promise"), InForce("is_in_force")),
        ID | {"name": "its key", "created_at": ""},
    ),
    Section(
        "skills",
        "skill",
        Skill,
        ("code",),
        columns("name", "kind"),
        ID | {"code": "its key"},
        fixed=frozenset({"kind"}),
        removal="delete",
    ),
    Section(
        "skill_rules",
        "routing.rule",
        SkillRule,
        ("id",),
        (
            Reference("skill", to="skills"),
            Reference("team", to="teams"),
            Reference("inbox", to="inboxes"),
            *columns("type", "tag", "level", "least", "is_required"),
        ),
        ID,
        removal="delete",
        key_of=name_skill_rule,
    ),
    Section(
        "routing",
        "routing",
        TeamRouting,
        ("team",),
        (
            Reference("team", to="teams"),
            *columns("mode", "preferred_after", "language_after", "level_after"),
            *columns("overflow_after", "starves_after", "takes_back_after"),
            *columns("follows_hours", "window_hours"),
            Many("overflow", to="teams"),
        ),
        {},
        key_of=lambda row: row.team.name,
    ),
    Section(
        "triage",
        "triage.rule",
        TriageRule,
        ("field",),
        columns("is_on", "applies_from"),
        ID | {"field": "its key"},
    ),
    Section(
        "tier_rules",
        "tier.rule",
        TierRule,
        ("id",),
        (
            Reference("tier", to="tiers"),
            *columns("field", "tickets", "older_than", "younger_than", "is_on"),
            Amount("at_least"),
        ),
        ID,
        removal="delete",
        key_of=name_tier_rule,
    ),
    Section(
        "roles",
        "role",
        Group,
        ("name",),
        (
            Rights("rights"),
            WorksIn("teams", to="teams", model=Team, right="work_in_team"),
            WorksIn("inboxes", to="inboxes", model=Inbox, right="work_in_inbox"),
        ),
        ID | {"name": "its key", "permissions": "as rights"},
    ),
    Section(
        "macros",
        "macro",
        Macro,
        ("name",),
        (
            *columns("name", "shortcut", "body", "is_note"),
            Marked("actions"),
            Marked("condition"),
            *columns("language", "is_public"),
            Reference("team", to="teams"),
            *columns("position", "is_active"),
        ),
        ID | {"owner": "only shared ones", "used_count": "", "updated_at": ""},
        only={"owner": None},
        removal="switch off",
    ),
    Section(
        "saved_views",
        "view",
        SavedView,
        ("name",),
        (
            Part("name"),
            Marked("filter"),
            *columns("sort", "columns"),
            Reference("team", to="teams"),
            Part("position"),
        ),
        ID | {"owner": "only shared ones", "created_at": ""},
        only={"owner": None},
        removal="delete",
    ),
)


def make_names() -> Names:
    """People are no part of the configuration, but macros and views may name them."""
    keyed: dict[str, Callable[[], dict[str, Any]]] = {
        section.name: section.rows for section in SECTIONS
    }
    keyed["people"] = lambda: {user.email: user for user in User.objects.order_by("email")}
    return Names(keyed)


def is_private(section: Section, row: Any, names: Names) -> bool:
    """A view or macro that names a customer stays here."""
    marked = [part for part in section.parts if isinstance(part, Marked)]
    return any(names_strangers(getattr(row, part.name), names) for part in marked)
