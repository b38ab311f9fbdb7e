"""Scores, verdicts and criteria in words."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from quality.checks.running import CHECKS
from quality.models import Inspection, Review, Shift
from quality.queries.figures import Trend

register = template.Library()
# The names of the rubric as it ships; others stand as they were written.
NAMES = [
    gettext_noop("Greeting"),
    gettext_noop("No long gaps"),
    gettext_noop("Promises kept"),
    gettext_noop("Customer's language"),
    gettext_noop("No forbidden words"),
    gettext_noop("Every question answered"),
    gettext_noop("No personal data in clear"),
    gettext_noop("Friendly tone"),
    gettext_noop("Solution confirmed"),
    gettext_noop("Understood the request"),
    gettext_noop("Right solution"),
    gettext_noop("Empathy"),
    gettext_noop("Clear wording"),
]
_BY_CODE = {
    "no_greeting": NAMES[0],
    "response_gap": NAMES[1],
    "broken_promise": NAMES[2],
    "wrong_language": NAMES[3],
    "forbidden_words": NAMES[4],
    "unanswered_question": NAMES[5],
    "personal_data": NAMES[6],
    "rude_tone": NAMES[7],
    "not_confirmed": NAMES[8],
    "understanding": NAMES[9],
    "solution": NAMES[10],
    "empathy": NAMES[11],
    "clarity": NAMES[12],
}
_LOW, _HIGH = 60, 85


@register.filter
def criterion_words(name: str) -> str:
    return _(name) if name in NAMES else name


@register.filter
def code_words(code: str) -> str:
    return _(_BY_CODE[code]) if code in _BY_CODE else code


@register.filter
def criterion_of(inspection: Inspection, code: str) -> str:
    names = {one["code"]: one["name"] for one in inspection.rubric.criteria}
    return criterion_words(names[code]) if code in names else code_words(code)


@register.filter
def fault_words(inspection: Inspection) -> str:
    return ", ".join(code_words(code) for code in inspection.faults)


@register.filter
def is_automatic(code: Any) -> bool:
    return code in CHECKS


@register.filter
def score_tone(score: int) -> str:
    if score < _LOW:
        return "bad"
    return "ok" if score >= _HIGH else "warn"


@register.filter
def mood_tone(mood: int) -> str:
    if mood <= -25:
        return "bad"
    return "ok" if mood >= 25 else "even"


@register.filter
def mark_words(mark: int | None) -> str:
    if mark is None:
        return _("does not apply")
    return [_("poor"), _("weak"), _("good"), _("very good")][mark]


@register.filter
def has_mark(review: Review, code: str) -> str:
    """As the form writes it; empty before it is finished."""
    if review.done_at is None:
        return ""
    mark = review.marks.get(code)
    return "-" if mark is None else str(mark)


@register.filter
def points(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"


@register.filter
def percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


@register.filter
def kappa(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


@register.filter
def trend_words(trend: Trend) -> str:
    return ", ".join(points(one.mean) for one in trend.points)


@register.filter
def shift_words(shift: Shift) -> str:
    if shift.team:
        name = shift.team.name
    else:
        name = _("Bots") if shift.scope == "bots" else _("All conversations")
    told = {
        "name": name,
        "before": points(shift.before),
        "after": points(shift.after),
        "n": shift.count,
        "week": shift.week.isoformat(),
    }
    return _("%(name)s: mean %(before)s → %(after)s in the week of %(week)s (n = %(n)s).") % told
