"""Two hundred rules asked about recorded events, in one process. Nothing is kept of it."""

import random
import time
from typing import Any

from django.db import transaction

from automation.models import Rule, RuleVersion
from automation.queries.rule_facts import TicketFacts
from automation.queries.rule_hours import TeamHours
from automation.queries.rule_tickets import read_ticket
from automation.queries.rules import Compiled, live_rules
from core.clock import now
from core.models import Event

NAMES = ("message.received", "ticket.opened", "ticket.assigned", "ticket.tagged")


def judge_rules(rules: int, events: int) -> dict[str, float]:
    """``aimed``: each rule follows one of four events, as rules of a house do; ``all``: every rule
    follows each. Facts are read from the database anew for each event, ticket included."""
    with transaction.atomic():
        _make(rules)
        recorded = list(
            Event.objects.filter(name__in=NAMES, ticket_id__isnull=False).order_by("-pk")[:events]
        )
        took = {"aimed": _judge(recorded, events), "all": _judge(recorded, events, aimed=False)}
        transaction.set_rollback(True)
    return took


def _make(count: int) -> None:
    rng = random.Random(7)  # noqa: S311  the same rules each time
    for number in range(count):
        rule = Rule.objects.create(name=f"bench {number}", position=number)
        RuleVersion.objects.create(
            rule=rule,
            number=1,
            since=now(),
            trigger={"kind": "event", "events": [NAMES[number % len(NAMES)]]},
            conditions=_conditions(rng, number),
            steps=[{"do": "set_priority", "value": "30"}],
        )


def _conditions(rng: random.Random, number: int) -> dict[str, Any]:
    """Each asks five things in three groups; a fifth reads what was said."""
    said = {"fact": "text", "is": "matches", "value": rf"\b(parcel|order) {number}\d{{3}}\b"}
    tagged = {"fact": "tags", "is": "any", "value": [f"tag{number}", "late"]}
    deep = {
        "any": [
            said if number % 5 == 0 else tagged,
            {"fact": "reopened", "is": "greater", "value": 3},
        ]
    }
    return {
        "all": [
            {"fact": "priority", "is": "equals", "value": rng.choice([10, 20, 30])},
            {"any": [{"fact": "tier", "is": "any", "value": ["vip"]}, {"not": [deep]}, deep]},
            {"fact": "opened", "is": "older", "value": rng.choice([60, 600, 600_000])},
            {"fact": "type", "is": "any", "value": [f"type{number}"]},
        ]
    }


def _judge(recorded: list[Event], events: int, *, aimed: bool = True) -> float:
    """Events a second of processor time, each asked of all the rules that follow it."""
    found, hours = live_rules(), TeamHours()
    began = time.process_time()
    for number in range(events):
        event = recorded[number % len(recorded)]
        fitting = [rule for rule in found if not aimed or rule.follows(event.name)]
        _ask(fitting, event, hours)
    return events / (time.process_time() - began)


def _ask(fitting: list[Compiled], event: Event, hours: TeamHours) -> int:
    ticket = read_ticket(event.ticket_id) if event.ticket_id else None
    assert ticket  # noqa: S101  none of the house's is merged
    facts = TicketFacts(ticket, event, hours=hours)
    return sum(rule.test(facts) for rule in fitting)
