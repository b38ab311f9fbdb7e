"""A filter in the reader's words: what the sheet offers, and the list somebody stands in."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import CustomField
from tickets.models import WAITING, Category, Priority
from tickets.queries import ListRequest
from tickets.queries.condition_fields import FIELDS
from tickets.queries.condition_values import OPS_OF_KIND, Choices
from tickets.queries.conditions import Filter

FIELD_NAMES = {
    "status": gettext_lazy("Status"),
    "priority": gettext_lazy("Priority"),
    "type": gettext_lazy("Type"),
    "tags": gettext_lazy("Tags"),
    "team": gettext_lazy("Team"),
    "assignee": gettext_lazy("Assignee"),
    "inbox": gettext_lazy("Inbox"),
    "brand": gettext_lazy("Brand"),
    "tier": gettext_lazy("Tier"),
    "customer": gettext_lazy("Customer"),
    "organisation": gettext_lazy("Organisation"),
    "language": gettext_lazy("Language"),
    "created": gettext_lazy("Opened"),
    "activity": gettext_lazy("Last activity"),
    "resolved": pgettext_lazy("moment", "Resolved"),
    "waiting": gettext_lazy("Customer waits for us"),
    "due": gettext_lazy("Due"),
    "reopened": gettext_lazy("Reopened"),
    "unread": gettext_lazy("Unread by me"),
    "followed": gettext_lazy("Followed by me"),
    "text": gettext_lazy("Words in subject or messages"),
}
OP_NAMES = {
    "any": gettext_lazy("is any of"),
    "all": gettext_lazy("has all of"),
    "none": gettext_lazy("is none of"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "less_than": gettext_lazy("is less than"),
    "equal": gettext_lazy("is exactly"),
    "older_than": gettext_lazy("longer ago than"),
    "within": gettext_lazy("within the last"),
    "set": gettext_lazy("is there"),
    "unset": gettext_lazy("is empty"),
    "overdue": gettext_lazy("is overdue"),
    "at_risk": gettext_lazy("will probably be missed"),
    "yes": pgettext_lazy("condition", "yes"),
    "no": pgettext_lazy("condition", "no"),
    "has": gettext_lazy("contains"),
    "before": gettext_lazy("before"),
    "after": gettext_lazy("after"),
}
# Where another word says it better.
_SPECIAL = {
    ("tags", "any"): gettext_lazy("has any of"),
    ("tags", "none"): gettext_lazy("has none of"),
    ("waiting", "older_than"): gettext_lazy("for longer than"),
    ("waiting", "within"): gettext_lazy("for less than"),
    ("waiting", "set"): pgettext_lazy("condition", "yes"),
    ("waiting", "unset"): pgettext_lazy("condition", "no"),
    ("due", "less_than"): gettext_lazy("in less than, or overdue"),
    ("due", "set"): gettext_lazy("at some time"),
    ("due", "unset"): gettext_lazy("never"),
    ("resolved", "set"): pgettext_lazy("condition", "yes"),
    ("resolved", "unset"): pgettext_lazy("condition", "no"),
}
# How the value of a question is given; those not named here take none.
_INPUTS = {
    "any": "many",
    "all": "many",
    "none": "many",
    "older_than": "span",
    "within": "span",
    "has": "text",
    "before": "date",
    "after": "date",
    "equal": "number",
}
_FREE = ("tags", "type", "language")  # words that are not in the list may be written
_LOOKED_UP = ("customer", "organisation")


def describe_fields(choices: Choices) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = [
        {"code": code, "name": str(FIELD_NAMES[code]), "ops": _ops(code, tuple(field.ops), "")}
        for code, field in FIELDS.items()
    ]
    for one in choices.custom:
        ops = (*OPS_OF_KIND[one.kind], "set", "unset")
        code = f"custom.{one.code}"
        fields.append({"code": code, "name": one.name, "ops": _ops(code, ops, one.kind)})
    for field in fields:
        code = field["code"]
        field["options"] = [[v, str(name)] for v, name in choices.names.get(code, {}).items()]
        field["free"] = code in _FREE or (code.startswith("custom.") and not field["options"])
        field["lookup"] = code in _LOOKED_UP
    return fields


def _ops(field: str, ops: tuple[str, ...], kind: str) -> list[dict[str, str]]:
    return [
        {
            "code": op,
            "name": str(_SPECIAL.get((field, op)) or OP_NAMES[op]),
            "input": _input_of(field, op, kind),
        }
        for op in ops
    ]


def _input_of(field: str, op: str, kind: str) -> str:
    if op in ("at_least", "at_most", "less_than"):
        if field == "priority":
            return "one"
        return "number" if kind == CustomField.Kind.NUMBER else "span"
    return _INPUTS.get(op, "")


def as_filter(asked: ListRequest) -> Filter:
    """A list with its filters, as far as a saved view can say it."""
    return {"all": list(_conditions(asked)), "any": []}


def _conditions(asked: ListRequest) -> Iterator[dict[str, Any]]:
    yield from _of_view(asked.view)
    if asked.status in Category.values:
        yield {"field": "status", "is": "any", "value": [asked.status]}
    if asked.priority.upper() in Priority.__members__:
        yield {"field": "priority", "is": "any", "value": [asked.priority.lower()]}
    if asked.tag:
        yield {"field": "tags", "is": "all", "value": [asked.tag.lower()]}


def _of_view(view: str) -> Iterator[dict[str, Any]]:
    statuses = {
        "waiting": [str(category) for category in WAITING],
        "resolved": ["resolved", "closed"],
    }.get(view, ["unresolved"])
    if view != "all":
        yield {"field": "status", "is": "any", "value": statuses}
    if view == "mine":
        yield {"field": "assignee", "is": "any", "value": ["me"]}
    if view == "unassigned":
        yield {"field": "assignee", "is": "any", "value": ["nobody"]}
    if view.startswith("team-"):
        yield {"field": "team", "is": "any", "value": [view.removeprefix("team-")]}
