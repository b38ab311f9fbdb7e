"""Whether somebody takes work now, in words and as a dot."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Presence, User
from accounts.queries import OUT_OF_OFFICE, REASONS, Standing, standing_of
from core.templatetags.moments import short_day

register = template.Library()


def standing_words(standing: Standing) -> str:
    """ "Away: lunch"; empty while online, which needs no word."""
    if standing.reason == OUT_OF_OFFICE:
        return _absence_words(standing)
    if standing.state == Presence.State.ONLINE:
        return ""
    state = str(Presence.State(standing.state).label)
    reason = str(REASONS.get(standing.reason, ""))
    return _("%(state)s: %(reason)s") % {"state": state, "reason": reason} if reason else state


def _absence_words(standing: Standing) -> str:
    words = _("Out of office")
    if standing.until:
        words = _("Out of office until %(day)s") % {"day": short_day(standing.until)}
    if standing.stand_in:
        return _("%(words)s, %(name)s stands in") % {"words": words, "name": standing.stand_in}
    return words


@register.filter
def presence_words(user: User) -> str:
    return standing_words(standing_of(user))


@register.simple_tag
def presence_note(user: User) -> SafeString:
    """Beside a name where people are chosen; nothing for those who are there."""
    standing = standing_of(user)
    words = standing_words(standing)
    if not words:
        return SafeString("")
    return format_html('<span class="standing" data-standing="{}">{}</span>', standing.state, words)


@register.simple_tag
def presence_reasons() -> list[tuple[str, str]]:
    return [(code, str(label)) for code, label in REASONS.items()]
