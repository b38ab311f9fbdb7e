"""A request in the customer's words."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import initials_of
from core.clock import now
from core.registry import portal_links
from customers.models import Customer
from tickets.models import Category, Message, Status, Ticket
from tickets.queries.portal import Step

register = template.Library()
_DOTS = {Category.WAITING_CUSTOMER: "waiting", Category.WAITING_THIRD_PARTY: "waiting"}


@register.filter
def dot(category: str) -> str:
    return _DOTS.get(Category(category), category)


@register.filter
def customer_status(status: Status) -> str:
    """As admins named it; the names we ship are translated."""
    return _(status.customer_name)


@register.filter
def purpose_name(name: str) -> str:
    return pgettext("purpose", name)


@register.filter
def roughly(time: timedelta) -> str:
    """Rounded up, so that the promise is kept more often than not."""
    minutes = int(time.total_seconds() // 60) + 1
    if minutes <= 90:
        rounded = -(-minutes // 10) * 10
        return ngettext("%(n)d minute", "%(n)d minutes", rounded) % {"n": rounded}
    hours = -(-minutes // 60)
    if hours <= 36:
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}
    days = -(-hours // 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


@register.filter
def step_name(step: Step) -> str:
    if step.name == "owned":
        return _("%(name)s is on it") % {"name": step.who} if step.who else _("Somebody is on it")
    return {"received": _("Received"), "answered": _("Answered"), "solved": _("Solved")}[step.name]


@register.filter
def what_next(ticket: Ticket, usual: timedelta | None) -> str:
    if ticket.category == Category.WAITING_CUSTOMER:
        return _("It is your turn: we wait for your answer.")
    if ticket.category == Category.WAITING_THIRD_PARTY:
        return _("We are waiting for somebody else and write again as soon as we know more.")
    if ticket.category == Category.RESOLVED:
        return _("This is solved. If it is not, just write again.")
    if ticket.category == Category.CLOSED:
        return _("This request is closed. Please open a new one if something is left.")
    if ticket.next_due_at and ticket.next_due_at > now():
        words = _("Nothing to do for you right now. We answer by %(time)s.")
        return words % {"time": soon(ticket.next_due_at)}
    if usual:
        words = _("Nothing to do for you right now. We usually answer within %(time)s.")
        return words % {"time": roughly(usual)}
    return _("Nothing to do for you right now. We write as soon as we know more.")


def soon(at: datetime) -> str:
    """Today and tomorrow by their names, the days after by their dates."""
    local = timezone.localtime(at)
    days = (local.date() - timezone.localtime(now()).date()).days
    given = {
        "time": local.strftime("%H:%M"),
        "day": date_format(local, "MONTH_DAY_FORMAT"),
    }
    if days == 0:
        return _("%(time)s today") % given
    if days == 1:
        return _("%(time)s tomorrow") % given
    return _("%(day)s, %(time)s") % given


@register.filter
def when(at: datetime) -> str:
    """What happened today or yesterday is told so; the year only where it is another."""
    local, today = timezone.localtime(at), timezone.localtime(now())
    given = {"time": local.strftime("%H:%M")}
    days = (today.date() - local.date()).days
    if days == 0:
        return _("Today %(time)s") % given
    if days == 1:
        return _("Yesterday %(time)s") % given
    form = "MONTH_DAY_FORMAT" if local.year == today.year else "DATE_FORMAT"
    return f"{date_format(local, form)} {given['time']}"


@register.filter
def portal_author(message: Message, visitor: Customer | None) -> str:
    if message.author:
        return message.author.name.split()[0]
    if visitor is None or message.customer_id == visitor.pk:
        return _("You")
    return message.customer.name if message.customer else _("You")


@register.filter
def portal_initials(message: Message) -> str:
    who = message.author or message.customer
    return initials_of(who.name) if who else ""


@register.simple_tag
def links_beside(ticket: Ticket) -> list[tuple[str, str]]:
    """What other apps offer the customer beside a request."""
    found = (link(ticket.pk) for link in portal_links.values())
    return [one for one in found if one]
