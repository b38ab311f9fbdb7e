"""An agent's numbers in words, each with how it is counted."""

from dataclasses import dataclass
from datetime import timedelta

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.queries.my_numbers import Numbers

register = template.Library()

COUNTED = {
    "waiting": gettext_lazy(
        "Your tickets that are new or open and in which the customer waits for an answer: they "
        "wrote last, or you kept the ticket open. Spam is left out."
    ),
    "answered": gettext_lazy(
        "Answers to customers that you wrote, by the time you sent them. Notes, side conversations "
        "and answers you took back do not count."
    ),
    "resolved": gettext_lazy(
        "Tickets assigned to you that were resolved in this time, whoever set the status, and "
        "those reopened in it. Merged tickets and spam are left out."
    ),
    "first": gettext_lazy(
        "From the customer's request to the first answer, where that answer was yours and was sent "
        "in this time. The median: half of them took longer. Nights and weekends count in full."
    ),
    "reopened": gettext_lazy(
        "Of the tickets counted as resolved, those that were opened again in the same time."
    ),
}
LABELS = {
    "answered": gettext_lazy("Answers"),
    "resolved": gettext_lazy("Resolved"),
    "first": gettext_lazy("First answer after"),
    "reopened": gettext_lazy("Reopened"),
}


@dataclass(frozen=True, slots=True)
class Line:
    code: str
    label: str
    counted: str
    values: list[str]


@register.filter
def number_lines(numbers: list[Numbers]) -> list[Line]:
    return [
        Line(code, str(label), str(COUNTED[code]), [_value(code, one) for one in numbers])
        for code, label in LABELS.items()
    ]


def _value(code: str, one: Numbers) -> str:
    match code:
        case "answered":
            return str(one.answered)
        case "resolved":
            return str(one.resolved)
        case "first":
            return in_time(one.first_reply) if one.first_reply is not None else "—"
    share = one.reopened_share
    return "—" if share is None else _("%(percent)s %%") % {"percent": round(share * 100)}


@register.filter
def in_time(span: timedelta) -> str:
    """The two largest units: 3 d 4 h, 1 h 20 min, 5 min, 40 s."""
    seconds = max(0, round(span.total_seconds()))
    days, hours = seconds // 86_400, seconds % 86_400 // 3600
    minutes = seconds % 3600 // 60
    if days:
        return _("%(d)d d %(h)d h") % {"d": days, "h": hours}
    if hours:
        return _("%(h)d h %(m)d min") % {"h": hours, "m": minutes}
    if minutes:
        return _("%(m)d min") % {"m": minutes}
    return _("%(s)d s") % {"s": seconds}


@register.simple_tag
def counted(code: str) -> str:
    return str(COUNTED[code])
