"""What is resolved is judged, bots' conversations like people's."""

from datetime import datetime, timedelta

from core.events import on
from core.lanes import Lease
from core.models import Event
from quality.actions.feeling import feel, feel_rest, keep_mood
from quality.actions.inspecting import judge, keep
from tickets.models import Ticket

_LEASE = timedelta(seconds=30)


@on("ticket.resolved", lane="bulk", lease=_LEASE)
def inspect(event: Event, lease: Lease) -> None:
    """A worker that is killed meanwhile has kept nothing: another one judges it anew."""
    found, felt = None, []
    if event.ticket_id and event.seq is not None:
        with lease.held():
            felt = feel_rest(event.ticket_id)
            found = judge(event.ticket_id, seq=event.seq, resolved_at=_end_of(event))
    with lease.finish():
        for mood in felt:
            keep_mood(mood)
        if found:
            keep(found)


def _end_of(event: Event) -> datetime:
    """The ticket's, as long as no other has come after it."""
    found = Ticket.objects.filter(pk=str(event.ticket_id)).values_list("resolved_at", flat=True)
    resolved_at = found.first()
    steps = "ticket.reopened", "ticket.resolved"
    later = Event.objects.filter(ticket_id=event.ticket_id, name__in=steps, seq__gt=event.seq)
    return event.at if resolved_at is None or later.exists() else resolved_at


@on("message.received", lane="bulk", lease=_LEASE)
def feel_message(event: Event, lease: Lease) -> None:
    """How the customer feels in it, for the line along the conversation."""
    with lease.held():
        found = feel(event)
    with lease.finish():
        if found:
            keep_mood(found)
