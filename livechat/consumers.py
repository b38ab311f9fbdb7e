"""The visitor's socket. It says *that* something changed, never what: the widget then reads it
over HTTP as the visitor it is. Nobody can say by it who they are but with a ticket that HTTP gave
them, once."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from core import here
from core.consumers import LineConsumer
from core.live import hub
from livechat.actions import make_socket_ticket, use_socket_ticket
from livechat.actions.visitors import note_here
from livechat.beats import beats
from livechat.errors import NOT_KNOWN as NOT_KNOWN
from livechat.errors import SHUT_OUT as SHUT_OUT
from livechat.models import Visitor
from livechat.queries.passing import MAX_PREVIEW, note_typing
from livechat.queries.rooms import seen_room, visitor_room
from livechat.queries.standing import (
    Asked,
    Place,
    Standing,
    enter_place,
    find_host,
    find_place,
    look_round,
    visitor_by_id,
    who_is_typing,
)
from livechat.seats import MOST_OF_VISITOR, MOST_STRANGERS, seats

BEAT_SECONDS = 15.0
AUTH_SECONDS = 5.0
NEXT_TICKET_LASTS = timedelta(hours=1)
MAX_FRAME = 4096
# So many frames in so many seconds: a fast typist makes two a second.
BURST, BURST_SECONDS = 40, 10.0
# Between two frames about the same: whatever comes faster is one.
PAUSE_SECONDS = 0.05
BAD_ORDER, TOO_FAST = 4400, 4429
# What a visitor may say; each has its row in tests/livechat/test_visitor_socket.py.
FRAMES = ("auth", "typing", "preview", "watch")


class VisitorConsumer(LineConsumer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visitor: UUID | None = None
        self.place: Place | None = None
        self.rooms: set[str] = set()
        self.wake = asyncio.Event()
        self.changed: int | None = None
        self.seen: int | None = None
        self.typing_changed = self.something_happened = False
        self.must_beat = self.has_lost_chat = False
        self.told_typing: str | None = None
        self.heard: deque[float] = deque(maxlen=BURST)
        self.is_authenticating = False
        self.seat: Hashable = None

    async def connect(self) -> None:
        if not self._sit_down((self.scope.get("client") or [""])[0], at_most=MOST_STRANGERS):
            await self.close(TOO_FAST)
            return
        if await database_sync_to_async(find_host)(self.key, self.origin) is None:
            self._stand_up()
            await self.close(SHUT_OUT)
            return
        await self.accept()
        self.play(self.expect_auth())

    @property
    def key(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["key"])

    @property
    def origin(self) -> str:
        for name, value in self.scope["headers"]:
            if name == b"origin":
                return str(value.decode("latin-1"))
        return ""

    def _sit_down(self, holder: Hashable, *, at_most: int) -> bool:
        self._stand_up()
        if not seats.take(holder, at_most=at_most):
            return False
        self.seat = holder
        return True

    def _stand_up(self) -> None:
        if self.seat is not None:
            seats.leave(self.seat)
        self.seat = None

    async def expect_auth(self) -> None:
        await asyncio.sleep(AUTH_SECONDS)
        # Whose ticket is being looked at has said who they are; we are slow just now, not they.
        if not self.is_authenticating:
            await self.end(NOT_KNOWN)

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        self._be_gone()

    async def end(self, code: int) -> None:
        self._be_gone()
        await super().end(code)

    def _be_gone(self) -> None:
        beats.leave(self)
        self._take_rooms(set())
        self._stand_up()

    # What comes in

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._is_flood():
            await self.say({"error": "too_fast"})
            await self.end(TOO_FAST)
            return
        frame = read_frame(text_data)
        if self.visitor is None:
            await self.authenticate(frame)
        elif frame and "auth" in frame:
            await self.end(BAD_ORDER)  # whoever tries again may be somebody else
        elif frame is None or not await self.take_frame(frame):
            await self.say({"error": "bad_frame"})

    def _is_flood(self) -> bool:
        moment = time.monotonic()
        self.heard.append(moment)
        return len(self.heard) == BURST and moment - self.heard[0] < BURST_SECONDS

    async def authenticate(self, frame: dict[str, Any] | None) -> None:
        """The first frame, and only it. A wrong one ends the socket, whatever it was."""
        if self.is_authenticating or frame is None or not is_auth(frame):
            await self.end(NOT_KNOWN)
            return
        self.is_authenticating = True
        chat = frame.get("chat")
        visitor, place = await database_sync_to_async(self._come_in)(frame["auth"], chat)
        if visitor is None:
            await self.end(NOT_KNOWN)
            return
        if not self._sit_down(visitor.pk, at_most=MOST_OF_VISITOR):
            await self.end(TOO_FAST)
            return
        self.visitor = visitor.pk
        self._take_rooms({visitor_room(visitor.pk)})
        if place:
            self._enter(place)
        elif chat:
            await self.say({"error": "no_chat"})
        greeting, seen = await database_sync_to_async(_greet)(visitor, place)
        if self.place is place and place:
            self.place, self.seen = replace(place, head=max(0, greeting["seq"])), seen or None
        await self.say(greeting)
        self.wake.set()
        self.play(self.write())
        beats.join(self, every=BEAT_SECONDS)

    def _come_in(self, ticket: str, chat: str | None) -> tuple[Visitor | None, Place | None]:
        widget = find_host(self.key, self.origin)
        visitor = use_socket_ticket(ticket, widget=widget) if widget else None
        if visitor is None:
            return None, None
        note_here(visitor)
        return visitor, enter_place(visitor, UUID(chat)) if chat else None

    async def take_frame(self, frame: dict[str, Any]) -> bool:
        match frame:
            case {"typing": True, **rest} if not rest:
                await self.pass_on("")
            case {"preview": str(text), **rest} if not rest and len(text) <= MAX_PREVIEW:
                await self.pass_on(text)
            case {"watch": str(pk), **rest} if not rest and is_id(pk):
                await self.watch(UUID(pk))
            case _:
                return False
        return True

    async def pass_on(self, text: str) -> None:
        """Never kept; what is typed only where the admin allows it and visitors are told."""
        if self.place:
            shown = text if self.place.previews else ""
            await asyncio.to_thread(note_typing, self.place.home, preview=shown)

    async def watch(self, pk: UUID) -> None:
        place = await database_sync_to_async(_look_in)(self._known, pk)
        if place:
            self._enter(place)
        else:
            await self.say({"error": "no_chat"})
        await self.say_beat()

    @property
    def _known(self) -> UUID:
        assert self.visitor is not None  # noqa: S101  nobody else gets so far
        return self.visitor

    async def renew_place(self) -> None:
        """The chat as it is now, unless they have turned to another meanwhile."""
        before = self.place
        if before is None:
            return
        place = await database_sync_to_async(_look_up)(self._known, before.chat)
        if self.place is before:
            self._stay_at(place)

    def _stay_at(self, place: Place | None) -> None:
        """In the chat they are in, if it is theirs still."""
        if place:
            self._enter(place)
            return
        self.place, self.has_lost_chat = None, True
        self._take_rooms({visitor_room(self._known)})

    def _enter(self, place: Place) -> None:
        if self.place is None or self.place.chat != place.chat:
            self.changed = self.seen = self.told_typing = None
            self.typing_changed = True
        elif place.is_merged:
            self._note_news(self.place, place)
        self.place = place
        rooms = {*place.chat_rooms, seen_room(place.ticket), here.room_of(str(place.home))}
        self._take_rooms(rooms | {visitor_room(self._known)})

    def _note_news(self, before: Place, place: Place) -> None:
        """Of a merged chat nobody tells us: what is heard of its ticket may have been a note."""
        if before.standing != place.standing:
            self.changed = -1  # where it is now its number does not rise by that
        elif place.head > before.head and self.changed is None:
            self.changed = place.head
        else:
            return
        self.wake.set()

    def _note_missed(self, before: Place, place: Place | None) -> bool:
        """Whether it is further than when it was looked at last: a signal may have been lost."""
        if place is None:
            return False
        if place.seen > before.seen:
            self.seen = place.seen
        return before.is_told_by_number and place.head > before.head

    def _take_rooms(self, rooms: set[str]) -> None:
        for room in self.rooms - rooms:
            hub.leave(room, self)
        for room in rooms - self.rooms:
            hub.join(room, self)
        self.rooms = rooms

    # What goes out

    def signal(self, room: str, number: int) -> None:
        """Called by the hub. A slow reader keeps the newest of each and nothing more."""
        if room.startswith("chat-visitor:"):
            beats.hurry(self)
        elif number == -1 and self.place and self.place.is_told_by_number:
            # After an outage; if all widgets read again at once, everybody would wait for long.
            # All are looked at together, and whoever has missed something is told its number.
            beats.hurry(self)
        elif room.startswith("chat-seen:"):
            self.seen = None if number == -1 else number
        elif room.startswith("here:"):
            self.typing_changed = True
        elif room.startswith("ticket:") and number != -1:
            # Of a merged chat; there notes are told of, too, and not even their moment is theirs.
            self.something_happened = True
        else:
            resync = number == -1 or self.changed == -1
            self.changed = -1 if resync else max(number, self.changed or 0)
        self.wake.set()

    async def write(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            if self.something_happened:
                self.something_happened = False
                await self.renew_place()
            if self.has_lost_chat:
                self.has_lost_chat = False
                await self.say({"error": "no_chat"})
            await self.say_changes()
            if self.must_beat:
                await self.say_beat()
            if self.typing_changed:
                await self.say_typing()
            await asyncio.sleep(PAUSE_SECONDS)

    async def say_changes(self) -> None:
        changed, self.changed = self.changed, None
        seen, self.seen = self.seen, None
        if self.place and changed is not None:
            await self.say({"chat": str(self.place.chat), "seq": changed})
        if self.place and seen is not None:
            await self.say({"chat": str(self.place.chat), "seen": seen})

    async def say_typing(self) -> None:
        self.typing_changed = False
        if self.place is None:
            return
        name = await database_sync_to_async(who_is_typing)(self.place.home)
        if name != self.told_typing:
            self.told_typing = name
            await self.say({"typing": {"name": name} if name is not None else None})

    def question(self) -> Asked:
        chat = self.place.chat if self.place else None
        return Asked(self._known, self.key, self.origin, chat)

    def heed(self, asked: Asked, standing: Standing, *, is_due: bool) -> None:
        """What `beats` has found. It keeps proxies awake, and names how far the chat is, so that a
        lost signal is noticed; whoever may not be here any longer goes."""
        if standing.code:
            self.play(self.end(standing.code))
            return
        if self.place and self.place.chat == asked.chat:
            is_due = self._note_missed(self.place, standing.place) or is_due
            self._stay_at(standing.place)
        self.must_beat = self.must_beat or is_due
        # Somebody may have gone without a word.
        self.typing_changed = self.typing_changed or self.told_typing is not None
        self.wake.set()

    async def say_beat(self) -> None:
        self.must_beat = False
        await self.say({"beat": 1, "seq": self.place.head if self.place else 0})

    async def say(self, frame: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            await self.send(text_data=json.dumps(frame))


def read_frame(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_FRAME:
        return None
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if isinstance(frame, dict) else None


def is_auth(frame: dict[str, Any]) -> bool:
    chat = frame.get("chat")
    ticket = frame.get("auth")
    named = set(frame) <= {"auth", "chat"} and isinstance(ticket, str) and 0 < len(ticket) <= 100
    return named and (chat is None or is_id(chat))


def is_id(text: object) -> bool:
    try:
        return isinstance(text, str) and str(UUID(text)) == text
    except ValueError:
        return False


def _greet(visitor: Visitor, place: Place | None) -> tuple[dict[str, Any], int]:
    """How far the chat is, looked at once everything new is heard: whoever has as much has missed
    nothing but how far we have read, which comes second. And the ticket of the next socket, so
    that after a short break nothing else has to be asked."""
    ticket = make_socket_ticket(visitor, lasts=NEXT_TICKET_LASTS)
    head, seen = look_round(visitor, place.chat) if place else (0, 0)
    return {"beat": 1, "seq": head, "ticket": ticket}, seen


def _look_in(pk: UUID, chat: UUID) -> Place | None:
    """That they are here, and the chat they want to listen to."""
    visitor = visitor_by_id(pk)
    if visitor:
        note_here(visitor)
    return find_place(visitor, chat)


def _look_up(pk: UUID, chat: UUID) -> Place | None:
    return find_place(visitor_by_id(pk), chat)
