"""What the page needs on which rules are put together."""

from typing import Any

from django.utils.translation import gettext as _

from automation.queries.rule_catalogue import EVENTS, MOMENTS, OP_NAMES, offered_facts
from automation.rules.reading import DAYS, ops_of
from automation.rules.shapes import MOST_DEEP, VALUELESS, Kind
from core.rule_parts import RuleAction

_INPUTS = {
    Kind.CHOICE: "many",
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.TAGS: "words",
    Kind.MOMENT: "span",
    Kind.CHANCES: "chance",
}


def build_builder(
    actions: dict[str, RuleAction], *, day_names: dict[str, Any], rule: dict[str, Any]
) -> dict[str, Any]:
    return {
        "facts": _facts(),
        "events": [[code, str(name)] for code, name in EVENTS.items()],
        "moments": [[code, str(name)] for code, name in MOMENTS.items()],
        "days": [[day, str(day_names[day])] for day in DAYS],
        "actions": [_action(code, action) for code, action in actions.items()],
        "deepest": MOST_DEEP,
        "rule": rule,
        "words": _words(),
    }


def _facts() -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "name": str(one.name),
            "group": str(one.group),
            "ops": [
                {
                    "code": op,
                    "name": str(OP_NAMES[one.fact.kind][op]),
                    "input": _input(one.fact.kind, op, has_options=one.options is not None),
                }
                for op in ops_of(one.fact)
            ],
            "options": [[value, str(name)] for value, name in one.options()] if one.options else [],
        }
        for code, one in offered_facts().items()
    ]


def _input(kind: Kind, op: str, *, has_options: bool) -> str:
    if op in VALUELESS:
        return ""
    if kind == Kind.TEXT:
        return {"contains": "words", "lacks": "words", "matches": "pattern"}.get(op, "text")
    if kind == Kind.NUMBER and has_options:
        return "many" if op == "was" else "one"
    return _INPUTS[kind]


def _action(code: str, action: RuleAction) -> dict[str, Any]:
    options = action.options() if action.options else []
    return {
        "code": code,
        "name": str(action.name),
        "input": action.input,
        "options": [[value, str(name)] for value, name in options],
    }


def _words() -> dict[str, str]:
    return {
        "all": _("All of these hold"),
        "any": _("At least one of these holds"),
        "not": _("None of these holds"),
        "way": _("How the conditions go together"),
        "add_condition": _("Add a condition"),
        "add_group": _("Add a group"),
        "remove": _("Remove"),
        "remove_group": _("Remove this group"),
        "fact": _("What is asked"),
        "op": _("Condition"),
        "value": _("Value"),
        "add_value": _("Add a value…"),
        "step": _("What is done"),
        "add_step": _("Add a step"),
        "up": _("Up"),
        "down": _("Down"),
        "words": _("Words, with commas between them"),
        "pattern": _("Regular expression"),
        "sure": _("sure at least, in per cent"),
        "choose": _("Choose…"),
        "length": _("Length"),
        "unit": _("Unit"),
        "min": _("minutes"),
        "h": _("hours"),
        "d": _("days"),
        "always": _("No condition: it always holds."),
        "text": _("Text"),
    }
