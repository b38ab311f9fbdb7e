"""New tickets are looked at; what people choose is held against what was guessed."""

from datetime import timedelta

from automation.actions.triage import (
    find_guesses,
    has_something_to_say,
    keep_learned,
    learn_anew,
    note_choice,
    note_guesses,
)
from automation.models import Triaged
from core.events import on, record
from core.lanes import Lease
from core.models import Event
from tickets.models import Priority, Ticket


@on("ticket.opened")
def ask_for_look(event: Event) -> None:
    """Nothing is put into a queue where nothing was learned or taught."""
    ticket = Ticket.objects.filter(pk=event.ticket_id).first() if event.ticket_id else None
    if ticket and not ticket.spam_at and has_something_to_say():
        record("triage.wanted", subject=ticket, actor=None)


@on("triage.wanted", lane="bulk", lease=timedelta(seconds=30))
def look_at_new(event: Event, lease: Lease) -> None:
    known = Ticket.objects.select_related("inbox").filter(spam_at=None)
    ticket = known.filter(pk=event.subject_id).first()
    guesses = []
    if ticket:
        with lease.held():
            guesses = find_guesses(ticket)
    with lease.finish():
        if ticket and guesses:
            note_guesses(ticket, guesses)


@on("ticket.type_changed", "ticket.priority_changed")
def compare_choice(event: Event) -> None:
    if event.actor_kind != Event.ActorKind.USER or event.actor_id is None or not event.ticket_id:
        return
    to = event.details.get("to")
    if event.name == "ticket.type_changed":
        field, value = Triaged.TYPE, str(to)
    else:
        field, value = Triaged.PRIORITY, Priority(to).name.lower()
    note_choice(event.ticket_id, field=field, value=value, by=event.actor_id)


@on("triage.asked", lane="bulk", lease=timedelta(minutes=2))
def learn(event: Event, lease: Lease) -> None:
    """A worker that is killed meanwhile has changed nothing: another one begins anew."""
    with lease.held():
        found = learn_anew()
    with lease.finish():
        keep_learned(event.subject_id, found)
