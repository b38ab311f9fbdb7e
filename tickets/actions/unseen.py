"""What came while an answer was being written, and what its author has read with it."""

from typing import Any

from django.db.models import Q

from accounts.models import User
from connectors.queries import fold_quotes
from core.fields import warm_keys
from tickets.actions.change import mark_read
from tickets.errors import UnseenMessages
from tickets.models import Message, ReadMark, Ticket


def check_seen(ticket: Ticket, actor: User, seen_seq: int | None) -> None:
    """Raises ``UnseenMessages`` where somebody else wrote after what the author has seen."""
    if seen_seq is None:
        return
    unseen = list(
        ticket.messages.filter(seq__gt=seen_seq, withdrawn_at=None)
        .exclude(kind=Message.Kind.SIDE)
        .filter(classification=Message.Classification.PERSON)
        .filter(~Q(author=actor) | Q(author=None))
        .select_related("ticket", "author", "customer")
        .order_by("seq")
    )
    if unseen:
        warm_keys(unseen)
        raise UnseenMessages([_summary(message) for message in unseen], head=ticket.seq)


def _summary(message: Message) -> dict[str, Any]:
    who = message.author.name if message.author else None
    return {
        "id": str(message.pk),
        "seq": message.seq,
        "kind": message.kind,
        "author": who or (message.customer.name if message.customer else ""),
        "colleague": message.author is not None,
        "at": message.at.isoformat(),
        "body": fold_quotes(message.body)[0],
    }


def keep_read(ticket: Ticket, actor: User, message: Message, *, has_seen_all: bool = False) -> None:
    """Whoever had read everything has read their own words, too."""
    if actor.is_bot:
        return
    if has_seen_all:
        mark_read(ticket, user=actor, seq=message.seq)
        return
    read = ReadMark.objects.filter(user=actor, ticket=ticket, seq__lt=message.seq)
    read.filter(seq__gte=ticket.last_message_seq).update(seq=message.seq)
