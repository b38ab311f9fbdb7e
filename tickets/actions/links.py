"""Tickets that have to do with each other. A problem causes its incidents."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.ids import new_id
from tickets.actions.base import record_on
from tickets.actions.change import move_to_status
from tickets.actions.moving import lock_pair
from tickets.actions.write import reply
from tickets.errors import AlreadyThere, TransitionRefused
from tickets.models import UNRESOLVED, Category, Ticket, TicketLink

# How people say it, and from which end it is kept.
WAYS = {
    "related": (TicketLink.Kind.RELATED, False),
    "duplicate": (TicketLink.Kind.DUPLICATE, False),
    "incident": (TicketLink.Kind.INCIDENT, False),
    "problem": (TicketLink.Kind.INCIDENT, True),
}


@transaction.atomic
def link_tickets(ticket: Ticket, *, other: Ticket, way: str, actor: User) -> TicketLink:
    """``way`` says what the ticket is to the other one: incident of, problem of, related to …"""
    if way not in WAYS:
        raise Invalid(_("Choose how they belong together."), field="way")
    if ticket.pk == other.pk:
        raise Invalid(_("A ticket cannot be linked with itself."), field="other")
    ticket, other = lock_pair(ticket, other)
    kind, is_reversed = WAYS[way]
    first, second = (other, ticket) if is_reversed else (ticket, other)
    _check_new(first, second)
    link = TicketLink.objects.create(
        id=new_id(), ticket=first, other=second, kind=kind, by=actor, at=now()
    )
    _tell("ticket.linked", link, first, second, actor)
    return link


def _check_new(first: Ticket, second: Ticket) -> None:
    pair = [first.pk, second.pk]
    if TicketLink.objects.filter(ticket__in=pair, other__in=pair).exists():
        raise AlreadyThere(_("These two are linked already."))


@transaction.atomic
def unlink_tickets(link: TicketLink, *, actor: User) -> None:
    first, second = lock_pair(link.ticket, link.other)
    if TicketLink.objects.filter(pk=link.pk).delete()[0]:
        _tell("ticket.unlinked", link, first, second, actor)


def _tell(name: str, link: TicketLink, first: Ticket, second: Ticket, actor: User) -> None:
    details: dict[str, Any] = {"link": link.pk, "kind": link.kind}
    record_on(first, name, actor=actor, number=second.number, **details)
    record_on(second, name, actor=actor, number=first.number, **details)


def open_incidents(problem: Ticket, user: User) -> list[Ticket]:
    """Of those the user may see."""
    links = TicketLink.objects.filter(other=problem, kind=TicketLink.Kind.INCIDENT)
    visible = Ticket.objects.visible_to(user).filter(category__in=UNRESOLVED)
    return list(visible.filter(pk__in=links.values("ticket")).order_by("pk"))


def resolve_incidents(problem: Ticket, *, actor: User, body: str = "") -> int:
    """Resolve them, or with words answer them first. Each for itself, under its own lock; what may
    not be resolved yet stays open and is not counted."""
    done = 0
    for incident in open_incidents(problem, actor):
        try:
            if body.strip():
                reply(incident, actor=actor, body=body, status=Category.RESOLVED)
            else:
                move_to_status(incident, actor=actor, status=Category.RESOLVED)
        except TransitionRefused:
            continue
        done += 1
    return done
