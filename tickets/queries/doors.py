"""By which inbox a mail about a ticket leaves."""

from connectors.models import Inbox
from core.registry import channels
from tickets.models import Thread, Ticket


def mail_door(ticket: Ticket, thread: Thread | None = None) -> Inbox:
    """The ticket's own, unless that is no mailbox: then the one it was written through before,
    else the first of its brand. Its answers come back to the ticket: see ``queries.evidence``."""
    own = ticket.inbox
    if own.kind not in channels:
        return own
    if thread and thread.inbox.kind == Inbox.Kind.MAIL:
        return thread.inbox
    doors = Inbox.objects.filter(brand=own.brand_id, kind=Inbox.Kind.MAIL, is_active=True)
    first = doors.exclude(address=None).select_related("brand").order_by("id").first()
    return first or own
