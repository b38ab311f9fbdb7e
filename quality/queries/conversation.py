"""A ticket's conversation as checks read it, and its evidence as people do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts.models import User
from core.fields import warm_keys
from core.models import Event
from quality.checks.shapes import Said, Talk, Who
from quality.models import Inspection
from tickets.models import Message, Ticket

MOST = 400


def messages_of(ticket: Ticket, *, until: int | None = None) -> list[Message]:
    """What the customer and ours said to one another, in order, up to a number of the ticket."""
    said = Message.objects.filter(
        ticket=ticket,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
        redacted_at=None,
    )
    if until is not None:
        said = said.filter(seq__lte=until)
    rows = list(said.select_related("author", "ticket").order_by("seq")[:MOST])
    warm_keys(rows)
    return rows


def talk_of(ticket: Ticket, rows: list[Message]) -> Talk:
    began = rows[0].at if rows else ticket.created_at
    said = tuple(
        Said(who_of(one), one.body, max(one.at - began, timedelta()), str(one.pk)) for one in rows
    )
    return Talk(said, ticket.language, "chat" if is_chat(ticket) else "mail")


def is_chat(ticket: Ticket) -> bool:
    return ticket.inbox.kind != "mail"


def who_of(message: Message) -> Who:
    if message.is_inbound:
        return "customer"
    return "bot" if message.author and message.author.is_bot else "agent"


def speaker_of(ticket: Ticket, rows: Iterable[Message]) -> User | None:
    """Who of ours said most, a person before a bot; where nobody did, whose ticket it is."""
    counts: dict[UUID, list[Any]] = {}
    for one in rows:
        if one.author and not one.is_inbound:
            known = counts.setdefault(one.author.pk, [not one.author.is_bot, 0, one.author])
            known[1] += 1
    if not counts:
        return ticket.assignee
    best: User = max(counts.values(), key=lambda known: (known[0], known[1]))[2]
    return best


def cycle_at(ticket: UUID, seq: int) -> int:
    """How often it had been reopened by then."""
    reopened = Event.objects.filter(ticket_id=ticket, name="ticket.reopened", seq__lte=seq)
    return reopened.count()


# Evidence, for those who may read the ticket


@dataclass(frozen=True, slots=True)
class Mark:
    message: str
    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of an inspection, as it is shown."""

    code: str
    name: str
    weight: int
    is_critical: bool
    state: str
    is_set_right: bool
    marks: list[Mark]


_SHOWN = 120


def lines_of(inspection: Inspection, rows: list[Message] | None = None) -> list[Line]:
    """Without ``rows`` no words are shown."""
    bodies = {str(one.pk): one.body for one in rows or ()}
    found = []
    for one in inspection.rubric.criteria_of("auto"):
        result = inspection.results.get(one["code"]) or {"state": "none"}
        marks = [
            Mark(key, start, end, bodies[key][start:end][:_SHOWN])
            for key, start, end in result.get("evidence", ())
            if key in bodies
        ]
        found.append(
            Line(
                one["code"],
                one["name"],
                one["weight"],
                one["is_critical"],
                result["state"],
                bool(result.get("set_right")),
                marks,
            )
        )
    return found
