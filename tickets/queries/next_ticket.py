"""The most urgent ticket that somebody may work on now, and why it is that one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from core import here
from core.clock import now
from core.fields import warm_keys
from tickets.models import Category, Priority, Ticket

OFFERED_SECONDS = 60
_CANDIDATES = 20
_NAMED_TIERS = ("vip", "new")


@dataclass(frozen=True, slots=True)
class NextTicket:
    ticket: Ticket
    reasons: list[str]


def find_next(
    user: User,
    *,
    skip: Collection[UUID] = (),
    only_own: bool = False,
    without: Collection[UUID] = (),
) -> NextTicket | None:
    """What is late comes first, then one's own, then what nobody of one's teams has taken; within
    these the nearest promise, the tier, the priority and the longest wait decide.

    What a colleague has open, or was just offered, is left to them. ``without``: teams whose
    tickets are not to be found here.
    """
    found_for = workable_by(user).exclude(pk__in=skip)
    if only_own:
        found_for = found_for.filter(assignee=user)
    if without:
        found_for = found_for.exclude(team__in=without, assignee=None)
    waiting = list(order_by_urgency(found_for, user)[:_CANDIDATES])
    free = (ticket for ticket in waiting if not is_open_elsewhere(ticket.pk, user))
    found = next((ticket for ticket in free if reserve(ticket.pk, user)), None)
    if found is None:
        return None
    warm_keys([found])
    return NextTicket(found, reasons_for(found, user))


def workable_by(user: User) -> "QuerySet[Ticket]":
    """Somebody waits in it for an answer; it is one's own, or nobody's in one's teams."""
    if not user.may("tickets.reply_ticket"):
        return Ticket.objects.none()
    access = user.access
    theirs = Q(team_id__in=access.teams) | Q(inbox_id__in=access.inboxes)
    visible = Ticket.objects.visible_to(user).filter(
        category__in=[Category.NEW, Category.OPEN], spam_at=None, merged_into=None
    )
    is_due = Q(waiting_since__isnull=False) | Q(next_due_at__isnull=False) | Q(category="new")
    return visible.filter(is_due, Q(assignee=user) | Q(assignee=None) & theirs)


def order_by_urgency(tickets: "QuerySet[Ticket]", user: User) -> "QuerySet[Ticket]":
    is_late = _flag(Q(next_due_at__lt=now()))
    ranked = tickets.annotate(is_late=is_late, is_mine=_flag(Q(assignee=user)))
    return ranked.select_related("customer__tier", "assignee", "status").order_by(
        F("is_late").desc(),
        F("is_mine").desc(),
        F("next_due_at").asc(nulls_last=True),
        F("customer__tier__priority").desc(),
        F("priority").desc(),
        F("waiting_since").asc(nulls_last=True),
        "pk",
    )


def _flag(condition: Q) -> Case:
    yes: Any = When(condition, then=Value(True))
    return Case(yes, default=Value(False), output_field=BooleanField())


def is_open_elsewhere(ticket: UUID, user: User) -> bool:
    return bool(here.people_at(str(ticket)).keys() - {str(user.pk)})


def reserve(ticket: UUID, user: User) -> bool:
    """Two who ask at the same time are not led to the same ticket."""
    key = f"next-ticket:{ticket}"
    return cache.add(key, str(user.pk), OFFERED_SECONDS) or cache.get(key) == str(user.pk)


def reasons_for(ticket: Ticket, user: User) -> list[str]:
    """In words, the weightiest first."""
    reasons = []
    if ticket.next_due_at and ticket.next_due_at < now():
        reasons.append(_("%(time)s overdue") % {"time": in_words(now() - ticket.next_due_at)})
    elif ticket.next_due_at:
        reasons.append(_("due in %(time)s") % {"time": in_words(ticket.next_due_at - now())})
    tier = ticket.customer.tier
    if tier.code in _NAMED_TIERS:
        reasons.append(str(tier))
    if ticket.priority > Priority.NORMAL:
        priority = str(Priority(ticket.priority).label)
        reasons.append(_("priority %(name)s") % {"name": priority})
    if ticket.waiting_since:
        reasons.append(_("waiting %(time)s") % {"time": in_words(now() - ticket.waiting_since)})
    reasons.append(_("yours") if ticket.assignee_id == user.pk else _("nobody has taken it"))
    return reasons


def in_words(span: timedelta) -> str:
    minutes = max(int(span.total_seconds()) // 60, 0)
    if minutes < 60:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)d h", "%(n)d h", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
