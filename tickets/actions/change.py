"""Status, assignment, priority and tags."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.queries import find_taker, is_absent
from core.clock import now
from core.errors import Invalid
from core.registry import channels, step_guards
from tickets.actions.base import Actor, check_home, find_status, lock, record_on
from tickets.errors import AlreadyThere, StepGuarded, TransitionRefused
from tickets.lifecycle import find_transition
from tickets.models import Category, Priority, ReadMark, Status, Ticket

CLOSE_AFTER = timedelta(days=30)
MAX_TAGS = 20


@transaction.atomic
def move_to_status(ticket: Ticket, *, actor: Actor, status: str) -> Ticket:
    """Follow the table of ``tickets.lifecycle``; refuse what it does not name."""
    ticket = lock(ticket)
    target = find_status(status)
    if ticket.status_id == target.pk:
        raise AlreadyThere(f"Ticket #{ticket.number} is already {target.name.lower()}.")
    check_transition(ticket, target, actor)
    enter_status(ticket, target, actor=actor)
    return ticket


def check_transition(ticket: Ticket, target: Status, actor: Actor) -> None:
    check_home(ticket)
    if target.category == ticket.category:
        return
    transition = find_transition(ticket.category, target.category)
    if transition is None:
        raise TransitionRefused(
            f"A ticket that is {ticket.category} cannot become {target.category}."
        )
    if actor is None and not transition.by_system:
        raise TransitionRefused("Only a person may do this.")
    # A bot has no role: what it may do is decided by its own app's actions.
    if isinstance(actor, User) and actor.is_bot:
        return
    if isinstance(actor, User) and not actor.may(transition.right):
        raise TransitionRefused("Your role does not allow this step.")
    for why_not in step_guards.values():
        if reason := why_not(ticket, target.category):
            raise StepGuarded(reason)


def enter_status(
    ticket: Ticket, target: Status, *, actor: Actor, also: Iterable[str] = (), **details: Any
) -> None:
    """Take the step and its effects; the ticket is locked and the step allowed. ``also``: fields
    that were changed before and are to be written with it."""
    was, previous = ticket.category, ticket.status.code
    was_resolved = ticket.is_resolved
    ticket.status, ticket.category = target, target.category
    if ticket.is_resolved:
        ticket.resolved_at = ticket.resolved_at or now()
    elif was_resolved:
        ticket.resolved_at = None
        ticket.reopen_count += 1
    ticket.closed_at = now() if ticket.category == Category.CLOSED else None
    if ticket.category not in (Category.NEW, Category.OPEN):
        ticket.waiting_since = None
    elif ticket.waiting_since is None and was != ticket.category:
        ticket.waiting_since = now()
    ticket.save(
        update_fields={
            *also,
            "status",
            "category",
            "resolved_at",
            "closed_at",
            "reopen_count",
            "waiting_since",
        }
    )
    name = "ticket.reopened" if was_resolved and not ticket.is_resolved else "ticket.status_changed"
    if ticket.category == Category.RESOLVED:
        name = "ticket.resolved"
    record_on(ticket, name, actor=actor, was=previous, to=target.code, **details)


@transaction.atomic
def assign(ticket: Ticket, *, actor: Actor, assignee: User | None) -> Ticket:
    """What is meant for somebody who is out of office goes to their stand-in or back to the team;
    they may still take it themselves."""
    ticket = lock(ticket)
    details: dict[str, Any] = {}
    if assignee and assignee != actor and is_absent(assignee):
        details["instead_of"] = assignee.pk
        assignee = find_taker(assignee)
    previous = ticket.assignee_id
    if previous == (assignee.pk if assignee else None):
        raise AlreadyThere("The ticket is already assigned that way.")
    if assignee and not (assignee.is_active and assignee.may("tickets.reply_ticket")):
        raise TransitionRefused(f"{assignee} does not answer tickets.")
    ticket.assignee = assignee
    ticket.save(update_fields=["assignee"])
    record_on(
        ticket,
        "ticket.assigned",
        actor=actor,
        rooms=[f"user:{previous}"] if previous else [],
        assignee=ticket.assignee_id,
        previous=previous,
        **details,
    )
    return ticket


@transaction.atomic
def move_to_team(ticket: Ticket, *, actor: Actor, team: Team | None) -> Ticket:
    """Hand the ticket to another team; an assignee who is not in it lets go."""
    ticket = lock(ticket)
    previous = ticket.team_id
    if previous == (team.pk if team else None):
        raise AlreadyThere("The ticket is already with that team.")
    old_rooms = [f"team:{previous}"] if previous else []
    if ticket.assignee_id and team and not _is_member(ticket.assignee_id, team):
        old_rooms.append(f"user:{ticket.assignee_id}")
        ticket.assignee = None
    ticket.team = team
    ticket.save(update_fields=["team", "assignee"])
    record_on(
        ticket,
        "ticket.moved",
        actor=actor,
        rooms=old_rooms,
        team=ticket.team_id,
        previous=previous,
    )
    return ticket


def _is_member(user_id: UUID, team: Team) -> bool:
    return User.objects.filter(pk=user_id, teams=team).exists()


@transaction.atomic
def set_priority(ticket: Ticket, *, actor: Actor, priority: int) -> Ticket:
    if priority not in Priority.values:
        raise Invalid(f"{priority} is no priority; use {', '.join(map(str, Priority.values))}.")
    ticket = lock(ticket)
    previous = ticket.priority
    if previous == priority:
        return ticket
    ticket.priority = priority
    ticket.save(update_fields=["priority"])
    record_on(ticket, "ticket.priority_changed", actor=actor, was=previous, to=priority)
    return ticket


@transaction.atomic
def set_type(ticket: Ticket, *, actor: Actor, type: str) -> Ticket:
    """What kind of request it is: question, incident, complaint …"""
    ticket = lock(ticket)
    previous = ticket.type
    if previous != type:
        ticket.type = type[:20]
        ticket.save(update_fields=["type"])
        record_on(ticket, "ticket.type_changed", actor=actor, was=previous, to=ticket.type)
    return ticket


@transaction.atomic
def set_tags(ticket: Ticket, *, actor: Actor, tags: list[str]) -> Ticket:
    wanted = list(dict.fromkeys(filter(None, map(clean_tag, tags))))
    if len(wanted) > MAX_TAGS or any(len(tag) > 40 for tag in wanted):
        reason = _("At most %(n)d tags of at most 40 characters each.") % {"n": MAX_TAGS}
        raise Invalid(reason)
    ticket = lock(ticket)
    added = [tag for tag in wanted if tag not in ticket.tags]
    removed = [tag for tag in ticket.tags if tag not in wanted]
    if not added and not removed:
        return ticket
    ticket.tags = wanted
    ticket.save(update_fields=["tags"])
    record_on(ticket, "ticket.tagged", actor=actor, added=added, removed=removed)
    return ticket


def clean_tag(tag: str) -> str:
    """One line of visible characters, in lower case."""
    visible = "".join(letter if letter.isprintable() else " " for letter in tag)
    return " ".join(visible.split()).lower()


def mark_read(ticket: Ticket, *, user: User, seq: int) -> None:
    """Note how far somebody has read; never backwards."""
    mark, is_new = ReadMark.objects.get_or_create(user=user, ticket=ticket, defaults={"seq": seq})
    if not is_new and mark.seq < seq:
        ReadMark.objects.filter(pk=mark.pk).update(seq=Greatest(F("seq"), Value(seq)))
    if (is_new or mark.seq < seq) and (channel := channels.get(ticket.inbox.kind)):
        channel.note_read(ticket.pk, seq)


def close_ripe_tickets(limit: int = 200) -> int:
    """Close what was resolved long enough ago that no answer is to be expected."""
    ripe: list[UUID] = list(
        Ticket.objects.filter(
            category=Category.RESOLVED, resolved_at__lt=now() - CLOSE_AFTER
        ).values_list("pk", flat=True)[:limit]
    )
    for pk in ripe:
        with transaction.atomic():
            ticket = lock(Ticket(pk=pk))
            if ticket.category == Category.RESOLVED:
                enter_status(ticket, find_status(Category.CLOSED), actor=None)
    return len(ripe)
