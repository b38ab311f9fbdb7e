"""The rules in force, compiled once per process, and lists of rules and their runs."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from automation.models import Rule, RuleRun, RuleVersion
from automation.queries.rule_catalogue import EVENTS, MOMENTS, known_facts
from automation.rules.judging import Test, asks_in, compile_tree
from automation.rules.reading import Unreadable, read_tree, read_trigger
from automation.rules.shapes import Fact, Group, Kind, Step, Trigger
from core.clock import now
from core.models import Event
from core.prepared import PreparedQuery

log = logging.getLogger("helpdesk.rules")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A version as it runs. Its position and name are the rule's and may change."""

    version: UUID
    rule: UUID
    number: int
    since: datetime | None
    trigger: Trigger
    tree: Group
    test: Test
    steps: tuple[Step, ...]
    stops: bool
    asks_meaning: bool

    def knows(self, moment: datetime) -> bool:
        return self.since is not None and self.since <= moment

    def follows(self, event: str) -> bool:
        return self.trigger.kind == "event" and event in self.trigger.events


def compile_version(version: RuleVersion, facts: Mapping[str, Fact] | None = None) -> Compiled:
    """Raises ``Unreadable`` where it names what is gone."""
    tree = read_tree(version.conditions, known_facts() if facts is None else facts)
    return Compiled(
        version=version.pk,
        rule=version.rule_id,
        number=version.number,
        since=version.since,
        trigger=read_trigger(version.trigger, events=EVENTS, moments=MOMENTS),
        tree=tree,
        test=compile_tree(tree),
        steps=tuple(Step(str(raw["do"]), raw.get("value")) for raw in version.steps),
        stops=version.stops,
        asks_meaning=any(ask.kind == Kind.CHANCES for ask in asks_in(tree)),
    )


# Versions in force never change.
_compiled: dict[UUID, Compiled] = {}
_MOST_KEPT = 2000


def live_rules() -> list[Compiled]:
    """In their order; one statement where all are known here."""
    wanted = [pk for [pk] in _LIVE.rows([])]
    missing = [pk for pk in wanted if pk not in _compiled]
    if missing:
        _compile(missing)
    return [found for pk in wanted if (found := _compiled.get(pk))]


def _build_live(*, shape: None) -> "QuerySet[RuleVersion, Any]":
    live = RuleVersion.objects.filter(since__isnull=False, until=None)
    return live.order_by("rule__position", "rule__name").values_list("pk")


_LIVE = PreparedQuery(_build_live)


def _compile(missing: list[UUID]) -> None:
    if len(_compiled) > _MOST_KEPT:
        _compiled.clear()
    facts = known_facts()
    for version in RuleVersion.objects.filter(pk__in=missing):
        try:
            _compiled[version.pk] = compile_version(version, facts)
        except Unreadable as wrong:
            log.warning("Rule %s names what is gone: %s.", version.rule_id, wrong.place)


def fitting_rules(event: Event, live: Sequence[Compiled] | None = None) -> list[Compiled]:
    """What happened before a rule was switched on it leaves alone, even if it is late to hear of
    it."""
    live = live_rules() if live is None else live
    return [rule for rule in live if rule.follows(event.name) and rule.knows(event.at)]


def rules_of_kind(kind: str) -> list[Compiled]:
    return [rule for rule in live_rules() if rule.trigger.kind == kind]


# For the pages


def list_rules() -> "QuerySet[Rule]":
    """With ``ran``: on how many tickets in the last 30 days, and ``stopped``: how often cut off."""
    versions = RuleVersion.objects.select_related("made_by").order_by("-number")
    return Rule.objects.prefetch_related(Prefetch("versions", versions)).annotate(
        ran=_count(exclude=True), stopped=_count(exclude=False)
    )


def _count(*, exclude: bool) -> Coalesce:
    runs = RuleRun.objects.filter(rule=OuterRef("pk"), at__gt=_a_month_ago())
    stopped = RuleRun.State.STOPPED
    runs = runs.exclude(state=stopped) if exclude else runs.filter(state=stopped)
    counted = runs.order_by().values("rule").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _a_month_ago() -> datetime:
    return now() - timedelta(days=30)


def live_version(rule: Rule) -> RuleVersion | None:
    return next((version for version in rule.versions.all() if version.is_in_force), None)


def newest_version(rule: Rule) -> RuleVersion | None:
    """The draft, else the newest."""
    versions = list(rule.versions.all())
    return next((v for v in versions if v.is_draft), versions[0] if versions else None)


def runs_of(rule: Rule) -> "QuerySet[RuleRun]":
    related = "ticket__customer", "version", "by", "undone_by"
    return RuleRun.objects.filter(rule=rule).select_related(*related)


def offered_rules(kind: str = "manual") -> list[RuleVersion]:
    """Rules in force with a button, in their order."""
    found = RuleVersion.objects.filter(
        since__isnull=False, until=None, trigger__kind=kind
    ).select_related("rule")
    return list(found.order_by("rule__position", "rule__name"))
