"""Tests, trials and verified months in words."""

from datetime import date
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bots.evaluation.scripts import reasons_in
from bots.models import Case, HandOff, ReleaseWatch, Run, Trial
from bots.queries.gate import Standing, problem_of
from bots.words_of_evaluation import CHANGE_WORDS, GATE_WORDS, VERDICT_WORDS
from bots.words_of_releases import alarm_words as words_of_alarm
from bots.words_of_releases import release_words as words_of_release
from bots.words_of_releases import share_words
from core.registry import setbacks

register = template.Library()


@register.filter
def expected_words(case: Case) -> str:
    expect = case.given.get("expect") or {}
    if reasons := reasons_in(expect):
        labels = dict(HandOff.Reason.choices)
        words = " / ".join(str(labels.get(one, one)) for one in reasons)
        return _("Handed over: %(reason)s") % {"reason": words}
    if intent := expect.get("intent"):
        return _("Understood as %(intent)s") % {"intent": intent}
    return _("Answered by an article") if expect.get("article") else _("Settled by the bot")


@register.filter
def candidate_words(one: Run | Trial) -> str:
    parts = []
    if one.flows:
        names = ", ".join(sorted(one.flows))
        parts.append(_("Drafts: %(names)s") % {"names": names})
    if one.model:
        parts.append(_("version %(n)s of the understanding") % {"n": one.model})
    return " · ".join(parts) or _("What is live")


@register.filter
def has_candidate(run: Run) -> bool:
    return bool(run.flows or run.model)


@register.filter
def gate_problem(run: Run) -> str:
    problem = problem_of(run, run.suite)
    return str(GATE_WORDS[problem]) if problem else ""


@register.filter
def standing_words(problem: str) -> str:
    return str(GATE_WORDS[problem])


@register.filter
def needs_playing(gate: list[Standing]) -> bool:
    return any(one.problem == "not_run" for one in gate)


@register.filter
def has_against(gate: list[Standing]) -> bool:
    return any(one.problem for one in gate)


@register.filter
def change_words(code: str) -> str:
    return str(CHANGE_WORDS[code])


@register.filter
def verdict_words(code: str) -> str:
    return str(VERDICT_WORDS[code])


@register.filter
def points(share: Any) -> str:
    return f"{100 * float(share):+.1f}".replace("-", "−")


@register.filter
def chance_words(chance: float) -> str:
    return "< 0.1" if chance < 0.001 else f"{100 * chance:.1f}"


@register.filter
def month_words(month: date) -> str:
    return date_format(month, "YEAR_MONTH_FORMAT")


@register.filter
def alarm_words(watch: ReleaseWatch) -> str:
    return words_of_alarm(watch)


@register.filter
def release_words(watch: ReleaseWatch) -> str:
    return words_of_release(watch)


@register.filter
def counted_since(watch: ReleaseWatch) -> list[tuple[str, str]]:
    """Of each thing that is counted: before, and since."""
    nothing = [0, 0]
    return [
        (share_words(watch.before.get(code, nothing)), share_words(watch.after.get(code, nothing)))
        for code in setbacks
    ]
