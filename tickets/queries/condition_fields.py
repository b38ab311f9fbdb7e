"""What tickets can be filtered by: what may be asked of each field, and how it is looked up.

Readers return the value as it is kept, or raise ValueError with words for people.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import and_, or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, JSONField, OuterRef, Q, Value
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual, IContains, LessThan
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from tickets.models import UNRESOLVED, Category, Follow, Priority, ReadMark
from tickets.queries.search import find_tickets

MAX_VALUES = 50
MAX_TEXT = 200
_SPAN = re.compile(r"^(\d{1,5}) ?(min|h|d|w)$", re.ASCII)
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CUSTOM = re.compile(r"^custom\.([-a-zA-Z0-9_]{1,40})$", re.ASCII)

Reader = Callable[[Any], Any]
Where = Callable[[str, Any, User], Q]


@dataclass(frozen=True, slots=True)
class Field:
    """What may be asked of it, each with the reader of its value, and how that is looked up."""

    ops: dict[str, Reader | None]  # None: takes no value
    where: Where


# Reading


def _read_list(value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values:
        raise ValueError(_("Choose at least one value."))
    if len(values) > MAX_VALUES:
        raise ValueError(_("At most %(n)d values.") % {"n": MAX_VALUES})
    return list(dict.fromkeys(map(_read_text, values)))


def _read_text(value: Any) -> str:
    text = value.replace("\0", "").strip() if isinstance(value, str) else ""
    if not text:
        raise ValueError(_("Write what to look for."))
    if len(text) > MAX_TEXT:
        raise ValueError(_("At most %(n)d characters.") % {"n": MAX_TEXT})
    return text


def _read_ids(value: Any, *words: str) -> list[str]:
    return [text if text in words else _read_id(text) for text in _read_list(value)]


def _read_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(_("“%(value)s” is no id.") % {"value": text}) from None


def _read_priority(value: Any) -> str:
    text = _read_text(value).lower()
    if text.upper() not in Priority.__members__:
        raise ValueError(_("“%(value)s” is no priority.") % {"value": text})
    return text


def _read_priorities(value: Any) -> list[str]:
    return list(map(_read_priority, _read_list(value)))


def _read_span(value: Any) -> str:
    found = _SPAN.match(value) if isinstance(value, str) else None
    if not found:
        raise ValueError(_("Write a length of time such as 30 min, 24 h, 2 d or 1 w."))
    return f"{int(found[1])} {found[2]}"


def _read_number(value: Any) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise ValueError(_("Write a number."))
    return int(value) if value == int(value) else value


def _read_date(value: Any) -> str:
    try:
        return date.fromisoformat(_read_text(value)).isoformat()
    except ValueError:
        raise ValueError(_("Write a date as YYYY-MM-DD.")) from None


def _read_tags(value: Any) -> list[str]:
    return [text.lower() for text in _read_list(value)]


# Looking up


def span_of(text: str) -> timedelta:
    found = _SPAN.match(text)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()


def _status(op: str, value: list[str], user: User) -> Q:
    categories = [code for code in value if code in Category.values]
    if "unresolved" in value:
        categories += [str(category) for category in UNRESOLVED if category not in categories]
    codes = [code for code in value if code not in Category.values and code != "unresolved"]
    wanted = Q(category__in=categories) if categories else Q()
    if codes:
        wanted |= Q(status__code__in=codes)
    return ~wanted if op == "none" else wanted


def _priority(op: str, value: Any, user: User) -> Q:
    if op == "at_least":
        return Q(priority__gte=Priority[value.upper()])
    if op == "at_most":
        return Q(priority__lte=Priority[value.upper()])
    wanted = Q(priority__in=[Priority[name.upper()].value for name in value])
    return ~wanted if op == "none" else wanted


def _word(column: str) -> Where:
    """Of a column of words, in which an empty one says that there is none."""

    def where(op: str, value: Any, user: User) -> Q:
        if op in ("set", "unset"):
            return Q(**{column: ""}) if op == "unset" else ~Q(**{column: ""})
        wanted = Q(**{f"{column}__in": value})
        return ~wanted if op == "none" else wanted

    return where


def _tags(op: str, value: Any, user: User) -> Q:
    match op:
        case "all":
            return Q(tags__contains=value)
        case "any":
            return Q(tags__overlap=value)
        case "none":
            return ~Q(tags__overlap=value)
    return Q(tags=[]) if op == "unset" else ~Q(tags=[])


def _related(column: str) -> Where:
    def where(op: str, value: Any, user: User) -> Q:
        if op in ("set", "unset"):
            return Q(**{f"{column}__isnull": op == "unset"})
        wanted = _one_of(column, value, user)
        return ~wanted if op == "none" else wanted

    return where


def _one_of(column: str, value: list[str], user: User) -> Q:
    ids = {text for text in value if text not in ("me", "nobody", "mine", "none")}
    if "me" in value:
        ids.add(str(user.pk))
    if "mine" in value:
        ids |= {str(pk) for pk in user.access.teams}
    wanted = Q(**{f"{column}__in": sorted(ids)})
    return wanted | Q(**{column: None}) if {"nobody", "none"} & set(value) else wanted


def _age(column: str) -> Where:
    def where(op: str, value: Any, user: User) -> Q:
        if op in ("set", "unset"):
            return Q(**{f"{column}__isnull": op == "unset"})
        since = now() - span_of(value)
        return Q(**{f"{column}__{'lt' if op == 'older_than' else 'gte'}": since})

    return where


def _due(op: str, value: Any, user: User) -> Q:
    match op:
        case "less_than":  # what is overdue has no time left at all
            return Q(next_due_at__lt=now() + span_of(value))
        case "overdue":
            return Q(next_due_at__lt=now())
        case "at_risk":  # what is broken already is no risk any more
            return Q(is_at_risk=True, next_due_at__gte=now())
    return Q(next_due_at__isnull=op == "unset")


def _yes_no(wanted: Callable[[User], Q]) -> Where:
    return lambda op, value, user: wanted(user) if op == "yes" else ~wanted(user)


def _reopened(user: User) -> Q:
    return Q(reopen_count__gt=0)


def _unread(user: User) -> Q:
    read = ReadMark.objects.filter(
        ticket=OuterRef("pk"), user=user, seq__gte=OuterRef("last_message_seq")
    )
    return ~Q(Exists(read))


def _followed(user: User) -> Q:
    return Q(Exists(Follow.objects.filter(ticket=OuterRef("pk"), user=user)))


def _text(op: str, value: str, user: User) -> Q:
    return Q(pk__in=find_tickets(user, value).values("pk"))


def _custom(code: str) -> Where:
    def where(op: str, value: Any, user: User) -> Q:
        # A list in JSON contains what is in it, a single value only itself: so both are asked.
        has = [
            Q(custom__contains={code: v}) | Q(custom__contains={code: [v]}) for v in _list(value)
        ]
        key, words = KeyTransform(code, "custom"), KeyTextTransform(code, "custom")
        match op:
            case "yes" | "no":
                return Q(custom__contains={code: op == "yes"})
            case "set" | "unset":
                is_set = Q(custom__has_key=code)
                return is_set if op == "set" else ~is_set
            case "has":
                return Q(IContains(words, value))
            case "at_least":
                return Q(GreaterThanOrEqual(key, Value(value, JSONField())))
            case "less_than":
                return Q(LessThan(key, Value(value, JSONField())))
            case "before":
                return Q(LessThan(words, value))
            case "after":
                return Q(GreaterThan(words, value))
            case "all":
                return reduce(and_, has)
        return ~reduce(or_, has) if op == "none" else reduce(or_, has)

    return where


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# The fields

_PRESENCE: dict[str, Reader | None] = {"set": None, "unset": None}
_CHOICE: dict[str, Reader | None] = {"any": _read_list, "none": _read_list}
_AGE: dict[str, Reader | None] = {"older_than": _read_span, "within": _read_span}
_YES_NO: dict[str, Reader | None] = {"yes": None, "no": None}


def _ids(*words: str) -> dict[str, Reader | None]:
    def read(value: Any) -> list[str]:
        return _read_ids(value, *words)

    return {"any": read, "none": read}


FIELDS: dict[str, Field] = {
    "status": Field(_CHOICE, _status),
    "priority": Field(
        {
            "any": _read_priorities,
            "none": _read_priorities,
            "at_least": _read_priority,
            "at_most": _read_priority,
        },
        _priority,
    ),
    "type": Field(_CHOICE | _PRESENCE, _word("type")),
    "tags": Field(
        {"any": _read_tags, "all": _read_tags, "none": _read_tags} | _PRESENCE,
        _tags,
    ),
    "team": Field(_ids("mine", "none"), _related("team")),
    "assignee": Field(_ids("me", "nobody"), _related("assignee")),
    "inbox": Field(_ids(), _related("inbox")),
    "brand": Field(_ids(), _related("inbox__brand")),
    "tier": Field(_CHOICE, _word("customer__tier__code")),
    "customer": Field(_ids(), _related("customer")),
    "organisation": Field(_ids() | _PRESENCE, _related("customer__organisation")),
    "language": Field(_CHOICE | _PRESENCE, _word("language")),
    "created": Field(_AGE, _age("created_at")),
    "activity": Field(_AGE, _age("last_at")),
    "resolved": Field(_AGE | _PRESENCE, _age("resolved_at")),
    "waiting": Field(_AGE | _PRESENCE, _age("waiting_since")),
    "due": Field({"less_than": _read_span, "overdue": None, "at_risk": None, **_PRESENCE}, _due),
    "reopened": Field(_YES_NO, _yes_no(_reopened)),
    "unread": Field(_YES_NO, _yes_no(_unread)),
    "followed": Field(_YES_NO, _yes_no(_followed)),
    "text": Field({"has": _read_text}, _text),
}
# Of fields that admins added; which of these a field takes follows from its kind.
CUSTOM_OPS: dict[str, Reader | None] = {
    "equal": _read_number,
    "at_least": _read_number,
    "less_than": _read_number,
    "before": _read_date,
    "after": _read_date,
    "has": _read_text,
    "any": _read_list,
    "all": _read_list,
    "none": _read_list,
    **_YES_NO,
    **_PRESENCE,
}


def field_of(name: str) -> Field | None:
    if found := _CUSTOM.match(name):
        return Field(CUSTOM_OPS, _custom(found[1]))
    return FIELDS.get(name)


def custom_code(name: str) -> str:
    """The code of the field an admin added, or nothing for one of ours."""
    found = _CUSTOM.match(name)
    return found[1] if found else ""
