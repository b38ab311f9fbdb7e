"""Rules in words: what one says."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from automation.actions.rule_steps import known_actions
from automation.models import RuleVersion
from automation.queries.rule_catalogue import (
    EVENTS,
    MOMENTS,
    OP_NAMES,
    Offered,
    offered_facts,
)
from automation.queries.rules import live_version, newest_version
from automation.rules.reading import DAYS
from automation.rules.shapes import Kind

register = template.Library()
register.filter(live_version)
register.filter(newest_version)

DAY_NAMES = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
_LONGEST = 60


def join_and(parts: Iterable[str]) -> str:
    return pgettext("between conditions", " and ").join(parts)


def _or(parts: Iterable[str]) -> str:
    return pgettext("between conditions", " or ").join(parts)


def join_list(parts: Iterable[str]) -> str:
    return pgettext("between things", ", ").join(parts)


class Names:
    """Words of the values of facts and steps; those of each are looked up once."""

    def __init__(self) -> None:
        self.facts = offered_facts()
        self.actions = known_actions()
        self._known: dict[str, dict[str, str]] = {}

    def of_fact(self, code: str, value: Any) -> str:
        offered = self.facts.get(code)
        if value in (None, "", []):
            return _("nothing")
        if isinstance(value, list):
            return join_list(self.of_fact(code, one) for one in value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        return self._find(f"fact {code}", offered.options if offered else None, value)

    def of_step(self, do: str, value: Any) -> str:
        action = self.actions.get(do)
        values = value if isinstance(value, list) else [value]
        names = (self._find(f"step {do}", action.options if action else None, v) for v in values)
        return join_list(names)

    def _find(self, key: str, options: Any, value: Any) -> str:
        if key not in self._known:
            self._known[key] = {code: str(name) for code, name in (options() if options else ())}
        return self._known[key].get(str(value), str(value))


# What a rule says


def tell_when(trigger: Mapping[str, Any]) -> str:
    match trigger.get("kind"):
        case "event":
            names = [str(EVENTS.get(name, name)) for name in trigger.get("events", [])]
            return _("When %(what)s") % {"what": _or(names)}
        case "time":
            return _tell_wait(trigger)
        case "schedule":
            days = list(trigger.get("days", ()))
            every = set(days) == set(DAYS)
            named = _("every day") if every else join_list(str(DAY_NAMES[day]) for day in days)
            return _("At set times: %(days)s at %(time)s (%(zone)s)") % {
                "days": named,
                "time": trigger.get("at", ""),
                "zone": trigger.get("zone", ""),
            }
        case "manual":
            return _("When somebody presses its button on a ticket")
        case "inbound":
            return _("While a customer’s message comes in")
    return _("When …")


def _tell_wait(trigger: Mapping[str, Any]) -> str:
    minutes = int(trigger.get("minutes") or 0)
    words = {
        "time": span(abs(minutes)),
        "since": str(MOMENTS.get(str(trigger.get("since")), "")),
    }
    if minutes < 0:
        return _("%(time)s before this moment: %(since)s") % words
    if trigger.get("working"):
        return _("%(time)s of working time after this moment: %(since)s") % words
    return _("%(time)s after this moment: %(since)s") % words


def span(minutes: float) -> str:
    days, rest = divmod(round(minutes), 1440)
    hours, minutes = divmod(rest, 60)
    parts = []
    if days:
        parts.append(ngettext("%(n)d day", "%(n)d days", days) % {"n": days})
    if hours:
        parts.append(ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours})
    if minutes or not parts:
        parts.append(ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes})
    return " ".join(parts)


def tell_if(tree: Mapping[str, Any], names: Names) -> str:
    return _tell_node(tree, names, is_outer=True)


def _tell_node(node: Mapping[str, Any], names: Names, *, is_outer: bool = False) -> str:
    if "fact" in node:
        return tell_ask(node, names)
    if "not" in node:
        parts = [_tell_node(part, names) for part in node["not"]]
        return _("none of this: %(parts)s") % {"parts": _or(parts)} if parts else ""
    joined = [
        words for part in node.get("all", node.get("any", [])) if (words := _tell_node(part, names))
    ]
    if not joined:
        return ""
    words = join_and(joined) if "all" in node else _or(joined)
    return words if is_outer or len(joined) == 1 else f"({words})"


def tell_ask(ask: Mapping[str, Any], names: Names) -> str:
    offered = names.facts.get(str(ask.get("fact")))
    if offered is None:
        return _("something that is gone")
    op = str(OP_NAMES[offered.fact.kind].get(str(ask.get("is")), ""))
    fact, value = str(offered.name), _value_words(offered, ask, names)
    if offered.fact.kind == Kind.FLAG:
        return _("%(fact)s: %(value)s") % {"fact": fact, "value": op}
    return " ".join(filter(None, [fact, op, value]))


def _value_words(offered: Offered, ask: Mapping[str, Any], names: Names) -> str:
    if "value" not in ask:
        return ""
    value, code = ask["value"], offered.fact.code
    match offered.fact.kind:
        case Kind.MOMENT:
            return span(_number(value))
        case Kind.CHANCES:
            chance = value if isinstance(value, dict) else {}
            name = names.of_fact(code, chance.get("code"))
            return f"{name} ({round(_number(chance.get('p')) * 100)} %)"
        case Kind.TEXT:
            return _or(_quote(word) for word in ([value] if isinstance(value, str) else value))
    values = value if isinstance(value, list) else [value]
    return _or(names.of_fact(code, one) for one in values)


def _number(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0


def _quote(text: Any) -> str:
    return pgettext("words of somebody", "“%(words)s”") % {"words": _short(str(text))}


def _short(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text


def tell_then(steps: Iterable[Mapping[str, Any]], names: Names) -> list[str]:
    return [tell_step(step, names) for step in steps]


def tell_step(step: Mapping[str, Any], names: Names) -> str:
    do, value = str(step.get("do", "")), step.get("value")
    if not do:
        return "…"  # still to be chosen
    action = names.actions.get(do)
    if action is None:
        return _("something that is gone")
    match action.input:
        case "":
            return str(action.name)
        case "text":
            return _("%(step)s: %(value)s") % {"step": action.name, "value": _quote(value or "")}
        case "pair":
            code, text = [*(value or []), "", ""][:2]
            given = {"field": names.of_step(do, code), "value": _quote(text)}
            return _("%(step)s: %(value)s") % {
                "step": action.name,
                "value": _("%(field)s with %(value)s") % given,
            }
    return _("%(step)s: %(value)s") % {"step": action.name, "value": names.of_step(do, value or "")}


def tell_rule(
    trigger: Mapping[str, Any],
    conditions: Mapping[str, Any],
    steps: Iterable[Mapping[str, Any]],
    *,
    stops: bool = False,
) -> str:
    """The whole rule as one sentence."""
    names = Names()
    when, if_words = tell_when(trigger), tell_if(conditions, names)
    then = pgettext("between steps", "; ").join(tell_then(steps, names)) or "…"
    words = {"when": when, "if": if_words, "then": then}
    told = (
        _("%(when)s, if %(if)s: %(then)s.") % words
        if if_words
        else _("%(when)s: %(then)s.") % words
    )
    return told + " " + _("Then no later rule is asked.") if stops else told


@register.filter
def rule_sentence(version: RuleVersion | None) -> str:
    if version is None:
        return ""
    return tell_rule(version.trigger, version.conditions, version.steps, stops=version.stops)
