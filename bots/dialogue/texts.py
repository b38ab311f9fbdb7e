"""Filling texts: values of slots and tools, in the customer's language and harmless wherever they
are shown."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from bots.dialogue.phrases import pick
from bots.dialogue.shapes import Frame

MOST = 500
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_HOLE = re.compile(r"\{([a-z][\w.]*)\}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
# With these a value could become a link, a picture or markup.
_MARKUP = re.compile(r"[\[\]()<>*_`#|!\\{}]")
_TAG = re.compile(r"</?[a-zA-Z][^>]{0,80}>")
_LINK = re.compile(r"(?:https?:)?//\S+|\bwww\.\S+", re.I)


def values_in(frame: Frame, facts: Mapping[str, str], language: str) -> dict[str, str]:
    values = {name: clean(text) for name, text in facts.items()}
    for name, result in frame.data.items():
        for key, value in dict(result).items():
            values[f"{name}.{key}"] = shown(value, language)
    return values | {name: clean(value) for name, value in frame.slots.items()}


def shown(value: Any, language: str) -> str:
    if isinstance(value, dict):
        return clean(pick({str(k): str(v) for k, v in value.items()}, language))
    if isinstance(value, (list, tuple)):
        return clean(", ".join(map(str, value)))
    text = "" if value is None or isinstance(value, bool) else str(value)
    return day_in(text, language) if _DAY.fullmatch(text) else clean(text)


def day_in(text: str, language: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return clean(text)
    if language.startswith("zh"):
        return f"{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]}"


def clean(text: str) -> str:
    """What somebody else wrote, within our own words: no links, no markup, one line."""
    one_line = " ".join(_TAG.sub("", _LINK.sub("", str(text))).split())
    return _MARKUP.sub("", one_line)[:MOST]


def fill(template: str, values: Mapping[str, str]) -> str:
    """A name without a value leaves nothing behind."""
    return _HOLE.sub(lambda hole: values.get(hole[1], ""), template).strip()


def names_in(template: str) -> set[str]:
    return set(_HOLE.findall(template))
