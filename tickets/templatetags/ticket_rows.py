"""The rows of a list, drawn without the template engine: fifty of them by it took most of the
page's time (docs/bench.md). Whatever people wrote passes ``escape``."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.templatetags.moments import short_age
from tickets.models import Priority, Status, Ticket
from tickets.templatetags.due_parts import chip_for
from tickets.templatetags.mail_parts import subject_line
from tickets.templatetags.ticket_parts import (
    channel_glyph,
    mark,
    priority_glyph,
    priority_name,
    status_name,
)

register = template.Library()

_CURRENT = ' aria-current="true"'
_SHOWN_TAGS = 2
_NAMED_TIERS = ("vip", "new")
_ANY = "00000000-0000-0000-0000-000000000000"


@register.simple_tag(takes_context=True)
def ticket_rows(context: dict[str, Any], tickets: Iterable[Ticket]) -> SafeString:
    """Rows with their links, which keep the list's ``query`` and mark the open ``ticket``."""
    opened = context.get("ticket")
    request = context.get("request")
    pen = _Pen(
        query=str(context.get("query", "")),
        opened=opened.pk if opened else None,
        reader=request.user.pk if request else None,
    )
    return mark_safe("\n".join(map(pen.draw, tickets)))  # noqa: S308  see above


def _age(moment: datetime) -> str:
    """The exact time is said on hover (helpdesk/times.js): fifty of them would weigh much."""
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%S}Z" data-ago>{short_age(moment)}</time>'


class _Pen:
    """What all rows of one list have in common, looked up and translated once."""

    def __init__(self, *, query: str, opened: Any, reader: Any) -> None:
        self.address, self.rest = reverse("tickets:ticket", args=[_ANY]).split(_ANY)
        self.query, self.opened, self.reader = escape(query), opened, reader
        self.unread, self.language = escape(_("unread")), get_language()
        self.priority, self.assigned = escape(_("priority")), escape(_("assigned to"))
        self.statuses: dict[Any, str] = {}

    def draw(self, t: Ticket) -> str:
        is_unread = getattr(t, "is_unread", False)
        return (
            f'<li class="trow" id="row-{t.pk}" data-seq="{t.seq}"'
            f"{' data-unread' if is_unread else ''}>"
            f'<a href="{self.address}{t.pk}{self.rest}?{self.query}"'
            f"{_CURRENT if t.pk == self.opened else ''}>"
            f"{self._face(t)}"
            f'<span class="l1">{self._name(t, is_unread=is_unread)}{chip_for(t)}'
            f"{_age(t.last_at)}</span>"
            f'<span class="l2">{self._status(t.status, t.category)}{self._subject(t)}'
            f"{self._tags(t.tags)}{self._assignee(t)}</span></a></li>"
        )

    def _face(self, t: Ticket) -> str:
        return (
            f'<span class="ava" data-tier="{escape(t.customer.tier.code)}">'
            f'<span aria-hidden="true">{escape(t.customer.initials)}</span>'
            f'<span class="via">{channel_glyph(t.inbox.kind)}</span></span>'
        )

    def _name(self, t: Ticket, *, is_unread: bool) -> str:
        """With what the ring, the glyph and the weight say, in words."""
        words = [escape(str(t.customer.tier))] if t.customer.tier.code in _NAMED_TIERS else []
        glyph = priority_glyph(t.priority)
        if t.priority != Priority.NORMAL:
            words.append(f"{self.priority} {escape(priority_name(t.priority))}")
        if is_unread:
            words.append(self.unread)
        said = f'<span class="vh">, {", ".join(words)}</span>' if words else ""
        return f'<span class="name cut" dir="auto">{escape(t.customer.name)}</span>{said}{glyph}'

    def _status(self, status: Status, category: str) -> str:
        if status.pk not in self.statuses:
            self.statuses[status.pk] = (
                f'<span class="st" data-st="{escape(mark(category))}"></span>'
                f'<span class="vh">{escape(status_name(status))}</span>'
            )
        return self.statuses[status.pk]

    def _subject(self, t: Ticket) -> str:
        is_ours = t.language in ("", self.language)
        language = "" if is_ours else f' lang="{escape(t.language)}"'
        return f'<span class="subject cut" dir="auto"{language}>{escape(subject_line(t))}</span>'

    def _tags(self, tags: list[str]) -> str:
        if not tags:
            return ""
        shown = [f'<span class="cut">{escape(tag)}</span>' for tag in tags[:_SHOWN_TAGS]]
        if len(tags) > _SHOWN_TAGS:
            shown.append(f"+{len(tags) - _SHOWN_TAGS}")
        chips = "".join(f'<span class="chip">{chip}</span>' for chip in shown)
        return f'<span class="chips">{chips}</span>'

    def _assignee(self, t: Ticket) -> str:
        if not t.assignee:
            return ""
        mine = " ava-me" if t.assignee_id == self.reader else ""
        return (
            f'<span class="ava ava-s{mine}">'
            f'<span class="vh">{self.assigned} {escape(t.assignee.name)}</span>'
            f'<span aria-hidden="true">{escape(t.assignee.initials)}</span></span>'
        )
