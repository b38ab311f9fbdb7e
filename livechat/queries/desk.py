"""What agents are shown of chats: their panel, and the chat within its ticket's page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from accounts.models import Presence, Team, User
from accounts.queries import standing_of, with_standing
from connectors.models import Inbox
from core.clock import now
from core.fields import warm_keys
from core.registry import ThreadPart
from livechat.models import Chat
from livechat.queries.staff import GONE_AFTER, may_take
from livechat.queries.thread import shown_name
from tickets.models import Message, ReadMark, Ticket
from tickets.queries.newest import spoken_in_threads

SHOWN = 100
_LINE = 120
_EARLIER = 5
_OPEN = (Chat.State.QUEUED, Chat.State.OFFERED, Chat.State.ACTIVE)


@dataclass(slots=True)
class Row:
    """One open chat in somebody's panel."""

    chat: Chat
    last: str = ""  # the newest words, on one line
    by: str = ""  # which colleague said them
    by_reader: bool = False
    unread: int = 0
    seconds_left: float = 0.0  # how long it is still offered


@dataclass(slots=True)
class Panel:
    offers: list[Row] = field(default_factory=list)
    mine: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    load: int = 0
    capacity: int = 0
    has_widgets: bool = False

    @property
    def unread(self) -> int:
        return sum(row.unread for row in self.mine)

    @property
    def has_room(self) -> bool:
        return self.load < self.capacity


# The panel


def load_panel(user: User) -> Panel:
    """What is offered to them, what they talk in, and what they may take: by tier, the oldest
    first."""
    chats = list(_open_chats(user))
    moment = now()
    panel = Panel(capacity=user.chat_capacity)
    for chat in chats:
        _sort_in(panel, chat, user, moment)
    panel.waiting.sort(key=_turn)
    panel.load = sum(row.chat.agent_id == user.pk for row in panel.mine) + len(panel.offers)
    panel.has_widgets = bool(chats) or has_widgets()
    rows = [*panel.offers, *panel.mine, *panel.waiting]
    _add_last_words(rows, user)
    _add_unread(panel.mine, user)
    return panel


def has_widgets() -> bool:
    return Inbox.objects.filter(kind=Inbox.Kind.CHAT, is_active=True).exists()


def _open_chats(user: User) -> "QuerySet[Chat]":
    """Their own before those that wait: however many do, what is offered to somebody is seen."""
    visible = Ticket.objects.visible_to(user)
    talking = Q(state=Chat.State.ACTIVE)
    own = Q(agent=user) | Q(offered_to=user) | Q(is_guest=True)
    return (
        Chat.objects.filter(state__in=_OPEN, ticket__in=visible)
        .annotate(is_guest=_is_guest(user))
        .exclude(talking & ~(Q(agent=user) | Q(is_guest=True)))
        .annotate(is_own=Case(When(own, then=1), default=0))
        .select_related(
            "ticket__customer__tier", "agent", "offered_to", "widget__inbox__brand", "visitor"
        )
        .order_by("-is_own", "queued_at", "pk")[:SHOWN]
    )


def _is_guest(user: User) -> Exists:
    guests = Chat.guests.through.objects
    return Exists(guests.filter(chat=OuterRef("pk"), user=user))


def _sort_in(panel: Panel, chat: Any, user: User, moment: datetime) -> None:
    row = Row(chat)
    if chat.state == Chat.State.ACTIVE:
        if chat.agent_id == user.pk or chat.is_guest:
            panel.mine.append(row)
        return
    is_held = chat.offered_until is not None and chat.offered_until > moment
    if chat.state == Chat.State.OFFERED and is_held and chat.offered_to_id == user.pk:
        row.seconds_left = (chat.offered_until - moment).total_seconds()
        panel.offers.append(row)
    else:
        panel.waiting.append(row)


def _turn(row: Row) -> tuple[int, datetime]:
    return -row.chat.ticket.customer.tier.priority, row.chat.queued_at or row.chat.began_at


def _add_last_words(rows: list[Row], user: User) -> None:
    """The newest of each conversation, in one query."""
    by_thread = {row.chat.thread_id: row for row in rows}
    if not by_thread:
        return
    said = (
        Message.objects.filter(
            thread__in=by_thread, kind=Message.Kind.PUBLIC, withdrawn_at=None, redacted_at=None
        )
        .select_related("ticket", "author")
        .order_by("thread_id", "-seq")
        .distinct("thread_id")
    )
    newest = list(said)
    warm_keys(newest, [row.chat.ticket for row in rows], [row.chat.ticket.customer for row in rows])
    for message in newest:
        row = by_thread[message.thread_id]  # type: ignore[index]  # asked for by it
        row.last = " ".join(message.body.split())[:_LINE]
        row.by, row.by_reader = shown_name(message.author), message.author_id == user.pk


def _add_unread(rows: list[Row], user: User) -> None:
    """What visitors said since this agent looked."""
    by_ticket = {row.chat.ticket_id: row for row in rows}
    if not by_ticket:
        return
    read = ReadMark.objects.filter(user=user, ticket=OuterRef("ticket")).values("seq")[:1]
    counts = (
        Message.objects.filter(
            ticket__in=by_ticket, direction=Message.Direction.IN, kind=Message.Kind.PUBLIC
        )
        .annotate(read=Coalesce(Subquery(read), 0))
        .filter(seq__gt=F("read"))
        .values("ticket")
        .annotate(n=Count("pk"))
    )
    for count in counts:
        by_ticket[count["ticket"]].unread = count["n"]


# Within the ticket


def load_part(ticket: Ticket, user: User) -> ThreadPart | None:
    """In one query; none where the ticket of a chat inbox holds no chat."""
    chats: list[Any] = list(_chats_on(ticket, user))
    if not chats:
        return None
    chat = next((one for one in chats if one.is_open), chats[-1])
    threads = frozenset(one.thread_id for one in chats)
    speaks = chat.newest_thread is None or chat.newest_thread in threads
    return ThreadPart(
        channel="chat" if speaks else "mail",
        said_here=threads,
        words=_("in the chat"),
        head="livechat/_head.html",
        tools="livechat/_tools.html",
        above="livechat/_above.html",
        side="livechat/_side.html",
        told={"chat": chat} | _standing_in(chat, user),
    )


def _chats_on(ticket: Ticket, user: User) -> "QuerySet[Chat]":
    newest = spoken_in_threads(ticket.pk).values("thread")[:1]
    return (
        Chat.objects.filter(ticket=ticket.pk)
        .annotate(is_guest=_is_guest(user), newest_thread=Subquery(newest))
        .select_related("visitor", "agent", "offered_to", "widget")
        .order_by("began_at")
    )


def _standing_in(chat: Any, user: User) -> dict[str, Any]:
    """What this reader may do with it now."""
    is_waiting = chat.state in (Chat.State.BOT, Chat.State.QUEUED, Chat.State.OFFERED)
    is_in = chat.state == Chat.State.ACTIVE and (chat.agent_id == user.pk or chat.is_guest)
    return {
        "is_here": chat.is_open and chat.left_at is None,
        "is_mine": chat.state == Chat.State.ACTIVE and chat.agent_id == user.pk,
        "is_in": is_in,
        "may_take": is_waiting and user.may("tickets.reply_ticket"),
        "may_act": user.may("tickets.reply_ticket"),
    }


@dataclass(slots=True)
class AboutVisitor:
    chat: Chat
    page: str
    referrer: str
    address: str  # where answers go on once they have left
    is_claimed: bool  # typed by them, not proved
    form: dict[str, str]
    earlier: list[Chat]
    guests: list[User]


def load_about(chat: Chat, user: User) -> AboutVisitor:
    """What the side of the ticket tells of who is chatting."""
    visitor = chat.visitor
    earlier = list(_earlier(chat, user))
    warm_keys([visitor], [one.ticket for one in earlier])
    address, is_claimed = _address_of(chat)
    return AboutVisitor(
        chat=chat,
        page=visitor.page,
        referrer=visitor.referrer,
        address=address,
        is_claimed=is_claimed,
        form=_form_of(chat),
        earlier=earlier,
        guests=list(chat.guests.order_by("name")),
    )


def _earlier(chat: Chat, user: User) -> "QuerySet[Chat]":
    """Of the same browser or the same customer; of these only tickets the reader may open."""
    visible = Ticket.objects.visible_to(user)
    found = Chat.objects.filter(visitor=chat.visitor_id) | Chat.objects.filter(
        ticket__customer=chat.ticket.customer_id
    )
    return (
        found.filter(ticket__in=visible)
        .exclude(pk=chat.pk)
        .exclude(ticket=chat.ticket_id)
        .select_related("ticket__status", "agent")
        .distinct()
        .order_by("-began_at")[:_EARLIER]
    )


def _address_of(chat: Chat) -> tuple[str, bool]:
    visitor = chat.visitor
    held = chat.ticket.customer.identities.filter(kind="email", valid_to=None).order_by("pk")
    identity = held.first()
    if identity:
        return str(identity.value), identity.verified_at is None
    return visitor.claimed_email, True


def _form_of(chat: Chat) -> dict[str, str]:
    """What was filled in before the chat; it stands with the first message."""
    first = Message.objects.filter(thread=chat.thread_id).order_by("seq").only("extras").first()
    form = (first.extras or {}).get("form", {}) if first else {}
    return {name: str(value) for name, value in form.items() if name not in ("name", "email")}


# To whom it can be handed on


@dataclass(frozen=True, slots=True)
class Colleague:
    user: User
    state: str
    load: int
    has_room: bool


def list_colleagues(chat: Chat, user: User, ticket: Ticket) -> list[Colleague]:
    """Who answers here and may see the ticket; those who are there first."""
    found = with_standing(User.objects.filter(is_active=True).exclude(pk=user.pk))
    people = [one for one in found.order_by("name") if one.may("tickets.reply_ticket")]
    seeing = [one for one in people if may_take(one, ticket)]
    loads = _loads(one.pk for one in seeing)
    moment = now()
    colleagues = [_colleague(one, loads.get(one.pk, 0), moment) for one in seeing]
    return sorted(colleagues, key=lambda one: (one.state != "online", not one.has_room))


def _colleague(user: User, load: int, moment: datetime) -> Colleague:
    seen = user.presence.seen_at if hasattr(user, "presence") else None
    is_there = seen is not None and seen > moment - GONE_AFTER
    state = standing_of(user).state if is_there else str(Presence.State.OFFLINE)
    return Colleague(user, state, load, load < user.chat_capacity)


def _loads(users: Iterable[UUID]) -> dict[UUID, int]:
    open_ones = Chat.objects.filter(agent__in=list(users), state=Chat.State.ACTIVE)
    rows = open_ones.values("agent").annotate(n=Count("pk"))
    return {row["agent"]: row["n"] for row in rows if row["agent"]}


def list_teams() -> "QuerySet[Team]":
    return Team.objects.order_by("name")
