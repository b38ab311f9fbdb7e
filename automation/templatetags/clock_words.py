"""Clocks in words: why one runs, why it stood still, why it broke."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from automation.models import Clock
from automation.queries.clocks import clocks_of
from core.clock import now
from core.models import Event
from tickets.models import Category

register = template.Library()

METRICS = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
}
_BEGAN = {
    "asked": gettext_lazy("The customer wrote"),
    "opened": gettext_lazy("The ticket was opened"),
    "answered": gettext_lazy("We answered"),
    "assigned": gettext_lazy("It was assigned"),
    "bot_answered": gettext_lazy("The bot answered"),
}
_ASIDE = {
    "aside:spam": gettext_lazy("it lay in the spam folder"),
    "aside:merged": gettext_lazy("it was merged into another ticket"),
}


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    words: str
    is_bad: bool = False


@register.simple_tag(takes_context=True)
def ticket_clocks(context: dict[str, Any]) -> list[Clock]:
    return clocks_of(context["ticket"])


@register.filter
def metric_name(code: str) -> str:
    return str(METRICS.get(code, code))


@register.filter
def state_words(clock: Clock) -> str:
    """In one line: how it stands."""
    match clock.state:
        case Clock.State.PAUSED:
            return _("stands still: %(why)s") % {"why": why_words(_standing(clock))}
        case Clock.State.MET:
            return _("kept, %(share)d %% of the time used") % {"share": share(clock)}
        case Clock.State.BREACHED if clock.is_going:
            return _("broken, and still open")
        case Clock.State.BREACHED:
            return _("broken")
        case Clock.State.CANCELLED:
            return _("called off")
    return _("runs, %(share)d %% of the time used") % {"share": share(clock)}


@register.filter
def share(clock: Clock) -> int:
    """How much of the time was used when it was last looked at, in per cent."""
    return min(999, round(100 * clock.elapsed / clock.target)) if clock.target else 0


@register.filter
def counts(clock: Clock) -> bool:
    """Whether its chip counts on by itself: it runs towards a moment, or is past it."""
    return clock.is_going and clock.due_at is not None


@register.filter
def is_at_risk(clock: Clock) -> bool:
    """By the last estimate, which is of running clocks alone."""
    return clock.state == Clock.State.RUNNING and bool((clock.risk or {}).get("is_at_risk"))


@register.filter
def risk_words(clock: Clock) -> str:
    """What the estimate is made of, so that everybody can judge it."""
    risk = clock.risk or {}
    words = {
        "ahead": risk.get("ahead", 0),
        "pace": f"{risk.get('per_hour', 0):g}",
        "needs": span_words(risk.get("needs", 0)),
        "left": span_words(max(risk.get("left", 0), 0)),
    }
    if risk.get("is_at_risk"):
        return (
            _(
                "At risk: %(ahead)s are due before it, the team does %(pace)s an hour, so it takes "
                "about %(needs)s; %(left)s are left."
            )
            % words
        )
    return _("By the pace of the team (%(pace)s an hour) it takes about %(needs)s.") % words


@register.filter
def chip_state(clock: Clock) -> str:
    match clock.state:
        case Clock.State.MET:
            return "met"
        case Clock.State.BREACHED:
            return "past"
        case Clock.State.PAUSED | Clock.State.CANCELLED:
            return "paused"
    return "soon" if clock.warned_at else "ok"


@register.filter
def span_words(seconds: int) -> str:
    """Working time, as it was promised: 30 min, 4 h, 1 h 30 min."""
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = []
    if hours:
        parts.append(ngettext("%(n)d h", "%(n)d h", hours) % {"n": hours})
    if minutes or not hours:
        parts.append(ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes})
    return " ".join(parts)


@register.filter
def late_words(clock: Clock) -> str:
    """By how much it is or was too late, on the clock on the wall."""
    if clock.due_at is None:
        return ""
    late: timedelta = (clock.stopped_at or now()) - clock.due_at
    return span_words(int(late.total_seconds()))


@register.filter
def lines(clock: Clock) -> list[Line]:
    """The whole story of it."""
    return [_line(clock, datetime.fromisoformat(at), what, why) for at, what, why in clock.steps]


def _line(clock: Clock, at: datetime, what: str, why: str) -> Line:
    match what:
        case "started":
            return Line(at, _("%(why)s: the clock started.") % {"why": why_words(why)})
        case "paused":
            return Line(at, _("It stood still: %(why)s.") % {"why": why_words(why)})
        case "resumed":
            return Line(at, _("It ran again."))
        case "terms":
            return Line(at, _terms_words(why))
        case "due":
            words = _("%(time)s were used up: the promise was broken.")
            return Line(at, words % {"time": span_words(clock.target)}, is_bad=True)
        case "called_off":
            return Line(at, _("%(why)s: the clock was called off.") % {"why": why_words(why)})
    return Line(at, _("%(why)s: the clock stopped.") % {"why": why_words(why)})


def _terms_words(why: str) -> str:
    match why:
        case "priority":
            return _("The priority changed: another time was promised, counted from the beginning.")
        case "type":
            return _("The type changed: another time was promised, counted from the beginning.")
    return _("The service levels changed: the time was counted anew from the beginning.")


def why_words(code: str) -> str:
    """A cause as the fold names it: asked, waiting_customer, status:resolved, aside:spam."""
    if known := _BEGAN.get(code) or _ASIDE.get(code):
        return str(known)
    category = code.removeprefix("status:")
    if category in Category.values:
        label = str(Category(category).label)
        return pgettext("status of a ticket", "“%(status)s”") % {"status": label}
    return code


def _standing(clock: Clock) -> str:
    return next((why for _first, last, why in reversed(clock.pauses) if last is None), "")


def sentence_of(event: Event) -> str:
    name = metric_name(str(event.details.get("metric", "")))
    if event.name == "sla.breached":
        return _("Service level broken: %(metric)s") % {"metric": name}
    return _("Service level at risk: %(metric)s") % {"metric": name}


SENTENCES = ("sla.warned", "sla.breached")
