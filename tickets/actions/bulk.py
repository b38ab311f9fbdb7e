"""One change to many tickets at once, and taking it back.

Each ticket goes through the ordinary action, so one that refuses does not stop the others. What
the tickets were before travels with the answer, signed, and comes back to undo it: nothing is
kept, and nobody else can use it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Team, User
from core.errors import HelpdeskError, Invalid, NotAllowed
from core.models import Event
from tickets.actions.base import lock, record_on
from tickets.actions.change import (
    assign,
    clean_tag,
    move_to_status,
    move_to_team,
    set_priority,
    set_tags,
)
from tickets.actions.spam import mark_spam, unmark_spam
from tickets.models import Status, Ticket

MOST = 200
UNDO_SECONDS = 3600
_SALT = "tickets.bulk"
# Locks last as long as their transaction, and a commit costs more than a change: so few at once.
_AT_ONCE = 20
_MOMENTS = ("waiting_since", "resolved_at", "closed_at")
_STEPS = ("ticket.status_changed", "ticket.resolved", "ticket.reopened")


@dataclass(slots=True)
class BulkResult:
    done: list[UUID] = field(default_factory=list)
    refused: list[tuple[Ticket, HelpdeskError]] = field(default_factory=list)
    undo: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    """How one kind of change is made and taken back, and which events speak of it."""

    make: Callable[[Ticket, Any, User], object]
    read: Callable[[Ticket], Any]
    restore: Callable[[Ticket, Any, User], object]
    events: tuple[str, ...]


def _set_status(ticket: Ticket, value: str, actor: User) -> object:
    return move_to_status(ticket, actor=actor, status=value)


def _set_assignee(ticket: Ticket, value: User | None, actor: User) -> object:
    return assign(ticket, actor=actor, assignee=value)


def _set_team(ticket: Ticket, value: Team | None, actor: User) -> object:
    return move_to_team(ticket, actor=actor, team=value)


def _set_priority(ticket: Ticket, value: int, actor: User) -> object:
    return set_priority(ticket, actor=actor, priority=value)


def _add_tag(ticket: Ticket, value: str, actor: User) -> object:
    return set_tags(ticket, actor=actor, tags=[*ticket.tags, value])


def _remove_tag(ticket: Ticket, value: str, actor: User) -> object:
    kept = [tag for tag in ticket.tags if tag != clean_tag(value)]
    return set_tags(ticket, actor=actor, tags=kept)


def _set_tags(ticket: Ticket, value: list[str], actor: User) -> object:
    return set_tags(ticket, actor=actor, tags=value)


def _set_spam(ticket: Ticket, value: bool, actor: User) -> object:
    return mark_spam(ticket, actor=actor) if value else unmark_spam(ticket, actor=actor)


def _read_status(ticket: Ticket) -> dict[str, Any]:
    moments = {name: getattr(ticket, name) for name in _MOMENTS}
    return {"status": str(ticket.status_id), "reopen_count": ticket.reopen_count} | {
        name: moment.isoformat() if moment else None for name, moment in moments.items()
    }


def _restore_status(ticket: Ticket, was: dict[str, Any], actor: User) -> None:
    """Not a step of the table: it takes one back, with the moments it changed."""
    status = Status.objects.filter(pk=was["status"]).first()
    if status is None:
        raise Invalid(_("Its former status is gone."))
    before, ticket.status = ticket.status, status
    ticket.category = ticket.status.category
    ticket.reopen_count = was["reopen_count"]
    for name in _MOMENTS:
        setattr(ticket, name, datetime.fromisoformat(was[name]) if was[name] else None)
    ticket.save(update_fields=["status", "category", "reopen_count", *_MOMENTS])
    record_on(
        ticket,
        "ticket.status_changed",
        actor=actor,
        was=before.code,
        to=ticket.status.code,
        undone=True,
    )


def _restore_assignee(ticket: Ticket, was: str | None, actor: User) -> None:
    former = User.objects.filter(pk=was).first() if was else None
    if was and former is None:
        raise Invalid(_("Its former assignee is gone."))
    assign(ticket, actor=actor, assignee=former)


def _restore_team(ticket: Ticket, was: str | None, actor: User) -> None:
    team = Team.objects.filter(pk=was).first() if was else None
    if was and team is None:
        raise Invalid(_("Its former team is gone."))
    move_to_team(ticket, actor=actor, team=team)


_TAGS = ("ticket.tagged",)
_CHANGES = {
    "status": _Change(_set_status, _read_status, _restore_status, _STEPS),
    "assignee": _Change(
        _set_assignee,
        lambda t: str(t.assignee_id) if t.assignee_id else None,
        _restore_assignee,
        ("ticket.assigned",),
    ),
    "team": _Change(
        _set_team,
        lambda t: str(t.team_id) if t.team_id else None,
        _restore_team,
        ("ticket.moved",),
    ),
    "priority": _Change(
        _set_priority, lambda t: t.priority, _set_priority, ("ticket.priority_changed",)
    ),
    "tag": _Change(_add_tag, lambda t: t.tags, _set_tags, _TAGS),
    "untag": _Change(_remove_tag, lambda t: t.tags, _set_tags, _TAGS),
    "spam": _Change(
        _set_spam,
        lambda t: t.spam_at is not None,
        _set_spam,
        ("ticket.marked_spam", "ticket.unmarked_spam"),
    ),
}
KINDS = tuple(_CHANGES)


def change_many(tickets: Sequence[Ticket], *, actor: User, do: str, value: Any) -> BulkResult:
    """``value`` is a status code, a user, a team, a priority, a tag, or whether it is spam.

    Precondition: the caller found the tickets through ``visible_to``.
    """
    if do not in _CHANGES:
        raise Invalid(_("There is no such change."), field="do")
    if len(tickets) > MOST:
        raise Invalid(_("At most %(n)d tickets at once.") % {"n": MOST}, field="ids")
    change, result, undo = _CHANGES[do], BulkResult(), []
    for ticket, refusal, was in _each(
        tickets, lambda locked: change.make(locked, value, actor), change.read
    ):
        if refusal is not None:
            result.refused.append((ticket, refusal))
            continue
        result.done.append(ticket.pk)
        undo.append([str(ticket.pk), ticket.number, ticket.seq, was])
    if undo:
        kept = {"by": str(actor.pk), "do": do, "tickets": undo}
        result.undo = signing.dumps(kept, salt=_SALT, compress=True)
    return result


def _each(
    tickets: Iterable[Ticket], act: Callable[[Ticket], object], read: Callable[[Ticket], Any]
) -> list[tuple[Ticket, HelpdeskError | None, Any]]:
    """Each as it is afterwards, with why it was refused and what it was before."""
    # In one order everywhere, so that two who change the same tickets never wait for each other.
    ordered = sorted(tickets, key=lambda ticket: ticket.pk)
    found: list[tuple[Ticket, HelpdeskError | None, Any]] = []
    for start in range(0, len(ordered), _AT_ONCE):
        with transaction.atomic():
            found += [_one(ticket, act, read) for ticket in ordered[start : start + _AT_ONCE]]
    return found


def _one(
    ticket: Ticket, act: Callable[[Ticket], object], read: Callable[[Ticket], Any]
) -> tuple[Ticket, HelpdeskError | None, Any]:
    try:
        with transaction.atomic():
            locked = lock(ticket)
            was = read(locked)
            after = act(locked)
    except HelpdeskError as refusal:
        return ticket, refusal, None
    return after if isinstance(after, Ticket) else locked, None, was


def undo_bulk(token: str, *, actor: User) -> BulkResult:
    """Give each ticket back what it was, unless somebody changed just that since then."""
    try:
        kept = signing.loads(token, salt=_SALT, max_age=UNDO_SECONDS)
    except signing.BadSignature:
        raise Invalid(_("This can no longer be undone."), field="token") from None
    if kept["by"] != str(actor.pk):
        raise NotAllowed(_("Only who changed the tickets can undo that."))
    change = _CHANGES[kept["do"]]
    entries = {UUID(pk): (seq, was) for pk, _number, seq, was in kept["tickets"]}
    tickets = Ticket.objects.filter(pk__in=entries)

    def restore(ticket: Ticket) -> None:
        seq, was = entries[ticket.pk]
        _check_untouched(ticket, seq, change.events)
        if change.read(ticket) != was:
            _check_returns(ticket, kept["do"], was, actor)
            change.restore(ticket, was, actor)

    result = BulkResult()
    for ticket, refusal, _was in _each(tickets, restore, change.read):
        if refusal is None:
            result.done.append(ticket.pk)
        else:
            result.refused.append((ticket, refusal))
    return result


def _check_untouched(ticket: Ticket, seq: int, names: tuple[str, ...]) -> None:
    since = Event.objects.filter(ticket_id=ticket.pk, seq__gt=seq, name__in=names)
    if since.exists():
        raise Invalid(_("Somebody has changed it since."))


def _check_returns(ticket: Ticket, do: str, was: Any, actor: User) -> None:
    """A ticket that the change took out of one's sight may come back into it, no other."""
    if Ticket.objects.visible_to(actor).filter(pk=ticket.pk).exists():
        return
    to_my_team = do == "team" and was and UUID(was) in actor.access.teams
    if not to_my_team and not (do == "assignee" and was == str(actor.pk)):
        raise NotAllowed(_("You can no longer see this ticket."))
