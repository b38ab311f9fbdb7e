"""Work that comes and hands that become free bring a look at the queue."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from automation.actions.choosing import note_accepted
from automation.actions.routing import drain_team, teams_touched_by
from automation.queries.floor import pushing_teams
from core.clock import now
from core.events import on, record
from core.lanes import Lease
from core.models import Event
from tickets.models import Ticket

# What comes late is found by the round of every other second anyhow.
_AT_ONCE = timedelta(seconds=3)
_LEASE = timedelta(seconds=20)


def _the_ticket(event: Event) -> "QuerySet[Ticket]":
    return Ticket.objects.filter(pk=event.ticket_id) if event.ticket_id else Ticket.objects.none()


@on("ticket.opened", "ticket.moved", "ticket.reopened", "ticket.unmarked_spam")
def ask_for_ticket(event: Event) -> None:
    """Cheap, for it follows every ticket, whether its team's work is given out or not."""
    team = _the_ticket(event).filter(assignee=None).values("team")
    for routing in pushing_teams().filter(pk__in=team):
        record("routing.wanted", subject=routing.team, actor=None)


@on("ticket.resolved")
def ask_for_holder(event: Event) -> None:
    holder = _the_ticket(event).values_list("assignee", flat=True).first()
    if holder:
        for routing in teams_touched_by(holder):
            record("routing.wanted", subject=routing.team, actor=None)


@on("user.presence_changed", "user.absence_ended")
def ask_for_person(event: Event) -> None:
    for routing in teams_touched_by(event.subject_id):
        record("routing.wanted", subject=routing.team, actor=None)


@on("chat.joined")
def weigh_accepted(event: Event) -> None:
    """A chat that was offered weighs from now on."""
    agent = event.details.get("agent")
    if event.ticket_id and agent:
        note_accepted(event.ticket_id, UUID(str(agent)))


@on("routing.wanted", lane="send", lease=_LEASE)
def give_out(event: Event, lease: Lease) -> None:
    if now() - event.at < _AT_ONCE:
        drain_team(event.subject_id)
    with lease.finish():
        return
