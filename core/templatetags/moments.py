"""Times as people read them: short and relative, with the exact one on hover."""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_skeleton, get_timezone_location
from django import template
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.clock import now

register = template.Library()


@cache
def locale_of(language: str) -> Locale:
    return Locale.parse(translation.to_locale(language))


def _skeleton(pattern: str, day: date) -> str:
    return _drawn_day(pattern, day, translation.get_language() or "en")


# Lists show the same few days again and again, and Babel takes its time.
@lru_cache(4096)
def _drawn_day(pattern: str, day: date, language: str) -> str:
    return format_skeleton(pattern, day, locale=locale_of(language))


@lru_cache(4096)
def _whole_day(day: date, language: str) -> str:
    with translation.override(language):
        return date_format(day, "DATE_FORMAT")


def city_of(zone: str, language: str) -> str:
    """The place a time zone is named after, in that language where it is known."""
    english = zone.rpartition("/")[2].replace("_", " ")
    # Old names stand for another city by now: their own is better than that one.
    if language == "en" or english != get_timezone_location(zone, locale="en", return_city=True):
        return english
    return get_timezone_location(zone, locale=locale_of(language), return_city=True)


@register.filter
def exact(moment: datetime) -> str:
    """Day and time to the second, in the reader's zone and language."""
    local = timezone.localtime(moment)
    day = _whole_day(local.date(), translation.get_language() or "en")
    return f"{day} {local:%H:%M:%S}"


@register.filter
def short_age(moment: datetime) -> str:
    seconds = (now() - moment).total_seconds()
    if seconds < 60:
        return _("now")
    if seconds < 3600:
        return _("%(n)dm") % {"n": seconds // 60}
    if seconds < 86_400:
        return _("%(n)dh") % {"n": seconds // 3600}
    if seconds < 7 * 86_400:
        return _("%(n)dd") % {"n": seconds // 86_400}
    return short_day(moment)


@register.filter
def short_day(moment: datetime) -> str:
    local = timezone.localtime(moment).date()
    is_this_year = local.year == timezone.localtime(now()).year
    return _skeleton("MMMd" if is_this_year else "yMMMd", local)


@register.filter
def long_day(moment: datetime) -> str:
    """Heading of a day in a conversation."""
    local, today = timezone.localtime(moment).date(), timezone.localtime(now()).date()
    if local == today:
        return _("Today")
    if local == today - timedelta(days=1):
        return _("Yesterday")
    return _skeleton("EEEEMMMMd" if local.year == today.year else "yMMMMEEEEd", local)


@register.simple_tag
def ago(moment: datetime) -> SafeString:
    """A relative time that the page keeps up to date (helpdesk/times.js)."""
    seconds = moment.isoformat(timespec="seconds")
    return mark_safe(  # noqa: S308  times and their words alone
        f'<time datetime="{seconds}" title="{exact(moment)}" data-ago>{short_age(moment)}</time>'
    )


@register.simple_tag
def clock(moment: datetime) -> SafeString:
    """The time of day; the day stands above it or in the tooltip."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact(moment),
        timezone.localtime(moment).strftime("%H:%M"),
    )


@register.simple_tag
def day(moment: datetime) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact(moment),
        short_day(moment),
    )


@register.filter
def in_days(moment: datetime) -> str:
    days = (moment - now()).days
    if days < 1:
        return _("today")
    return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
