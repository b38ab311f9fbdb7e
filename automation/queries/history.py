"""What happened to a ticket, as the fold reads it: messages where they stand now, states from the
events of the ticket and of those its messages came from."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from automation.queries.policies import Facts, facts_of, priority_code
from automation.sla.joining import inherit
from automation.sla.shapes import (
    ANSWERED,
    ASKED,
    ASSIGNED,
    BOT_ANSWERED,
    OPENED,
    PUT_ASIDE,
    STATUS,
    TAKEN_UP,
    Happening,
)
from core.models import Event
from tickets.models import Message, Move, Status, Ticket

STATES = (
    "ticket.opened",
    "ticket.status_changed",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.assigned",
    "ticket.marked_spam",
    "ticket.unmarked_spam",
    "ticket.merged",
    "ticket.unmerged",
    "ticket.priority_changed",
    "ticket.type_changed",
)
# An answer that waits longer than an undo delay counts when it leaves.
_SCHEDULED = timedelta(minutes=5)
_LAST = 2**31  # after whatever else happened at the same moment


@dataclass(frozen=True, slots=True)
class History:
    happenings: list[Happening] = field(default_factory=list)
    changes: list[tuple[datetime, Facts, str]] = field(default_factory=list)


def read_history(ticket: Ticket) -> History:
    """Asks five statements at most, whatever happened."""
    lineage = _came_from(ticket)
    events = _events_of([ticket.pk, *lineage])
    categories = dict(Status.objects.values_list("code", "category"))
    own = events.get(ticket.pk, [])
    states = inherit(
        _states_of(own, categories),
        *(_states_of(events.get(pk, []), categories) for pk in lineage),
    )
    states = _reconciled(ticket, states)
    said = list(_said_in(ticket))
    happenings = sorted([*states, *said], key=lambda h: h.key)
    return History(happenings, _changes_of(ticket, own))


def _came_from(ticket: Ticket) -> list[UUID]:
    """Tickets whose messages are in this one by merging them here or splitting it off."""
    moves = Move.objects.filter(target=ticket, undone_at=None)
    return list(dict.fromkeys(moves.values_list("source_id", flat=True)))


def _events_of(tickets: list[UUID]) -> dict[UUID, list[Event]]:
    found: dict[UUID, list[Event]] = {}
    events = Event.objects.filter(ticket_id__in=tickets, name__in=STATES).order_by("seq")
    for event in events.only("name", "at", "ticket_id", "seq", "details", "xid"):
        if event.ticket_id:
            found.setdefault(event.ticket_id, []).append(event)
    return found


def _states_of(events: Iterable[Event], categories: dict[str, str]) -> list[Happening]:
    told = list(events)
    # A merge closes what it puts aside; that is no end of the customer's wait.
    merging = {event.xid for event in told if _puts_aside(event)}
    return [
        Happening(event.at, what, event.seq or 0, why)
        for event in told
        for what, why in _what(event, categories)
        if not (what.startswith(STATUS) and event.xid in merging)
    ]


def _puts_aside(event: Event) -> bool:
    return event.name == "ticket.merged" and "into" in event.details


def _what(event: Event, categories: dict[str, str]) -> list[tuple[str, str]]:
    details: dict[str, Any] = event.details
    match event.name:
        case "ticket.opened":
            return [(OPENED, "")]
        case "ticket.status_changed" | "ticket.resolved" | "ticket.reopened":
            category = categories.get(str(details.get("to")), "open")
            return [(f"{STATUS}{category}", "")]
        case "ticket.assigned":
            return [(ASSIGNED, "")] if details.get("assignee") else []
        case "ticket.marked_spam":
            return [(PUT_ASIDE, "spam")]
        case "ticket.merged" if "into" in details:
            return [(PUT_ASIDE, "merged")]
        case "ticket.unmarked_spam":
            return [(TAKEN_UP, "")]
        case "ticket.unmerged" if "into" in details:
            return [(TAKEN_UP, "")]
    return []


def _reconciled(ticket: Ticket, states: list[Happening]) -> list[Happening]:
    """Undoing a merge or a bulk change puts a status back without always saying so."""
    steps = [h for h in states if h.what.startswith(STATUS)]
    category = steps[-1].what.removeprefix(STATUS) if steps else "new"
    if ticket.merged_into_id or category == ticket.category or not states:
        return states
    last = max(states, key=lambda h: h.key).at
    return [*states, Happening(last, f"{STATUS}{ticket.category}", _LAST)]


def _said_in(ticket: Ticket) -> Iterable[Happening]:
    public = Message.objects.filter(
        ticket=ticket, kind=Message.Kind.PUBLIC, withdrawn_at=None
    ).values_list(
        "at", "seq", "direction", "classification", "author__kind", "delivery__not_before"
    )
    for at, seq, direction, classification, kind, leaves_at in public:
        if direction == Message.Direction.IN:
            if classification == Message.Classification.PERSON:
                yield Happening(at, ASKED, seq)
        elif kind is not None:  # what no user wrote is a confirmation
            is_scheduled = leaves_at is not None and leaves_at - at > _SCHEDULED
            left = leaves_at if is_scheduled else at
            what = BOT_ANSWERED if kind == User.Kind.BOT else ANSWERED
            yield Happening(left, what, seq)


def _changes_of(ticket: Ticket, events: list[Event]) -> list[tuple[datetime, Facts, str]]:
    """Backwards from what it is now: of priority and type it is known what they were."""
    facts = facts_of(ticket)
    changes: list[tuple[datetime, Facts, str]] = []
    for event in reversed(events):
        if event.name == "ticket.priority_changed":
            changes.append((event.at, facts, "priority"))
            facts = replace(facts, priority=priority_code(int(event.details.get("was") or 0)))
        elif event.name == "ticket.type_changed":
            changes.append((event.at, facts, "type"))
            facts = replace(facts, type=str(event.details.get("was") or ""))
    return [(ticket.created_at, facts, ""), *reversed(changes)]
