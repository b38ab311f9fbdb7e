"""Which promise fits a ticket, and what it promises it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import QuerySet

from accounts.models import Calendar
from automation.models import PolicyVersion
from automation.sla.fold import Terming
from automation.sla.hours import Hours, around_the_clock, read_hours
from automation.sla.shapes import BUILT_IN, Metric, Target, Terms
from core.prepared import PreparedQuery
from tickets.models import Priority, Ticket

ALL_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions ask of a ticket, as it was at some moment."""

    tier: str = ""
    type: str = ""
    priority: str = "normal"
    channel: str = ""
    organisation: str = ""
    team: UUID | None = None
    zone: str = ""  # the customer's


def facts_of(ticket: Ticket) -> Facts:
    """As it is now; asks for its customer's tier and its inbox, where they were not read along."""
    customer = ticket.customer
    return Facts(
        tier=customer.tier.code,
        type=ticket.type,
        priority=priority_code(ticket.priority),
        channel=ticket.inbox.kind,
        organisation=str(customer.organisation_id or ""),
        team=ticket.team_id,
        zone=customer.timezone,
    )


def priority_code(value: int) -> str:
    return Priority(value).name.lower() if value in Priority.values else "normal"


def fits(conditions: Mapping[str, Any], facts: Facts) -> bool:
    """Each condition names values of which one must be the ticket's."""
    return all(getattr(facts, name) in wanted for name, wanted in conditions.items() if wanted)


class Book:
    """All promises in force at any time, read once for however many tickets."""

    def __init__(self, versions: Iterable[PolicyVersion]) -> None:
        self.versions = list(versions)
        self._calendars: dict[tuple[UUID | None, str], Hours] = {}
        self._rows: dict[UUID, Calendar] | None = None
        self._teams: dict[UUID, UUID] = {}

    @classmethod
    def load(cls) -> "Book":
        kept = PolicyVersion.objects.filter(since__isnull=False).select_related("policy")
        return cls(kept.order_by("policy__position", "policy__name", "number"))

    def terms_of(self, changes: Iterable[tuple[datetime, Facts, str]]) -> list[Terming]:
        """``changes`` are the facts with the moment from which they held, and what changed then,
        in order; the first hold from the beginning."""
        told = list(changes)
        moments = {moment for v in self.versions for moment in (v.since, v.until) if moment}
        terms: list[Terming] = []
        known: Terms | None = None
        for moment in sorted({ALL_TIME, *moments, *(since for since, _facts, _why in told[1:])}):
            facts, why = _facts_at(told, moment)
            version = self._find(facts, moment)
            found = self.promise(version, facts) if version else None
            if _says_the_same(found, known):
                continue
            known = found
            terms.append((moment, replace(found, why=why) if found else None))
        return terms

    def _find(self, facts: Facts, moment: datetime) -> PolicyVersion | None:
        return next(
            (v for v in self.versions if _held(v, moment) and fits(v.conditions, facts)), None
        )

    def promise(self, version: PolicyVersion, facts: Facts) -> Terms:
        targets = {}
        for raw in version.targets:
            if minutes := _minutes_for(raw["minutes"], facts.priority):
                targets[raw["metric"]] = Target(
                    metric=metric_of(raw),
                    length=timedelta(minutes=minutes),
                    warn=raw.get("warn", 80) / 100,
                    pauses=frozenset(raw.get("pauses", ())),
                )
        return Terms(version=str(version.pk), targets=targets, hours=self._hours(version, facts))

    def _hours(self, version: PolicyVersion, facts: Facts) -> Hours:
        if version.hours == PolicyVersion.Hours.ALWAYS:
            return around_the_clock()
        self._read_calendars()
        calendar_id = version.calendar_id
        if version.hours == PolicyVersion.Hours.TEAM:
            calendar_id = self._teams.get(facts.team) if facts.team else None
        rows = self._rows or {}
        calendar = rows.get(calendar_id) if calendar_id else None
        calendar = calendar or next((row for row in rows.values() if row.is_default), None)
        if calendar is None:
            return around_the_clock()
        zone = facts.zone if version.zone == PolicyVersion.Zone.CUSTOMER else ""
        return self._hours_in(calendar, zone if _is_zone(zone) else calendar.timezone)

    def _hours_in(self, calendar: Calendar, zone: str) -> Hours:
        key = (calendar.pk, zone)
        if key not in self._calendars:
            days = {day.date: day.hours for day in calendar.holidays.all()}
            self._calendars[key] = read_hours(zone, calendar.hours, days)
        return self._calendars[key]

    def _read_calendars(self) -> None:
        if self._rows is not None:
            return
        rows = Calendar.objects.prefetch_related("holidays", "teams")
        self._rows = {row.pk: row for row in rows}
        self._teams = {team.pk: row.pk for row in rows for team in row.teams.all()}


def metric_of(raw: Mapping[str, Any]) -> Metric:
    """One of ours, or one a policy defines by what starts and ends it."""
    built_in = BUILT_IN.get(raw["metric"])
    return built_in or Metric(
        raw["metric"],
        starts=frozenset(raw.get("starts", ())),
        stops=frozenset(raw.get("stops", ())),
        repeats=True,
    )


def _minutes_for(minutes: Mapping[str, int], priority: str) -> int:
    return int(minutes.get(priority) or minutes.get("") or 0)


def _held(version: PolicyVersion, moment: datetime) -> bool:
    if version.since is None or version.since > moment:
        return False
    return version.until is None or version.until > moment


def _facts_at(told: list[tuple[datetime, Facts, str]], moment: datetime) -> tuple[Facts, str]:
    held = [
        (facts, why if since == moment else "policy")
        for since, facts, why in told[1:]
        if since <= moment
    ]
    return held[-1] if held else (told[0][1], "policy")


def _says_the_same(one: Terms | None, other: Terms | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.version, one.targets, one.hours) == (other.version, other.targets, other.hours)


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return False


def was_ever_promised() -> bool:
    """Else there is no ``Book`` to fold by."""
    return bool(_EVER.rows([]))


def _build_ever(*, shape: None) -> "QuerySet[PolicyVersion, Any]":
    return PolicyVersion.objects.filter(since__isnull=False).values_list("pk")[:1]


_EVER = PreparedQuery(_build_ever)
