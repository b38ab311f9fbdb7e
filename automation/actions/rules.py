"""Keeping rules: drafts, what is put in force, what is taken out of it, and their order."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from automation.actions.rule_account import may, rule_account
from automation.actions.rule_following import next_round
from automation.actions.rule_steps import known_actions
from automation.models import Rule, RuleTimer, RuleVersion
from automation.queries.rule_catalogue import EVENTS, MOMENTS, known_facts
from automation.rules.reading import (
    Unreadable,
    read_tree,
    read_trigger,
    write_tree,
    write_trigger,
)
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import record
from core.rule_parts import RuleAction
from tickets.actions.change import clean_tag

MOST_STEPS = 10


@transaction.atomic
def save_rule(
    rule: Rule | None,
    *,
    actor: User | None,
    name: str,
    trigger: Mapping[str, Any],
    conditions: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    stops: bool = False,
) -> RuleVersion:
    """What was in force stays as it was said; the draft does nothing yet. Refuses with the place
    of what is wrong as ``field``: "if.0.value", "then.1", "when.events"."""
    read = read_rule(trigger, conditions, steps)
    rule_account()
    rule = _named(rule, name)
    draft = rule.versions.filter(since=None).first() or RuleVersion(
        rule=rule, number=_next_number(rule)
    )
    draft.trigger, draft.conditions, draft.steps = read
    draft.stops, draft.made_at, draft.made_by = stops, now(), actor
    draft.save()
    record("rule.drafted", subject=rule, actor=actor, version=draft.number)
    return draft


def read_rule(
    trigger: Mapping[str, Any], conditions: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """Each part as it is kept."""
    try:
        when = write_trigger(read_trigger(trigger, events=EVENTS, moments=MOMENTS))
        tree = write_tree(read_tree(conditions, known_facts()))
    except Unreadable as wrong:
        raise Invalid(_words_of(wrong), field=wrong.place) from None
    if not steps:
        raise Invalid(_("Say what the rule is to do."), field="then")
    if len(steps) > MOST_STEPS:
        raise Invalid(_("At most %(n)d steps.") % {"n": MOST_STEPS}, field="then")
    return when, tree, [_read_step(step, f"then.{n}") for n, step in enumerate(steps)]


def _words_of(wrong: Unreadable) -> str:
    words = {
        "no_value": _("Choose or write a value."),
        "too_long": _("That is too long."),
        "pattern": _("The expression is not understood: %(told)s."),
        "no_number": _("Write a number."),
        "no_span": _("Choose a length of at most a year."),
        "no_chance": _("Choose a likelihood between 0 and 1."),
        "no_fact": _("This can no longer be asked for."),
        "too_deep": _("Groups lie in one another at most %(told)s deep."),
        "too_many": _("At most %(told)s conditions."),
        "no_time": _("Write a time such as 09:00."),
        "no_zone": _("There is no such time zone."),
    }
    return words.get(wrong.code, _("This is no rule.")) % {"told": wrong.told}


def _read_step(raw: Mapping[str, Any], place: str) -> dict[str, Any]:
    action = known_actions().get(str(raw.get("do", "")))
    if action is None or set(raw) - {"do", "value"}:
        raise Invalid(_("Choose what is to be done."), field=place)
    try:
        value = _read_value(action, raw.get("value"))
        value = action.check(value) if action.check else value
    except ValueError as wrong:
        raise Invalid(str(wrong), field=place) from None
    return {"do": raw["do"]} if not action.input else {"do": raw["do"], "value": value}


def _read_value(action: RuleAction, value: Any) -> Any:
    known = dict(action.options()) if action.options else {}
    match action.input:
        case "one":
            if str(value) not in known:
                raise ValueError(_("Choose one of the values."))
            return str(value)
        case "many":
            chosen = [str(one) for one in value] if isinstance(value, list) else []
            if not chosen or set(chosen) - known.keys():
                raise ValueError(_("Choose at least one value."))
            return chosen
        case "words":
            return _read_words(value)
        case "pair":
            if not isinstance(value, list) or len(value) != 2 or str(value[0]) not in known:
                raise ValueError(_("Choose one of the values."))
            return [str(value[0]), str(value[1]).replace("\0", "")[:500]]
    return value


def _read_words(value: Any) -> list[str]:
    given = value.replace("，", ",").split(",") if isinstance(value, str) else value
    parts = [str(one).replace("\0", "") for one in given] if isinstance(given, list) else []
    words = list(dict.fromkeys(filter(None, (clean_tag(part)[:40] for part in parts))))
    if not words:
        raise ValueError(_("Choose at least one value."))
    return words


def _named(rule: Rule | None, name: str) -> Rule:
    rule = rule or Rule(position=Rule.objects.count(), created_at=now())
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid(_("A name of at most 80 characters."), field="name")
    if Rule.objects.filter(name=name).exclude(pk=rule.pk).exists():
        raise Invalid(_("There is a rule of this name already."), field="name")
    rule.name = name
    rule.save()
    return rule


def _next_number(rule: Rule) -> int:
    newest: int | None = rule.versions.aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1


@transaction.atomic
def enable_rule(rule: Rule, *, actor: User | None) -> RuleVersion:
    """From this moment on its draft acts. Nobody makes rules do what neither they nor the rules'
    account may do; ``None`` is the program itself."""
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    draft = rule.versions.filter(since=None).first()
    if draft is None:
        raise Invalid(_("Nothing was changed since it was put in force."))
    _check_rights(draft, actor)
    moment = now()
    rule.versions.filter(since__isnull=False, until=None).update(until=moment)
    draft.since = moment
    draft.save(update_fields=["since"])
    rule.next_at = next_round(draft, moment)
    rule.save(update_fields=["next_at"])
    RuleTimer.objects.filter(rule=rule).delete()
    record("rule.changed", subject=rule, actor=actor, version=draft.number, is_on=True)
    return draft


def _check_rights(draft: RuleVersion, actor: User | None) -> None:
    actions, account = known_actions(), rule_account()
    for step in draft.steps:
        action = actions.get(step["do"])
        if action is None:
            raise Invalid(_("It does something that no longer exists."))
        if actor and not actor.may(action.right):
            raise NotAllowed(_("Your role does not allow what this rule does."))
        if draft.kind != "manual" and not may(account, action.right):
            reason = _("The rules’ account may not do this: “%(step)s”. Allow it there first.")
            raise Invalid(reason % {"step": action.name}, field="account")


@transaction.atomic
def disable_rule(rule: Rule, *, actor: User | None) -> None:
    """Its last version becomes a draft again, under a new number."""
    rule = Rule.objects.select_for_update().get(pk=rule.pk)
    last = rule.versions.filter(since__isnull=False, until=None).first()
    if last is None:
        return
    last.until = now()
    last.save(update_fields=["until"])
    if not rule.versions.filter(since=None).exists():
        RuleVersion.objects.create(
            rule=rule,
            number=_next_number(rule),
            trigger=last.trigger,
            conditions=last.conditions,
            steps=last.steps,
            stops=last.stops,
            made_by=actor,
        )
    rule.next_at = None
    rule.save(update_fields=["next_at"])
    RuleTimer.objects.filter(rule=rule).delete()
    record("rule.changed", subject=rule, actor=actor, version=last.number, is_on=False)


@transaction.atomic
def order_rules(ids: Sequence[UUID], *, actor: User) -> None:
    """As named; what is not named, because somebody has just added it, stands at the end."""
    rows = {row.pk: row for row in Rule.objects.select_for_update().order_by("position", "name")}
    named = [rows.pop(pk) for pk in dict.fromkeys(ids) if pk in rows]
    ordered = [*named, *rows.values()]
    moved = [row for position, row in enumerate(ordered) if row.position != position]
    for position, row in enumerate(ordered):
        row.position = position
    if moved:
        Rule.objects.bulk_update(moved, ["position"])
        record("rule.ordered", subject=moved[0], actor=actor, count=len(ordered))


@transaction.atomic
def delete_rule(rule: Rule, *, actor: User) -> None:
    """With its log; one that acts is switched off first."""
    if rule.versions.filter(since__isnull=False, until=None).exists():
        raise Invalid(_("Switch the rule off first."))
    record("rule.removed", subject=rule, actor=actor)
    rule.delete()
