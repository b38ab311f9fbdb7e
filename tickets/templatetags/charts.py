"""Small charts drawn by the server: plain SVG that needs neither script nor inline style. Every one
stands beside the same figures as a table."""

from collections.abc import Sequence

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from connectors.models import Inbox
from core.templatetags.moments import locale_of
from tickets.queries.customer_history import Month
from tickets.templatetags.own_numbers import in_time

register = template.Library()

WIDTH, HEIGHT, GAP = 240, 48, 3
LEAST = 2  # a value that is there is seen


def draw_bars(values: Sequence[float], label: str) -> SafeString:
    top = max(values, default=0) or 1
    width = (WIDTH - GAP * (len(values) - 1)) / max(1, len(values))
    bars = []
    for at, value in enumerate(values):
        height = max(LEAST, round(value / top * (HEIGHT - 2), 1)) if value else 0
        kind = "bar" if value else "none"
        drawn = height or 1
        bars.append((kind, round(at * (width + GAP), 1), HEIGHT - drawn, round(width, 1), drawn))
    rects = format_html_join(
        "", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1"/>', bars
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img"'
        ' aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        label,
        rects,
    )


@register.simple_tag
def bars_of_requests(months: Sequence[Month], label: str) -> SafeString:
    return draw_bars([month.requests for month in months], label)


@register.simple_tag
def bars_of_answers(months: Sequence[Month], label: str) -> SafeString:
    waits = [month.first_answer for month in months]
    return draw_bars([wait.total_seconds() if wait else 0 for wait in waits], label)


@register.simple_tag
def share_bar(count: int, total: int) -> SafeString:
    """How much of the whole, as wide as its place."""
    return format_html(
        '<svg class="share" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="none" width="100" height="6" rx="1"/>'
        '<rect class="bar" width="{}" height="6" rx="1"/></svg>',
        round(100 * count / total, 1) if total else 0,
    )


@register.filter
def month_name(month: Month) -> str:
    return date_format(month.first, "YEAR_MONTH_FORMAT")


@register.filter
def short_month(month: Month) -> str:
    names = locale_of(_language()).months["stand-alone"]["abbreviated"]
    return str(names[month.first.month])


@register.filter
def wait_words(month: Month) -> str:
    return in_time(month.first_answer) if month.first_answer is not None else "—"


@register.filter
def has_answers(months: Sequence[Month]) -> bool:
    return any(month.first_answer is not None for month in months)


@register.filter
def kind_name(kind: str) -> str:
    return str(Inbox.Kind(kind).label) if kind in Inbox.Kind.values else kind


def _language() -> str:
    return get_language() or "en"
