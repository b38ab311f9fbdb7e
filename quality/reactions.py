"""What is resolved is judged, bots' conversations like people's."""

from datetime import timedelta

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
            resolved = Ticket.objects.filter(pk=event.ticket_id).values_list("resolved_at").first()
            at = resolved[0] if resolved and resolved[0] else event.at
            found = judge(event.ticket_id, seq=event.seq, resolved_at=at)
    with lease.finish():
        for mood in felt:
            keep_mood(mood)
        if found:
            keep(found)


@on("message.received", lane="bulk", lease=_LEASE)
def feel_message(event: Event, lease: Lease) -> None:
    """How the customer feels in it, for the line along the conversation."""
    with lease.held():
        found = feel(event)
    with lease.finish():
        if found:
            keep_mood(found)
