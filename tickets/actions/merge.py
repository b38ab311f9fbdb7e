"""Two tickets become one, and two again if that was wrong.

The source keeps its number and its events; all that was said goes to the target.
"""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.ids import new_id
from tickets.actions.base import default_status, record_on, rooms_of
from tickets.actions.change import enter_status, mark_read
from tickets.actions.moving import (
    carry,
    carry_along,
    carry_back,
    check_movable,
    ids_of,
    lock_pair,
    newest_seq,
    restore,
    save_state,
    snapshot,
    waits_since,
)
from tickets.actions.moving_drafts import carry_drafts, carry_drafts_back
from tickets.errors import AlreadyThere, CannotMove
from tickets.models import Category, Message, Move, ReadMark, Ticket


@transaction.atomic
def merge(source: Ticket, *, target: Ticket, actor: User) -> Move:
    """Put all of the source into the target, whatever their channels and customers."""
    if source.pk == target.pk:
        raise CannotMove(_("A ticket cannot be merged into itself."))
    source, target = lock_pair(source, target)
    _check(source, target)
    messages = list(source.messages.select_related("ticket"))
    check_movable(messages)
    move = Move(id=new_id(), kind=Move.Kind.MERGE, source=source, target=target, by=actor, at=now())
    before = {"source": snapshot(source), "target": snapshot(target)}
    had_read = has_read_all(target, actor)
    carry(messages, target, actor=actor, move=move, marks_origin=True)
    move.messages = ids_of(messages)
    carried = carry_along(source, target) | carry_drafts(source, target)
    _take_up(source, target, actor)
    _put_aside(source, target, actor)
    move.before = before | {
        "carried": carried,
        "after": {"source": snapshot(source), "target": snapshot(target)},
    }
    move.save(force_insert=True)
    _tell("ticket.merged", move, source, target, actor)
    if had_read:
        mark_read(target, user=actor, seq=target.seq)
    return move


def _check(source: Ticket, target: Ticket) -> None:
    for ticket in (source, target):
        if ticket.merged_into_id:
            raise AlreadyThere(_("#%(number)d was merged already.") % {"number": ticket.number})
        if ticket.spam_at:
            reason = _("#%(number)d lies in the spam folder.") % {"number": ticket.number}
            raise CannotMove(reason)
    if target.category == Category.CLOSED and source.category != Category.CLOSED:
        reason = _("#%(number)d is closed; reopen it first.") % {"number": target.number}
        raise CannotMove(reason)


def has_read_all(ticket: Ticket, user: User) -> bool:
    read = ReadMark.objects.filter(user=user, ticket=ticket, seq__gte=ticket.last_message_seq)
    return read.exists()


def _take_up(source: Ticket, target: Ticket, actor: User) -> None:
    """The target goes on with what the source waited for."""
    if target.category == Category.RESOLVED and not source.is_resolved:
        enter_status(target, default_status(Category.OPEN), actor=actor)
    waits = [moment for moment in (source.waiting_since, target.waiting_since) if moment]
    if target.category in (Category.NEW, Category.OPEN):
        target.waiting_since = min(waits, default=None)
    target.first_replied_at = target.first_replied_at or source.first_replied_at
    target.last_at = max(source.last_at, target.last_at)
    target.last_message_seq = newest_seq(target)
    save_state(target)


def _put_aside(source: Ticket, target: Ticket, actor: User) -> None:
    if source.category != Category.CLOSED:
        enter_status(source, default_status(Category.CLOSED), actor=actor)
    source.merged_into, source.waiting_since, source.next_due_at = target, None, None
    source.last_message_seq = 0
    save_state(source)


def unmerge(move: Move, source: Ticket, target: Ticket, *, actor: User) -> None:
    """Both are locked, and the move is not undone yet."""
    if target.merged_into_id or source.merged_into_id != target.pk:
        raise CannotMove(
            _("#%(number)d was merged since; undo that first.") % {"number": target.number}
        )
    back = list(
        Message.objects.select_related("ticket").filter(pk__in=move.messages, ticket=target)
    )
    since = _written_since(move, source, target)
    back += since
    check_movable(back)
    carry(back, source, actor=actor, move=move)
    carry_back(move.before["carried"], source, target)
    carry_drafts_back(move.before["carried"], source, target)
    source.merged_into = None
    give_back(move, source, target)
    if since:
        _wait_for_us(source, actor)
    _tell("ticket.unmerged", move, source, target, actor, returned=back)


def _wait_for_us(ticket: Ticket, actor: User) -> None:
    """Its customer wrote while it was merged."""
    if ticket.category == Category.WAITING_CUSTOMER:
        enter_status(ticket, default_status(Category.OPEN), actor=actor)
    if ticket.category in (Category.NEW, Category.OPEN):
        ticket.waiting_since = waits_since(ticket)
        save_state(ticket)


def _written_since(move: Move, source: Ticket, target: Ticket) -> list[Message]:
    """What the source's own customer wrote meanwhile: it must not stay with another's request."""
    if source.customer_id == target.customer_id:
        return []
    theirs = Message.objects.select_related("ticket").filter(
        ticket=target, customer=source.customer_id, at__gt=move.at
    )
    return list(theirs.exclude(pk__in=move.messages))


def give_back(move: Move, source: Ticket, target: Ticket) -> None:
    after = move.before["after"]
    restore(source, before=move.before["source"], after=after["source"])
    restore(target, before=move.before["target"], after=after["target"])


def _tell(
    name: str,
    move: Move,
    source: Ticket,
    target: Ticket,
    actor: User,
    *,
    returned: list[Message] | None = None,
) -> None:
    """On both; ``gone`` is what open pages of that one must no longer show."""
    gone = [] if returned is None else ids_of(returned)
    here: dict[str, Any] = {"move": move.pk, "from": source.number, "gone": gone}
    record_on(target, name, actor=actor, **here)
    left = move.messages if returned is None else []
    there: dict[str, Any] = {"move": move.pk, "into": target.number, "gone": left}
    record_on(source, name, actor=actor, rooms=rooms_of(source), **there)
