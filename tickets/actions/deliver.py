"""The way of an answer out of the house, as far as the ticket shows it."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from core.clock import now
from tickets.actions.base import lock, record_on
from tickets.errors import NotRetriable
from tickets.models import Delivery, Message, Ticket


@transaction.atomic
def start_sending(message_id: UUID) -> Delivery | None:
    """Take the delivery for one try; none if it was withdrawn or is done.

    From here on it cannot be withdrawn. A delivery found as being sent belongs to a worker that
    died: it is sent again under the same Message-ID.
    """
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("message__ticket__inbox__brand", "message__author")
        .filter(message=message_id, state__in=[Delivery.State.SCHEDULED, Delivery.State.SENDING])
        .first()
    )
    if delivery is None:
        return None
    delivery.state = Delivery.State.SENDING
    delivery.attempts += 1
    delivery.save(update_fields=["state", "attempts"])
    return delivery


# Those below lock the ticket before the delivery, as `withdraw` does: taking an answer back in
# the very moment it leaves must not end in a deadlock.


@transaction.atomic
def mark_sent(delivery: Delivery, *, external_id: str, provider_code: str = "") -> None:
    ticket = lock(delivery.message.ticket)
    delivery.state, delivery.sent_at = Delivery.State.SENT, now()
    delivery.provider_code, delivery.problem = provider_code[:20], ""
    delivery.save(update_fields=["state", "sent_at", "provider_code", "problem"])
    _touch(ticket, delivery, "delivery.sent", actor=None)


@transaction.atomic
def mark_failed(
    delivery: Delivery, *, problem: str, provider_code: str = "", is_retriable: bool
) -> None:
    """Give up on it; the thread shows why, and a person decides."""
    ticket = lock(delivery.message.ticket)
    delivery.state, delivery.problem = Delivery.State.FAILED, problem[:200]
    delivery.provider_code, delivery.is_retriable = provider_code[:20], is_retriable
    delivery.save(update_fields=["state", "problem", "provider_code", "is_retriable"])
    _touch(ticket, delivery, "delivery.failed", actor=None)


@transaction.atomic
def note_deferral(delivery: Delivery, *, problem: str, provider_code: str = "") -> None:
    ticket = lock(delivery.message.ticket)
    delivery.state = Delivery.State.SCHEDULED
    delivery.problem, delivery.provider_code = problem[:200], provider_code[:20]
    delivery.save(update_fields=["state", "problem", "provider_code"])
    _touch(ticket, delivery, "delivery.deferred", actor=None)


@transaction.atomic
def retry_delivery(message: Message, *, actor: User) -> Message:
    """Send again what has failed; the same Message-ID keeps it from arriving as two."""
    ticket = lock(message.ticket)
    delivery = Delivery.objects.select_for_update().filter(message=message).first()
    if delivery is None or delivery.state != Delivery.State.FAILED:
        raise NotRetriable("Only an answer that was not delivered can be sent again.")
    delivery.state, delivery.not_before, delivery.attempts = Delivery.State.SCHEDULED, now(), 0
    delivery.problem = ""
    delivery.save(update_fields=["state", "not_before", "attempts", "problem"])
    _touch(ticket, delivery, "delivery.retried", actor=actor)
    return message


def _touch(ticket: Ticket, delivery: Delivery, name: str, *, actor: User | None) -> None:
    event = record_on(ticket, name, actor=actor, message=delivery.message_id)
    Message.objects.filter(pk=delivery.message_id).update(touched_seq=event.seq)
