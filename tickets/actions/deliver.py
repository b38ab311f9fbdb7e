"""The way of an answer out of the house, as far as the ticket shows it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from core.clock import now
from core.lanes import wake
from core.models import Reaction
from tickets.actions.base import lock, lock_home, record_on
from tickets.errors import HeldBack, NotRetriable
from tickets.models import Delivery, Message, Ticket

# Whoever waits is woken by the answer before. Looking again is for what nobody foresaw.
_TURN_PAUSE = timedelta(minutes=5)

# All that follow lock the ticket before the delivery, as `withdraw` does: taking an answer back
# in the very moment it leaves must not end in a deadlock.


@transaction.atomic
def start_sending(message_id: UUID) -> Delivery | None:
    """Take the delivery for one try; none if it was withdrawn or is done.

    From here on it cannot be withdrawn. A delivery found as being sent belongs to a worker that
    died, maybe after the server had taken the mail: it is sent again under the same Message-ID
    and listed as ambiguous. Raises ``HeldBack`` while an earlier answer is still to leave.
    """
    message = Message.objects.filter(pk=message_id).only("ticket_id").first()
    if message is None:
        return None
    ticket = lock(Ticket(pk=message.ticket_id))
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("message__ticket__inbox__brand", "message__author")
        .filter(message=message_id, state__in=[Delivery.State.SCHEDULED, Delivery.State.SENDING])
        .first()
    )
    if delivery is None:
        return None
    if delivery.state == Delivery.State.SENDING:
        _note_ambiguity(ticket, delivery)
    else:
        check_turn(delivery.message)
    delivery.state = Delivery.State.SENDING
    delivery.attempts += 1
    delivery.save(update_fields=["state", "attempts"])
    return delivery


def check_turn(message: Message) -> None:
    """Answers arrive in the order in which they were written; a confirmation holds none back.

    Failed for good, or scheduled for a later day, is no reason to wait. Raises ``HeldBack``. Only
    under the ticket's lock is the answer final.
    """
    if message.is_automatic:
        return
    earlier = (
        Delivery.objects.filter(
            message__ticket=message.ticket_id,
            message__side=message.side_id,  # a third party's server holds up no customer
            message__seq__lt=message.seq,
            message__classification=Message.Classification.PERSON,
        )
        .filter(
            Q(state=Delivery.State.SENDING)
            | Q(state=Delivery.State.SCHEDULED, attempts__gt=0)
            | Q(state=Delivery.State.SCHEDULED, not_before__lte=now())
        )
        .order_by("not_before")
        .first()
    )
    if earlier:
        raise HeldBack(until=now() + _TURN_PAUSE)


def is_its_turn(message: Message) -> bool:
    """Under the ticket's lock, so that the answer before cannot leave unnoticed meanwhile."""
    lock(message.ticket)
    try:
        check_turn(message)
    except HeldBack:
        return False
    return True


def wake_next(ticket: Ticket) -> None:
    """Send the next answer that is due; the ticket is locked."""
    waiting = Delivery.objects.filter(
        message__ticket=ticket.pk, state=Delivery.State.SCHEDULED, not_before__lte=now()
    )
    following = waiting.order_by("message__seq").values_list("message_id", flat=True).first()
    if following:
        wake(
            Reaction.objects.filter(
                lane="send", event__ticket_id=ticket.pk, event__details__message=str(following)
            )
        )


def _note_ambiguity(ticket: Ticket, delivery: Delivery) -> None:
    delivery.ambiguous_at = now()
    delivery.save(update_fields=["ambiguous_at"])
    _touch(ticket, delivery, "delivery.ambiguous", actor=None)


@transaction.atomic
def mark_sent(
    delivery: Delivery, *, external_id: str, provider_code: str = "", refused: Sequence[str] = ()
) -> None:
    """``refused`` are the recipients the server would not take, while it took the others."""
    ticket = lock(delivery.message.ticket)
    delivery.state, delivery.sent_at = Delivery.State.SENT, now()
    delivery.provider_code, delivery.problem = provider_code[:20], ""
    delivery.refused = list(refused) or None
    delivery.save(update_fields=["state", "sent_at", "provider_code", "problem", "refused"])
    _touch(ticket, delivery, "delivery.sent", actor=None)
    if refused:
        _touch(ticket, delivery, "delivery.partly_refused", actor=None, recipients=len(refused))
    wake_next(ticket)


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
    wake_next(ticket)


@transaction.atomic
def note_deferral(
    delivery: Delivery,
    *,
    problem: str,
    provider_code: str = "",
    until: datetime | None = None,
    is_ambiguous: bool = False,
) -> None:
    """It is tried again at ``until``, which is shown as the time at which it leaves."""
    ticket = lock(delivery.message.ticket)
    delivery.state = Delivery.State.SCHEDULED
    delivery.problem, delivery.provider_code = problem[:200], provider_code[:20]
    delivery.not_before = until or delivery.not_before
    delivery.save(update_fields=["state", "problem", "provider_code", "not_before"])
    if is_ambiguous:
        _note_ambiguity(ticket, delivery)
    _touch(ticket, delivery, "delivery.deferred", actor=None)


@transaction.atomic
def retry_delivery(message: Message, *, actor: User) -> Message:
    """Send again what has failed; the same Message-ID keeps it from arriving as two."""
    ticket = lock_home(message)
    delivery = Delivery.objects.select_for_update().filter(message=message).first()
    if delivery is None or delivery.state != Delivery.State.FAILED:
        raise NotRetriable("Only an answer that was not delivered can be sent again.")
    delivery.state, delivery.not_before, delivery.attempts = Delivery.State.SCHEDULED, now(), 0
    delivery.problem = ""
    delivery.save(update_fields=["state", "not_before", "attempts", "problem"])
    _touch(ticket, delivery, "delivery.retried", actor=actor)
    return message


def _touch(
    ticket: Ticket, delivery: Delivery, name: str, *, actor: User | None, **details: Any
) -> None:
    event = record_on(ticket, name, actor=actor, message=delivery.message_id, **details)
    Message.objects.filter(pk=delivery.message_id).update(touched_seq=event.seq)
