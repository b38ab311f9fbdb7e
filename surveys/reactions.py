"""Asking follows what happens to tickets. A killed worker's successor finds the row as it was."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce

from connectors.errors import PermanentSendError, RefusedHeader, TemporarySendError
from connectors.queries import send_mail
from core.clock import now
from core.events import on
from core.lanes import Lease
from core.models import Event
from surveys.actions import answering, asking
from surveys.actions.reading import read_words
from surveys.models import Answer, Invitation
from surveys.queries.mails import mail_of
from tickets.models import Ticket
from tickets.queries.doors import mail_door

log = logging.getLogger("helpdesk.surveys")

_LEASE = timedelta(seconds=45)
_PAUSE = timedelta(minutes=10)
_TRIED_FOR = timedelta(hours=24)


@on("ticket.resolved")
def plan(event: Event) -> None:
    """Cheap, for it follows every solution, whether there is a survey or not."""
    if not event.ticket_id:
        return
    reopened = Event.objects.filter(
        ticket_id=OuterRef("pk"), name="ticket.reopened", seq__gt=event.seq
    )
    counted = reopened.order_by().values("ticket_id").annotate(count=Count("pk")).values("count")
    # In one statement with the ticket, for somebody may be taking it up at this moment.
    found = Ticket.objects.select_related("customer__tier", "inbox", "assignee")
    counting = found.annotate(taken_up=Coalesce(counted, 0))
    ticket: Any = counting.filter(pk=event.ticket_id).first()
    taken_up = min(ticket.taken_up, ticket.reopen_count) if ticket else 0
    if ticket and (ticket.is_resolved or taken_up):
        asking.plan_after_resolution(ticket, taken_up=taken_up)


@on("ticket.customer_changed")
def follow_customer(event: Event) -> None:
    if event.ticket_id:
        answering.follow_customer(Ticket(pk=event.ticket_id))


@on("survey.planned", lane="send", lease=_LEASE)
def offer(event: Event, lease: Lease) -> None:
    with lease.held():
        with transaction.atomic():
            lease.confirm()
            invitation = asking.start_offering(event.subject_id)
        if invitation is None:
            with lease.finish():
                return
        try:
            _mail(invitation)
        except TemporarySendError as error:
            if now() - invitation.due_at < _TRIED_FOR:
                with lease.postpone(now() + _PAUSE):
                    if not error.ambiguous and not invitation.may_have_left:
                        asking.mark_deferred(invitation.pk)
                    return
            _give_up(invitation.pk, lease, error)
        except (PermanentSendError, RefusedHeader) as error:
            _give_up(invitation.pk, lease, error)
        else:
            with lease.finish():
                asking.mark_offered(invitation.pk)


def _mail(invitation: Invitation, *, is_reminder: bool = False) -> None:
    mail = mail_of(invitation, is_reminder=is_reminder)
    if mail:
        send_mail(mail, inbox=mail_door(invitation.ticket))


def _give_up(pk: UUID, lease: Lease, error: Exception) -> None:
    log.warning("Survey %s could not be sent: %s", pk, type(error).__name__)
    with lease.finish():
        asking.mark_undeliverable(pk)


@on("survey.reminding", lane="send", lease=_LEASE)
def remind(event: Event, lease: Lease) -> None:
    with lease.held():
        with transaction.atomic():
            lease.confirm()
            invitation = asking.start_reminding(event.subject_id)
        if invitation:
            try:
                _mail(invitation, is_reminder=True)
            except TemporarySendError:
                if now() - event.at < _TRIED_FOR + timedelta(days=60):
                    with lease.postpone(now() + _PAUSE):
                        return
            except (PermanentSendError, RefusedHeader) as error:
                log.warning("A reminder could not be sent: %s", type(error).__name__)
        with lease.finish():
            if invitation:
                asking.mark_reminded(invitation.pk)


@on("survey.answered", "survey.changed", lane="assist", lease=_LEASE)
def understand(event: Event, lease: Lease) -> None:
    """May take seconds, and reads without writing until it is done."""
    if not event.details.get("words"):
        with lease.finish():
            return
    answer = Answer.objects.select_related("invitation__brand").filter(
        invitation=event.details["invitation"]
    )
    found = answer.first()
    with lease.held():
        understood = read_words(found) if found else None
    with lease.finish():
        if found and understood:
            asked = found.changed_at
            same = Answer.objects.filter(pk=found.pk, changed_at=asked).exists()
            if same:
                understood.keep()
