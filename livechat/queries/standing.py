"""How visitors with a socket stand: whether they may stay, and the chat they listen to. Asked for
many at once, since each of them is looked at with every beat."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Max, Q

from accounts.models import User
from core import here
from core.errors import HelpdeskError
from core.models import Event
from livechat.errors import NOT_KNOWN, SHUT_OUT
from livechat.models import Chat, ChatWidget, Visitor
from livechat.queries.chats import find_chat, find_widget, seen_by_us
from livechat.queries.origins import check_origin
from livechat.queries.rooms import chat_room
from livechat.queries.thread import DELETED, LINES, head_of, home_of, shown_name
from tickets.models import Message, ReadMark


@dataclass(frozen=True, slots=True)
class Place:
    """The chat a socket listens to, as it was found for its visitor."""

    chat: UUID
    ticket: UUID
    home: UUID
    head: int
    is_merged: bool
    standing: tuple[str, UUID | None]  # its state, and whose it is
    previews: bool
    seen: int = 0  # how far we have read it, as far as that was looked up

    @property
    def is_told_by_number(self) -> bool:
        """Not a merged chat, whose head may be another's, and not one who waits: they move up
        without a number."""
        waits = self.standing[0] in (Chat.State.QUEUED, Chat.State.OFFERED)
        return not (waits or self.is_merged)

    @property
    def chat_rooms(self) -> list[str]:
        moved = [f"ticket:{self.home}"] if self.is_merged else []
        return [chat_room(self.ticket), *moved]


@dataclass(frozen=True, slots=True)
class Asked:
    """One socket: who speaks, from which website, and of which chat."""

    visitor: UUID
    key: str
    origin: str
    chat: UUID | None


@dataclass(frozen=True, slots=True)
class Standing:
    code: int = 0  # with which the socket ends; 0 for who may stay
    place: Place | None = None


def find_host(key: str, origin: str) -> ChatWidget | None:
    """None unless one of its websites asks. A browser always names its origin at a socket."""
    try:
        widget = find_widget(key)
        check_origin(widget, origin or "none")
    except HelpdeskError:
        return None
    return widget


def look_at(asked: Sequence[Asked]) -> list[Standing]:
    """In the order asked, with as many statements for hundreds as for one."""
    hosts = {(one.key, one.origin): None for one in asked}
    welcome = {host for host in hosts if find_host(*host)}
    refusals = refusals_of({one.visitor for one in asked})
    codes = [
        refusals[one.visitor] if (one.key, one.origin) in welcome else SHUT_OUT for one in asked
    ]
    staying = [one for one, code in zip(asked, codes, strict=True) if not code]
    places = find_places({(one.visitor, one.chat) for one in staying if one.chat})
    return [
        Standing(code, places.get((one.visitor, one.chat)) if one.chat else None)
        for one, code in zip(asked, codes, strict=True)
    ]


def refusals_of(visitors: Collection[UUID]) -> dict[UUID, int]:
    """With which code their sockets are closed; 0 for who may stay."""
    refusals = dict.fromkeys(visitors, NOT_KNOWN)
    fields = ("revoked_at", "banned_until")
    for visitor in Visitor.objects.filter(pk__in=visitors).only("pk", *fields):
        if visitor.revoked_at is None:
            refusals[visitor.pk] = SHUT_OUT if visitor.is_banned else 0
    return refusals


# Places


def visitor_by_id(pk: UUID) -> Visitor | None:
    return Visitor.objects.select_related("customer", "widget__inbox").filter(pk=pk).first()


def find_place(visitor: Visitor | None, chat: UUID) -> Place | None:
    try:
        if visitor is None:
            return None
        found = find_chat(visitor, chat)
    except HelpdeskError:
        return None
    return place_of(found, head_of(found))


def place_of(chat: Chat, head: int) -> Place:
    return Place(
        chat=chat.pk,
        ticket=chat.ticket_id,
        home=home_of(chat),
        head=head,
        is_merged=chat.ticket.merged_into_id is not None,
        standing=(chat.state, chat.agent_id),
        previews=chat.widget.previews,
    )


def enter_place(visitor: Visitor, chat: UUID) -> Place | None:
    """As ``find_place`` for who is about to listen: how far it is is looked at after that."""
    try:
        return place_of(find_chat(visitor, chat), 0)
    except HelpdeskError:
        return None


def look_round(visitor: Visitor, chat: UUID) -> tuple[int, int]:
    """How far the chat is now, and how far we have read it. -1 where a number does not tell all:
    of a merged chat it may be another's, and who waits moves up without one."""
    try:
        found = find_chat(visitor, chat)
    except HelpdeskError:
        return -1, 0
    waits = found.state in (Chat.State.QUEUED, Chat.State.OFFERED)
    if waits or found.ticket.merged_into_id:
        return -1, 0
    return head_of(found), seen_by_us(found)


def find_places(pairs: Iterable[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Place]:
    """By visitor and chat. What most of them listen to is their own and where it was begun; the
    others (on a second device, merged) are looked up one by one."""
    wanted = set(pairs)
    found = _own_places(wanted)
    for visitor, chat in wanted - found.keys():
        if place := find_place(visitor_by_id(visitor), chat):
            found[visitor, chat] = place
    return found


def _own_places(pairs: set[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Place]:
    """A part of what ``chats_of`` grants, and never more."""
    is_theirs = Q(ticket__customer=F("visitor__customer")) | ~Q(state=Chat.State.ENDED)
    rows = Chat.objects.filter(
        is_theirs,
        pk__in={chat for _visitor, chat in pairs},
        visitor__customer__isnull=False,
        ticket__merged_into=None,
    ).values_list("visitor", "pk", "ticket", "state", "agent", "widget__previews")
    own = [row for row in rows if (row[0], row[1]) in pairs]
    tickets = {chat: ticket for _visitor, chat, ticket, *_rest in own}
    heads, seen = _heads_of(tickets), _seen_of(tickets.values())
    return {
        (visitor, chat): Place(
            chat=chat,
            ticket=ticket,
            home=ticket,
            head=heads[chat],
            is_merged=False,
            standing=(state, agent),
            previews=previews,
            seen=seen.get(ticket, 0),
        )
        for visitor, chat, ticket, state, agent, previews in own
    }


def _heads_of(tickets: dict[UUID, UUID]) -> dict[UUID, int]:
    """``head_of`` for many: chat → ticket in, chat → head out. None of them is merged."""
    said = Message.objects.filter(ticket__in=set(tickets.values()), kind=Message.Kind.PUBLIC)
    newest: dict[Any, int] = dict(
        said.values_list("ticket").annotate(newest=Max("touched_seq")).order_by()
    )
    of_interest = Q(name__in=LINES) | Q(name=DELETED, details__kind=Message.Kind.PUBLIC)
    happened = Event.objects.filter(of_interest, ticket_id__in=set(tickets.values()))
    rows = happened.values_list("ticket_id", "name", "details__chat").annotate(newest=Max("seq"))
    for ticket, name, chat, seq in rows.order_by():
        place = ticket if name == DELETED else chat
        newest[place] = max(newest.get(place, 0), seq or 0)
    return {
        chat: max(newest.get(ticket, 0), newest.get(str(chat), 0))
        for chat, ticket in tickets.items()
    }


def _seen_of(tickets: Iterable[UUID]) -> dict[UUID, int]:
    """``seen_by_us`` for many, by ticket."""
    marks = ReadMark.objects.filter(ticket__in=set(tickets)).values_list("ticket")
    return dict(marks.annotate(newest=Max("seq")).order_by())


def who_is_typing(ticket: UUID) -> str | None:
    """The name visitors are told of one who works here and is typing an answer."""
    people = here.people_at(str(ticket))
    typing = [pk for pk, state in people.items() if state == "typing"]
    user = User.objects.filter(pk__in=typing).order_by("pk").first() if typing else None
    return shown_name(user) if user else None
