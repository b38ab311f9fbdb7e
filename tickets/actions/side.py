"""Asking a third party by mail inside a ticket. The customer hears nothing of it, and it counts
as an answer to nobody."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.messages import InboundMessage
from connectors.queries import own_addresses
from core import blind
from core.clock import now
from core.errors import Invalid
from core.events import is_history
from core.ids import new_id
from core.language import guess_language
from customers.models import Identity
from tickets.actions import filing
from tickets.actions.addresses import check_email
from tickets.actions.base import check_home, default_status, lock, record_on
from tickets.actions.change import enter_status
from tickets.actions.search import index_message
from tickets.actions.write import MAX_BODY, find_sent, insert_once, used_elsewhere
from tickets.errors import EmptyMessage, Quarantined
from tickets.lifecycle import find_transition
from tickets.models import Attachment, Category, Delivery, Message, SideConversation, Ticket
from tickets.queries.sides import NamedSide

MOST_PEOPLE = 10


@transaction.atomic
def open_side(
    ticket: Ticket,
    *,
    actor: User,
    people: Iterable[str],
    subject: str,
    body: str,
    attachments: Iterable[UUID] = (),
    client_id: UUID | None = None,
    waits: bool = False,
) -> SideConversation:
    """Ask somebody outside. With ``waits`` the ticket waits for them."""
    ticket = lock(ticket)
    if client_id and (known := find_sent(ticket, actor, client_id)):
        if known.side is None:
            raise used_elsewhere()
        return known.side
    check_home(ticket)
    side = SideConversation(
        id=new_id(),
        ticket=ticket,
        subject=" ".join(subject.split())[:200] or ticket.subject,
        people=_check_people(ticket, people),
        opened_by=actor,
        created_at=now(),
    )
    _check_body(body)
    side.save(force_insert=True)
    record_on(ticket, "side.opened", actor=actor, side=side.pk)
    _ask(ticket, side, actor, body, attachments, client_id)
    may_wait = find_transition(ticket.category, Category.WAITING_THIRD_PARTY)
    if waits and may_wait and ticket.category != Category.WAITING_THIRD_PARTY:
        enter_status(ticket, default_status(Category.WAITING_THIRD_PARTY), actor=actor)
    return side


def _check_people(ticket: Ticket, people: Iterable[str]) -> list[str]:
    asked = {blind.normalise_email(given): check_email(given) for given in people if given.strip()}
    if not asked:
        raise Invalid(_("Name somebody to ask."), field="people")
    if len(asked) > MOST_PEOPLE:
        reason = _("At most %(n)d people at once.") % {"n": MOST_PEOPLE}
        raise Invalid(reason, field="people")
    if asked.keys() & _addresses_of_customers(ticket):
        reason = _("This is the customer's own address; answer them in the thread.")
        raise Invalid(reason, field="people")
    if asked.keys() & {blind.normalise_email(own) for own in own_addresses()}:
        raise Invalid(_("This address is one of our own inboxes."), field="people")
    return list(asked.values())


def _addresses_of_customers(ticket: Ticket) -> set[str]:
    customers = Ticket.objects.filter(merged_into=ticket).values_list("customer", flat=True)
    held = Identity.objects.filter(
        customer__in=[ticket.customer_id, *customers], kind=Identity.Kind.EMAIL, valid_to=None
    )
    return {blind.normalise_email(str(identity.value)) for identity in held}


def _check_body(body: str) -> None:
    if not body.strip():
        raise EmptyMessage(_("The message is empty."), field="body")
    if len(body) > MAX_BODY:
        reason = _("The message is longer than %(n)s characters.") % {"n": f"{MAX_BODY:,}"}
        raise Invalid(reason, field="body")


@transaction.atomic
def ask_again(
    side: SideConversation,
    *,
    actor: User,
    body: str,
    attachments: Iterable[UUID] = (),
    client_id: UUID | None = None,
) -> Message:
    """Write once more to those who were asked; what was closed is open again."""
    ticket, side = _take(side)
    if client_id and (known := find_sent(ticket, actor, client_id)):
        if known.side_id != side.pk:
            raise used_elsewhere()
        return known
    _check_body(body)
    message = _ask(ticket, side, actor, body, attachments, client_id)
    side.is_awaited, side.closed_at = True, None
    side.save(update_fields=["is_awaited", "closed_at"])
    return message


def _take(side: SideConversation) -> tuple[Ticket, SideConversation]:
    """Under the lock of the ticket it hangs on, which a merge may have changed."""
    ticket = lock(Ticket(pk=side.ticket_id))
    found = SideConversation.objects.get(pk=side.pk)
    while found.ticket_id != ticket.pk:
        ticket = lock(Ticket(pk=found.ticket_id))
        found = SideConversation.objects.get(pk=side.pk)
    found.ticket = ticket
    return ticket, found


def _ask(
    ticket: Ticket,
    side: SideConversation,
    actor: User,
    body: str,
    attachments: Iterable[UUID],
    client_id: UUID | None,
) -> Message:
    to, *copies = side.people
    message = Message(
        id=new_id(),
        ticket=ticket,
        side=side,
        kind=Message.Kind.SIDE,
        direction=Message.Direction.OUT,
        author=actor,
        body=body.strip(),
        addresses={"to": [to], "cc": copies},
        language=guess_language(body),
        client_id=client_id,
        at=now(),
    )
    leaves_at = now() + timedelta(seconds=ticket.inbox.undo_seconds)
    event = record_on(
        ticket, "side.asked", actor=actor, message=message.pk, side=side.pk, not_before=leaves_at
    )
    message.seq = message.touched_seq = event.seq or 0
    insert_once(message)
    index_message(message, ticket)
    _take_files(message, actor, list(attachments))
    delivery = Delivery(message=message, not_before=leaves_at)
    if is_history():
        delivery.state, delivery.sent_at = Delivery.State.SENT, now()
    delivery.save(force_insert=True)
    return message


def _take_files(message: Message, actor: User, ids: list[UUID]) -> None:
    free = Attachment.objects.filter(pk__in=ids, ticket=message.ticket, message=None)
    if free.filter(uploaded_by=actor).update(message=message) != len(set(ids)):
        raise Invalid(_("A file is gone or belongs to another answer."), field="attachments")


@transaction.atomic
def close_side(side: SideConversation, *, actor: User) -> SideConversation:
    ticket, side = _take(side)
    if side.closed_at is None:
        side.closed_at, side.is_awaited = now(), False
        side.save(update_fields=["closed_at", "is_awaited"])
        record_on(ticket, "side.closed", actor=actor, side=side.pk)
    return side


@transaction.atomic
def reopen_side(side: SideConversation, *, actor: User) -> SideConversation:
    ticket, side = _take(side)
    if side.closed_at is not None:
        side.closed_at = None
        side.save(update_fields=["closed_at"])
        record_on(ticket, "side.reopened", actor=actor, side=side.pk)
    return side


@transaction.atomic
def receive_in_side(
    named: NamedSide, inbound: InboundMessage, *, is_released: bool = False
) -> Message:
    """An answer of somebody we asked. Whoever else uses the address is set aside: it was made for
    this conversation, so it must not end in the customer's thread either."""
    ticket, side = _take(named.side)
    if inbound.verdicts.dmarc == "fail" and not is_released:
        raise Quarantined(
            "The sender's domain says that it did not send this mail.",
            code="dmarc_fail",
            ticket=ticket.pk,
        )
    if not named.is_known and not is_released:
        raise Quarantined(
            "A stranger used the reply address of somebody else.",
            code="stranger_with_token",
            ticket=ticket.pk,
        )
    message = filing.append_to_side(ticket, side, inbound)
    if message.is_automatic:
        return message  # kept; whoever was asked has still to answer
    side.is_awaited, side.closed_at = False, None
    side.save(update_fields=["is_awaited", "closed_at"])
    awaited = SideConversation.objects.filter(ticket=ticket, is_awaited=True, closed_at=None)
    if ticket.category == Category.WAITING_THIRD_PARTY and not awaited.exists():
        enter_status(ticket, default_status(Category.OPEN), actor=None)
    return message
