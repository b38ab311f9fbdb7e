"""What follows an event: clocks are folded anew."""

from collections.abc import Sequence

from automation.actions.clocks import refold, refold_open
from automation.queries.policies import was_ever_promised
from core.events import on
from core.lanes import Lease
from core.models import Event
from tickets.models import Ticket

REFOLDS = (
    "ticket.opened",
    "message.received",
    "message.replied",
    "message.withdrawn",
    "message.deleted",
    "delivery.hastened",
    "delivery.sent",
    "ticket.status_changed",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.assigned",
    "ticket.moved",
    "ticket.priority_changed",
    "ticket.type_changed",
    "ticket.customer_changed",
    "ticket.marked_spam",
    "ticket.unmarked_spam",
    "ticket.merged",
    "ticket.unmerged",
    "ticket.split",
    "ticket.unsplit",
)


def _something_is_promised(events: Sequence[Event]) -> Sequence[Event]:
    return events if was_ever_promised() else ()


@on(*REFOLDS, only=_something_is_promised)
def follow_ticket(event: Event) -> None:
    """Once per transaction, by the last of its events."""
    later = Event.objects.filter(ticket_id=event.ticket_id, seq__gt=event.seq, name__in=REFOLDS)
    if event.ticket_id and not later.filter(xid=event.xid).exists():
        refold(event.ticket_id)


@on("customer.tier_changed", "customer.changed")
def follow_customer(event: Event) -> None:
    """Their open tickets may have been promised something else."""
    tickets = Ticket.objects.unresolved().filter(customer=event.subject_id, merged_into=None)
    for pk in tickets.order_by("pk").values_list("pk", flat=True):
        refold(pk)


@on(
    "policy.changed",
    "calendar.changed",
    "calendar.holidays_added",
    "calendar.holiday_removed",
    "calendar.removed",
    lane="bulk",
)
def follow_hours(event: Event, lease: Lease) -> None:
    """Each ticket in a transaction of its own; a killed worker's successor begins again."""
    with lease.held():
        refold_open()
    with lease.finish():
        pass
