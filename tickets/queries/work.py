"""What the side panel shows of the work around a ticket: its checklist, its links, who follows."""

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from core.fields import warm_keys
from tickets.models import (
    UNRESOLVED,
    ChecklistItem,
    Follow,
    Recurrence,
    Ticket,
    TicketLink,
)


@dataclass(frozen=True, slots=True)
class LinkRow:
    link: TicketLink
    other: Ticket
    way: (
        str  # what the other one is to this ticket: related, duplicate, original, problem, incident
    )


@dataclass(frozen=True, slots=True)
class Work:
    items: list[ChecklistItem]
    links: list[LinkRow]
    followers: list[User]
    incidents: int  # that are still open, while the problem is solved


def load_work(ticket: Ticket, user: User) -> Work:
    items = list(ticket.checklist.select_related("done_by"))
    for item in items:
        item.ticket = ticket
    links = _links_of(ticket, user)
    warm_keys(items, [row.other for row in links])
    open_ones = [r for r in links if r.way == "incident" and r.other.category in UNRESOLVED]
    follows = Follow.objects.filter(ticket=ticket).select_related("user").order_by("at")
    return Work(
        items=items,
        links=links,
        followers=[follow.user for follow in follows],
        incidents=len(open_ones) if ticket.is_resolved else 0,
    )


def _links_of(ticket: Ticket, user: User) -> list[LinkRow]:
    """Only to tickets the user may see."""
    links = TicketLink.objects.filter(Q(ticket=ticket) | Q(other=ticket)).order_by("at")
    found = list(links)
    ids = {link.other_id if link.ticket_id == ticket.pk else link.ticket_id for link in found}
    visible = Ticket.objects.visible_to(user).filter(pk__in=ids).select_related("status")
    tickets = {other.pk: other for other in visible}
    rows = []
    for link in found:
        is_forward = link.ticket_id == ticket.pk
        other = tickets.get(link.other_id if is_forward else link.ticket_id)
        if other:
            rows.append(LinkRow(link, other, _way(link, is_forward=is_forward)))
    return rows


def _way(link: TicketLink, *, is_forward: bool) -> str:
    if link.kind == TicketLink.Kind.INCIDENT:
        return "problem" if is_forward else "incident"
    if link.kind == TicketLink.Kind.DUPLICATE:
        return "original" if is_forward else "duplicate"
    return "related"


def list_recurrences(user: User) -> list[Recurrence]:
    """Those whose last ticket, or whose team, the user works with; the next one first."""
    rows = Recurrence.objects.select_related("customer", "inbox", "team", "last_ticket")
    if not user.may("tickets.view_all_ticket"):
        access = user.access
        theirs = Q(team__in=access.teams) | Q(created_by=user) | Q(inbox__in=access.inboxes)
        rows = rows.filter(theirs | Q(team=None, inbox__team__in=access.teams))
    found = list(rows.exclude(next_at=None).order_by("next_at")[:200])
    warm_keys(found)
    return found
