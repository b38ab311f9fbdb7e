"""Telling people that a promise is about to be broken, or was."""

from accounts.models import User
from automation.queries.on_duty import is_at_work, people_on_duty
from tickets.actions import notify
from tickets.models import Notification, Ticket

KINDS = {
    "sla.warned": Notification.Kind.DUE_SOON,
    "sla.breached": Notification.Kind.OVERDUE,
}


def tell_of_promise(ticket: Ticket, *, kind: str) -> list[User]:
    """Each once until they have read it; who wants to hear nothing of promises is left out."""
    told = [user for user in who_hears(ticket) if user.notify_of_promises]
    return [user for user in told if notify(user, ticket, kind=kind)]


def who_hears(ticket: Ticket) -> list[User]:
    """Whoever has it. Where nobody has it, or they are not at work, the team's people on duty, too;
    and for customers who are looked after first both."""
    holder = ticket.assignee if ticket.assignee and ticket.assignee.is_active else None
    heard = [holder] if holder else []
    is_first = ticket.customer.tier.proactive_reminders
    if ticket.team and (holder is None or is_first or not is_at_work(holder)):
        heard += [user for user in people_on_duty(ticket.team) if user != holder]
    return heard
