"""What follows an event: reading what arrived, sending what was answered."""

import errno
import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from accounts.models import User
from accounts.queries import is_absent
from connectors.actions import (
    dismiss_delivery,
    mark_applied,
    mark_delivery_failed,
    note_verdicts,
    quarantine,
)
from connectors.errors import (
    PermanentSendError,
    RefusedHeader,
    TemporarySendError,
    Unreadable,
    ZygoteLost,
)
from connectors.messages import InboundMessage, OutboundMessage, SendResult
from connectors.models import RawDelivery
from connectors.queries import SUPPRESSED, read_inbound, send_mail
from core.clock import now
from core.events import on, through
from core.lanes import MAX_ATTEMPTS, Lease, LeaseLost, wake
from core.models import Event, Reaction
from core.registry import Channel, channels
from tickets import actions
from tickets.errors import Dismissed, HeldBack, Quarantined
from tickets.models import Delivery, Message, Ticket
from tickets.queries.doors import mail_door
from tickets.queries.outbound import notice_of, outbound_of
from tickets.queries.outbound_forward import forward_of, is_forward

log = logging.getLogger("helpdesk.tickets")

# After the n-th try: soon at first, then hourly, given up after about a day and a half.
RETRY_AFTER = [30, 120, 600, 1800, *[3600] * 34]
# After a kill an answer waits at most so long for another worker; a living one renews its lease.
SEND_LEASE = timedelta(seconds=45)
# What passes once somebody has made room.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE}
# A database that was killed is back within seconds.
NOTE_PAUSES = [0.2, 0.5, *[1.0] * 20]
NOTICE_TRIED_FOR = timedelta(hours=6)
_MESSAGES = Message.objects.select_related("ticket__inbox__brand", "author", "thread__inbox__brand")


@on("delivery.received", lane="read", lease=None)
def read_delivery(event: Event, lease: Lease) -> None:
    """Turn a stored payload into a message, or set it aside with its reason.

    Understanding it happens before any transaction: it may take seconds and ask the DNS.
    """
    delivery = RawDelivery.objects.select_related("inbox").get(pk=event.subject_id)
    inbound, refusal = _understand(delivery)
    with lease.finish():
        delivery = (
            RawDelivery.objects.select_for_update(of=("self",))
            .select_related("inbox")
            .get(pk=delivery.pk)
        )
        if delivery.state == RawDelivery.State.RECEIVED:
            _settle(delivery, inbound, refusal)


def _understand(delivery: RawDelivery) -> tuple[InboundMessage | None, Exception | None]:
    if delivery.state != RawDelivery.State.RECEIVED:
        return None, None
    try:
        return read_inbound(delivery), None
    except (OperationalError, InterfaceError, ZygoteLost, TimeoutError):
        raise  # the trouble of the database or of a crowded machine: tried again
    except Exception as error:  # noqa: BLE001  settled with the delivery, see below
        return None, error


def _settle(
    delivery: RawDelivery, inbound: InboundMessage | None, refusal: Exception | None
) -> None:
    try:
        if refusal or inbound is None:
            raise refusal or RuntimeError("neither understood nor refused")
        note_verdicts(delivery, inbound.verdicts)
        with transaction.atomic(), through("mail"):
            message = actions.receive_message(
                delivery.inbox, inbound, recipients=delivery.envelope.get("rcpt_to", ())
            )
    except Unreadable as unreadable:
        quarantine(delivery, reason=unreadable.reason, reason_code=unreadable.code)
    except Quarantined as held:
        quarantine(
            delivery, reason=held.reason, reason_code=held.code, suspected_ticket_id=held.ticket
        )
    except Dismissed as dismissed:
        dismiss_delivery(delivery, actor=None, reason=dismissed.reason, reason_code=dismissed.code)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble: the reaction is tried again
    except Exception as error:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            raise  # the machine's trouble: the reaction is tried again
        # A bug of ours must not lose or repeat a mail: it is kept, listed and can be replayed.
        log.exception("Delivery %s could not be applied.", delivery.pk)
        mark_delivery_failed(delivery, reason=f"internal error: {type(error).__name__}")
    else:
        mark_applied(delivery, ticket_id=message.ticket_id, message_id=message.pk)


@on(
    "message.replied",
    "message.acknowledged",
    "message.forwarded",
    "message.carried",
    "side.asked",
    "delivery.retried",
    lane="send",
    lease=SEND_LEASE,
)
def deliver(event: Event, lease: Lease) -> None:
    """Send an answer. The same Message-ID on every try keeps a repeat from counting as two."""
    with lease.held():
        try:
            _deliver(UUID(event.details["message"]), lease)
        except (OperationalError, InterfaceError, LeaseLost):
            raise  # the database's trouble, or another's work by now
        except Exception as error:
            if lease.row.attempts + 1 < MAX_ATTEMPTS:
                raise
            # A bug of ours must neither hide an answer nor hold back those behind it.
            log.exception("An answer could not be sent.")
            _give_up(UUID(event.details["message"]), lease, error)


def _deliver(message_id: UUID, lease: Lease) -> None:
    # Built before it counts as being sent: what breaks here has surely not left.
    message = _MESSAGES.get(pk=message_id)
    channel = _channel_of(message)
    try:
        actions.check_turn(message)
        outbound = None if channel else _mail_of(message)
        with transaction.atomic():
            lease.confirm()
            delivery = actions.start_sending(message_id)
    except HeldBack as held:
        _wait_for_turn(message, lease, held.until)
        return
    if delivery is None:
        with lease.finish():
            return
    try:
        result = _send(message, channel, outbound)
    except TemporarySendError as error:
        _try_later(delivery, lease, error)
    except (PermanentSendError, RefusedHeader) as error:
        _fail(delivery, lease, error)
    else:
        _note_patiently(lease, partial(_mark_sent, delivery, result))


def _channel_of(message: Message) -> Channel | None:
    """None: it is a mail. What goes to third parties always is."""
    if message.thread is None or message.kind != Message.Kind.PUBLIC or is_forward(message):
        return None
    return channels.get(message.thread.inbox.kind)


def _mail_of(message: Message) -> OutboundMessage:
    return forward_of(message) if is_forward(message) else outbound_of(message)


def _send(message: Message, channel: Channel | None, mail: OutboundMessage | None) -> SendResult:
    if channel or mail is None:
        return SendResult(channel.send(message.pk) if channel else "", "")
    return send_mail(mail, inbox=mail_door(message.ticket, message.thread))


def _wait_for_turn(message: Message, lease: Lease, until: datetime) -> None:
    with lease.postpone(until):
        # The answer before may have left, and called, between our look and our falling asleep.
        if actions.is_its_turn(message):
            wake(Reaction.objects.filter(pk=lease.row.pk))


def _mark_sent(delivery: Delivery, result: SendResult) -> None:
    actions.mark_sent(
        delivery,
        external_id=result.external_id,
        provider_code=result.provider_code,
        refused=result.refused,
    )


def _note_patiently(lease: Lease, note: Callable[[], None]) -> None:
    """The mail has left: a database that is away for a moment must not make it leave again."""
    for pause in (*NOTE_PAUSES, None):
        try:
            with lease.finish():
                note()
        except (OperationalError, InterfaceError):
            if pause is None:
                raise
            connection.close()
            time.sleep(pause)
        else:
            return


def _fail(delivery: Delivery, lease: Lease, error: PermanentSendError | RefusedHeader) -> None:
    code = getattr(error, "provider_code", "")
    with lease.finish():
        actions.mark_failed(
            delivery,
            problem=error.reason,
            provider_code=code,
            is_retriable=code == SUPPRESSED,  # once somebody has lifted it
        )


def _give_up(message_id: UUID, lease: Lease, error: Exception) -> None:
    delivery = Delivery.objects.select_related("message__ticket").get(message=message_id)
    with lease.finish():
        actions.mark_failed(
            delivery, problem=f"internal error: {type(error).__name__}", is_retriable=True
        )


def _try_later(delivery: Delivery, lease: Lease, error: TemporarySendError) -> None:
    if delivery.attempts > len(RETRY_AFTER):
        with lease.finish():
            actions.mark_failed(
                delivery,
                problem=error.reason,
                provider_code=error.provider_code,
                is_retriable=True,
            )
        return
    until = now() + timedelta(seconds=RETRY_AFTER[delivery.attempts - 1] * _spread(delivery))
    with lease.postpone(until):
        actions.note_deferral(
            delivery,
            problem=error.reason,
            provider_code=error.provider_code,
            until=until,
            is_ambiguous=error.ambiguous,
        )


def _spread(delivery: Delivery) -> float:
    """1 to 1.2, each its own: what one outage stopped does not come back all in one second."""
    return 1 + 0.2 * (delivery.pk.int % 997) / 997


# What nobody wrote


@on("ticket.opened")
def acknowledge(event: Event) -> None:
    if event.actor_kind == Event.ActorKind.CUSTOMER:
        actions.acknowledge(Ticket(pk=event.subject_id))


@on("ticket.assigned")
def tell_assignee(event: Event) -> None:
    """Only of what a colleague did; whoever takes a ticket knows it."""
    assignee, by = event.details.get("assignee"), event.actor_id
    if assignee is None or event.actor_kind != Event.ActorKind.USER or assignee == str(by):
        return
    ticket = Ticket.objects.select_related("inbox").get(pk=event.subject_id)
    user = User.objects.get(pk=assignee)
    if str(ticket.assignee_id) == assignee and not ticket.spam_at and user.notify_by_mail:
        actions.send_notice(user, ticket, kind="assigned")


@on("notice.due", lane="send", lease=SEND_LEASE)
def deliver_notice(event: Event, lease: Lease) -> None:
    """A notice is worth some tries and no trouble: the ticket is in its list all the same."""
    user = User.objects.get(pk=event.subject_id)
    ticket = Ticket.objects.select_related("inbox__brand").get(pk=event.details["about"])
    notice = notice_of(user, ticket, notice_id=event.pk, kind=event.details["kind"])
    with lease.held():
        try:
            send_mail(notice, inbox=mail_door(ticket))
        except TemporarySendError:
            if now() - event.at < NOTICE_TRIED_FOR:
                with lease.postpone(now() + timedelta(minutes=10)):
                    return
        except (PermanentSendError, RefusedHeader) as error:
            log.warning("Notice %s could not be sent: %s", event.pk, error.reason)
        with lease.finish():
            return


@on("customer.renamed")
def refresh_search_of_customer(event: Event) -> None:
    actions.reindex_customer(event.subject_id)


@on("delivery.sent")
def learn_what_is_wanted(event: Event) -> None:
    """An answer that left says that its ticket was no spam."""
    if event.ticket_id:
        actions.learn_from_answer(Ticket(pk=event.ticket_id))


@on("mail.bounced")
def note_reported_bounce(event: Event) -> None:
    """A hosted sender told by its webhook what other servers tell by mail."""
    if event.details.get("final") and (message := event.details.get("message")):
        actions.note_reported_bounce(
            UUID(message),
            code=event.details.get("code", ""),
            suppression=event.details.get("suppression"),
        )


@on("tags.renamed", "tags.renaming")
def rename_tags_further(event: Event) -> None:
    """Many tickets are changed step by step, each step in a transaction of its own."""
    actions.rename_step(event)


@on("user.absence_began")
def hand_over_open_tickets(event: Event) -> None:
    """Whoever asked for it when they planned to be away."""
    user = User.objects.filter(pk=event.subject_id).first()
    if user and event.details.get("hands_over") and is_absent(user):
        actions.hand_over_absence(user)
