"""Rules follow events. Registered behind the clocks, so that they find promises as they stand."""

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


@on(*{**EVENTS, **dict.fromkeys(_MOVES)})
def follow_with_rules(event: Event) -> None:
    """Cheap, for it follows nearly every event: one statement where there is no rule."""
    if event.ticket_id is None or not live_rules():
        return
    if event.name in _MOVES:
        following.set_timers(event.ticket_id)
    following.follow_event(event)


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
