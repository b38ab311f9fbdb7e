"""What customers do themselves in the portal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from connectors.models import Inbox
from core.clock import now
from core.errors import Invalid, TooMany
from customers.actions import identify_by_email
from customers.models import Customer, Identity
from tickets.actions.base import default_status, lock
from tickets.actions.change import enter_status, set_type
from tickets.actions.custom import set_custom_fields
from tickets.actions.files import MAX_UPLOAD, attach
from tickets.actions.write import MAX_BODY, add_inbound, create_ticket
from tickets.errors import EmptyMessage, TooLate
from tickets.models import Category, Message, Thread, Ticket
from tickets.queries.follow import follow_token, read_follow_token

__all__ = [
    "MAX_FILES",
    "PortalFile",
    "answer_request",
    "close_request",
    "file_request",
    "follow_token",
    "may_be_answered",
    "may_decide",
    "meet_unproved",
    "read_follow_token",
    "reopen_request",
]

MAX_FILES = 10
# Requests in the name of addresses nobody has proved, from everybody together.
UNPROVED_PER_MINUTE = 60


@dataclass(frozen=True, slots=True)
class PortalFile:
    name: str
    content_type: str
    content: bytes


@transaction.atomic
def file_request(
    inbox: Inbox,
    *,
    identity: Identity,
    subject: str,
    body: str,
    files: Sequence[PortalFile] = (),
    client_id: UUID | None = None,
    language: str = "",
    type: str = "",
    custom: Mapping[str, Any] | None = None,
    is_proved: bool = True,
) -> Ticket:
    """Open a request. ``custom`` are values of its type's fields, by code; ``is_proved``: its
    author has shown that the address is theirs."""
    if client_id and (known := _find_sent(identity.customer, client_id)):
        return known.ticket
    _check(body, files)
    if not subject.strip():
        raise Invalid(_("Say in a few words what it is about."), field="subject")
    customer = identity.customer
    ticket = create_ticket(
        customer, inbox=inbox, subject=subject, actor=customer, language=language
    )
    if type:
        ticket = set_type(ticket, actor=customer, type=type)
    if custom:
        ticket = set_custom_fields(ticket, custom, actor=customer)
    thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    _say(ticket, thread, identity, body, files, client_id, is_proved=is_proved)
    return ticket


def meet_unproved(address: str, *, name: str) -> Identity:
    """Whom a request is for that is filed without signing in. Its author sees nothing of it here:
    what becomes of it is told to the address alone."""
    recent = Message.objects.filter(
        is_unverified=True, direction=Message.Direction.IN, at__gt=now() - timedelta(minutes=1)
    )
    if recent.count() >= UNPROVED_PER_MINUTE:
        raise TooMany(_("Too many requests at the moment. Try again in a minute."))
    _customer, identity = identify_by_email(address, name=name)
    return identity


@transaction.atomic
def answer_request(
    ticket: Ticket,
    *,
    identity: Identity,
    body: str,
    files: Sequence[PortalFile] = (),
    client_id: UUID | None = None,
    is_proved: bool = True,
) -> Message:
    ticket = lock(Ticket(pk=ticket.merged_into_id or ticket.pk))
    if client_id and (known := _find_sent(identity.customer, client_id)):
        return known
    _check(body, files)
    _check_open(ticket)
    thread = _thread_of(ticket, identity)
    message = _say(ticket, thread, identity, body, files, client_id, is_proved=is_proved)
    if ticket.is_resolved or ticket.is_waiting:
        enter_status(ticket, default_status(Category.OPEN), actor=identity.customer)
    return message


def _thread_of(ticket: Ticket, identity: Identity) -> Thread:
    threads = Thread.objects.filter(inbox=ticket.inbox, identity=identity)
    known = threads.filter(messages__ticket=ticket).order_by("id").first()
    return known or Thread.objects.create(inbox=ticket.inbox, identity=identity, last_in_at=now())


@transaction.atomic
def close_request(ticket: Ticket, *, customer: Customer) -> Ticket:
    ticket = lock(Ticket(pk=ticket.merged_into_id or ticket.pk))
    if not ticket.is_resolved and may_decide(ticket, customer):
        enter_status(ticket, default_status(Category.RESOLVED), actor=customer)
    return ticket


@transaction.atomic
def reopen_request(ticket: Ticket, *, customer: Customer) -> Ticket:
    ticket = lock(Ticket(pk=ticket.merged_into_id or ticket.pk))
    if ticket.is_resolved and may_decide(ticket, customer):
        _check_open(ticket)
        enter_status(ticket, default_status(Category.OPEN), actor=customer)
    return ticket


def may_decide(ticket: Ticket, customer: Customer) -> bool:
    """Whether it is for this customer to say that a request is solved, or is not. Merged into
    another customer's, or a colleague's, it is not; an answer is heard all the same."""
    return (ticket.merged_into or ticket).customer_id == customer.pk


def may_be_answered(ticket: Ticket) -> bool:
    if ticket.category == Category.CLOSED:
        return False
    resolved = ticket.resolved_at
    return resolved is None or (now() - resolved).days < ticket.inbox.reopen_days


def _check_open(ticket: Ticket) -> None:
    if not may_be_answered(ticket):
        raise TooLate(_("This request is closed. Please open a new one."))


def _check(body: str, files: Sequence[PortalFile]) -> None:
    if not body.strip():
        raise EmptyMessage(_("The message is empty."), field="body")
    if len(body) > MAX_BODY:
        reason = _("The message is longer than %(n)s characters.") % {"n": f"{MAX_BODY:,}"}
        raise Invalid(reason, field="body")
    if len(files) > MAX_FILES:
        raise Invalid(_("At most %(n)d files at a time.") % {"n": MAX_FILES}, field="files")
    for file in files:
        if len(file.content) > MAX_UPLOAD:
            raise Invalid(_("The file is larger than 25 MB."), field="files")


def _find_sent(customer: Customer, client_id: UUID) -> Message | None:
    """The same form sent twice is one message; somebody else's id is nobody's business."""
    known = Message.objects.filter(client_id=client_id).select_related("ticket").first()
    if known and known.customer_id != customer.pk:
        raise Invalid(_("This form was sent already."), field="client_id")
    return known


def _say(
    ticket: Ticket,
    thread: Thread,
    identity: Identity,
    body: str,
    files: Sequence[PortalFile],
    client_id: UUID | None,
    *,
    is_proved: bool,
) -> Message:
    message = add_inbound(
        ticket,
        thread,
        customer=identity.customer,
        actor=identity.customer,
        body=body.strip(),
        addresses={"from": identity.value},
        client_id=client_id,
        is_unverified=not is_proved,
    )
    for file in files:
        attach(
            ticket,
            message,
            filename=file.name,
            content_type=file.content_type,
            content=file.content,
        )
    return message
