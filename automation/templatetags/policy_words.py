"""Promises in words, for those who make them."""

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automation.models import Policy, PolicyVersion
from automation.queries.trial import MetricTrial
from automation.templatetags.clock_words import metric_name, span_words
from connectors.models import Inbox
from customers.models import Tier
from tickets.models import Priority
from tickets.queries.types import active_types

register = template.Library()


@register.filter
def live_version(policy: Policy) -> PolicyVersion | None:
    return next((v for v in policy.versions.all() if v.is_in_force), None)


@register.filter
def shown_version(policy: Policy) -> PolicyVersion | None:
    """The one in force, else the newest."""
    versions = list(policy.versions.all())
    return live_version(policy) or (versions[0] if versions else None)


@register.filter
def conditions_words(version: PolicyVersion | None) -> str:
    if version is None or not version.conditions:
        return _("All tickets")
    parts = [_part(name, values) for name, values in version.conditions.items()]
    return " · ".join(parts)


def _part(name: str, values: list[str]) -> str:
    if name == "organisation":
        n = len(values)
        return ngettext("%(n)d organisation", "%(n)d organisations", n) % {"n": n}
    if name == "priority":
        values = [str(Priority[value.upper()].label) for value in values]
    else:
        names = _names_of(name)
        values = [names.get(value, value) for value in values]
    return ", ".join(values)


def _names_of(condition: str) -> dict[str, str]:
    """What has gone since keeps its code."""
    if condition == "tier":
        return {tier.code: str(tier) for tier in Tier.objects.all()}
    if condition == "type":
        return {kind.code: str(kind.name) for kind in active_types()}
    return {str(code): str(name) for code, name in Inbox.Kind.choices}


@register.filter
def targets_words(version: PolicyVersion | None) -> str:
    return " · ".join(
        f"{metric_name(target['metric'])} {_shortest(target['minutes'])}"
        for target in (version.targets if version else [])
    )


def _shortest(minutes: dict[str, int]) -> str:
    usual = minutes.get("") or max(minutes.values(), default=0)
    return span_words(usual * 60)


@register.filter
def per_cent(share: float) -> int:
    return int(share * 100)


@register.filter
def delta_words(span: timedelta) -> str:
    return span_words(int(span.total_seconds()))


@register.filter
def going(one: MetricTrial) -> int:
    return one.counts["running"] + one.counts["paused"]
