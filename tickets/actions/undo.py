"""Taking an answer back before it has left."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core.clock import now
from core.errors import NotAllowed
from core.models import Event
from tickets.actions.base import default_status, lock_home, record_on
from tickets.actions.change import enter_status
from tickets.actions.deliver import wake_next
from tickets.errors import CannotWithdraw
from tickets.models import Category, Delivery, Message, MessageIndex, Status, Ticket

_STEPS = {"ticket.status_changed", "ticket.resolved", "ticket.reopened"}
_MOMENTS = ("waiting_since", "first_replied_at", "resolved_at", "closed_at", "last_at")


def state_of(ticket: Ticket) -> dict[str, Any]:
    """What an answer is about to change; kept in its event."""
    moments = {name: getattr(ticket, name) for name in _MOMENTS}
    return moments | {
        "status": ticket.status_id,
        "assignee": ticket.assignee_id,
        "reopen_count": ticket.reopen_count,
        "last_message_seq": ticket.last_message_seq,
    }


@transaction.atomic
def withdraw(message: Message, *, actor: User) -> Message:
    """Take back an answer of one's own that has not left; its files go back to the composer."""
    ticket = lock_home(message)
    if message.author_id != actor.pk:
        raise NotAllowed("Only its author can take an answer back.")
    delivery = Delivery.objects.select_for_update().filter(message=message).first()
    if delivery is None or delivery.state != Delivery.State.SCHEDULED:
        raise CannotWithdraw("This answer has left already.")
    if delivery.ambiguous_at:
        raise CannotWithdraw("This answer may have arrived already.")
    delivery.state = Delivery.State.WITHDRAWN
    delivery.save(update_fields=["state"])
    event = record_on(ticket, "message.withdrawn", actor=actor, message=message.pk)
    message = Message.objects.select_related("ticket").get(pk=message.pk)
    message.withdrawn_at, message.touched_seq = now(), event.seq or 0
    message.save(update_fields=["withdrawn_at", "touched_seq"])
    message.attachments.update(message=None)
    MessageIndex.objects.filter(message=message).delete()
    if message.kind == Message.Kind.PUBLIC:
        _step_back(ticket, message, actor)
    wake_next(ticket)
    return message


def _step_back(ticket: Ticket, message: Message, actor: User) -> None:
    """As it was before the answer, but for what somebody has changed since."""
    since = list(Event.objects.filter(ticket_id=ticket.pk, seq__gte=message.seq).order_by("seq"))
    is_moved = since[0].name != "message.replied"  # from another ticket, with its own story
    before = state_of(ticket) if is_moved else read_state(since[0])
    answers = ticket.messages.filter(
        direction=Message.Direction.OUT,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
    )
    if not answers.exists():
        ticket.first_replied_at = None
    if ticket.last_message_seq == message.seq:
        ticket.last_message_seq, ticket.last_at = before["last_message_seq"], before["last_at"]
    ticket.save(update_fields=["first_replied_at", "last_message_seq", "last_at"])
    if not is_moved and not answers.filter(seq__gt=message.seq).exists():
        by_others = {e.name for e in since if e.details.get("message") != str(message.pk)}
        if "ticket.assigned" not in by_others:
            _let_go(ticket, before, actor)
        if not by_others & _STEPS:
            restore_status(ticket, before, actor=actor, message=message.pk)
    _wait_again(ticket, answers, actor)


def read_state(event: Event) -> dict[str, Any]:
    """What ``state_of`` gave when the event was recorded."""
    before = dict(event.details["before"])
    for name in _MOMENTS:
        before[name] = datetime.fromisoformat(before[name]) if before[name] else None
    return before


def _let_go(ticket: Ticket, before: dict[str, Any], actor: User) -> None:
    if before["assignee"] is None and ticket.assignee_id == actor.pk:
        ticket.assignee = None
        ticket.save(update_fields=["assignee"])
        own_list = [f"user:{actor.pk}"]
        record_on(
            ticket, "ticket.assigned", actor=actor, rooms=own_list, assignee=None, previous=actor.pk
        )


def restore_status(ticket: Ticket, before: dict[str, Any], *, actor: User, **details: Any) -> None:
    """Not a step of the table: nobody outside has seen the change, so nothing was reopened."""
    was, ticket.status = ticket.status, Status.objects.get(pk=before["status"])
    ticket.category = ticket.status.category
    for name in ("resolved_at", "closed_at", "reopen_count", "waiting_since"):
        setattr(ticket, name, before[name])
    ticket.save(
        update_fields=[
            "status",
            "category",
            "resolved_at",
            "closed_at",
            "reopen_count",
            "waiting_since",
        ]
    )
    if was.pk != ticket.status_id:
        record_on(
            ticket,
            "ticket.status_changed",
            actor=actor,
            was=was.code,
            to=ticket.status.code,
            **details,
        )


def _wait_again(ticket: Ticket, answers: "QuerySet[Message]", actor: User) -> None:
    """No ticket waits for a customer who has got no answer."""
    asked = (
        ticket.messages.filter(direction=Message.Direction.IN, kind=Message.Kind.PUBLIC)
        .filter(classification=Message.Classification.PERSON)
        .order_by("-seq")
        .first()
    )
    if asked is None or ticket.is_resolved or answers.filter(seq__gt=asked.seq).exists():
        return
    if ticket.category == Category.WAITING_CUSTOMER:
        enter_status(ticket, default_status(Category.OPEN), actor=actor)
        ticket.waiting_since = asked.at
    elif ticket.waiting_since is None and not ticket.is_waiting:
        ticket.waiting_since = asked.at
    ticket.save(update_fields=["waiting_since"])
