"""What can be chosen in a filter, by name, and what a filter names that is not there (any more)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Team, User
from connectors.models import Brand, Inbox
from core.errors import Invalid
from core.fields import warm_keys
from customers.models import Customer, CustomField, Organisation, Tier
from tickets.models import Category, Priority, Status, Ticket
from tickets.queries.condition_fields import custom_code
from tickets.queries.conditions import Filter, conditions_in
from tickets.queries.types import active_types

_MANY_TAGS = 200
_OPEN = {"tags", "type", "language", "text"}  # any word may stand there
Kind = CustomField.Kind
# What each kind of an added field can be asked; "set" and "unset" go with all of them.
OPS_OF_KIND: dict[str, tuple[str, ...]] = {
    Kind.TEXT: ("has", "any"),
    Kind.LONG_TEXT: ("has",),
    Kind.NUMBER: ("equal", "at_least", "less_than"),
    Kind.YES_NO: ("yes", "no"),
    Kind.DATE: ("before", "after"),
    Kind.CHOICE: ("any", "none"),
    Kind.CHOICES: ("any", "all", "none"),
    Kind.URL: ("has",),
}
Names = dict[str, str]


@dataclass(slots=True)
class Choices:
    """Values with their names for each field, and the fields that admins added."""

    names: dict[str, Names] = field(default_factory=dict)
    custom: list[CustomField] = field(default_factory=list)


def load_choices(user: User, kept: Filter | None = None) -> Choices:
    """All that this user can choose from; of people and organisations those the filter names."""
    choices = Choices(custom=added_fields())
    choices.names = {
        "status": _statuses(),
        "priority": {p.name.lower(): str(p.label) for p in reversed(Priority)},
        "type": {kind.code: kind.name for kind in active_types()},
        "tags": _tags(user),
        "team": {"mine": _("My teams"), "none": _("No team")} | _named(Team.objects.all()),
        "assignee": {"me": _("Me"), "nobody": _("Nobody")}
        | _named(User.objects.filter(is_active=True).order_by("name")),
        "inbox": _named(_inboxes(user)),
        "brand": _named(Brand.objects.all()),
        "tier": {tier.code: str(tier) for tier in Tier.objects.all()},
        "customer": _customers(user, _ids_in(kept, "customer")),
        "organisation": _organisations(user, _ids_in(kept, "organisation")),
        "language": _languages(),
    }
    for one in choices.custom:
        if one.kind in (Kind.CHOICE, Kind.CHOICES):
            options = {option["code"]: option["name"] for option in one.options}
            choices.names[f"custom.{one.code}"] = options
    return choices


def added_fields() -> list[CustomField]:
    """Those lists can be filtered by: what is personal is kept sealed."""
    found = CustomField.objects.filter(owner=CustomField.Owner.TICKET, is_active=True)
    return list(found.filter(is_personal=False))


def _statuses() -> Names:
    names = {"unresolved": _("Unresolved")} | {c.value: str(c.label) for c in Category}
    own = {status.code: _(status.name) for status in Status.objects.all()}
    return names | {code: name for code, name in own.items() if code not in names}


def _tags(user: User) -> Names:
    recent = Ticket.objects.visible_to(user).exclude(tags=[]).order_by("-last_at")
    used = {tag for tags in recent.values_list("tags", flat=True)[:_MANY_TAGS] for tag in tags}
    return {tag: tag for tag in sorted(used)}


def _named(things: Iterable[Any]) -> Names:
    return {str(thing.pk): thing.name for thing in things}


def _inboxes(user: User) -> Iterable[Inbox]:
    inboxes = Inbox.objects.order_by("name")
    if user.may("tickets.view_all_ticket"):
        return inboxes
    access = user.access
    return inboxes.filter(Q(team__in=access.teams) | Q(pk__in=access.inboxes))


def _languages() -> Names:
    """Those the product guesses; others can be written."""
    return {
        "en": _("English"),
        "zh-hans": _("Chinese, simplified"),
        "zh-hant": _("Chinese, traditional"),
        "ja": _("Japanese"),
        "ko": _("Korean"),
        "ru": _("Russian"),
        "ar": _("Arabic"),
    }


def _ids_in(kept: Filter | None, name: str) -> list[UUID]:
    found = [c["value"] for _place, c in conditions_in(kept or {}) if c["field"] == name]
    return [UUID(text) for value in found if isinstance(value, list) for text in value]


def _customers(user: User, ids: list[UUID]) -> Names:
    found = list(Customer.objects.visible_to(user).filter(pk__in=ids)) if ids else []
    warm_keys(found)
    return _named(found)


def _organisations(user: User, ids: list[UUID]) -> Names:
    if not ids or not user.may("customers.view_customer"):
        return {}
    found = list(Organisation.objects.filter(pk__in=ids))
    warm_keys(found)
    return _named(found)


def check_named(kept: Filter, choices: Choices) -> None:
    """Refuse what the filter names and this user cannot choose: gone, mistyped or another's."""
    custom = {one.code: one for one in choices.custom}
    for place, condition in conditions_in(kept):
        name = condition["field"]
        if code := custom_code(name):
            _check_custom(custom.get(code), condition, place)
        for value in _values_of(condition):
            if name in choices.names and name not in _OPEN and value not in choices.names[name]:
                reason = _("“%(value)s” is not there, or not for you.") % {"value": value}
                raise Invalid(reason, field=f"{place}.value")


def _values_of(condition: dict[str, Any]) -> list[Any]:
    value = condition.get("value", [])
    return value if isinstance(value, list) else []


def _check_custom(found: CustomField | None, condition: dict[str, Any], place: str) -> None:
    if found is None:
        reason = _("There is no field “%(name)s” to filter by.") % {"name": condition["field"]}
        raise Invalid(reason, field=f"{place}.field")
    known = (*OPS_OF_KIND.get(found.kind, ()), "set", "unset")
    if condition["is"] not in known:
        reason = _("“%(name)s” cannot be asked with “%(op)s”; use: %(known)s.") % {
            "name": found.name,
            "op": condition["is"],
            "known": ", ".join(known),
        }
        raise Invalid(reason, field=f"{place}.is")


def missing_in(kept: Filter, choices: Choices) -> dict[str, list[str]]:
    """By place: values that are gone, to be shown as such; the whole condition if its field is."""
    custom = {one.code for one in choices.custom}
    gone: dict[str, list[str]] = {}
    for place, condition in conditions_in(kept):
        name = condition["field"]
        if custom_code(name) and custom_code(name) not in custom:
            gone[place] = ["field"]
        known = choices.names.get(name)
        if known is None or name in _OPEN:
            continue
        if lost := [value for value in _values_of(condition) if value not in known]:
            gone[place] = lost
    return gone
