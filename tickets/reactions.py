"""What follows an event: reading what arrived, sending what was answered."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import OperationalError, transaction

from connectors.actions import mark_applied, mark_delivery_failed, quarantine
from connectors.errors import (
    PermanentSendError,
    RefusedHeader,
    TemporarySendError,
    Unreadable,
)
from connectors.models import RawDelivery
from connectors.queries import read_inbound, send_mail
from core.clock import now
from core.events import Lease, on, through
from core.models import Event
from tickets import actions
from tickets.errors import Quarantined
from tickets.models import Delivery
from tickets.queries.outbound import outbound_of

log = logging.getLogger("helpdesk.tickets")

# After the n-th try: soon at first, then hourly, given up after about a day and a half.
RETRY_AFTER = [30, 120, 600, 1800, *[3600] * 34]


@on("delivery.received")
def read_delivery(event: Event) -> None:
    """Turn a stored payload into a message, or set it aside with its reason."""
    delivery = (
        RawDelivery.objects.select_for_update(of=("self",))
        .select_related("inbox", "content")
        .get(pk=event.subject_id)
    )
    if delivery.state != RawDelivery.State.RECEIVED:
        return
    try:
        with transaction.atomic(), through("mail"):
            message = actions.receive_message(
                delivery.inbox,
                read_inbound(delivery),
                recipients=delivery.envelope.get("rcpt_to", ()),
            )
    except (Unreadable, Quarantined) as refusal:
        quarantine(delivery, reason=refusal.reason)
    except OperationalError:
        raise  # the database's trouble: the reaction is tried again
    except Exception as error:
        # A bug of ours must not lose or repeat a mail: it is kept, listed and can be replayed.
        log.exception("Delivery %s could not be applied.", delivery.pk)
        mark_delivery_failed(delivery, reason=f"internal error: {type(error).__name__}")
    else:
        mark_applied(delivery, ticket_id=message.ticket_id, message_id=message.pk)


@on("message.replied", "delivery.retried", lane="send")
def deliver(event: Event, lease: Lease) -> None:
    """Send an answer. The same Message-ID on every try keeps a repeat from counting as two."""
    delivery = actions.start_sending(UUID(event.details["message"]))
    if delivery is None:
        with lease.finish():
            return
    try:
        result = send_mail(outbound_of(delivery.message))
    except TemporarySendError as error:
        _try_later(delivery, lease, error)
    except (PermanentSendError, RefusedHeader) as error:
        with lease.finish():
            actions.mark_failed(
                delivery,
                problem=error.reason,
                provider_code=getattr(error, "provider_code", ""),
                is_retriable=False,
            )
    else:
        with lease.finish():
            actions.mark_sent(
                delivery, external_id=result.external_id, provider_code=result.provider_code
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
    until = now() + timedelta(seconds=RETRY_AFTER[delivery.attempts - 1])
    with lease.postpone(until):
        actions.note_deferral(delivery, problem=error.reason, provider_code=error.provider_code)


@on("customer.renamed")
def refresh_search_of_customer(event: Event) -> None:
    actions.reindex_customer(event.subject_id)
