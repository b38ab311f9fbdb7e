"""Answers that wait for their time."""

from django.db import transaction

from accounts.models import User
from core.clock import now
from core.lanes import wake
from core.models import Reaction
from tickets.actions.base import lock_home, record_on
from tickets.errors import NotScheduled
from tickets.models import Delivery, Message


@transaction.atomic
def send_now(message: Message, *, actor: User) -> Message:
    """Let an answer leave at once that was to leave later."""
    ticket = lock_home(message)
    delivery = Delivery.objects.select_for_update().filter(message=message).first()
    if delivery is None or delivery.state != Delivery.State.SCHEDULED or delivery.attempts:
        raise NotScheduled("This answer does not wait for its time.")
    delivery.not_before = now()
    delivery.save(update_fields=["not_before"])
    event = record_on(ticket, "delivery.hastened", actor=actor, message=message.pk)
    Message.objects.filter(pk=message.pk).update(touched_seq=event.seq or 0)
    waiting = Reaction.objects.filter(lane="send", event__ticket_id=ticket.pk)
    wake(waiting.filter(event__details__message=str(message.pk)))
    return message
