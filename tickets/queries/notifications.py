"""News of somebody who works here, newest first."""

from accounts.models import User
from core.fields import warm_keys
from tickets.models import Notification, Ticket

PAGE = 50


def list_notifications(
    user: User, *, limit: int = PAGE, only_unread: bool = False
) -> list[Notification]:
    """Of tickets the user may still see."""
    rows = Notification.objects.filter(user=user, ticket__in=Ticket.objects.visible_to(user))
    if only_unread:
        rows = rows.filter(read_at=None)
    found = list(rows.select_related("ticket__customer", "by").order_by("-at")[:limit])
    warm_keys(found)
    return found


def count_unread(user: User) -> int:
    unread = Notification.objects.filter(user=user, read_at=None)
    return unread.filter(ticket__in=Ticket.objects.visible_to(user)).count()
