"""What an outline asks: ``found.status is sent or late``, ``not proved``."""

from collections.abc import Mapping
from typing import Any

from bots.dialogue.shapes import Condition, Frame


def holds(condition: Condition, frame: Frame, facts: Mapping[str, Any]) -> bool:
    return all(
        _holds_one(_value_of(name, frame, facts), values) != is_negated
        for name, values, is_negated in condition.refs
    )


def _value_of(name: str, frame: Frame, facts: Mapping[str, Any]) -> Any:
    if name in facts:
        return facts[name]
    first, dot, rest = name.partition(".")
    if dot:
        return frame.data.get(first, {}).get(rest)
    return frame.slots.get(first, frame.data.get(first))


def _holds_one(value: Any, values: tuple[str, ...]) -> bool:
    if not values:
        return bool(value)
    if isinstance(value, bool):
        return ("yes" if value else "no") in values
    if value is None or value == "":
        return "missing" in values
    # Of several choices each may be asked for.
    return str(value) in values or not set(values).isdisjoint(str(value).split(","))
