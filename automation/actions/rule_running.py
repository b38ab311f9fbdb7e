"""Running rules: each once for a cause, with a log that says what held, what was done and what was
refused."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from automation.actions.rule_account import may, rule_account, sees
from automation.actions.rule_steps import known_actions
from automation.models import RuleRun
from automation.queries.rule_facts import TicketFacts
from automation.queries.rule_hours import TeamHours
from automation.queries.rule_tickets import read_again, read_ticket
from automation.queries.rules import Compiled
from automation.rules.judging import explain
from automation.rules.shapes import Cause, Step, Stop, Told, stop_of
from core.clock import now
from core.errors import HelpdeskError
from core.events import caused_by
from core.ids import new_id
from core.models import Event
from core.rule_parts import RuleRunning
from tickets.actions.base import lock, record_on
from tickets.actions.undo import state_of
from tickets.errors import AlreadyThere
from tickets.models import Ticket

log = logging.getLogger("helpdesk.rules")


def run_rules(
    rules: Iterable[Compiled],
    ticket_id: UUID,
    *,
    cause: Cause,
    event: Event | None = None,
    actor: User | None = None,
    chances: Mapping[str, float] | None = None,
) -> list[RuleRun]:
    """In their order; what one did the next one sees. The caller's transaction holds both what is
    done and the log. The ticket is locked once a rule fits it, and asked again under the lock."""
    ticket = read_ticket(ticket_id)
    if ticket is None:
        return []
    hours, is_locked = TeamHours(), False
    facts = TicketFacts(ticket, event, hours=hours, chances=chances)
    runs: list[RuleRun] = []
    for rule in rules:
        if not rule.test(facts):
            continue
        if not is_locked:
            lock(ticket)
            is_locked, facts = True, _look_again(ticket_id, event, hours, chances)
            if not rule.test(facts):
                continue
        run = _run(rule, facts, cause=cause, actor=actor or rule_account())
        runs.append(run)
        if run.state == RuleRun.State.STOPPED:
            continue
        facts = _look_again(ticket_id, event, hours, chances)
        if rule.stops:
            break
    return runs


def _look_again(
    pk: UUID, event: Event | None, hours: TeamHours, chances: Mapping[str, float] | None
) -> TicketFacts:
    return TicketFacts(read_again(pk), event, hours=hours, chances=chances)


def _run(rule: Compiled, facts: TicketFacts, *, cause: Cause, actor: User) -> RuleRun:
    run = _begin(rule, facts, cause, actor)
    if stop := _stop_of(rule, facts.ticket, cause):
        run.state, run.why = RuleRun.State.STOPPED, str(stop)
        run.save(force_insert=True)
        log.warning(
            "Rule %s on ticket %s was stopped (%s) behind %d others that began with %s.",
            rule.rule, facts.ticket.pk, stop, cause.depth, cause.root,
        )  # fmt: skip
        return run
    before = state_of(facts.ticket)
    running = RuleRunning(rule=rule.rule, run=run.pk, event=run.event_id)
    follows = cause.after(str(rule.rule), str(run.ticket_id), run=str(run.pk))
    with caused_by(follows.as_json()):
        run.done = [_take(step, facts.ticket.pk, actor, running) for step in rule.steps]
        run.state = _state_of(run.done)
        run.save(force_insert=True)
        _tell(run, actor, before)
    return run


def _begin(rule: Compiled, facts: TicketFacts, cause: Cause, actor: User) -> RuleRun:
    told: list[Told] = explain(rule.tree, facts)
    return RuleRun(
        id=new_id(),
        rule_id=rule.rule,
        version_id=rule.version,
        ticket=facts.ticket,
        event_id=facts.event.pk if facts.event else None,
        event_name=facts.event.name if facts.event else "",
        root=UUID(cause.root),
        depth=cause.depth + 1,
        seen=[one.as_json() for one in told],
        at=now(),
        by=None if actor.is_bot else actor,
    )


def _stop_of(rule: Compiled, ticket: Ticket, cause: Cause) -> Stop | None:
    known = RuleRun.objects.filter(rule=rule.rule, ticket=ticket, root=cause.root)
    if known.exclude(state=RuleRun.State.STOPPED).exists():
        return Stop.AGAIN
    return stop_of(str(rule.rule), str(ticket.pk), cause)


def _take(step: Step, pk: UUID, actor: User, running: RuleRunning) -> dict[str, Any]:
    """As the one who acts; what is refused changes nothing and does not hold up the rest."""
    kept: dict[str, Any] = {"do": step.do, "value": step.value}
    try:
        with transaction.atomic():
            return kept | _act(step, pk, actor, running)
    except AlreadyThere:
        return kept | {"changes": {}}
    except HelpdeskError as refusal:
        return kept | {"code": refusal.code, "reason": refusal.reason[:200]}


def _act(step: Step, pk: UUID, actor: User, running: RuleRunning) -> dict[str, Any]:
    action = known_actions().get(step.do)
    ticket = lock(Ticket(pk=pk))
    if action is None:
        return {"code": "unknown", "reason": ""}
    if not sees(actor, ticket):
        return {"code": "not_visible", "reason": ""}
    if not may(actor, action.right):
        return {"code": "no_right", "reason": action.right}
    before = snapshot(ticket)
    done = action.act(ticket, actor, step.value, running)
    after = snapshot(lock(Ticket(pk=pk)))
    changed = {
        fact: [before.get(fact), after.get(fact)]
        for fact in {**before, **after}
        if before.get(fact) != after.get(fact)
    }
    return {"changes": changed, "made": list(done.made), "acted": done.has_acted}


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """Facts a rule can change, in codes and ids; personal fields are none of them."""
    return {
        "status": ticket.status.code,
        "category": str(ticket.category),
        "assignee": str(ticket.assignee_id) if ticket.assignee_id else None,
        "team": str(ticket.team_id) if ticket.team_id else None,
        "priority": int(ticket.priority),
        "tags": list(ticket.tags),
        "type": ticket.type,
        **{f"field:{code}": value for code, value in (ticket.custom or {}).items()},
    }


def _state_of(done: list[dict[str, Any]]) -> str:
    refused = [one for one in done if one.get("code")]
    if not refused:
        return RuleRun.State.DONE
    return RuleRun.State.REFUSED if len(refused) == len(done) else RuleRun.State.PARTLY


def _tell(run: RuleRun, actor: User, before: dict[str, Any]) -> None:
    """In the ticket's story: which rule, by which of its conditions, and what it changed."""
    changes = {fact: pair for one in run.done for fact, pair in (one.get("changes") or {}).items()}
    record_on(
        lock(run.ticket),
        "rule.ran",
        actor=actor,
        rule=run.rule_id,
        version=run.version_id,
        run=run.pk,
        state=run.state,
        held=[one["place"] for one in run.seen if one["holds"]],
        changed=sorted(changes),
        did=[one["do"] for one in run.done if not one.get("code")],
        before=before,
    )
