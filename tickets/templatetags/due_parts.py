"""How long until a ticket's nearest promise is due, as the chip that lists and tickets show."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from core.clock import now
from core.templatetags.frame import words_script
from core.templatetags.icons import icon, sprite_path
from tickets.models import Ticket

register = template.Library()

SOON = timedelta(hours=1)
_GLYPHS = {"past": "triangle-alert", "soon": "alarm-clock", "risk": "hourglass", "ok": "clock"}
# With which the script goes on counting.
WORDS = {
    "minutes": pgettext_lazy("a span of time", "%(n)dm"),
    "more_minutes": pgettext_lazy("a span of time", "%(n)sm"),
    "hours": pgettext_lazy("a span of time", "%(n)dh"),
    "days": pgettext_lazy("a span of time", "%(n)dd"),
    "over": gettext_lazy("%(time)s over"),
    "is_due": gettext_lazy("promise due in"),
    "is_risk": gettext_lazy("at risk; promise due in"),
    "is_past": gettext_lazy("promise overdue:"),
    "told_soon": gettext_lazy("The promise of this ticket is due in %(time)s."),
    "told_past": gettext_lazy("The promise of this ticket is overdue."),
}


@register.simple_tag
def due_words() -> SafeString:
    """Also the drawing of each state, which is a part of the sprite."""
    glyphs = {state: f"{sprite_path()}#i-{name}" for state, name in _GLYPHS.items()}
    return words_script({"due": {**WORDS, "glyphs": glyphs}})


@register.simple_tag
def due_chip(ticket: Ticket) -> SafeString:
    """Nothing where nothing is promised, or the clock stands still."""
    return chip_at(ticket.next_due_at, at_risk=ticket.is_at_risk)


@register.simple_tag
def chip_at(moment: datetime | None, *, at_risk: bool | None = False) -> SafeString:
    text = draw_chip(moment, at_risk=bool(at_risk)) if moment else ""
    return mark_safe(text)  # noqa: S308  words are escaped there


def draw_chip(moment: datetime, *, at_risk: bool = False) -> str:
    left = moment - now()
    state = "past" if left < timedelta() else "soon" if left < SOON else "ok"
    if at_risk and state == "ok":
        state = "risk"
    words = short_span(abs(left))
    shown = _("%(time)s over") % {"time": words} if state == "past" else words
    said = str(WORDS["is_past" if state == "past" else "is_risk" if at_risk else "is_due"])
    exact = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    # From here on tickets/static/tickets/due.js counts, by the same rules.
    return (
        f'<span class="sla" data-sla="{state}" data-due="{exact}"{" data-risk" if at_risk else ""}>'
        f"{icon(_GLYPHS[state])}"
        f'<span class="vh">{escape(said)} </span><span class="left">{escape(shown)}</span></span>'
    )


@register.filter
def short_span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return pgettext("a span of time", "%(n)dm") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        first = pgettext("a span of time", "%(n)dh") % {"n": hours}
        last = pgettext("a span of time", "%(n)sm") % {"n": f"{rest:02}"}
        return f"{first} {last}"
    if hours < 48:
        return pgettext("a span of time", "%(n)dh") % {"n": hours}
    return pgettext("a span of time", "%(n)dd") % {"n": hours // 24}


def chip_for(ticket: Any) -> str:
    """For the rows, which are drawn without the template engine."""
    moment = ticket.next_due_at
    return draw_chip(moment, at_risk=ticket.is_at_risk) if moment else ""
