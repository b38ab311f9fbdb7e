"""Long polling where sockets are blocked. A request that waits holds no thread and no connection
to the database: only when something has changed, or its time is over, the ordinary view answers."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async

from core import here
from core.errors import HelpdeskError
from core.live import hub
from livechat.queries.chats import find_chat, find_visitor, find_widget
from livechat.queries.origins import token_in
from livechat.queries.rooms import chat_room, seen_room
from livechat.queries.thread import head_of, home_of

LONGEST = 25.0
# While Valkey is away nobody is told anything: then the database is asked.
LOOK_EVERY = 2.0
_MOST_HELD, _MOST_PER_VISITOR = 5000, 3
_PATH = re.compile(r"^/chat/(?P<key>[\w-]{10,40})/chats/(?P<pk>[0-9a-f-]{36})/changes/$")
_held: Counter[UUID] = Counter()

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wanted:
    key: str
    chat: UUID
    token: str
    after: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Watched:
    visitor: UUID
    rooms: tuple[str, ...]
    head: int
    standing: tuple[str, UUID | None]  # the chat's state, and whose it is


class HoldPolls:
    """In front of the pages; everything that does not wait goes straight through."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = read_wanted(scope)
        if wanted is None:
            await self.app(scope, receive, send)
            return
        if await stays_until_changed(wanted, receive):
            await self.app(scope, _without_body(receive), send)


def read_wanted(scope: Scope) -> Wanted | None:
    if scope["type"] != "http" or scope["method"] != "GET":
        return None
    match = _PATH.match(scope["path"])
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    wait, after = (query.get(name, ["0"])[0] for name in ("wait", "after"))
    if not match or not (_is_number(wait) and _is_number(after)) or int(wait) == 0:
        return None
    headers = dict(scope["headers"])
    token = token_in(headers.get(b"authorization", b"").decode("latin-1"))
    try:
        chat = UUID(match["pk"])
    except ValueError:
        return None
    return Wanted(match["key"], chat, token, int(after), min(float(wait), LONGEST))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


async def stays_until_changed(wanted: Wanted, receive: Receive) -> bool:
    """False: whoever asked has gone. Whom we do not know does not wait: the view says why."""
    watched = await database_sync_to_async(look_up)(wanted)
    if watched is None or watched.head > wanted.after:
        return True
    is_full = _held.total() >= _MOST_HELD or _held[watched.visitor] >= _MOST_PER_VISITOR
    if is_full:
        return True
    _held[watched.visitor] += 1
    try:
        return await _hold(wanted, watched, receive)
    finally:
        _held[watched.visitor] -= 1
        if not _held[watched.visitor]:
            del _held[watched.visitor]


def look_up(wanted: Wanted) -> Watched | None:
    try:
        visitor = find_visitor(find_widget(wanted.key), wanted.token)
        chat = find_chat(visitor, wanted.chat)
    except HelpdeskError:
        return None
    home = home_of(chat)
    moved = [f"ticket:{home}"] if chat.ticket.merged_into_id else []
    rooms = (
        chat_room(chat.ticket_id),
        seen_room(chat.ticket_id),
        here.room_of(str(home)),
        *moved,
    )
    return Watched(visitor.pk, rooms, head_of(chat), (chat.state, chat.agent_id))


class Ear:
    """``is_sure``: it was for a visitor's ears, and not of a ticket in which notes count, too."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()
        self.is_sure = False

    def signal(self, room: str, number: int) -> None:
        # A new subscription begins with "read again", which is what we have just done.
        if number != -1:
            self.is_sure = self.is_sure or not room.startswith("ticket:")
            self.heard.set()


async def _hold(wanted: Wanted, watched: Watched, receive: Receive) -> bool:
    ear = Ear()
    for room in watched.rooms:
        hub.join(room, ear)
    gone = asyncio.create_task(_is_gone(receive))
    heard = asyncio.create_task(_has_changed(wanted, watched, ear))
    try:
        await asyncio.wait({gone, heard}, timeout=wanted.seconds, return_when="FIRST_COMPLETED")
        return not gone.done()
    finally:
        gone.cancel()
        heard.cancel()
        for room in watched.rooms:
            hub.leave(room, ear)


async def _has_changed(wanted: Wanted, before: Watched, ear: Ear) -> None:
    # Between our look and our joining something may have been said.
    watched = await database_sync_to_async(look_up)(wanted)
    while watched and watched.head <= wanted.after and watched.standing == before.standing:
        if hub.connected:
            await _hear(ear)
            if ear.is_sure:
                return
            ear.heard.clear()
        else:
            await asyncio.sleep(LOOK_EVERY)
        watched = await database_sync_to_async(look_up)(wanted)


async def _hear(ear: Ear) -> None:
    """A signal, or after some time nothing: then it is looked whether the line still holds."""
    while hub.connected:
        try:
            await asyncio.wait_for(ear.heard.wait(), timeout=LOOK_EVERY)
        except TimeoutError:
            continue
        return


async def _is_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _without_body(receive: Receive) -> Receive:
    """The request's end was read already while it waited."""
    is_told = False

    async def receive_again() -> MutableMapping[str, Any]:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive_again
