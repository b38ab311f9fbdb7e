"""What every action on a ticket shares: the lock, the rooms to tell, the status of a category."""

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.transaction import TransactionManagementError
from django.utils.translation import gettext as _

from accounts.models import User
from core import registry
from core.events import record
from core.models import Event
from core.prepared import PreparedQuery, prepared_cursor
from customers.models import Customer
from tickets.errors import Merged, UnknownStatus
from tickets.models import Message, Status, Ticket

Actor = User | Customer | None


def lock(ticket: Ticket) -> Ticket:
    """The ticket as it is now, ours until the transaction ends."""
    # Not joined in one query: PostgreSQL joins before it waits. If whoever held the row changed
    # its status meanwhile, the join would not fit any more and the ticket would not be found.
    if not connection.in_atomic_block:
        raise TransactionManagementError("A lock lasts as long as its transaction.")
    with prepared_cursor() as cursor:
        cursor.execute("SELECT FROM tickets_ticket WHERE id = %s FOR UPDATE", [ticket.pk])
    return _TICKET.get(ticket.pk)


def lock_home(message: Message) -> Ticket:
    """The ticket the message is in, ours until the transaction ends; it may have been moved since
    the message was read."""
    ticket = lock(Ticket(pk=message.ticket_id))
    home = Message.objects.filter(pk=message.pk).values_list("ticket_id", flat=True).first()
    while home is not None and home != ticket.pk:
        ticket = lock(Ticket(pk=home))
        home = Message.objects.filter(pk=message.pk).values_list("ticket_id", flat=True).first()
    message.ticket = ticket
    return ticket


def check_home(ticket: Ticket) -> None:
    """What was merged is written to where it went."""
    if ticket.merged_into:
        number = {"number": ticket.merged_into.number}
        raise Merged(_("This ticket was merged into #%(number)d; write there.") % number)


def _build_ticket(pk: UUID, *, shape: None) -> "QuerySet[Ticket]":
    return Ticket.objects.select_related("status", "inbox", "customer").filter(pk=pk)


_TICKET = PreparedQuery(_build_ticket)


def rooms_of(ticket: Ticket) -> list[str]:
    """Who is told: those who have the ticket open, and the lists it stands in. Spam disturbs
    nobody."""
    if ticket.spam_at:
        return [f"ticket:{ticket.pk}"]
    rooms = [f"ticket:{ticket.pk}", "tickets", f"inbox:{ticket.inbox_id}"]
    if ticket.team_id:
        rooms.append(f"team:{ticket.team_id}")
    if ticket.assignee_id:
        rooms.append(f"user:{ticket.assignee_id}")
    return rooms


def record_on(
    ticket: Ticket, name: str, *, actor: Actor, rooms: list[str] | None = None, **details: Any
) -> Event:
    told = dict.fromkeys([*rooms_of(ticket), *(rooms or []), *_rooms_outside(ticket, name)])
    return record(name, subject=ticket, actor=actor, ticket=ticket, rooms=told, **details)


def _rooms_outside(ticket: Ticket, event: str) -> list[str]:
    channel = registry.channels.get(ticket.inbox.kind)
    return channel.rooms_for(ticket.pk, event) if channel else []


def default_status(category: str) -> Status:
    return _DEFAULT_STATUS.get(category)


def _build_default_status(category: str, *, shape: None) -> "QuerySet[Status]":
    return Status.objects.filter(category=category, is_default=True)


def _build_status(code: str, *, shape: None) -> "QuerySet[Status]":
    return Status.objects.filter(code=code)


_DEFAULT_STATUS = PreparedQuery(_build_default_status)
_STATUS = PreparedQuery(_build_status)


def find_status(code: str) -> Status:
    """A status by its code; a category's name stands for its usual status."""
    code = code.replace("\0", "")  # which the database cannot be asked about
    status = _STATUS.first(code) or _DEFAULT_STATUS.first(code)
    if status is None:
        known = ", ".join(Status.objects.values_list("code", flat=True))
        raise UnknownStatus(f"There is no status {code!r}; there are: {known}.")
    return status
