"""Whether anybody is there: for the widget's words, and for whom a chat is offered to."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from uuid import UUID

from django.db.models import Count, Max, Q

from accounts.models import Presence, User
from accounts.queries import PAGE_LOST_AFTER, is_absent, shift_in
from core.clock import now
from core.registry import first_answerer
from livechat.models import Chat, ChatWidget
from tickets.models import Ticket

# An open page speaks every 15 seconds; who missed two turns is offered nothing.
SEEN_WITHIN = timedelta(seconds=45)
# Who has lost their page: their chats go to others.
GONE_AFTER = PAGE_LOST_AFTER
_KEPT_SECONDS = 3.0
_RECENT = timedelta(hours=3)
_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Availability:
    is_open: bool
    has_people: bool = False
    until: str = ""  # local time at which it closes today
    opens_at: datetime | None = None
    wait_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who takes chats now, with what decides on whose turn it is."""

    user: User
    load: int
    idle_since: datetime

    @property
    def room(self) -> int:
        return self.user.chat_capacity - self.load


def is_open(widget: ChatWidget) -> bool:
    calendar = widget.inbox.calendar
    if not (widget.is_open and widget.inbox.is_active):
        return False
    return calendar is None or shift_in(calendar).is_working


def is_after_hours(widget: ChatWidget) -> bool:
    """Closed by the clock alone, and not by hand."""
    return widget.is_open and widget.inbox.is_active and not is_open(widget)


def bot_after_hours(widget: ChatWidget) -> User | None:
    """Who answers while nobody works, where an admin lets a bot."""
    if not is_after_hours(widget):
        return None
    found: User | None = first_answerer(widget.inbox_id, after_hours=True)
    return found


def back_at(widget: ChatWidget) -> datetime | None:
    """In the time zone of its hours."""
    calendar = widget.inbox.calendar
    return shift_in(calendar).next_start if calendar else None


def availability_of(widget: ChatWidget) -> Availability:
    calendar = widget.inbox.calendar
    shift = shift_in(calendar) if calendar else None
    if not is_open(widget):
        return Availability(False, opens_at=shift.next_start if shift else None)
    ends = shift.ends.strftime("%H:%M") if shift and shift.ends else ""
    people = has_people(widget)
    return Availability(True, people, ends, wait_seconds=estimate_wait(widget) if people else None)


def list_present(moment: datetime) -> list[Agent]:
    """All who take chats now, of whatever team, the least busy and longest idle first."""
    found = (
        User.objects.filter(is_active=True, presence__state=Presence.State.ONLINE)
        .filter(presence__seen_at__gt=moment - SEEN_WITHIN)
        .select_related("presence", "calendar")
        .order_by("pk")
    )
    users = [user for user in found if not is_absent(user) and user.may("tickets.reply_ticket")]
    loads = loads_of(user.pk for user in users)
    agents = [Agent(user, *loads[user.pk]) for user in users]
    return sorted(agents, key=in_turn)


def in_turn(agent: Agent) -> tuple[int, datetime, UUID]:
    return agent.load, agent.idle_since, agent.user.pk


def loads_of(users: Iterable[UUID]) -> dict[UUID, tuple[int, datetime]]:
    """How many chats each has or is offered, and since when none has come to them."""
    wanted = list(users)
    held: dict[UUID, tuple[int, datetime | None]] = {}
    active = Count("pk", filter=Q(state=Chat.State.ACTIVE))
    rows = Chat.objects.filter(agent__in=wanted).values("agent")
    for row in rows.annotate(active=active, last=Max("accepted_at")):
        held[row["agent"]] = row["active"], row["last"]
    offered = offered_to(wanted)
    long_ago = now() - timedelta(days=3650)
    loads = {}
    for user in wanted:
        active_ones, last = held.get(user, (0, None))
        loads[user] = active_ones + offered.get(user, 0), last or long_ago
    return loads


def offered_to(users: Iterable[UUID]) -> dict[UUID, int]:
    offers = Chat.objects.filter(offered_to__in=list(users), state=Chat.State.OFFERED)
    return {r["offered_to"]: r["n"] for r in offers.values("offered_to").annotate(n=Count("pk"))}


def tends(user: User, moment: datetime) -> bool:
    """Whether their open chats stay with them. In a call they do; nothing new comes."""
    presence: Presence | None = getattr(user, "presence", None)
    if presence is None or not user.is_active or is_absent(user):
        return False
    if presence.state in (Presence.State.AWAY, Presence.State.OFFLINE):
        return False
    return presence.seen_at is not None and presence.seen_at > moment - GONE_AFTER


def tends_now(user: User) -> bool:
    """As it stands in the database, whatever this process remembers of them."""
    return tends(User.objects.select_related("presence").get(pk=user.pk), now())


def may_take(user: User, ticket: Ticket) -> bool:
    return Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()


_people: dict[UUID, tuple[float, bool]] = {}


def has_people(widget: ChatWidget) -> bool:
    """Whether anybody is there who takes this widget's chats. Kept for some seconds: every page
    that shows the widget asks."""
    known = _people.get(widget.pk)
    if known and known[0] > time.monotonic():
        return known[1]
    inbox = widget.inbox
    found = any(_works_for(agent.user, inbox.pk, inbox.team_id) for agent in list_present(now()))
    _people[widget.pk] = (time.monotonic() + _KEPT_SECONDS, found)
    return found


def forget_people() -> None:
    _people.clear()


def _works_for(user: User, inbox: UUID, team: UUID | None) -> bool:
    if user.may("tickets.view_all_ticket"):
        return True
    return inbox in user.access.inboxes or team in user.access.teams


# Waiting


def place_of(chat: Chat) -> int | None:
    """1 is next. None for who does not wait."""
    if chat.state not in (Chat.State.QUEUED, Chat.State.OFFERED) or chat.queued_at is None:
        return None
    priority = chat.ticket.customer.tier.priority
    waiting = Chat.objects.filter(
        widget=chat.widget_id, state__in=[Chat.State.QUEUED, Chat.State.OFFERED]
    ).exclude(pk=chat.pk)
    sooner = Q(ticket__customer__tier__priority__gt=priority) | Q(
        ticket__customer__tier__priority=priority, queued_at__lt=chat.queued_at
    )
    return waiting.filter(sooner).count() + 1


def estimate_wait(widget: ChatWidget, place: int = 1) -> int | None:
    """From how long those taken in the last hours had waited; None while there are too few: no
    number is better than a wrong one."""
    recent = Chat.objects.filter(widget=widget, accepted_at__gt=now() - _RECENT)
    taken = recent.order_by("-accepted_at").values_list("queued_at", "accepted_at")[:20]
    waits = [(end - begin).total_seconds() for begin, end in taken if begin and end]
    return int(median(waits)) * max(place, 1) if len(waits) >= _ENOUGH else None
