"""One socket per browser tab. It says *that* something changed, never what: the page then asks
over HTTP, where permission is checked as always."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from accounts.actions import note_seen
from accounts.models import User
from accounts.queries import rights_rooms
from core.consumers import LineConsumer
from core.live import RESYNC, hub
from core.registry import watchable
from tickets.actions.notify import room_of
from tickets.models import Ticket
from tickets.passing import PassingNews
from tickets.presence import Presence, read_here

BEAT_SECONDS = 15
MAX_FRAME = 4096
MAX_WATCHED = 20
NOT_SIGNED_IN = 4401


class WorkspaceConsumer(LineConsumer):
    """Speaks JSON: in {"watch": ["list", "ticket:<id>"]}, out {"list": n, "ticket:<id>": seq}.

    -1 means "read again". Besides, in {"here": {"ticket": id, "state": "viewing"}}, out
    {"here": {"ticket": id, "people": {user id: "typing"}}}. Whatever else comes in is answered
    with a fixed word and ignored.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pending: dict[str, int] = {}
        self.unsure: set[str] = set()  # rooms of tickets of which signals may have been lost
        self.wake = asyncio.Event()
        self.names: dict[str, str] = {}  # room → the name under which the page knows it
        self.asked: list[str] = []
        self.watching = asyncio.Lock()
        self.rights_changed = asyncio.Event()
        self.rights_room = ""
        self.presence: Presence | None = None
        self.passing = PassingNews(self, self.send_frame)

    async def connect(self) -> None:
        self.user = self.scope.get("user")
        if self.user is None or not self.user.is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        [self.rights_room] = rights_rooms([self.user.pk])
        await self.accept()
        self.presence = Presence(
            self, self.user.pk, say=self.send_frame, may_be_here=self.may_be_here
        )
        for part in (
            self.write(),
            self.beat(),
            self.heed_rights(),
            self.presence.run(),
            self.passing.run(),
        ):
            self.play(part)

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        for room in (*self.names, self.rights_room):
            hub.leave(room, self)
        self.passing.leave()
        if self.presence:
            await self.presence.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        wanted, where = read_watch(text_data), read_here(read_frame(text_data))
        if where and self.presence:
            self.presence.move(*where)
        elif wanted is None:
            await self.send(text_data='{"error": "bad_frame"}')
        else:
            await self.watch(wanted)

    async def watch(self, wanted: list[str]) -> None:
        async with self.watching:
            self.asked = wanted
            await self.take_rooms()
            await self.send(text_data=json.dumps({"watching": sorted(set(self.names.values()))}))

    async def take_rooms(self) -> None:
        """Be in the rooms behind what the page asked for, as far as the user may be."""
        rooms = await self.rooms_behind(self.asked)
        for room in self.names.keys() - rooms.keys():
            hub.leave(room, self)
        for room in rooms.keys() - self.names.keys():
            hub.join(room, self)
        self.names = rooms
        self.passing.watch(set(rooms.values()))
        (hub.join if rooms else hub.leave)(self.rights_room, self)

    async def look_again(self) -> bool:
        """Hold to the rights as they are now. What may no longer be watched is left at once, and
        the page is told to read it again, which it finds it may not. False: nobody is there."""
        if not await database_sync_to_async(is_still_welcome)(self.scope):
            await self.end(NOT_SIGNED_IN)
            return False
        async with self.watching:
            before = self.names
            await self.take_rooms()
            for room in before.keys() ^ self.names.keys():
                self.pending[(before | self.names)[room]] = -1
        if before.keys() != self.names.keys():
            if self.presence:
                self.presence.look_again()
            self.wake.set()
        return True

    async def heed_rights(self) -> None:
        while True:
            await self.rights_changed.wait()
            self.rights_changed.clear()
            if not await self.look_again():
                return

    async def send_frame(self, frame: dict[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            await self.send(text_data=json.dumps(frame))

    async def may_be_here(self, pk: str) -> bool:
        return bool(await self.rooms_behind([f"ticket:{pk}"]))

    async def rooms_behind(self, names: list[str]) -> dict[str, str]:
        rooms: dict[str, str] = await database_sync_to_async(find_rooms)(self.user, names)
        return rooms

    def signal(self, room: str, number: int) -> None:
        """Called by the hub; a slow reader keeps the newest number per name and nothing more."""
        if (self.presence and self.presence.hears(room)) or self.passing.hears(room):
            return
        if room == self.rights_room:
            self.rights_changed.set()
        elif room in self.names and number == RESYNC and self.names[room].startswith("ticket:"):
            self.unsure.add(room)
            self.wake.set()
        elif name := self.names.get(room):
            resync = number == -1 or self.pending.get(name) == -1
            self.pending[name] = -1 if resync else max(number, self.pending.get(name, 0))
            self.wake.set()

    async def write(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            batch, self.pending = self.pending, {}
            unsure, self.unsure = self.unsure, set()
            if unsure:
                for name, head in (await self.look_up(unsure)).items():
                    lost = RESYNC in (head, batch.get(name))
                    batch[name] = RESYNC if lost else max(head, batch.get(name, 0))
            if batch:
                await self.send(text_data=json.dumps(batch))

    async def look_up(self, rooms: set[str]) -> dict[str, int]:
        """How far these tickets are; a page reads only what it has not. After an outage all pages
        would otherwise read all they show at once."""
        again = {self.names[room]: RESYNC for room in rooms & self.names.keys()}
        heads: dict[str, int] = {}
        with contextlib.suppress(DatabaseError, InterfaceError):
            heads = await database_sync_to_async(read_heads)(list(again))
        return again | heads

    async def beat(self) -> None:
        """Keep proxies awake, and cut whoever was signed out or deactivated meanwhile.

        A signal is lost when its process dies between commit and sending; so each beat names how
        far the watched tickets are.
        """
        await database_sync_to_async(note_seen)(self.user)
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if not await self.look_again():
                return
            await database_sync_to_async(note_seen)(self.user)
            heads = await database_sync_to_async(read_heads)(list(self.names))
            await self.send(text_data=json.dumps({"beat": 1, **heads}))


def read_frame(text: str | None) -> Any:
    if text is None or len(text) > MAX_FRAME:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_watch(text: str | None) -> list[str] | None:
    """The names to watch, or none if the frame is not one we speak."""
    frame = read_frame(text)
    if not isinstance(frame, dict) or tuple(frame) != ("watch",):
        return None
    names = frame["watch"]
    if not isinstance(names, list) or len(names) > MAX_WATCHED:
        return None
    return names if all(_is_name(name) for name in names) else None


def _is_name(name: object) -> bool:
    if not isinstance(name, str):
        return False
    kind, _, pk = name.partition(":")
    if kind in WATCHABLE or kind in watchable:
        return name == kind
    try:
        return kind == "ticket" and str(UUID(pk)) == pk
    except ValueError:
        return False


def find_rooms(user: User, names: list[str]) -> dict[str, str]:
    """Room → name, as far as the rights go now. Each page asks with every beat, for all it shows
    at once."""
    user = User.objects.get(pk=user.pk)
    found: dict[str, str] = {}
    by_kind: dict[str, list[str]] = {}
    for name in names:
        kind, _, pk = name.partition(":")
        by_kind.setdefault(kind, []).append(pk)
    for kind, pks in by_kind.items():
        if kind == "ticket":
            visible = Ticket.objects.visible_to(user).filter(pk__in=pks)
            found |= {f"ticket:{pk}": f"ticket:{pk}" for pk in visible.values_list("pk", flat=True)}
        else:
            rooms = (WATCHABLE.get(kind) or watchable[kind])(user, "")
            found |= dict.fromkeys(rooms, kind)
    return found


def rooms_of_list(user: User, _: str) -> list[str]:
    if user.may("tickets.view_all_ticket"):
        return ["tickets"]
    access = user.access
    teams = [f"team:{pk}" for pk in access.teams]
    return [*teams, *(f"inbox:{pk}" for pk in access.inboxes), f"user:{user.pk}"]


def read_heads(rooms: list[str]) -> dict[str, int]:
    """How far the tickets behind these rooms are, by the name under which pages know them."""
    pks = [room.partition(":")[2] for room in rooms if room.startswith("ticket:")]
    found = Ticket.objects.filter(pk__in=pks).values_list("pk", "seq") if pks else ()
    return {f"ticket:{pk}": seq for pk, seq in found}


def rooms_of_me(user: User, _: str) -> list[str]:
    return [room_of(user.pk)]


# What a page may watch besides single tickets and what other apps add.
WATCHABLE: dict[str, Callable[[User, str], list[str]]] = {"list": rooms_of_list, "me": rooms_of_me}
# What a page may say: each has its rows in tests/test_permissions.py.
FRAMES: dict[str, tuple[str, ...]] = {
    "watch": ("ticket", *WATCHABLE, *watchable),
    "here": ("ticket",),
}


def is_still_welcome(scope: dict[str, Any]) -> bool:
    session = scope.get("session")
    alive = session is not None and session.exists(session.session_key)
    return bool(alive and User.objects.filter(pk=scope["user"].pk, is_active=True).exists())
