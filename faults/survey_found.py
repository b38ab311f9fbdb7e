"""What the database has in the end, and what the harness knows by itself."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from faults.blows import Blow
from faults.cases import Staff
from faults.respondents import Respondents, SurveySink

EVENTS = ("ticket.resolved", "ticket.reopened", "survey.answered", "survey.changed")
NAMED = (*EVENTS, "recovery.opened")
TABLES = {
    "tickets": "SELECT id, number, reopen_count, resolved_at FROM tickets_ticket "
    "WHERE spam_at IS NULL AND merged_into_id IS NULL",
    "invitations": "SELECT id, ticket_id, customer_id, cycle, metric, state, why, channel, "
    "offered_at, reminded_at FROM surveys_invitation WHERE NOT is_second",
    "answers": "SELECT id, invitation_id, score FROM surveys_answer",
    "tasks": "SELECT id, answer_id, reason FROM surveys_recoverytask",
    "inspections": "SELECT i.ticket_id, i.cycle, i.resolved_at, i.made_at, r.number AS rubric, "
    "i.is_bot FROM quality_inspection i JOIN quality_rubric r ON r.id = i.rubric_id",
    "rubrics": "SELECT number, published_at FROM quality_rubric ORDER BY number",
    "failed": "SELECT name, error FROM core_reaction WHERE state = 'failed'",
}


@dataclass
class Solution:
    """What was solved between two times that it was taken up."""

    ticket: UUID
    cycle: int
    ends: list[datetime] = field(default_factory=list)
    is_over: bool = False  # taken up again, or taken back


class Found:
    """What the database has, read past everything of ours."""

    def __init__(self, connection: Any) -> None:
        self.rows = {name: read(connection, query) for name, query in TABLES.items()}
        self.events = read(
            connection,
            "SELECT name, ticket_id, seq, at, details FROM core_event WHERE name = ANY(%s) "
            "ORDER BY ticket_id, seq",
            [list(NAMED)],
        )
        self.tickets = {row["id"]: row for row in self.rows["tickets"]}
        self.invitations = {row["id"]: row for row in self.rows["invitations"]}
        self.solutions = self.list_solutions()
        self.scores = self.list_scores()

    def list_solutions(self) -> dict[tuple[UUID, int], Solution]:
        found: dict[tuple[UUID, int], Solution] = {}
        cycles: Counter[UUID] = Counter()
        for event in self.events:
            ticket = event["ticket_id"]
            key = ticket, cycles[ticket]
            if event["name"] == "ticket.resolved" and ticket in self.tickets:
                found.setdefault(key, Solution(*key)).ends.append(event["at"])
            elif event["name"] == "ticket.reopened":
                cycles[ticket] += 1
        for key, solution in found.items():
            ticket = self.tickets[solution.ticket]
            is_last = key[1] == cycles[solution.ticket]
            solution.is_over = not is_last or ticket["resolved_at"] is None
        return found

    def list_scores(self) -> dict[UUID, list[tuple[str, int]]]:
        """By invitation, what was noted of its answers, in order."""
        found: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
        for event in self.events:
            if event["name"] in ("survey.answered", "survey.changed"):
                details = event["details"]
                found[UUID(details["invitation"])].append((event["name"], details["score"]))
        return dict(found)


def read(connection: Any, query: str, values: Any = None) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass
class Told:
    """What the harness knows by itself."""

    staff: Staff
    respondents: Respondents
    sink: SurveySink
    denied: dict[str, str]
    blows: list[Blow]
    inspected_late: int

    def mails(self) -> dict[UUID, Counter[UUID]]:
        """By invitation, how often each mail arrived."""
        found: dict[UUID, Counter[UUID]] = defaultdict(Counter)
        for one in self.sink.asked:
            found[UUID(one.invitation)][UUID(one.mail)] += 1
        return found
