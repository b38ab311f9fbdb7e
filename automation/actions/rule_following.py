"""What makes rules run: events, times, rounds, buttons, and messages while they come in."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from automation.actions.rule_running import run_rules
from automation.models import Rule, RuleRun, RuleTimer, RuleVersion
from automation.queries.rule_facts import MOMENT_COLUMNS, TicketFacts, said_in
from automation.queries.rule_hours import TeamHours
from automation.queries.rule_tickets import read_ticket, read_tickets
from automation.queries.rules import (
    Compiled,
    compile_version,
    fitting_rules,
    live_rules,
    rules_of_kind,
)
from automation.rules.shapes import Cause
from automation.rules.timing import due_at, next_time
from core import registry
from core.clock import now
from core.errors import Invalid, NotAllowed
from core.events import is_history, record
from core.ids import new_id
from core.lanes import Lease
from core.models import Event
from tickets.actions.base import lock
from tickets.models import Message, Ticket

log = logging.getLogger("helpdesk.rules")
_WAITS = UUID("4e2d5c52-8d6d-4d0e-9c5a-0d6a6b1f5f0b")
# A round over all tickets does no more than this at once; the rest is left to the next one.
MOST_IN_ROUND = 1000
# What a rule may have changed of a ticket that its caller goes on with.
_MOVED = [
    "status",
    "category",
    "priority",
    "type",
    "tags",
    "team",
    "assignee",
    "seq",
    "waiting_since",
    "resolved_at",
    "closed_at",
    "reopen_count",
    "spam_at",
    "custom",
]


# Events


def follow_event(event: Event, live: Sequence[Compiled] | None = None) -> list[RuleRun]:
    """Rules that ask what somebody meant wait until that has been found out elsewhere. ``live``:
    those in force, where they are at hand."""
    rules = fitting_rules(event, live)
    if not rules or event.ticket_id is None or _is_automatic(event):
        return []
    if any(rule.asks_meaning for rule in rules):
        record("rule.waits", subject=Ticket(pk=event.ticket_id), actor=None, event=event.pk)
        rules = [rule for rule in rules if not rule.asks_meaning]
    cause = Cause.of(str(event.pk), event.details)
    return run_rules(rules, event.ticket_id, cause=cause, event=event) if rules else []


def _is_automatic(event: Event) -> bool:
    """Mails of machines start nothing."""
    kind = event.details.get("classification", Message.Classification.PERSON)
    return event.name == "message.received" and kind != Message.Classification.PERSON


def follow_meaning(waiting: Event, lease: Lease) -> None:
    """First what is slow, without a lock; then the rules, with what it found."""
    event = Event.objects.get(pk=UUID(waiting.details["event"]))
    chances = read_meaning(event)
    rules = [rule for rule in fitting_rules(event) if rule.asks_meaning]
    with lease.finish():
        if event.ticket_id:
            cause = Cause.of(str(event.pk), event.details)
            run_rules(rules, event.ticket_id, cause=cause, event=event, chances=chances)


def read_meaning(event: Event) -> Mapping[str, float] | None:
    """None where nobody knows how to: no condition that asks for it holds then."""
    ticket = read_ticket(event.ticket_id) if event.ticket_id else None
    if ticket is None:
        return None
    words = TicketFacts(ticket, event if said_in(event) else None).value("text")
    for understand in registry.understanders.values():
        found = understand(words, language=ticket.language, brand=ticket.inbox.brand_id)
        if found is not None:
            return {found.intent: found.confidence} if found.intent else {}
    return None


# While a message comes in


def follow_arrival(ticket: Ticket, event: Event) -> None:
    """In the transaction that takes the message in: nobody sees it before. Whatever a rule does,
    the message comes in."""
    rules = rules_of_kind("inbound") if not is_history() else []
    if not rules or _is_automatic(event):
        return
    try:
        with transaction.atomic():
            cause = Cause.of(str(event.pk), event.details)
            runs = run_rules(rules, ticket.pk, cause=cause, event=event)
    except Exception:  # a message is not lost for a rule
        log.exception("Rules failed while message %s came in.", event.details.get("message"))
        return
    if runs:
        ticket.refresh_from_db(fields=_MOVED)


# Waits


def set_timers(ticket_id: UUID, live: Sequence[Compiled]) -> None:
    """Note when each rule of time looks at this ticket next."""
    rules = [rule for rule in live if rule.trigger.kind == "time"]
    ticket = read_ticket(ticket_id) if rules else None
    if ticket is None:
        return
    known = {row.rule_id: row for row in RuleTimer.objects.filter(ticket=ticket)}
    hours = TeamHours()
    for rule in rules:
        _set_timer(rule, ticket, known.get(rule.rule), hours)


def _set_timer(rule: Compiled, ticket: Ticket, known: RuleTimer | None, hours: TeamHours) -> None:
    since = getattr(ticket, MOMENT_COLUMNS[rule.trigger.since])
    if since is None:
        if known:
            known.delete()
        return
    if known and known.since == since:
        return
    due = due_of(rule, ticket, since, hours)
    # What was over before the rule was in force surprises nobody.
    is_old = due is not None and rule.since is not None and due < rule.since
    values = {"since": since, "due_at": None if is_old else due}
    RuleTimer.objects.update_or_create(rule_id=rule.rule, ticket=ticket, defaults=values)


def due_of(rule: Compiled, ticket: Ticket, since: datetime, hours: TeamHours) -> datetime | None:
    working = hours.of(ticket.team_id) if rule.trigger.working else None
    return due_at(since, minutes=rule.trigger.minutes, hours=working)


def set_all_timers(rule: Rule) -> None:
    """It was put in force: of all unresolved tickets, and of those resolved lately."""
    lately = now() - timedelta(days=30)
    found = Ticket.objects.unresolved() | Ticket.objects.filter(resolved_at__gt=lately)
    version = rule.versions.filter(since__isnull=False, until=None).first()
    if version is None or version.kind != "time":
        return
    compiled, hours = compile_version(version), TeamHours()
    for pk in found.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            if ticket := read_ticket(pk):
                known = RuleTimer.objects.filter(rule=rule, ticket=ticket).first()
                _set_timer(compiled, lock(ticket), known, hours)


def run_due_timers(limit: int = 200) -> int:
    """Each ticket in a transaction of its own: whoever is killed leaves the rest to the next
    beat."""
    due = RuleTimer.objects.filter(due_at__lte=now()).order_by("due_at")
    pks = list(due.values_list("pk", flat=True)[:limit])
    rules = {rule.rule: rule for rule in rules_of_kind("time")} if pks else {}
    for pk in pks:
        with transaction.atomic():
            _ring(pk, rules)
    return len(pks)


def _ring(pk: UUID, rules: dict[UUID, Compiled]) -> None:
    timers = RuleTimer.objects.select_related("ticket")
    timer = timers.filter(pk=pk).first()
    if timer is None:
        return
    lock(timer.ticket)
    timer = timers.filter(pk=pk, due_at__lte=now()).first()
    if timer is None:
        return
    rule = rules.get(timer.rule_id)
    since = getattr(timer.ticket, MOMENT_COLUMNS[rule.trigger.since]) if rule else None
    if rule and since is not None and since != timer.since:
        # What it counts from has moved, and nothing has told us.
        timer.delete()
        _set_timer(rule, timer.ticket, None, TeamHours())
        return
    timer.due_at = None
    timer.save(update_fields=["due_at"])
    if rule and since is not None:
        run_rules([rule], timer.ticket_id, cause=Cause(str(_wait_of(timer))))


def _wait_of(timer: RuleTimer) -> UUID:
    """The same wait is the same cause, however often it is looked at."""
    return uuid5(_WAITS, f"{timer.rule_id} {timer.ticket_id} {timer.since.isoformat()}")


# Rounds at set times


def next_round(version: RuleVersion, after: datetime) -> datetime | None:
    trigger: dict[str, Any] = version.trigger
    if trigger.get("kind") != "schedule":
        return None
    return next_time(after, days=trigger["days"], at=trigger["at"], zone=trigger["zone"])


def begin_due_rounds() -> int:
    """One event per round, with the next one set in the same transaction."""
    count = 0
    for pk in Rule.objects.filter(next_at__lte=now()).values_list("pk", flat=True):
        with transaction.atomic():
            due = Rule.objects.select_for_update(skip_locked=True).filter(pk=pk, next_at__lte=now())
            rule = due.first()
            if rule is None:
                continue
            version = rule.versions.filter(since__isnull=False, until=None).first()
            rule.next_at = next_round(version, now()) if version else None
            rule.save(update_fields=["next_at"])
            if version:
                record("rule.due", subject=rule, actor=None, version=version.number)
                count += 1
    return count


def run_round(event: Event, lease: Lease) -> None:
    """All unresolved tickets, each in a transaction of its own. Whoever takes over after a kill
    begins again, and finds who had their turn in the log."""
    found = [rule for rule in live_rules() if rule.rule == event.subject_id]
    with lease.held():
        if found:
            _go_round(found[0], event)
    with lease.finish():
        return


def _go_round(rule: Compiled, event: Event) -> None:
    done = 0
    had = set(
        RuleRun.objects.filter(rule=rule.rule, root=event.pk).values_list("ticket_id", flat=True)
    )
    hours = TeamHours()
    tickets = read_tickets().filter(pk__in=Ticket.objects.unresolved().values("pk"))
    for ticket in tickets.order_by("pk").iterator(chunk_size=200):
        if ticket.pk in had or not rule.test(TicketFacts(ticket, hours=hours)):
            continue
        if done >= MOST_IN_ROUND:
            log.warning("Rule %s has more to do than fits one round.", rule.rule)
            return
        with transaction.atomic():
            done += len(run_rules([rule], ticket.pk, cause=Cause(str(event.pk))))


# By hand


@transaction.atomic
def run_by_hand(version: RuleVersion, ticket: Ticket, *, actor: User) -> RuleRun:
    """As the one who pressed the button, with their rights."""
    if version.kind != "manual" or not version.is_in_force:
        raise Invalid(_("This rule has no button."))
    if not actor.may("tickets.change_ticket"):
        raise NotAllowed(_("Your role does not allow this."))
    runs = run_rules([compile_version(version)], ticket.pk, cause=Cause(str(new_id())), actor=actor)
    if not runs:
        raise Invalid(_("The conditions of this rule do not hold here."))
    return runs[0]
