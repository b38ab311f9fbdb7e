"""Rules in words: why one ran, what it did, and how the story of a ticket tells it."""

import time
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import escape
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from automation.actions.rule_replay import Hit
from automation.models import Rule, RuleRun, RuleVersion
from automation.queries.rule_catalogue import EVENTS
from automation.queries.rules import offered_rules
from automation.rules.shapes import Kind
from automation.templatetags.rule_words import (
    Names,
    join_and,
    join_list,
    span,
    tell_ask,
    tell_step,
)
from core.models import Event
from tickets.models import Ticket

register = template.Library()

_REFUSED = {
    "no_right": gettext_lazy("the rules’ account has no right to do this"),
    "not_visible": gettext_lazy("the rules’ account may not touch this ticket"),
    "unknown": gettext_lazy("there is no such step any more"),
}
_STOPPED = {
    "again": gettext_lazy("It had run for the same cause already, so it was stopped."),
    "too_deep": gettext_lazy("Too many rules had led to one another, so it was stopped."),
}


@register.filter
def why_lines(run: RuleRun) -> list[dict[str, Any]]:
    """Each condition with whether it held and what was there."""
    names = Names()
    return [
        {
            "words": tell_ask(one, names),
            "holds": one["holds"],
            "saw": _saw_words(one, names),
        }
        for one in run.seen
    ]


def _saw_words(one: Mapping[str, Any], names: Names) -> str:
    offered, saw = names.facts.get(str(one["fact"])), one.get("saw")
    if offered is None or offered.fact.kind == Kind.TEXT:
        return ""
    if offered.fact.kind == Kind.MOMENT:
        return span(saw) if saw is not None else _("nothing")
    if offered.fact.kind == Kind.CHANCES:
        return _("nothing understood") if saw is None else f"{round(saw * 100)} %"
    return names.of_fact(str(one["fact"]), saw)


@register.filter
def done_lines(run: RuleRun) -> list[dict[str, Any]]:
    names = Names()
    return [
        {
            "words": tell_step(one, names),
            "refused": _refusal_words(one),
            "changes": list(change_words(one.get("changes") or {}, names)),
            "idle": not (
                one.get("changes") or one.get("made") or one.get("acted") or one.get("code")
            ),
        }
        for one in run.done
    ]


@register.filter
def foreseen_lines(hit: Hit) -> list[dict[str, Any]]:
    names = Names()
    return [
        {
            "words": tell_step({"do": step.do, "value": step.value}, names),
            "refused": _refusal_words({"code": step.code}),
            "changes": list(change_words(step.changes, names)),
            "idle": not (step.changes or step.acts or step.code),
        }
        for step in hit.steps
    ]


def _refusal_words(one: Mapping[str, Any]) -> str:
    code = str(one.get("code", ""))
    return str(_REFUSED.get(code, one.get("reason") or code)) if code else ""


def change_words(changes: Mapping[str, list[Any]], names: Names) -> Iterable[str]:
    for fact, (was, became) in changes.items():
        if fact == "category":
            continue
        offered = names.facts.get(fact)
        words = {
            "fact": str(offered.name) if offered else fact,
            "was": names.of_fact(fact, was),
            "now": names.of_fact(fact, became),
        }
        yield _("%(fact)s: %(was)s → %(now)s") % words


@register.filter
def stopped_words(run: RuleRun) -> str:
    return str(_STOPPED.get(run.why, ""))


@register.filter
def event_words(name: str) -> str:
    return str(EVENTS.get(name, ""))


@register.filter
def kept_words(kept: Iterable[str]) -> str:
    names = Names()
    words = []
    for one in kept:
        known: Any = names.facts.get(one) or names.actions.get(one)
        words.append(str(known.name) if known else one)
    return join_list(words)


@register.simple_tag
def rules_of_ticket(ticket: Ticket) -> list[RuleRun]:
    """What rules did here, the newest first."""
    runs = RuleRun.objects.filter(ticket=ticket).select_related("rule", "version", "by")
    return list(runs[:20])


@register.simple_tag
def manual_rules() -> list[RuleVersion]:
    return offered_rules()


# In the ticket's story

_whys: dict[tuple[str, str, str], str] = {}
_names: dict[UUID, str] = {}
_named_at = 0.0
_FRESH_SECONDS = 5.0


def sentence_of(event: Event) -> str:
    """Which rule, and by which of its conditions. A sentence is a pattern with {who} in it, so what
    admins wrote is escaped for both."""
    name = _plain(_name_of(UUID(str(event.details.get("rule")))))
    if event.name == "rule.undone":
        return _("{who} undid what the rule “%(rule)s” did") % {"rule": name}
    why = _plain(_why_of(event))
    if event.details.get("state") == RuleRun.State.REFUSED:
        return _("The rule “%(rule)s” fitted, and was refused what it is to do") % {"rule": name}
    if not why:
        return _("The rule “%(rule)s” ran") % {"rule": name}
    return _("The rule “%(rule)s” ran, because %(why)s") % {"rule": name, "why": why}


def _plain(text: str) -> str:
    return escape(text).replace("{", "{{").replace("}", "}}")


def _name_of(pk: UUID) -> str:
    """All names at once, for a story may tell of several rules."""
    global _named_at
    if pk not in _names or time.monotonic() - _named_at > _FRESH_SECONDS:
        _names.clear()
        _whys.clear()
        _names.update(Rule.objects.values_list("pk", "name"))
        _named_at = time.monotonic()
    return _names.get(pk, _("deleted"))


def _why_of(event: Event) -> str:
    """Of each version and set of conditions once in a while: a version in force never changes, but
    what it names may be called otherwise."""
    held = event.details.get("held") or []
    key = (str(event.details.get("version")), " ".join(held), get_language() or "")
    if key not in _whys:
        version = RuleVersion.objects.filter(pk=key[0]).first()
        found = _asks(version.conditions, "") if version else ()
        names = Names()
        _whys[key] = join_and(tell_ask(ask, names) for place, ask in found if place in held)
    return _whys[key]


def _asks(node: Mapping[str, Any], place: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if "fact" in node:
        yield place, node
        return
    parts: Iterable[Mapping[str, Any]] = next(
        (node[way] for way in ("all", "any", "not") if way in node), []
    )
    for n, part in enumerate(parts):
        yield from _asks(part, f"{place}.{n}" if place else str(n))


SENTENCES = ("rule.ran", "rule.undone")
