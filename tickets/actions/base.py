"""What every action on a ticket shares: the lock, the rooms to tell, the status of a category."""

from typing import Any

from accounts.models import User
from core.events import record
from core.models import Event
from customers.models import Customer
from tickets.errors import UnknownStatus
from tickets.models import Status, Ticket

Actor = User | Customer | None


def lock(ticket: Ticket) -> Ticket:
    """The ticket as it is now, ours until the transaction ends."""
    # Not joined in one query: PostgreSQL joins before it waits. If whoever held the row changed
    # its status meanwhile, the join would not fit any more and the ticket would not be found.
    Ticket.objects.select_for_update().values_list("pk").get(pk=ticket.pk)
    return Ticket.objects.select_related("status", "inbox", "customer").get(pk=ticket.pk)


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
    told = dict.fromkeys([*rooms_of(ticket), *(rooms or [])])
    return record(name, subject=ticket, actor=actor, ticket=ticket, rooms=told, **details)


def default_status(category: str) -> Status:
    return Status.objects.get(category=category, is_default=True)


def find_status(code: str) -> Status:
    """A status by its code; a category's name stands for its usual status."""
    code = code.replace("\0", "")  # which the database cannot be asked about
    status = Status.objects.filter(code=code).first()
    if status is None:
        status = Status.objects.filter(category=code, is_default=True).first()
    if status is None:
        known = ", ".join(Status.objects.values_list("code", flat=True))
        raise UnknownStatus(f"There is no status {code!r}; there are: {known}.")
    return status
