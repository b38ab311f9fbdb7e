"""The visitor's socket. It says *that* something changed, never what: the widget then reads it
over HTTP as the visitor it is. Nobody can say by it who they are but with a ticket that HTTP gave
them, once."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.models import User
from core import here
from core.errors import HelpdeskError
from core.live import hub
from livechat.actions import use_socket_ticket
from livechat.actions.visitors import note_here
from livechat.models import Chat, ChatWidget, Visitor
from livechat.queries.chats import find_chat, find_widget
from livechat.queries.origins import check_origin
from livechat.queries.passing import MAX_PREVIEW, note_typing
from livechat.queries.rooms import chat_room, seen_room, visitor_room
from livechat.queries.thread import head_of, home_of, shown_name
from livechat.seats import MOST_OF_VISITOR, MOST_STRANGERS, seats

BEAT_SECONDS = 15.0
AUTH_SECONDS = 5.0
MAX_FRAME = 4096
# So many frames in so many seconds: a fast typist makes two a second.
BURST, BURST_SECONDS = 40, 10.0
# Between two frames about the same: whatever comes faster is one.
PAUSE_SECONDS = 0.05
BAD_ORDER, NOT_KNOWN, SHUT_OUT, TOO_FAST = 4400, 4401, 4403, 4429
# What a visitor may say; each has its row in tests/livechat/test_visitor_socket.py.
FRAMES = ("auth", "typing", "preview", "watch")


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

    @property
    def chat_rooms(self) -> list[str]:
        moved = [f"ticket:{self.home}"] if self.is_merged else []
        return [chat_room(self.ticket), *moved]


class VisitorConsumer(AsyncWebsocketConsumer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visitor: Visitor | None = None
        self.place: Place | None = None
        self.rooms: set[str] = set()
        self.tasks: list[asyncio.Task[None]] = []
        self.wake = asyncio.Event()
        self.changed: int | None = None
        self.seen: int | None = None
        self.must_look_again = self.typing_changed = self.something_happened = False
        self.told_typing: str | None = None
        self.heard: deque[float] = deque(maxlen=BURST)
        self.is_authenticating = False
        self.seat: Hashable = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # after a fault of ours nobody tells of the end
            await self.disconnect(1006)

    async def connect(self) -> None:
        if not self._sit_down((self.scope.get("client") or [""])[0], at_most=MOST_STRANGERS):
            await self.close(TOO_FAST)
            return
        widget = await database_sync_to_async(self._find_widget)()
        if widget is None:
            self._stand_up()
            await self.close(SHUT_OUT)
            return
        self.widget = widget
        await self.accept()
        self.tasks.append(asyncio.create_task(self.expect_auth()))

    def _find_widget(self) -> ChatWidget | None:
        """None unless one of its websites asks. A browser always names its origin here."""
        headers = dict(self.scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        try:
            widget = find_widget(self.scope["url_route"]["kwargs"]["key"])
            check_origin(widget, origin or "none")
        except HelpdeskError:
            return None
        return widget

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
        if self.visitor is None:
            await self.end(NOT_KNOWN)

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        self._take_rooms(set())
        self._stand_up()

    async def end(self, code: int) -> None:
        self._take_rooms(set())
        self._stand_up()
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            await self.close(code)

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
        visitor = await database_sync_to_async(use_socket_ticket)(frame["auth"], widget=self.widget)
        if visitor is None:
            await self.end(NOT_KNOWN)
            return
        if not self._sit_down(visitor.pk, at_most=MOST_OF_VISITOR):
            await self.end(TOO_FAST)
            return
        self.visitor = visitor
        self._take_rooms({visitor_room(visitor.pk)})
        if chat := frame.get("chat"):
            await self.watch(UUID(chat))
        await self.say_head()
        parts = (self.write(), self.beat())
        self.tasks += [asyncio.create_task(part) for part in parts]

    async def take_frame(self, frame: dict[str, Any]) -> bool:
        match frame:
            case {"typing": True, **rest} if not rest:
                await self.pass_on("")
            case {"preview": str(text), **rest} if not rest and len(text) <= MAX_PREVIEW:
                await self.pass_on(text)
            case {"watch": str(pk), **rest} if not rest and is_id(pk):
                await self.watch(UUID(pk))
                await self.say_head()
            case _:
                return False
        return True

    async def pass_on(self, text: str) -> None:
        """Never kept; what is typed only where the admin allows it and visitors are told."""
        if self.place:
            shown = text if self.place.previews else ""
            await asyncio.to_thread(note_typing, self.place.home, preview=shown)

    async def watch(self, pk: UUID) -> None:
        place = await database_sync_to_async(self._find_place)(pk)
        if place is None:
            await self.say({"error": "no_chat"})
            return
        self._enter(place)

    async def renew_place(self) -> None:
        """The chat as it is now, unless they have turned to another meanwhile."""
        before = self.place
        if before is None or self.visitor is None:
            return
        place = await database_sync_to_async(self._find_place)(before.chat)
        if self.place is not before:
            return
        if place is None:  # theirs no longer
            self.place = None
            self._take_rooms({visitor_room(self.visitor.pk)})
            await self.say({"error": "no_chat"})
            return
        self._enter(place)

    def _find_place(self, pk: UUID) -> Place | None:
        assert self.visitor is not None  # noqa: S101  nobody else gets so far
        try:
            chat = find_chat(self.visitor, pk)
        except HelpdeskError:
            return None
        return place_of(chat)

    def _enter(self, place: Place) -> None:
        assert self.visitor is not None  # noqa: S101  as above
        if self.place is None or self.place.chat != place.chat:
            self.changed = self.seen = self.told_typing = None
        elif place.is_merged:
            self._note_news(self.place, place)
        self.place, self.typing_changed = place, True
        rooms = {*place.chat_rooms, seen_room(place.ticket), here.room_of(str(place.home))}
        self._take_rooms(rooms | {visitor_room(self.visitor.pk)})

    def _note_news(self, before: Place, place: Place) -> None:
        """Of a merged chat nobody tells us: what is heard of its ticket may have been a note."""
        if before.standing != place.standing:
            self.changed = -1  # where it is now its number does not rise by that
        elif place.head > before.head and self.changed is None:
            self.changed = place.head
        else:
            return
        self.wake.set()

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
            self.must_look_again = True
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
            if self.must_look_again:
                self.must_look_again = False
                if not await self.look_again():
                    return
            if self.something_happened:
                self.something_happened = False
                await self.renew_place()
            await self.say_changes()
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

    async def look_again(self) -> bool:
        """Whether they may still be here; if not, the socket ends."""
        assert self.visitor is not None  # noqa: S101  as above
        code = await database_sync_to_async(self._refusal)(self.visitor.pk)
        if code:
            await self.end(code)
            return False
        await self.renew_place()
        return True

    def _refusal(self, visitor: UUID) -> int:
        return refusal_of(visitor) if self._find_widget() else SHUT_OUT

    async def beat(self) -> None:
        """Keep proxies awake; name how far the chat is, so that a lost signal is noticed."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if not await self.look_again():
                return
            await self.say_head()
            self.typing_changed = True
            self.wake.set()

    async def say_head(self) -> None:
        assert self.visitor is not None  # noqa: S101  as above
        await database_sync_to_async(note_here)(self.visitor)
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


def place_of(chat: Chat) -> Place:
    return Place(
        chat=chat.pk,
        ticket=chat.ticket_id,
        home=home_of(chat),
        head=head_of(chat),
        is_merged=chat.ticket.merged_into_id is not None,
        standing=(chat.state, chat.agent_id),
        previews=chat.widget.previews,
    )


def who_is_typing(ticket: UUID) -> str | None:
    """The name visitors are told of one who works here and is typing an answer."""
    people = here.people_at(str(ticket))
    typing = [pk for pk, state in people.items() if state == "typing"]
    user = User.objects.filter(pk__in=typing).order_by("pk").first() if typing else None
    return shown_name(user) if user else None


def refusal_of(visitor: UUID) -> int:
    """With which code their sockets are closed; 0 for who may stay."""
    found = Visitor.objects.filter(pk=visitor).first()
    if found is None or found.revoked_at:
        return NOT_KNOWN
    return SHUT_OUT if found.is_banned else 0
