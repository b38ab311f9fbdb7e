"""Figures in words: never without their n, and below the least number not at all."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.drivers import Drivers
from surveys.figures import Bias, Figure
from surveys.queries.complaints import ComplaintFigures
from surveys.queries.report import CUTS, Report

register = template.Library()
_SURELY = 0.05
NONE = "—"


def _number(value: float, places: int) -> str:
    return str(number_format(round(value, places), places))  # which alone would cut it off


def _one(value: float | None, metric: str) -> str:
    if value is None:
        return NONE
    if metric == "ces":
        return _number(value, 2)
    if metric == "nps":
        return f"{value:+.0f}"
    # The sign stays with its number.
    return (_("%(n)s %%") % {"n": _number(value, 0)}).replace(" ", "\u00a0")


@register.filter
def value_of(figure: Figure, report: Report) -> str:
    return _one(figure.value, report.metric) if figure.is_shown(report.least) else NONE


@register.filter
def bounds_of(figure: Figure, report: Report) -> str:
    if not figure.is_shown(report.least) or figure.low is None:
        return NONE
    return f"{_one(figure.low, report.metric)} – {_one(figure.high, report.metric)}"


@register.filter
def interval_of(figure: Figure, report: Report) -> str:
    return f"{bounds_of(figure, report)} · n = {figure.n}"


@register.filter
def percent_of(figure: Figure, report: Report) -> str:
    return _one(figure.value, "csat") if figure.is_shown(report.least) else NONE


@register.filter
def percent_interval(figure: Figure, report: Report) -> str:
    if not figure.is_shown(report.least):
        return f"n = {figure.n}"
    return f"{_one(figure.low, 'csat')} – {_one(figure.high, 'csat')} · n = {figure.n}"


@register.filter
def mean_of(figure: Figure, report: Report) -> str:
    if not figure.is_shown(report.least) or figure.low is None:
        return f"{NONE} · n = {figure.n}"
    bounds = f"{_one(figure.low, 'ces')} – {_one(figure.high, 'ces')}"
    return f"{_one(figure.value, 'ces')} ({bounds}) · n = {figure.n}"


@register.filter
def explained_words(found: Drivers) -> str:
    return _one(100 * found.explained, "csat")


@register.filter
def points_of(figure: Figure, report: Report) -> str:
    if not figure.is_shown(report.least):
        return NONE
    return _("%(n)s points") % {"n": f"{figure.value:+.0f}"}


@register.filter
def points_interval(figure: Figure, report: Report) -> str:
    if not figure.is_shown(report.least):
        return f"n = {figure.n}"
    return f"{figure.low:+.0f} – {figure.high:+.0f} · n = {figure.n}"


@register.filter
def heading_of(report: Report) -> str:
    return str(CUTS[report.by])


@register.filter
def bias_words(bias: Bias) -> str:
    p = {"p": _number(bias.p, 3)}
    if bias.p < _SURELY:
        return _("They answer unequally often (p = %(p)s): read the weighted figure.") % p
    return _("No sign that they answer unequally often (p = %(p)s).") % p


@register.filter
def rate_of(figure: Figure, figures: ComplaintFigures) -> str:
    """So many in a hundred, which are few."""
    if figure.value is None or not figure.is_shown(figures.least):
        return NONE
    return _number(figure.value, 1)


@register.filter
def rate_bounds(figure: Figure, figures: ComplaintFigures) -> str:
    if figure.low is None or figure.high is None or not figure.is_shown(figures.least):
        return f"n = {figure.n}"
    return f"{_number(figure.low, 1)} – {_number(figure.high, 1)} · n = {figure.n}"
