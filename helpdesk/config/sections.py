"""What the configuration is made of: each section a model, its natural key and its entries.

In this order rows are made, so that whatever a row refers to is there already.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import Calendar, Team, User, Workspace
from automation.models import Policy, Skill, SkillRule, TeamRouting, TriageRule
from connectors.models import Brand, Inbox
from customers.models import CustomField, Purpose, Tier, TierRule
from helpdesk.config.bots import BOTS
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
)
from helpdesk.config.promises import InForce, Promise
from helpdesk.config.rules import RULES
from helpdesk.config.section import (
    ID,
    Section,
    columns,
    delete,
    is_active,
    switch_off,
)
from tickets.models import Macro, SavedView, Status, TicketType


def name_skill_rule(row: SkillRule) -> str:
    """All that is asked, so that none is named like another."""
    where = [row.team.name if row.team else "*", row.inbox.name if row.inbox else "*"]
    return "/".join([row.skill.code, *where, row.type or "*", row.tag or "*"])


def begin_inbox(key: str, names: Names) -> Inbox:
    return Inbox(address=key, name=key) if "@" in key else Inbox(name=key)


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


SECTIONS = (
    Section(
        "workspace",
        "workspace",
        Workspace,
        (),
        columns("name", "language", "timezone"),
        ID | {"only": "", "set_up_at": "when the wizard was done", "steps_done": "the wizard's"},
        key_of=lambda row: "workspace",
        make=lambda key, names: Workspace(),
    ),
    Section(
        "calendars",
        "calendar",
        Calendar,
        ("name",),
        (*columns("timezone", "hours", "is_default"), Holidays("holidays")),
        ID | {"name": "its key"},
        removal=delete,
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
        removal=switch_off,
        is_used=is_active,
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
        removal=switch_off,
        is_used=is_active,
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
        removal=switch_off,
        is_used=is_active,
        key_of=lambda row: row.address or row.name,
        make=begin_inbox,
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
        removal=delete,
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
        removal=delete,
        key_of=name_skill_rule,
        make=lambda key, names: SkillRule(),  # its entries say all that the key says
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
        make=lambda key, names: TeamRouting(),  # its entries say all that the key says
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
        removal=delete,
        key_of=name_tier_rule,
        make=lambda key, names: TierRule(),  # its entries say all that the key says
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
        removal=switch_off,
        is_used=is_active,
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
        removal=delete,
    ),
    *BOTS,
    *RULES,
)


def make_names() -> Names:
    """People are no part of the configuration, but macros and views may name them."""
    keyed: dict[str, Callable[[], dict[str, Any]]] = {
        section.name: section.rows for section in SECTIONS
    }
    keyed["people"] = lambda: {user.email: user for user in User.objects.order_by("email")}
    return Names(keyed)


def is_private(section: Section, row: Any, names: Names) -> bool:
    """A view, macro or rule that names a customer stays here."""
    return any(part.is_private(row, names) for part in section.parts)
