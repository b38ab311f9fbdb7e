"""News in words."""

from django import template
from django.utils.translation import gettext as _

from tickets.models import Notification

register = template.Library()


@register.filter
def news_line(one: Notification) -> str:
    """One sentence with the ticket's number; nothing of what was said."""
    words = {"who": one.by.name if one.by else _("The system"), "number": f"#{one.ticket.number}"}
    match one.kind:
        case Notification.Kind.MENTION:
            return _("%(who)s mentioned you in %(number)s") % words
        case Notification.Kind.ASSIGNED:
            return _("%(who)s assigned %(number)s to you") % words
        case Notification.Kind.SIDE:
            return _("A third party answered in %(number)s") % words
        case Notification.Kind.DUE_SOON:
            return _("A promise in %(number)s is about to be broken") % words
        case Notification.Kind.OVERDUE:
            return _("A promise in %(number)s was broken") % words
        case Notification.Kind.REMINDER:
            return _("%(number)s wants looking after") % words
    return _("There is news in %(number)s") % words


@register.filter
def news_icon(one: Notification) -> str:
    icons = {
        "mention": "at-sign",
        "assigned": "user-plus",
        "side": "forward",
        "followed": "bell",
        "due_soon": "alarm-clock",
        "overdue": "triangle-alert",
        "reminder": "flag",
    }
    return icons.get(one.kind, "bell")
