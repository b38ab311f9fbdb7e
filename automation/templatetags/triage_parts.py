"""Guesses and what was learned, in words."""

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automation.models import Triaged, TriageGuess, TriageModel
from automation.queries.triage import SETTABLE
from tickets.models import Priority, TicketType

register = template.Library()

_MOODS = {"unhappy": gettext_lazy("unhappy"), "happy": gettext_lazy("happy")}
_LANGUAGES = {
    "en": gettext_lazy("English"),
    "zh-hans": gettext_lazy("Chinese, simplified"),
    "zh-hant": gettext_lazy("Chinese, traditional"),
}
_LABELS = {
    Triaged.TYPE: gettext_lazy("Type: %(value)s"),
    Triaged.PRIORITY: gettext_lazy("Priority: %(value)s"),
    Triaged.SKILL: gettext_lazy("Needs: %(value)s"),
    Triaged.LANGUAGE: gettext_lazy("Language: %(value)s"),
    Triaged.SENTIMENT: gettext_lazy("Mood: %(value)s"),
}
_WHY = {
    "too_little": gettext_lazy("There is too little to learn from yet."),
    "worse": gettext_lazy("It is worse than the version in use, which stays."),
}


@register.filter
def guess_words(guess: TriageGuess) -> str:
    return _LABELS[Triaged(guess.field)] % {"value": _value(guess)}


def _value(guess: TriageGuess) -> str:
    match guess.field:
        case Triaged.TYPE:
            names = TicketType.objects.filter(code=guess.value).values_list("name", flat=True)
            return names.first() or guess.value
        case Triaged.PRIORITY:
            return str(Priority[guess.value.upper()].label)
        case Triaged.SENTIMENT:
            return str(_MOODS.get(guess.value, guess.value))
        case Triaged.LANGUAGE:
            return str(_LANGUAGES.get(guess.value, guess.value))
    return guess.value


@register.filter
def is_settable(guess: TriageGuess) -> bool:
    return guess.field in SETTABLE


@register.filter
def as_percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


@register.filter
def version_why(model: TriageModel) -> str:
    return str(_WHY.get(model.why, ""))


@register.filter
def report_rows(model: TriageModel) -> list[dict[str, Any]]:
    """A line per field, with what a threshold of 80 % would mean."""
    rows = []
    for field, label in Triaged.choices:
        told = model.report.get(field)
        if told:
            at_80 = next((one for one in told.get("sure", []) if one[0] == 0.8), None)
            rows.append({"name": label, "at_80": at_80, **told})
    return rows


@register.simple_tag
def sure_words(at_80: list[Any] | None) -> str:
    """How many would be set by themselves from 80 % on, and how often that is right."""
    if not at_80 or at_80[2] is None:
        return _("none")
    return _("%(share)s, right %(right)s") % {
        "share": as_percent(at_80[1]),
        "right": as_percent(at_80[2]),
    }
