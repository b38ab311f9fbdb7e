"""Rules follow events. Registered behind the clocks, so that they find promises as they stand."""

from collections.abc import Sequence
from datetime import timedelta

from automation.actions import rule_following as following
from automation.models import Rule
from automation.queries.rule_catalogue import EVENTS
from automation.queries.rules import live_rules
from core.events import on
from core.lanes import Lease
from core.models import Event

# Whatever moves a moment that rules of time count from.
_MOVES = {
    "ticket.opened",
    "message.received",
    "message.replied",
    "message.noted",
    "message.withdrawn",
    "ticket.status_changed",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.priority_changed",
    "ticket.type_changed",
    "ticket.moved",
}
_LEASE = timedelta(minutes=2)


def _some_rule_follows(events: Sequence[Event]) -> list[Event]:
    """One statement for all that happened in a transaction."""
    live = live_rules()
    is_timed = any(rule.trigger.kind == "time" for rule in live)
    return [
        event
        for event in events
        if (is_timed and event.name in _MOVES) or any(rule.follows(event.name) for rule in live)
    ]


@on(*{**EVENTS, **dict.fromkeys(_MOVES)}, only=_some_rule_follows)
def follow_with_rules(event: Event) -> None:
    live = live_rules() if event.ticket_id else []
    if event.ticket_id is None or not live:
        return
    if event.name in _MOVES:
        following.set_timers(event.ticket_id, live)
    following.follow_event(event, live)


@on("rule.waits", lane="assist", lease=_LEASE)
def follow_meaning(event: Event, lease: Lease) -> None:
    with lease.held():
        following.follow_meaning(event, lease)


@on("rule.due", lane="bulk")
def go_round(event: Event, lease: Lease) -> None:
    following.run_round(event, lease)


@on("rule.changed", lane="bulk")
def set_timers(event: Event, lease: Lease) -> None:
    rule = Rule.objects.filter(pk=event.subject_id).first()
    with lease.held():
        if rule and event.details.get("is_on"):
            following.set_all_timers(rule)
    with lease.finish():
        return
