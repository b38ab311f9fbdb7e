"""A ticket as rules see it: each fact is looked up when a condition first asks for it."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from automation.queries.rule_catalogue import FIELD
from automation.queries.rule_hours import TeamHours
from core.clock import now
from core.models import Event
from core.prepared import PreparedQuery
from tickets.models import Message, Status, Ticket

_STEPS = ("ticket.status_changed", "ticket.resolved", "ticket.reopened")
# By event, the facts it changes, and where its details keep what they were.
WAS: dict[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(_STEPS, (("status", "was"),)),
    "ticket.priority_changed": (("priority", "was"),),
    "ticket.type_changed": (("type", "was"),),
    "ticket.assigned": (("assignee", "previous"),),
    "ticket.moved": (("team", "previous"),),
}
MOMENT_COLUMNS = {
    "opened": "created_at",
    "waiting": "waiting_since",
    "last": "last_at",
    "resolved": "resolved_at",
    "due": "next_due_at",
}


def who_did(event: Event | None) -> str:
    if event is None:
        return "system"
    if event.details.get("cause") and event.actor_kind != Event.ActorKind.CUSTOMER:
        return "rule"
    if event.actor_kind != Event.ActorKind.USER:
        return str(event.actor_kind)
    bots = User.objects.filter(kind=User.Kind.BOT)
    is_bot = event.actor_id is not None and bots.filter(pk=event.actor_id).exists()
    return "bot" if is_bot else "person"


def said_in(event: Event | None) -> UUID | None:
    """The customer's message an event is about."""
    if event is None or event.name != "message.received":
        return None
    return UUID(event.details["message"])


def tags_before(tags: list[str], event: Event) -> list[str]:
    added = event.details.get("added") or []
    return [tag for tag in tags if tag not in added] + list(event.details.get("removed") or [])


class TicketFacts:
    """As it is now. ``event`` is what the rule follows; ``chances`` what its words may mean."""

    def __init__(
        self,
        ticket: Ticket,
        event: Event | None = None,
        *,
        hours: TeamHours | None = None,
        chances: Mapping[str, float] | None = None,
    ) -> None:
        self.ticket = ticket
        self.event = event
        self.moment = now()
        self._hours = hours or TeamHours()
        self._known: dict[str, Any] = {"intent": chances}
        self._before: dict[str, Any] | None = None

    def value(self, fact: str) -> Any:
        if fact not in self._known:
            self._known[fact] = self._look_up(fact)
        return self._known[fact]

    def _look_up(self, fact: str) -> Any:
        if fact.startswith(FIELD):
            return self.ticket.custom.get(fact.removeprefix(FIELD))
        return self._WAYS[fact](self)

    def before(self, fact: str) -> Any:
        changed = self._changes()
        return changed[fact] if fact in changed else self.value(fact)

    def is_changed(self, fact: str) -> bool:
        return fact in self._changes()

    def _changes(self) -> dict[str, Any]:
        if self._before is None:
            self._before = changes_of(self.event, tags=self.ticket.tags)
        return self._before

    def age(self, fact: str, *, working: bool) -> timedelta | None:
        since: datetime | None = getattr(self.ticket, MOMENT_COLUMNS[fact])
        if since is None:
            return None
        if not working:
            return self.moment - since
        return self._hours.of(self.ticket.team_id).elapsed(since, self.moment)

    # Single facts

    def _message(self) -> Message | None:
        """The one the rule follows, else the customer's newest."""
        if "message" not in self._known:
            pk = said_in(self.event)
            self._known["message"] = _SAID.first(pk or self.ticket.pk, shape=bool(pk))
        found: Message | None = self._known["message"]
        return found

    def _text(self) -> str:
        message = self._message()
        return str(message.body) if message else ""

    def _sender(self) -> str:
        message = self._message()
        return str((message.addresses or {}).get("from", "")) if message else ""

    def _slack(self) -> int | None:
        due = self.ticket.next_due_at
        return round((due - self.moment).total_seconds() / 60) if due else None

    def _earlier(self) -> int:
        theirs = Ticket.objects.filter(customer=self.ticket.customer_id)
        return theirs.filter(created_at__lt=self.ticket.created_at).count()

    _WAYS: ClassVar[dict[str, Callable[["TicketFacts"], Any]]] = {
        "status": lambda self: self.ticket.status.code,
        "category": lambda self: str(self.ticket.category),
        "priority": lambda self: int(self.ticket.priority),
        "type": lambda self: self.ticket.type,
        "team": lambda self: _id(self.ticket.team_id),
        "assignee": lambda self: _id(self.ticket.assignee_id),
        "tags": lambda self: list(self.ticket.tags),
        "inbox": lambda self: _id(self.ticket.inbox_id),
        "channel": lambda self: self.ticket.inbox.kind,
        "reopened": lambda self: self.ticket.reopen_count,
        "actor": lambda self: who_did(self.event),
        "subject": lambda self: str(self.ticket.subject),
        "text": _text,
        "sender": _sender,
        "language": lambda self: self.ticket.language,
        "tier": lambda self: self.ticket.customer.tier.code,
        "organisation": lambda self: _id(self.ticket.customer.organisation_id),
        "earlier": _earlier,
        "slack": _slack,
        "in_hours": lambda self: self._hours.of(self.ticket.team_id).is_open(self.moment),
    }


def _build_said(pk: UUID, *, shape: bool) -> "QuerySet[Message]":
    """The message itself, or the newest of a ticket."""
    said = Message.objects.select_related("ticket").filter(
        direction=Message.Direction.IN, kind=Message.Kind.PUBLIC
    )
    return said.filter(pk=pk) if shape else said.filter(ticket=pk).order_by("-seq")[:1]


_SAID = PreparedQuery(_build_said)


def _id(pk: UUID | None) -> str | None:
    return str(pk) if pk else None


def changes_of(
    event: Event | None, *, tags: list[str], categories: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The facts an event changed, with what they were. ``categories``: of statuses by code, where
    they are at hand."""
    if event is None:
        return {}
    if event.name == "ticket.tagged":
        return {"tags": tags_before(tags, event)}
    if event.name == "ticket.fields_changed":
        return {f"{FIELD}{code}": None for code in event.details.get("fields", [])}
    found = {fact: event.details.get(key) for fact, key in WAS.get(event.name, ())}
    if "status" in found and categories is not None:
        found["category"] = categories.get(str(found["status"]))
    elif "status" in found:
        known = Status.objects.filter(code=found["status"]).values_list("category", flat=True)
        found["category"] = known.first()
    return found
