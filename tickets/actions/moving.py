"""Messages on their way from one ticket to another: what merge, split and both undos share."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from core.events import record
from core.fields import warm_keys
from core.registry import Moved, channels
from tickets.actions.base import lock
from tickets.actions.search import index_again
from tickets.errors import CannotMove
from tickets.models import (
    Attachment,
    Category,
    ChecklistItem,
    Delivery,
    Follow,
    Message,
    Move,
    SideConversation,
    Status,
    Ticket,
)

_STEP = ("status", "resolved_at", "closed_at", "reopen_count")
_MOMENTS = ("waiting_since", "first_replied_at", "next_due_at", "last_at")


def lock_pair(one: Ticket, other: Ticket) -> tuple[Ticket, Ticket]:
    """Both, always in the order of their ids: two who move at once wait for each other. What was
    merged into them before is locked along, as it follows them."""
    followers = Ticket.objects.filter(merged_into__in=[one.pk, other.pk]).values_list("pk")
    wanted = {one.pk, other.pk, *(pk for (pk,) in followers)}
    held = {pk: lock(Ticket(pk=pk)) for pk in sorted(wanted)}
    return held[one.pk], held[other.pk]


def check_movable(messages: Iterable[Message]) -> None:
    """What leaves in this very moment is noted where it was when it began to leave."""
    ids = [message.pk for message in messages]
    if Delivery.objects.filter(message__in=ids, state=Delivery.State.SENDING).exists():
        raise CannotMove(_("An answer is just being sent. Try again in a moment."))


def carry(
    messages: list[Message], target: Ticket, *, actor: User, move: Move, marks_origin: bool = False
) -> None:
    """Put them into the target, the oldest first: each gets its number there by an event of its
    own. Both tickets are locked.

    ``marks_origin`` keeps on our answers for which request and customer they were written.
    """
    warm_keys(messages)
    moved: dict[UUID, list[Moved]] = defaultdict(list)
    for message in sorted(messages, key=lambda m: (m.at, m.seq)):
        source, before = message.ticket, message.seq
        event = record(
            "message.moved",
            subject=target,
            actor=actor,
            ticket=target,
            message=message.pk,
            source=source.pk,
            move=move.pk,
        )
        message.ticket = target
        message.seq = message.touched_seq = event.seq or 0
        fields = ["ticket", "seq", "touched_seq"]
        is_answer = message.kind == Message.Kind.PUBLIC and not message.is_inbound
        if marks_origin and is_answer:
            message.extras = _origin_of(source) | (message.extras or {})
            fields.append("extras")
        message.save(update_fields=fields)
        moved[source.pk].append(Moved(message.thread_id, before, message.seq))
    for source_id, numbers in moved.items():
        for channel in channels.values():
            channel.note_moved(source_id, numbers)
    ids = [message.pk for message in messages]
    Attachment.objects.filter(message__in=ids).update(ticket=target)
    index_again(target, ids)


def _origin_of(source: Ticket) -> dict[str, str]:
    """Where the message was written; an earlier move has said it before."""
    return {"written_in": str(source.pk), "written_for": str(source.customer_id)}


def carry_along(source: Ticket, target: Ticket) -> dict[str, list[str]]:
    """All else that hangs on a merged ticket; the ids are what the undo takes back."""
    sides = SideConversation.objects.filter(ticket=source)
    items = ChecklistItem.objects.filter(ticket=source)
    there = Follow.objects.filter(ticket=target).values("user")
    follows = Follow.objects.filter(ticket=source).exclude(user__in=there)
    merged = Ticket.objects.filter(merged_into=source)
    carried: dict[str, list[str]] = {}
    for name, rows in (("sides", sides), ("items", items), ("follows", follows)):
        carried[name] = [str(pk) for pk in rows.values_list("pk", flat=True)]
        rows.update(ticket=target)
    carried["merged"] = [str(pk) for pk in merged.values_list("pk", flat=True)]
    merged.update(merged_into=target)
    return carried


def carry_back(carried: dict[str, list[str]], source: Ticket, target: Ticket) -> None:
    for name, model in (("sides", SideConversation), ("items", ChecklistItem), ("follows", Follow)):
        ids = carried.get(name, [])
        model._default_manager.filter(pk__in=ids, ticket=target).update(ticket=source)
    followers = Ticket.objects.filter(pk__in=carried.get("merged", []), merged_into=target)
    followers.update(merged_into=source)


# States: taken before and after a move, given back by its undo


def snapshot(ticket: Ticket) -> dict[str, Any]:
    moments = ("resolved_at", "closed_at", *_MOMENTS)
    written = {name: getattr(ticket, name) for name in moments}
    return {name: moment.isoformat() if moment else None for name, moment in written.items()} | {
        "status": str(ticket.status_id),
        "reopen_count": ticket.reopen_count,
    }


def restore(ticket: Ticket, *, before: dict[str, Any], after: dict[str, Any]) -> None:
    """As it was before the move, but for what somebody has changed since."""
    present = snapshot(ticket)
    if all(present[name] == after[name] for name in _STEP):
        ticket.status = Status.objects.get(pk=before["status"])
        ticket.category = ticket.status.category
        ticket.reopen_count = before["reopen_count"]
        ticket.resolved_at = _moment(before["resolved_at"])
        ticket.closed_at = _moment(before["closed_at"])
    for name in _MOMENTS:
        if present[name] == after[name]:
            setattr(ticket, name, _moment(before[name]))
    if ticket.category not in (Category.NEW, Category.OPEN):
        ticket.waiting_since = None
    ticket.last_message_seq = newest_seq(ticket)
    save_state(ticket)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def newest_seq(ticket: Ticket) -> int:
    said = ticket.messages.exclude(kind=Message.Kind.SIDE).filter(withdrawn_at=None)
    return int(said.aggregate(newest=Max("seq"))["newest"] or 0)


def save_state(ticket: Ticket) -> None:
    ticket.save(update_fields=[*_STEP, *_MOMENTS, "category", "last_message_seq", "merged_into"])


def waits_since(ticket: Ticket) -> datetime | None:
    """Since when its customer waits, going by what was said alone."""
    said = ticket.messages.filter(
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
    )
    answered = said.filter(direction=Message.Direction.OUT).aggregate(at=Max("at"))["at"]
    asked = said.filter(direction=Message.Direction.IN)
    if answered:
        asked = asked.filter(at__gt=answered)
    return asked.order_by("at").values_list("at", flat=True).first()


def ids_of(messages: Iterable[Message]) -> list[UUID]:
    return [message.pk for message in messages]
