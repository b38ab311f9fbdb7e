"""What we say: opening a request, answering, noting."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Inbox
from core.clock import now
from core.errors import Invalid
from core.events import is_history, spare, together
from core.ids import new_id
from core.language import guess_language
from core.models import Event
from core.registry import Channel, arrivals, channels
from customers.actions import identify_by_email
from customers.models import Customer
from tickets.actions.addresses import check_email, check_recipients, refuse_copies
from tickets.actions.base import (
    Actor,
    check_home,
    default_status,
    find_status,
    lock,
    record_on,
)
from tickets.actions.change import check_transition, enter_status
from tickets.actions.mentions import check_mentions
from tickets.actions.search import index_message
from tickets.actions.undo import state_of
from tickets.actions.unseen import check_seen, keep_read
from tickets.errors import EmptyMessage
from tickets.lifecycle import find_transition
from tickets.models import Attachment, Category, Delivery, Message, Thread, Ticket
from tickets.queries.newest import newest_thread

MAX_BODY = 200_000


@transaction.atomic
def open_ticket(
    inbox: Inbox,
    *,
    actor: Actor,
    customer_email: str,
    customer_name: str = "",
    subject: str,
    body: str,
    client_id: UUID | None = None,
) -> Ticket:
    """Open a request in a customer's name: by an agent on the phone, or by a program."""
    if client_id and (known := Message.objects.filter(client_id=client_id).first()):
        opened = Event.objects.filter(ticket_id=known.ticket_id, name="ticket.opened")
        if not opened.filter(actor_id=actor.pk if actor else None).exists():
            raise used_elsewhere()
        return known.ticket
    _check_body(body)
    customer, identity = identify_by_email(check_email(customer_email), name=customer_name)
    thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    ticket = create_ticket(customer, inbox=inbox, subject=subject, actor=actor)
    add_inbound(
        ticket,
        thread,
        customer=customer,
        actor=customer,
        body=body,
        client_id=client_id,
        addresses={"from": identity.value},
    )
    return ticket


def create_ticket(
    customer: Customer,
    *,
    inbox: Inbox,
    subject: str,
    actor: Actor,
    language: str = "",
    is_spam: bool = False,
    is_waiting: bool = True,
) -> Ticket:
    """A new ticket, still without a message, with the team its tier or inbox names.

    Spam is told to no list; ``is_waiting`` is whether a person waits for an answer.
    """
    status = default_status(Category.NEW)
    ticket = Ticket(
        id=new_id(),
        customer=customer,
        inbox=inbox,
        subject=" ".join(subject.split())[:500],  # a line break would end our answer's header
        status=status,
        category=status.category,
        team_id=customer.tier.team_id or inbox.team_id,
        language=language,
        created_at=now(),
        last_at=now(),
        waiting_since=now() if is_waiting else None,
        spam_at=now() if is_spam else None,
    )
    ticket.save(force_insert=True)
    record_on(ticket, "ticket.opened", actor=actor, inbox=inbox.pk)
    return ticket


def add_inbound(
    ticket: Ticket,
    thread: Thread | None,
    *,
    customer: Customer | None,
    actor: Actor,
    body: str,
    id: UUID | None = None,
    **fields: Any,
) -> Message:
    """Add what a customer said. The caller holds the ticket's lock, and adds any files after."""
    message = Message(
        id=id or new_id(),
        ticket=ticket,
        thread=thread,
        direction=Message.Direction.IN,
        customer=customer,
        body=body,
        at=now(),
        language=guess_language(body),
        **fields,
    )
    event = record_on(
        ticket,
        "message.received",
        actor=actor,
        message=message.pk,
        classification=message.classification,
    )
    message.seq = message.touched_seq = event.seq or 0
    if message.client_id:
        insert_once(message)
    else:
        message.save(force_insert=True)
    ticket.last_at, ticket.last_message_seq = now(), message.seq
    ticket.language = ticket.language or message.language
    updated = ["last_at", "last_message_seq", "language"]
    if not message.is_automatic and ticket.waiting_since is None and not ticket.is_resolved:
        ticket.waiting_since = now()
        updated.append("waiting_since")
    ticket.save(update_fields=updated)
    index_message(message, ticket)
    for follow in arrivals:
        follow(ticket, event)
    return message


def _check_body(body: str) -> None:
    if not body.strip():
        raise EmptyMessage(_("The message is empty."), field="body")
    if len(body) > MAX_BODY:
        reason = _("The message is longer than %(n)s characters.") % {"n": f"{MAX_BODY:,}"}
        raise Invalid(reason, field="body")


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    seen_seq: int | None = None,
    client_id: UUID | None = None,
    attachments: Iterable[UUID] = (),
    to: str = "",
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    mentions: Iterable[str] = (),
    status: str = Category.WAITING_CUSTOMER,
    not_before: datetime | None = None,
    extras: dict[str, Any] | None = None,
    still_waits: bool = False,
) -> Message:
    """Answer the customer. Who answers first owns the ticket, unless it is a bot. With
    ``still_waits`` it was no answer yet: the customer waits on, and the status stays.

    ``seen_seq`` is the newest the author has seen: if another person wrote after it, the answer
    is refused with what is new. ``to`` is one of those who take part, by default who wrote last.
    It leaves after the inbox's undo delay, or at ``not_before``.
    """
    ticket = lock(ticket)
    if client_id and (known := find_sent(ticket, actor, client_id)):
        return known
    return write_reply(
        ticket,
        actor=actor,
        body=body,
        seen_seq=seen_seq,
        client_id=client_id,
        attachments=attachments,
        to=to,
        cc=cc,
        bcc=bcc,
        mentions=mentions,
        status=status,
        not_before=not_before,
        extras=extras,
        still_waits=still_waits,
    )


@together()
def write_reply(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    seen_seq: int | None = None,
    client_id: UUID | None = None,
    attachments: Iterable[UUID] = (),
    to: str = "",
    cc: Iterable[str] = (),
    bcc: Iterable[str] = (),
    mentions: Iterable[str] = (),
    status: str = Category.WAITING_CUSTOMER,
    not_before: datetime | None = None,
    extras: dict[str, Any] | None = None,
    still_waits: bool = False,
) -> Message:
    """See ``reply``. The ticket is locked, and nothing was sent under this client id."""
    check_home(ticket)
    _check_body(body)
    check_seen(ticket, actor, seen_seq)
    thread = newest_thread(ticket)
    door = thread.inbox if thread else ticket.inbox
    channel = channels.get(door.kind)
    message = _say(
        ticket,
        actor=actor,
        body=body,
        kind=Message.Kind.PUBLIC,
        client_id=client_id,
        thread=thread,
        addresses=refuse_copies(cc=cc, bcc=bcc)
        if channel
        else check_recipients(ticket, to=to, cc=cc, bcc=bcc),
        extras=extras,
    )
    undo = timedelta(seconds=0 if actor.is_bot else door.undo_seconds)
    leaves_at = max(not_before or now(), now() + undo)
    event = _record_reply(ticket, actor, message, leaves_at, mentions)
    _place(message, event.seq)
    _take_attachments(message, actor, attachments)
    if _hand_over(message, channel, leaves_at):
        spare(event, lane="send")
    keep_read(ticket, actor, message, has_seen_all=seen_seq is not None)
    if still_waits:
        ticket.last_at, ticket.last_message_seq = now(), message.seq
        ticket.save(update_fields=["last_at", "last_message_seq"])
    else:
        _after_reply(ticket, actor, message, status)
    return message


def _record_reply(
    ticket: Ticket, actor: User, message: Message, leaves_at: datetime, mentions: Iterable[str]
) -> Event:
    return record_on(
        ticket,
        "message.replied",
        actor=actor,
        message=message.pk,
        not_before=leaves_at,
        before=state_of(ticket),
        **check_mentions(mentions, ticket=ticket),
    )


def _hand_over(message: Message, channel: Channel | None, leaves_at: datetime) -> bool:
    """To be sent at its time; where its reader reads from our database, it has arrived."""
    delivery = Delivery(message=message, not_before=leaves_at)
    has_arrived = channel is not None and channel.note_answer(message, leaves_at=leaves_at)
    if has_arrived or is_history():
        delivery.state, delivery.sent_at = Delivery.State.SENT, now()
    delivery.save(force_insert=True)
    return has_arrived


def find_sent(ticket: Ticket, actor: User, client_id: UUID) -> Message | None:
    known = Message.objects.filter(client_id=client_id).select_related("ticket").first()
    if known and (known.ticket_id != ticket.pk or known.author_id != actor.pk):
        raise used_elsewhere()
    return known


def used_elsewhere() -> Invalid:
    return Invalid("This client id belongs to another message.", field="client_id")


def insert_once(message: Message) -> None:
    """Of two that come under one client id at the same moment, in two tickets whose locks do not
    meet, the second is refused like one that comes later."""
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        if not Message.objects.filter(client_id=message.client_id).exists():
            raise
        raise used_elsewhere() from None


def _say(ticket: Ticket, *, thread: Thread | None = None, **fields: Any) -> Message:
    return Message(
        id=new_id(),
        ticket=ticket,
        thread=thread,
        direction=Message.Direction.OUT,
        author=fields.pop("actor"),
        at=now(),
        language=guess_language(fields["body"]),
        **fields,
    )


def _place(message: Message, seq: int | None) -> None:
    message.seq = message.touched_seq = seq or 0
    message.save(force_insert=True)
    index_message(message, message.ticket)


def _take_attachments(message: Message, actor: User, ids: Iterable[UUID]) -> None:
    wanted = list(ids)
    taken = Attachment.objects.filter(
        pk__in=wanted, ticket=message.ticket, message=None, uploaded_by=actor
    ).update(message=message)
    if taken != len(set(wanted)):
        raise Invalid(_("A file is gone or belongs to another answer."), field="attachments")


def _after_reply(ticket: Ticket, actor: User, message: Message, status: str) -> None:
    ticket.last_at, ticket.last_message_seq = now(), message.seq
    ticket.waiting_since = None
    changed = ["last_at", "last_message_seq", "waiting_since"]
    if ticket.first_replied_at is None:
        ticket.first_replied_at = now()
        changed.append("first_replied_at")
    if ticket.assignee_id is None and not actor.is_bot:
        ticket.assignee = actor
        changed.append("assignee")
        record_on(
            ticket,
            "ticket.assigned",
            actor=actor,
            assignee=actor.pk,
            previous=None,
            message=message.pk,
        )
    target = find_status(status or Category.WAITING_CUSTOMER)
    is_usual = target.category == Category.WAITING_CUSTOMER
    # An answer alone does not reopen what is closed.
    if not is_usual or find_transition(ticket.category, target.category):
        check_transition(ticket, target, actor)
        if target.pk != ticket.status_id:
            enter_status(ticket, target, actor=actor, also=changed, message=message.pk)
            return
    ticket.save(update_fields=changed)


@transaction.atomic
def add_note(
    ticket: Ticket,
    *,
    actor: User,
    body: str,
    client_id: UUID | None = None,
    attachments: Iterable[UUID] = (),
    mentions: Iterable[str] = (),
) -> Message:
    """Write to colleagues only; a note never leaves the house."""
    ticket = lock(ticket)
    if client_id and (known := find_sent(ticket, actor, client_id)):
        return known
    check_home(ticket)
    _check_body(body)
    message = _say(ticket, actor=actor, body=body, kind=Message.Kind.NOTE, client_id=client_id)
    called = check_mentions(mentions, ticket=ticket)
    event = record_on(ticket, "message.noted", actor=actor, message=message.pk, **called)
    _place(message, event.seq)
    _take_attachments(message, actor, attachments)
    keep_read(ticket, actor, message)
    ticket.last_at, ticket.last_message_seq = now(), message.seq
    ticket.save(update_fields=["last_at", "last_message_seq"])
    return message
