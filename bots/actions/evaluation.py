"""Suites and their tests: made by hand, or from a conversation."""

from collections.abc import Mapping
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.evaluation.scripts import Script, Unreadable, read_script
from bots.models import Bot, Case, Suite
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import record

SET_UP = "bots.set_up_bot"
MOST_CASES = 200
_MOST_SUITES = 20
_MOST_TEXT = 60_000


def require(actor: User | None, right: str) -> None:
    """``None`` is the program itself: demonstration data, a worker."""
    if actor is not None and not actor.may(right):
        raise NotAllowed(_("Your role does not allow this."), right=right)


# Suites


@transaction.atomic
def add_suite(bot: Bot, *, name: str, is_gating: bool, bar: int, actor: User | None) -> Suite:
    require(actor, SET_UP)
    Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    if bot.suites.count() >= _MOST_SUITES:
        raise Invalid(_("A bot has at most %(n)s suites.") % {"n": _MOST_SUITES})
    suite = Suite(bot=bot, name=_clean_name(bot, name), created_by=actor)
    suite.is_gating, suite.bar = is_gating, bar
    suite.save(force_insert=True)
    record("suite.added", subject=suite, actor=actor)
    return suite


def _clean_name(bot: Bot, name: str, *, own: Suite | None = None) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Invalid(_("A name of at most 80 characters."), field="name")
    others = bot.suites.exclude(pk=own.pk) if own else bot.suites.all()
    if others.filter(name=name).exists():
        raise Invalid(_("There is a suite of this name already."), field="name")
    return name


@transaction.atomic
def change_suite(suite: Suite, *, actor: User, name: str, is_gating: bool, bar: int) -> Suite:
    require(actor, SET_UP)
    suite = Suite.objects.select_for_update(of=("self",)).select_related("bot").get(pk=suite.pk)
    values = {"name": _clean_name(suite.bot, name, own=suite), "is_gating": is_gating, "bar": bar}
    changed = [key for key, value in values.items() if getattr(suite, key) != value]
    for key in changed:
        setattr(suite, key, values[key])
    if changed:
        suite.save(update_fields=changed)
        record("suite.changed", subject=suite, actor=actor, fields=changed)
    return suite


@transaction.atomic
def remove_suite(suite: Suite, *, actor: User) -> None:
    """With its tests and what came of them."""
    require(actor, SET_UP)
    record("suite.removed", subject=suite, actor=actor)
    suite.delete()


# Tests


@transaction.atomic
def save_case(
    suite: Suite,
    given: Mapping[str, Any],
    *,
    actor: User | None,
    kind: str,
    case: Case | None = None,
    source: str = Case.Source.WRITTEN,
) -> Case:
    """``given`` is in the shape of ``bots.evaluation.scripts.Script``."""
    require(actor, SET_UP)
    script = _read(given)
    suite = Suite.objects.select_for_update(of=("self",)).get(pk=suite.pk)
    if case is None:
        if suite.cases.count() >= MOST_CASES:
            raise Invalid(_("A suite has at most %(n)s tests.") % {"n": MOST_CASES})
        case = Case(suite=suite, source=source, created_by=actor)
    case.kind, case.language, case.changed_at = kind, script.language, now()
    case.given = script.as_json()
    case.save()
    record("suite.case_saved", subject=suite, actor=actor, case=case.pk)
    return case


def _read(given: Mapping[str, Any]) -> Script:
    try:
        script = read_script(given)
    except (Unreadable, TypeError, KeyError, ValueError) as problem:
        raise Invalid(words_of(problem)) from None
    if script.language not in dict(settings.LANGUAGES):
        raise Invalid(_("Choose a language."), field="language")
    if not all(one.strip() for one in script.turns) or len(str(given)) > _MOST_TEXT:
        raise Invalid(_("Write what the customer says, one turn a line."), field="turns")
    return script


def words_of(problem: Exception) -> str:
    code, about = getattr(problem, "code", ""), getattr(problem, "about", "")
    match code:
        case "turns":
            return str(_("A test has one to twelve turns of the customer."))
        case "expects":
            return str(_("Say what is right: solved, a hand-off, an intent or an article."))
        case "reason":
            return str(_("There is no reason “%(name)s” to hand over.") % {"name": about})
        case "pattern":
            return str(_("“%(pattern)s” cannot be looked for.") % {"pattern": about})
        case "unknown":
            return str(_("This is not known here: %(names)s") % {"names": about})
    return str(_("This is no test."))


@transaction.atomic
def remove_case(case: Case, *, actor: User) -> None:
    require(actor, SET_UP)
    record("suite.case_removed", subject=case.suite, actor=actor, case=case.pk)
    case.delete()


@transaction.atomic
def import_cases(suite: Suite, text: str, *, actor: User) -> list[Case]:
    """A list of dialogues in YAML; all of them or none."""
    try:
        listed = yaml.safe_load(text)
    except yaml.YAMLError:
        raise Invalid(_("This cannot be read as YAML."), field="text") from None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Invalid(_("It must be a list of dialogues."), field="text")
    made = []
    for number, one in enumerate(listed, start=1):
        known = {key: value for key, value in one.items() if key not in ("flow", "note")}
        known["language"] = {"zh": "zh-hans"}.get(known.get("language", ""), known.get("language"))
        try:
            turns = known.get("turns")
            is_one = isinstance(turns, list) and len(turns) == 1 and not known.get("knows")
            kind = Case.Kind.QUESTION if is_one else Case.Kind.SCRIPT
            made.append(save_case(suite, known, actor=actor, kind=kind))
        except Invalid as refusal:
            said = _("Number %(n)s: %(problem)s") % {"n": number, "problem": refusal.reason}
            raise Invalid(said, field="text") from None
    return made
