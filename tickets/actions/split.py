"""Some messages become a ticket of their own, and come back if that was wrong."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.ids import new_id
from core.registry import channels
from tickets.actions.base import default_status, lock, record_on
from tickets.actions.change import enter_status, mark_read
from tickets.actions.merge import give_back, unmerge
from tickets.actions.moving import (
    carry,
    check_movable,
    ids_of,
    lock_pair,
    newest_seq,
    save_state,
    snapshot,
    waits_since,
)
from tickets.actions.write import create_ticket
from tickets.errors import AlreadyThere, CannotMove
from tickets.models import Category, Message, Move, Ticket, TicketLink


@transaction.atomic
def split(source: Ticket, *, messages: Iterable[UUID], actor: User, subject: str = "") -> Move:
    """Put the messages into a new ticket of the same customer, inbox and team, linked with this
    one. At least one message stays."""
    source = lock(source)
    chosen = _choose(source, set(messages))
    check_movable(chosen)
    before = {"source": snapshot(source)}
    new = _open_beside(source, subject, actor)
    before["target"] = snapshot(new)
    move = Move(id=new_id(), kind=Move.Kind.SPLIT, source=source, target=new, by=actor, at=now())
    carry(chosen, new, actor=actor, move=move)
    move.messages = ids_of(chosen)
    _settle(source, new, actor)
    after = {"source": snapshot(source), "target": snapshot(new)}
    link = TicketLink.objects.create(ticket=new, other=source, by=actor, at=now())
    move.before = before | {"after": after, "link": str(link.pk)}
    move.save(force_insert=True)
    record_on(
        source, "ticket.split", actor=actor, move=move.pk, into=new.number, gone=move.messages
    )
    here: dict[str, Any] = {"from": source.number, "gone": []}
    record_on(new, "ticket.split", actor=actor, move=move.pk, **here)
    mark_read(new, user=actor, seq=new.seq)
    return move


def _choose(source: Ticket, wanted: set[UUID]) -> list[Message]:
    if source.merged_into_id:
        raise AlreadyThere(_("#%(number)d was merged already.") % {"number": source.number})
    everything = source.messages.select_related("ticket", "thread__inbox")
    movable = everything.exclude(kind=Message.Kind.SIDE)
    chosen = [message for message in movable.filter(withdrawn_at=None) if message.pk in wanted]
    if not chosen:
        raise CannotMove(_("Choose the messages that become a ticket of their own."))
    if len(chosen) != len(wanted):
        raise CannotMove(_("A chosen message is no longer in this ticket."))
    if any(message.thread and message.thread.inbox.kind in channels for message in chosen):
        # Answers in the new ticket would have nowhere to go: the session stays with this one.
        raise CannotMove(_("What was said in a chat stays in its ticket."))
    if wanted & _merged_from_others(source):
        raise CannotMove(
            _("These came with another customer's ticket. Undo that merge to separate them.")
        )
    if not movable.exclude(pk__in=wanted).filter(withdrawn_at=None).exists():
        raise CannotMove(_("At least one message stays in this ticket."))
    return chosen


def _merged_from_others(ticket: Ticket) -> set[UUID]:
    """A new ticket would be this one's customer's, who would read another's words in it."""
    merges = Move.objects.filter(kind=Move.Kind.MERGE, target=ticket, undone_at=None)
    foreign = merges.exclude(source__customer=ticket.customer_id)
    return {pk for ids in foreign.values_list("messages", flat=True) for pk in ids}


def _open_beside(source: Ticket, subject: str, actor: User) -> Ticket:
    new = create_ticket(
        source.customer,
        inbox=source.inbox,
        subject=subject.strip() or source.subject,
        actor=actor,
        language=source.language,
        is_waiting=False,
    )
    new.team_id = source.team_id
    new.priority = source.priority
    new.save(update_fields=["team", "priority"])
    return new


def _settle(source: Ticket, new: Ticket, actor: User) -> None:
    """What each of the two now waits for, and when something was last said in it."""
    new.waiting_since = waits_since(new)
    if new.waiting_since is None:
        enter_status(new, default_status(Category.OPEN), actor=actor)
        new.waiting_since = None
    if source.waiting_since:
        source.waiting_since = waits_since(source)
    for ticket in (source, new):
        newest = ticket.messages.exclude(kind=Message.Kind.SIDE).order_by("-at").first()
        ticket.last_at = newest.at if newest else ticket.last_at
        ticket.last_message_seq = newest_seq(ticket)
        save_state(ticket)


def unsplit(move: Move, source: Ticket, new: Ticket, *, actor: User) -> None:
    """Both are locked, and the move is not undone yet. What was said in the new one since stays
    there; without any it is closed and leads back."""
    for ticket in (source, new):
        if ticket.merged_into_id:
            raise CannotMove(
                _("#%(number)d was merged since; undo that first.") % {"number": ticket.number}
            )
    back = list(Message.objects.select_related("ticket").filter(pk__in=move.messages, ticket=new))
    check_movable(back)
    carry(back, source, actor=actor, move=move)
    TicketLink.objects.filter(pk=move.before["link"]).delete()
    give_back(move, source, new)
    if not new.messages.exists():
        _close_empty(new, source, actor)
    ids = ids_of(back)
    here: dict[str, Any] = {"from": source.number, "gone": ids}
    record_on(new, "ticket.unsplit", actor=actor, move=move.pk, **here)
    record_on(source, "ticket.unsplit", actor=actor, move=move.pk, into=new.number, gone=[])


def _close_empty(new: Ticket, source: Ticket, actor: User) -> None:
    if new.category != Category.CLOSED:
        enter_status(new, default_status(Category.CLOSED), actor=actor)
    new.merged_into, new.waiting_since = source, None
    save_state(new)


@transaction.atomic
def undo_move(move: Move, *, actor: User) -> Move:
    """Take a merge or a split back. What was said since in the target stays there."""
    source, target = lock_pair(move.source, move.target)
    move = Move.objects.select_for_update().get(pk=move.pk)
    if move.undone_at:
        raise AlreadyThere(_("That was undone already."))
    undo = unmerge if move.kind == Move.Kind.MERGE else unsplit
    undo(move, source, target, actor=actor)
    move.undone_at = now()
    move.save(update_fields=["undone_at"])
    return move
