"""What a rule would have done: the recorded events of the last days gone through once more.

Nothing is changed and nobody told. What other rules did then stands as it was recorded; what this
rule did by an earlier version is left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from accounts.models import User
from automation.actions.rule_account import ALL_TICKETS, may, rule_account
from automation.actions.rule_steps import known_actions
from automation.models import RuleVersion
from automation.queries.rule_catalogue import offered_facts
from automation.queries.rule_past import MOVES, TIER, Past, World
from automation.queries.rules import Compiled, compile_version
from automation.rules.judging import asks_in, explain
from automation.rules.shapes import Cause, Step, Told, stop_of
from automation.rules.timing import due_at, next_time
from core.clock import is_fixed, now
from core.errors import HelpdeskError
from core.models import Event
from tickets.models import Status, Ticket

DAYS = 14
MOST_TICKETS = 2000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One step: what it would have changed, that it would have told somebody, or why it would
    have been refused."""

    do: str
    value: Any
    changes: dict[str, list[Any]] = field(default_factory=dict)
    acts: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    ticket: Ticket
    at: datetime
    event: str  # its name; none: a time
    seen: list[Told]
    steps: list[Foreseen]


@dataclass(slots=True)
class Replay:
    days: int
    is_cut: bool = False
    tickets: int = 0
    asked: int = 0  # how often
    hits: list[Hit] = field(default_factory=list)
    # Facts it asks about that are taken as they are today.
    todays: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Tickets something of which would be otherwise, or somebody told."""
        found = {
            hit.ticket.pk for hit in self.hits for step in hit.steps if step.changes or step.acts
        }
        return len(found)


def replay_rule(version: RuleVersion, *, days: int = DAYS) -> Replay:
    rule = compile_version(version)
    since = now() - timedelta(days=days)
    offered = offered_facts()
    asked = dict.fromkeys(ask.fact for ask in asks_in(rule.tree))
    replay = Replay(days, todays=[fact for fact in asked if not offered[fact].is_past])
    if rule.trigger.kind == "manual":
        return replay
    pks = _tickets_of(rule, since)
    replay.is_cut = len(pks) > MOST_TICKETS
    walk = _Walk(rule, since, replay)
    for start in range(0, min(len(pks), MOST_TICKETS), _AT_ONCE):
        for ticket, events in _read(pks[start : start + _AT_ONCE], rule):
            walk.go(ticket, events)
    replay.hits.sort(key=lambda hit: hit.at, reverse=True)
    return replay


def _tickets_of(rule: Compiled, since: datetime) -> list[UUID]:
    """The newest first."""
    if rule.trigger.kind in ("event", "inbound"):
        names = rule.trigger.events or ("message.received",)
        found = Event.objects.filter(name__in=names, at__gte=since, ticket_id__isnull=False)
        if not is_fixed():  # ids rise with time, and are an index
            found = found.filter(pk__gte=UUID(int=int(since.timestamp() * 1000) << 80))
        newest = found.order_by("-pk").values_list("ticket_id", flat=True)[: MOST_TICKETS * 10]
        return [pk for pk in dict.fromkeys(newest) if pk][: MOST_TICKETS + 1]
    lately = Ticket.objects.filter(last_at__gte=since) | Ticket.objects.unresolved()
    return list(lately.order_by("-last_at").values_list("pk", flat=True)[: MOST_TICKETS + 1])


def _read(pks: Iterable[UUID], rule: Compiled) -> Iterator[tuple[Ticket, list[Event]]]:
    related = "status", "inbox", "customer__tier", "team", "assignee"
    tickets = list(Ticket.objects.select_related(*related).filter(pk__in=list(pks)))
    events: dict[UUID, list[Event]] = defaultdict(list)
    names = {*MOVES, *rule.trigger.events}
    rows = Event.objects.filter(ticket_id__in=[ticket.pk for ticket in tickets], name__in=names)
    for event in rows.order_by("ticket_id", "seq"):
        events[event.ticket_id].append(event)  # type: ignore[index]
    tiers: dict[UUID, list[Event]] = defaultdict(list)
    customers = [ticket.customer_id for ticket in tickets]
    for event in Event.objects.filter(name=TIER, subject_id__in=customers).order_by("pk"):
        tiers[event.subject_id].append(event)
    for ticket in tickets:
        both = [*events[ticket.pk], *tiers[ticket.customer_id]]
        yield ticket, sorted(both, key=lambda event: (event.at, event.seq or 0))


class _Walk:
    """Through one ticket after the other."""

    def __init__(self, rule: Compiled, since: datetime, replay: Replay) -> None:
        self.rule = rule
        self.since = since
        self.replay = replay
        self.actions = known_actions()
        self.account = rule_account()
        bots = User.objects.filter(kind=User.Kind.BOT).values_list("pk", flat=True)
        self.world = World(dict(Status.objects.values_list("code", "category")), frozenset(bots))
        self.rounds = list(self._rounds())

    def _rounds(self) -> Iterator[datetime]:
        trigger, moment = self.rule.trigger, self.since
        while trigger.kind == "schedule":
            found = next_time(moment, days=trigger.days, at=trigger.at, zone=trigger.zone)
            if found is None or found > now():
                return
            yield found
            moment = found

    def go(self, ticket: Ticket, events: list[Event]) -> None:
        past = Past(ticket, events, self.world)
        self.replay.tickets += 1
        self.roots: set[str] = set()
        rounds, wait = iter([*self.rounds]), _Wait()
        due_round = next(rounds, None)
        own = str(self.rule.rule)
        for _xid, together in groupby(events, key=lambda event: event.xid):
            group = [event for event in together if not _is_by(own, event)]
            if not group:
                continue
            while due_round and due_round < group[0].at:
                self._look(past, due_round, None, f"round {due_round}")
                due_round = next(rounds, None)
            self._ring(past, wait, until=group[0].at)
            self._apply(past, group)
            wait.set(self.rule, past, group[-1].at)
        while due_round:
            self._look(past, due_round, None, f"round {due_round}")
            due_round = next(rounds, None)
        self._ring(past, wait, until=now())

    def _apply(self, past: Past, group: list[Event]) -> None:
        """Rules that follow events find what a transaction has made of the ticket; those that look
        at what comes in find it as it was before the rest."""
        names = frozenset(event.name for event in group)
        for event in group:
            past.apply(event, beside=names)
            if self.rule.trigger.kind == "inbound" and event.name == "message.received":
                self._follow(past, event)
        for event in group:
            if self.rule.follows(event.name):
                self._follow(past, event)

    def _follow(self, past: Past, event: Event) -> None:
        kind = event.details.get("classification", "person")
        if event.name == "message.received" and kind != "person":
            return
        cause = Cause.of(str(event.pk), event.details)
        if stop_of(str(self.rule.rule), str(past.ticket.pk), cause) is None:
            self._look(past, event.at, event, cause.root)

    def _ring(self, past: Past, wait: "_Wait", *, until: datetime) -> None:
        if wait.due_at is None or wait.due_at > until:
            return
        moment, wait.due_at = wait.due_at, None
        if moment >= self.since:
            self._look(past, moment, None, f"wait {wait.since}")

    def _look(self, past: Past, moment: datetime, event: Event | None, root: str) -> None:
        if moment < self.since or past.is_aside or root in self.roots:
            return
        is_round = self.rule.trigger.kind == "schedule"
        if is_round and (past.resolved or moment < past.ticket.created_at):
            return
        self.replay.asked += 1
        facts = past.at(moment, event)
        if not self.rule.test(facts):
            return
        self.roots.add(root)
        seen = explain(self.rule.tree, facts)
        steps = [self._foresee(step, past) for step in self.rule.steps]
        name = event.name if event else ""
        self.replay.hits.append(Hit(past.ticket, moment, name, seen, steps))

    def _foresee(self, step: Step, past: Past) -> Foreseen:
        action = self.actions.get(step.do)
        if action is None:
            return Foreseen(step.do, step.value, code="unknown")
        if not self._sees(past):
            return Foreseen(step.do, step.value, code="not_visible")
        if not may(self.account, action.right):
            return Foreseen(step.do, step.value, code="no_right")
        if action.foresee is None:
            return Foreseen(step.do, step.value, acts=True)
        try:
            then = action.foresee(past.value, step.value)
        except HelpdeskError as refusal:
            return Foreseen(step.do, step.value, code=refusal.code)
        changes = {
            fact: [past.value(fact), value]
            for fact, value in then.items()
            if past.value(fact) != value
        }
        past.take({fact: value for fact, (_was, value) in changes.items()})
        return Foreseen(step.do, step.value, changes)

    def _sees(self, past: Past) -> bool:
        team = past.value("team")
        return may(self.account, ALL_TICKETS) or (
            team is not None and UUID(team) in self.account.access.teams
        )


class _Wait:
    """When a rule of time looks next, as its timer would say."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        self.due_at: datetime | None = None

    def set(self, rule: Compiled, past: Past, moment: datetime) -> None:
        if rule.trigger.kind != "time":
            return
        since = past.at(moment, None).since(rule.trigger.since)
        if since == self.since:
            return
        self.since = since
        team = UUID(past.value("team")) if past.value("team") else None
        hours = past.world.hours.of(team) if rule.trigger.working else None
        minutes = rule.trigger.minutes
        self.due_at = due_at(since, minutes=minutes, hours=hours) if since else None


def _is_by(rule: str, event: Event) -> bool:
    cause = event.details.get("cause")
    return isinstance(cause, dict) and any(
        str(one).startswith(rule) for one in cause.get("rules", ())
    )
