"""Chats of a visitor, and how one of them stands."""

import re
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from core import here
from core.clock import now
from core.fields import warm_keys
from core.prepared import PreparedQuery
from livechat.errors import BadToken, Banned, NoSuchThing
from livechat.models import Chat, ChatWidget, Visitor
from livechat.queries.config import in_language
from livechat.queries.staff import estimate_wait, place_of
from livechat.queries.thread import home_of, proved_addresses, shown_name
from livechat.queries.tokens import digest_of
from tickets.models import Delivery, Message, ReadMark

_SHOWN_CHATS = 30
__all__ = [
    "chats_of",
    "current_chat",
    "find_chat",
    "find_visitor",
    "in_language",
    "read_again",
    "shape_chat",
    "shape_me",
]


def _widgets(key: str, *, shape: None) -> "QuerySet[ChatWidget]":
    related = "inbox__brand", "inbox__calendar", "mail_inbox", "notice"
    return ChatWidget.objects.select_related(*related).filter(key=key, inbox__is_active=True)


def _visitors(widget: UUID, digest: bytes, *, shape: None) -> "QuerySet[Visitor]":
    known = Visitor.objects.filter(widget=widget, secret_digest=digest, revoked_at=None)
    return known.select_related("customer__tier")


def _known_visitors(pk: UUID, *, shape: None) -> "QuerySet[Visitor]":
    return Visitor.objects.filter(pk=pk).select_related("customer__tier")


def _chats(
    visitor: UUID, customer: UUID, brand: UUID, pk: UUID, *, shape: bool
) -> "QuerySet[Chat]":
    """``shape``: whether they have proved who they are."""
    related = "ticket__customer__tier", "ticket__inbox", "agent", "widget__inbox"
    own = _own_chats(visitor, customer, brand if shape else None)
    return own.filter(pk=pk).select_related(*related)


def _marks(ticket: UUID, *, shape: None) -> "QuerySet[ReadMark]":
    return ReadMark.objects.filter(ticket=ticket).order_by("-seq")[:1]


# Asked with every request of a widget, and with all that sockets and held requests look up.
_widget_query, _visitor_query, _again_query, _chat_query, _mark_query = (
    PreparedQuery(_widgets),
    PreparedQuery(_visitors),
    PreparedQuery(_known_visitors),
    PreparedQuery(_chats),
    PreparedQuery(_marks),
)


def find_widget(key: str) -> ChatWidget:
    # Nothing else is a key, and a NUL could not even be looked for.
    is_key = re.fullmatch(r"[\w-]{1,40}", key)
    found = _widget_query.first(key) if is_key else None
    if found is None:
        raise NoSuchThing("There is no such widget.")
    return found


def find_visitor(widget: ChatWidget, token: str) -> Visitor:
    """Raises ``BadToken`` for who is not known here, ``Banned`` for who is shut out."""
    found = _visitor_query.first(widget.pk, digest_of(token))
    if found is None:
        raise BadToken("This browser is not known here.")
    if found.is_banned:
        raise Banned("You cannot chat here at the moment.")
    found.widget = widget
    return found


def read_again(visitor: Visitor) -> Visitor:
    """As they are now, with the same widget."""
    found = _again_query.get(visitor.pk)
    found.widget = visitor.widget
    return found


def chats_of(visitor: Visitor) -> "QuerySet[Chat]":
    """Their own as the one they are now; with proof also what the same customer said elsewhere
    with proof. What somebody else said in this browser before is nobody's to see."""
    if visitor.customer_id is None:
        return Chat.objects.none()
    brand = visitor.widget.inbox.brand_id if visitor.verified_at else None
    return _own_chats(visitor.pk, visitor.customer_id, brand)


def _own_chats(visitor: UUID, customer: UUID, brand: UUID | None) -> "QuerySet[Chat]":
    """``brand``: where they have proved to be this customer."""
    own = Q(visitor=visitor, ticket__customer=customer) | Q(
        visitor=visitor,
        state__in=[Chat.State.BOT, Chat.State.QUEUED, Chat.State.OFFERED, Chat.State.ACTIVE],
    )
    if brand:
        own |= Q(
            widget__inbox__brand=brand,
            visitor__customer=customer,
            visitor__verified_at__isnull=False,
            ticket__customer=customer,
        )
    return Chat.objects.filter(own)


def find_chat(visitor: Visitor, pk: UUID) -> Chat:
    found = None
    if visitor.customer_id:
        brand, is_proved = visitor.widget.inbox.brand_id, visitor.verified_at is not None
        found = _chat_query.first(visitor.pk, visitor.customer_id, brand, pk, shape=is_proved)
    if found is None:
        raise NoSuchThing("There is no such chat.")
    return found


def current_chat(visitor: Visitor) -> Chat | None:
    return Chat.objects.filter(visitor=visitor).exclude(state=Chat.State.ENDED).first()


def shape_chat(chat: Chat, visitor: Visitor, *, head: int) -> dict[str, Any]:
    place = place_of(chat)
    agent = chat.agent
    return {
        "id": str(chat.pk),
        "number": chat.ticket.number,
        "state": shown_state(chat),
        "epoch": epoch_of(chat),
        "head": head,
        "began_at": chat.began_at.isoformat(),
        "place": place,
        "wait_seconds": estimate_wait(chat.widget, place) if place else None,
        "agent": {"name": shown_name(agent), "initials": agent.initials} if agent else None,
        "bot": chat.state == Chat.State.BOT,
        "typing": is_answered_just_now(chat),
        "seen": seen_by_us(chat),
        "seen_by_you": chat.visitor_seen_seq,
        "ended_at": chat.ended_at.isoformat() if chat.ended_at else None,
        "ended_by": chat.ended_by,
        "mail": known_address(visitor),
        "survey": {"score": chat.score} if chat.asks_rating else None,
    }


def shows_rating(ticket: UUID) -> bool:
    """Whether the widget still asks at the end of this ticket's chat how it was."""
    last = Chat.objects.filter(ticket=ticket).order_by("-began_at").first()
    return bool(last and not last.is_open and last.asks_rating and last.score is None)


def shown_state(chat: Chat) -> str:
    if chat.is_offline:
        return Chat.OFFLINE
    if chat.state == Chat.State.BOT:
        return Chat.State.ACTIVE
    return Chat.State.QUEUED if chat.state == Chat.State.OFFERED else chat.state


def epoch_of(chat: Chat) -> str:
    """Another one means that the numbers begin anew: read everything again."""
    return home_of(chat).hex[-8:]


def seen_by_us(chat: Chat) -> int:
    mark = _mark_query.first(home_of(chat))
    return mark.seq if mark else 0


def is_answered_just_now(chat: Chat) -> bool:
    """Whether somebody who works here is typing an answer, as far as Valkey knows."""
    return chat.is_open and "typing" in here.people_at(str(chat.ticket_id)).values()


def known_address(visitor: Visitor) -> str:
    return next(iter(proved_addresses(visitor)), visitor.claimed_email)


def shape_me(visitor: Visitor) -> dict[str, Any]:
    chats = list(
        chats_of(visitor)
        .select_related("ticket__customer", "agent")
        .order_by("-began_at")[:_SHOWN_CHATS]
    )
    warm_keys(chats)
    unread = _unread(chats)
    current = current_chat(visitor)
    return {
        "visitor": str(visitor.pk),
        "name": visitor.name,
        "verified": visitor.verified_at is not None,
        "current": str(current.pk) if current else None,
        "chats": [
            {
                "id": str(chat.pk),
                "number": chat.ticket.number,
                "state": shown_state(chat),
                "began_at": chat.began_at.isoformat(),
                "last_at": chat.ticket.last_at.isoformat(),
                "unread": unread.get(chat.pk, 0),
                "title": chat.ticket.subject,
                "agent": shown_name(chat.agent),
            }
            for chat in chats
        ],
    }


def _unread(chats: list[Chat]) -> dict[UUID, int]:
    """Answers that have left and that the visitor has not seen yet."""
    threads = {chat.thread_id: chat for chat in chats}
    has_left = (
        Q(delivery=None)
        | Q(delivery__state__in=[Delivery.State.SENT, Delivery.State.FAILED])
        | Q(delivery__not_before__lte=now())
    )
    said = Message.objects.filter(
        has_left,
        thread__in=threads,
        direction=Message.Direction.OUT,
        kind=Message.Kind.PUBLIC,
        withdrawn_at=None,
    ).values_list("thread_id", "seq")
    counts: dict[UUID, int] = {}
    for thread, seq in said:
        chat = threads[thread] if thread else None
        if chat and seq > chat.visitor_seen_seq:
            counts[chat.pk] = counts.get(chat.pk, 0) + 1
    return counts
