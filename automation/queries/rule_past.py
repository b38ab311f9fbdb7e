"""A ticket as it was, gone through event by event: the facts of rules at each moment.

Of status, priority, type, team, assignee, tags and tier the events say what they were; of waiting
and the like it follows from them. Other facts are taken as they are today (``Offered.is_past``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from automation.queries.history import read_history
from automation.queries.policies import Book
from automation.queries.rule_facts import TicketFacts, changes_of, said_in
from automation.queries.rule_hours import TeamHours
from automation.sla.fold import fold
from automation.sla.shapes import State
from core.models import Event
from tickets.models import Category, Message, Ticket

STEPS = ("ticket.status_changed", "ticket.resolved", "ticket.reopened")
# Whatever moves a fact; and of the customer, the tier.
MOVES = (
    "ticket.opened",
    *STEPS,
    "ticket.priority_changed",
    "ticket.type_changed",
    "ticket.assigned",
    "ticket.moved",
    "ticket.tagged",
    "ticket.marked_spam",
    "ticket.unmarked_spam",
    "ticket.merged",
    "ticket.unmerged",
    "message.received",
    "message.replied",
    "message.noted",
)
TIER = "customer.tier_changed"
_VALUES = {
    "ticket.priority_changed": ("priority", "was", "to"),
    "ticket.type_changed": ("type", "was", "to"),
    "ticket.assigned": ("assignee", "previous", "assignee"),
    "ticket.moved": ("team", "previous", "team"),
    TIER: ("tier", "previous", "tier"),
    **dict.fromkeys(STEPS, ("status", "was", "to")),
}
_RESOLVED = (Category.RESOLVED, Category.CLOSED)
_HANDLED_BY_US = (Category.NEW, Category.OPEN)
_GOING = (State.RUNNING, State.PAUSED, State.BREACHED)


class World:
    """What is the same for all tickets of a back-test."""

    def __init__(self, categories: Mapping[str, str], bots: frozenset[UUID]) -> None:
        self.categories = categories
        self.bots = bots
        self.hours = TeamHours()

    @cached_property
    def book(self) -> Book:
        return Book.load()


class Past:
    """``apply`` goes one event on. What a rule would have changed is written into ``state`` and
    holds until an event says otherwise."""

    def __init__(self, ticket: Ticket, events: Sequence[Event], world: World) -> None:
        self.ticket = ticket
        self.world = world
        self.events = events
        self.event: Event | None = None
        self.moment: datetime = ticket.created_at
        self.is_aside = False
        self.waiting: datetime | None = None
        self.last: datetime | None = None
        self.resolved: datetime | None = None
        self._known: dict[str, Any] = {}
        self._today = TicketFacts(ticket, hours=world.hours)
        self.state: dict[str, Any] = self._at_first()

    def _at_first(self) -> dict[str, Any]:
        today = self._today
        first = {fact: today.value(fact) for fact in ("status", "priority", "type", "team", "tier")}
        first["assignee"], tags = today.value("assignee"), today.value("tags")
        for event in reversed(self.events):
            if found := _VALUES.get(event.name):
                first[found[0]] = event.details.get(found[1])
            elif event.name == "ticket.tagged":
                added = event.details.get("added") or []
                tags = [tag for tag in tags if tag not in added]
                tags += event.details.get("removed") or []
        first |= {"tags": tags, "reopened": 0}
        first["category"] = self.world.categories.get(str(first["status"]), Category.NEW)
        return first

    # Going on

    def apply(self, event: Event, *, beside: frozenset[str]) -> None:
        """``beside``: names of what else happened in the same transaction."""
        details = event.details
        match event.name:
            case "ticket.opened":
                self.waiting = self.last = event.at
            case "message.received":
                self.last = event.at
                is_person = details.get("classification", "person") == "person"
                if is_person and self.waiting is None and self.resolved is None:
                    self.waiting = event.at
            case "message.replied":
                self.last = event.at
                if not self._waits_on(event, beside):
                    self.waiting = None
            case "message.noted":
                self.last = event.at
            case "ticket.tagged":
                removed = details.get("removed") or []
                kept = [tag for tag in self.state["tags"] if tag not in removed]
                new = [tag for tag in details.get("added") or [] if tag not in kept]
                self.state["tags"] = [*kept, *new]
            case "ticket.marked_spam" | "ticket.unmarked_spam":
                self.is_aside = event.name == "ticket.marked_spam"
            case "ticket.merged" | "ticket.unmerged" if "into" in details:
                self.is_aside = event.name == "ticket.merged"
        if event.name in _VALUES:
            self._set(event)

    def _waits_on(self, event: Event, beside: frozenset[str]) -> bool:
        """A bot's words alone are no answer yet, unless they moved the status."""
        return event.actor_id in self.world.bots and not beside.intersection(STEPS)

    def _set(self, event: Event) -> None:
        fact, _was, to = _VALUES[event.name]
        self.state[fact] = event.details.get(to)
        if fact == "team" and self._is_let_go(event):
            self.state["assignee"] = None
        if fact == "status":
            self._step(event.at)

    def _is_let_go(self, moved: Event) -> bool:
        """A team takes a ticket from who is not in it, which no event says."""
        later = (e for e in self.events if e.name == "ticket.assigned" and (e.seq or 0) > moved.seq)  # type: ignore[operator]
        following = next(later, None)
        if following is None:
            return self._today.value("assignee") is None
        return following.details.get("previous") is None

    def _step(self, moment: datetime) -> None:
        was = self.state["category"]
        category = self.world.categories.get(str(self.state["status"]), Category.OPEN)
        self.state["category"] = category
        if category in _RESOLVED:
            self.resolved = self.resolved or moment
        elif was in _RESOLVED:
            self.resolved = None
            self.state["reopened"] += 1
        if category not in _HANDLED_BY_US:
            self.waiting = None
        elif self.waiting is None and was != category:
            self.waiting = moment

    def take(self, changes: Mapping[str, Any]) -> None:
        """What a rule would have changed at this moment."""
        self.state |= {fact: value for fact, value in changes.items() if fact != "category"}
        if "status" in changes:
            self._step(self.moment)

    # Facts

    def at(self, moment: datetime, event: Event | None) -> "Past":
        self.moment, self.event = moment, event
        self._known = {}
        return self

    def value(self, fact: str) -> Any:
        if fact in self.state:
            return self.state[fact]
        if fact not in self._known:
            self._known[fact] = self._look_up(fact)
        return self._known[fact]

    def _look_up(self, fact: str) -> Any:
        match fact:
            case "actor":
                return TicketFacts(self.ticket, self.event).value("actor")
            case "text" | "sender":
                return self._said(fact)
            case "slack":
                due = self.due()
                return round((due - self.moment).total_seconds() / 60) if due else None
            case "in_hours":
                return self.world.hours.of(self._team()).is_open(self.moment)
            case "intent":
                return None
        return self._today.value(fact)

    def _said(self, fact: str) -> str:
        message = Message.objects.select_related("ticket").filter(
            direction=Message.Direction.IN, kind=Message.Kind.PUBLIC, at__lte=self.moment
        )
        pk = said_in(self.event)
        of_ticket = message.filter(ticket=self.ticket).order_by("-seq")
        found = message.filter(pk=pk).first() if pk else of_ticket.first()
        if found is None:
            return ""
        return str(found.body) if fact == "text" else str((found.addresses or {}).get("from", ""))

    def _team(self) -> UUID | None:
        return UUID(self.state["team"]) if self.state["team"] else None

    def due(self) -> datetime | None:
        """The nearest promise, as the clocks stood."""
        book = self.world.book
        if not book.versions:
            return None
        happenings = [one for one in self._history.happenings if one.at <= self.moment]
        first, *rest = self._history.changes
        changes = [first, *(change for change in rest if change[0] <= self.moment)]
        clocks = fold(happenings, book.terms_of(changes), at=self.moment)
        due = [c.due_at for c in clocks if c.due_at and c.stopped_at is None and c.state in _GOING]
        return min(due, default=None)

    @cached_property
    def _history(self) -> Any:
        return read_history(self.ticket)

    def before(self, fact: str) -> Any:
        changed = self._changes()
        return changed[fact] if fact in changed else self.value(fact)

    def is_changed(self, fact: str) -> bool:
        return fact in self._changes()

    def _changes(self) -> dict[str, Any]:
        if "changes" not in self._known:
            self._known["changes"] = changes_of(
                self.event, tags=self.state["tags"], categories=self.world.categories
            )
        found: dict[str, Any] = self._known["changes"]
        return found

    def since(self, moment: str) -> datetime | None:
        match moment:
            case "opened":
                return self.ticket.created_at
            case "waiting":
                return self.waiting
            case "last":
                return self.last
            case "resolved":
                return self.resolved
        return self.due()

    def age(self, fact: str, *, working: bool) -> timedelta | None:
        since = self.since(fact)
        if since is None:
            return None
        if not working:
            return self.moment - since
        return self.world.hours.of(self._team()).elapsed(since, self.moment)
