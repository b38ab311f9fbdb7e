"""How long until a ticket's nearest promise is due, as the chip that lists and tickets show."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.clock import now
from core.templatetags.icons import icon
from tickets.models import Ticket

register = template.Library()

SOON = timedelta(hours=1)
_GLYPHS = {"past": "triangle-alert", "soon": "alarm-clock", "ok": "clock"}


@register.simple_tag
def due_chip(ticket: Ticket) -> SafeString:
    """Nothing where nothing is promised, or the clock stands still."""
    moment = ticket.next_due_at
    return mark_safe(draw_chip(moment) if moment else "")  # noqa: S308  words are escaped there


def draw_chip(moment: datetime) -> str:
    left = moment - now()
    state = "past" if left < timedelta() else "soon" if left < SOON else "ok"
    words = short_span(abs(left))
    shown = _("%(time)s over") % {"time": words} if state == "past" else words
    said = _("promise overdue:") if state == "past" else _("promise due in")
    exact = f"{moment:%Y-%m-%dT%H:%M:%S}Z"
    return (
        f'<span class="sla" data-sla="{state}" data-due="{exact}">{icon(_GLYPHS[state])}'
        f'<span class="vh">{escape(said)} </span>{escape(shown)}</span>'
    )


@register.filter
def short_span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return _("%(n)dm") % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 10 and rest:
        return f"{_('%(n)dh') % {'n': hours}} {_('%(n)dm') % {'n': rest}}"
    if hours < 48:
        return _("%(n)dh") % {"n": hours}
    return _("%(n)dd") % {"n": hours // 24}


def chip_for(ticket: Any) -> str:
    """For the rows, which are drawn without the template engine."""
    return draw_chip(ticket.next_due_at) if ticket.next_due_at else ""
