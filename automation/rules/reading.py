"""From what is kept or sent to a typed tree; what is no rule is refused with its place."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from automation.rules.patterns import MOST_PATTERN, compile_pattern
from automation.rules.shapes import (
    CHANGES,
    MOST_CONDITIONS,
    MOST_DEEP,
    OPS,
    VALUELESS,
    Ask,
    Fact,
    Group,
    Kind,
    Node,
    Trigger,
    Way,
)

MOST_VALUES = 50
MOST_WORDS = 200
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = ("event", "time", "schedule", "manual", "inbound")
LONGEST = timedelta(days=365)


class Unreadable(Exception):
    """``code`` says what is wrong at ``place`` ("if.0.value"), ``told`` names it."""

    def __init__(self, place: str, code: str, told: str = "") -> None:
        super().__init__(f"{place}: {code} {told}")
        self.place, self.code, self.told = place, code, told


def read_tree(raw: Any, facts: Mapping[str, Fact]) -> Group:
    """An empty tree always holds."""
    counter = [0]
    node = _read_node(raw or {"all": []}, facts, "if", 1, counter)
    return node if isinstance(node, Group) else Group(Way.ALL, (node,))


def _read_node(
    raw: Any, facts: Mapping[str, Fact], place: str, depth: int, counter: list[int]
) -> Node:
    if not isinstance(raw, dict):
        raise Unreadable(place, "shape")
    way = next((way for way in Way if way in raw), None)
    if way is None:
        counter[0] += 1
        if counter[0] > MOST_CONDITIONS:
            raise Unreadable(place, "too_many", str(MOST_CONDITIONS))
        return _read_ask(raw, facts, place)
    parts = raw[way]
    if set(raw) != {way} or not isinstance(parts, list):
        raise Unreadable(place, "shape")
    if depth > MOST_DEEP:
        raise Unreadable(place, "too_deep", str(MOST_DEEP))
    read = (
        _read_node(part, facts, f"{place}.{n}", depth + 1, counter) for n, part in enumerate(parts)
    )
    return Group(way, tuple(read))


def _read_ask(raw: Mapping[str, Any], facts: Mapping[str, Fact], place: str) -> Ask:
    if set(raw) - {"fact", "is", "value"}:
        raise Unreadable(place, "shape")
    fact = facts.get(str(raw.get("fact", "")))
    if fact is None:
        raise Unreadable(f"{place}.fact", "no_fact", str(raw.get("fact", ""))[:60])
    op = str(raw.get("is", ""))
    if op not in ops_of(fact):
        raise Unreadable(f"{place}.is", "no_op", op[:30])
    if op in VALUELESS:
        return Ask(fact.code, fact.kind, op)
    return Ask(
        fact.code, fact.kind, op, _READERS[fact.kind](raw.get("value"), op, f"{place}.value")
    )


def ops_of(fact: Fact) -> tuple[str, ...]:
    known = OPS[fact.kind]
    return known if fact.changes else tuple(op for op in known if op not in CHANGES)


def _read_words(value: Any, _op: str, place: str) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        raise Unreadable(place, "no_value")
    words = [str(one).replace("\0", "").strip() for one in values if isinstance(one, str | int)]
    words = list(dict.fromkeys(filter(None, words)))
    if not words:
        raise Unreadable(place, "no_value")
    if len(words) > MOST_VALUES or max(map(len, words)) > MOST_WORDS:
        raise Unreadable(place, "too_long")
    return words


def _read_text(value: Any, op: str, place: str) -> Any:
    if op in ("contains", "lacks"):
        return _read_words(value, op, place)
    text = value.replace("\0", "").strip() if isinstance(value, str) else ""
    if not text:
        raise Unreadable(place, "no_value")
    if len(text) > (MOST_PATTERN if op == "matches" else MOST_WORDS):
        raise Unreadable(place, "too_long")
    if op == "matches":
        try:
            compile_pattern(text)
        except ValueError as wrong:
            raise Unreadable(place, "pattern", str(wrong)[:200]) from None
    return text


def _read_number(value: Any, op: str, place: str) -> Any:
    if op == "was":
        return [_one_number(one, place) for one in (value if isinstance(value, list) else [value])]
    return _one_number(value, place)


def _one_number(value: Any, place: str) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise Unreadable(place, "no_number") from None
    if not -1e12 < found < 1e12:
        raise Unreadable(place, "no_number")
    return int(found) if found.is_integer() else found


def _read_minutes(value: Any, _op: str, place: str) -> int:
    minutes = int(_one_number(value, place))
    if not 0 <= minutes <= LONGEST.total_seconds() / 60:
        raise Unreadable(place, "no_span")
    return minutes


def _read_chance(value: Any, _op: str, place: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not value.get("code"):
        raise Unreadable(place, "no_value")
    p = _one_number(value.get("p"), place)
    if not 0 < p <= 1:
        raise Unreadable(place, "no_chance")
    return {"code": str(value["code"])[:MOST_WORDS], "p": float(p)}


_READERS: dict[Kind, Callable[[Any, str, str], Any]] = {
    Kind.CHOICE: _read_words,
    Kind.NUMBER: _read_number,
    Kind.TEXT: _read_text,
    Kind.TAGS: _read_words,
    Kind.MOMENT: _read_minutes,
    Kind.CHANCES: _read_chance,
}


def write_tree(node: Node) -> dict[str, Any]:
    """As it is kept."""
    if isinstance(node, Group):
        return {str(node.way): [write_tree(part) for part in node.parts]}
    kept = {"fact": node.fact, "is": node.op}
    return kept if node.op in VALUELESS else kept | {"value": node.value}


def read_trigger(raw: Any, *, events: Mapping[str, Any], moments: Mapping[str, Any]) -> Trigger:
    if not isinstance(raw, dict) or raw.get("kind") not in KINDS:
        raise Unreadable("when", "shape")
    match raw["kind"]:
        case "event":
            named = [str(name) for name in raw.get("events") or []]
            if not named or set(named) - set(events):
                raise Unreadable("when.events", "no_value")
            return Trigger("event", events=tuple(dict.fromkeys(named)))
        case "time":
            if raw.get("since") not in moments:
                raise Unreadable("when.since", "no_value")
            minutes = int(_one_number(raw.get("minutes"), "when.minutes"))
            if abs(minutes) > LONGEST.total_seconds() / 60:
                raise Unreadable("when.minutes", "no_span")
            working = bool(raw.get("working"))
            return Trigger("time", since=str(raw["since"]), minutes=minutes, working=working)
        case "schedule":
            return _read_schedule(raw)
    return Trigger(str(raw["kind"]))


def _read_schedule(raw: Mapping[str, Any]) -> Trigger:
    days = tuple(day for day in DAYS if day in (raw.get("days") or ()))
    if not days:
        raise Unreadable("when.days", "no_value")
    hour, _colon, minute = str(raw.get("at", "")).partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60):
        raise Unreadable("when.at", "no_time")
    zone = str(raw.get("zone") or "UTC")
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise Unreadable("when.zone", "no_zone") from None
    return Trigger("schedule", days=days, at=f"{int(hour):02}:{int(minute):02}", zone=zone)


def write_trigger(trigger: Trigger) -> dict[str, Any]:
    match trigger.kind:
        case "event":
            return {"kind": "event", "events": list(trigger.events)}
        case "time":
            return {
                "kind": "time",
                "since": trigger.since,
                "minutes": trigger.minutes,
                "working": trigger.working,
            }
        case "schedule":
            return {
                "kind": "schedule",
                "days": list(trigger.days),
                "at": trigger.at,
                "zone": trigger.zone,
            }
    return {"kind": trigger.kind}
