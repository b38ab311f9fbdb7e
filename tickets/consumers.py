"""One socket per browser tab. It says *that* something changed, never what: the page then asks
over HTTP, where permission is checked as always."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from accounts.models import User
from core.live import hub
from tickets.models import Ticket

BEAT_SECONDS = 15
MAX_FRAME = 4096
MAX_WATCHED = 20
NOT_SIGNED_IN = 4401


class WorkspaceConsumer(AsyncWebsocketConsumer):
    """Speaks JSON: in {"watch": ["list", "ticket:<id>"]}, out {"list": n, "ticket:<id>": seq}.

    -1 means "read again". Whatever else comes in is answered with a fixed word and ignored.
    """

    async def connect(self) -> None:
        self.pending: dict[str, int] = {}
        self.wake = asyncio.Event()
        self.names: dict[str, str] = {}  # room → the name under which the page knows it
        self.tasks: list[asyncio.Task[None]] = []
        self.user = self.scope.get("user")
        if self.user is None or not self.user.is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        await self.accept()
        self.tasks = [asyncio.create_task(self.write()), asyncio.create_task(self.beat())]

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
        for room in self.names:
            hub.leave(room, self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        wanted = read_watch(text_data)
        if wanted is None:
            await self.send(text_data='{"error": "bad_frame"}')
            return
        rooms: dict[str, str] = {}
        for name in wanted:
            rooms |= await self.rooms_behind(name)
        for room in self.names.keys() - rooms.keys():
            hub.leave(room, self)
        for room in rooms.keys() - self.names.keys():
            hub.join(room, self)
        self.names = rooms
        await self.send(text_data=json.dumps({"watching": sorted(set(rooms.values()))}))

    async def rooms_behind(self, name: str) -> dict[str, str]:
        kind, _, pk = name.partition(":")
        rooms = await database_sync_to_async(WATCHABLE[kind])(self.user, pk)
        return dict.fromkeys(rooms, name)

    def signal(self, room: str, number: int) -> None:
        """Called by the hub; a slow reader keeps the newest number per name and nothing more."""
        if name := self.names.get(room):
            resync = number == -1 or self.pending.get(name) == -1
            self.pending[name] = -1 if resync else max(number, self.pending.get(name, 0))
            self.wake.set()

    async def write(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            batch, self.pending = self.pending, {}
            if batch:
                await self.send(text_data=json.dumps(batch))

    async def beat(self) -> None:
        """Keep proxies awake, and cut whoever was signed out or deactivated meanwhile.

        A signal is lost when its process dies between commit and sending; so each beat names how
        far the watched tickets are.
        """
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            if not await database_sync_to_async(is_still_welcome)(self.scope):
                with contextlib.suppress(RuntimeError):
                    await self.close(NOT_SIGNED_IN)
                return
            heads = await database_sync_to_async(read_heads)(list(self.names))
            await self.send(text_data=json.dumps({"beat": 1, **heads}))


def read_watch(text: str | None) -> list[str] | None:
    """The names to watch, or none if the frame is not one we speak."""
    if text is None or len(text) > MAX_FRAME:
        return None
    try:
        frame: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or tuple(frame) != FRAMES:
        return None
    names = frame["watch"]
    if not isinstance(names, list) or len(names) > MAX_WATCHED:
        return None
    return names if all(_is_name(name) for name in names) else None


def _is_name(name: object) -> bool:
    if not isinstance(name, str):
        return False
    kind, _, pk = name.partition(":")
    if kind == "list":
        return name == "list"
    try:
        return kind in WATCHABLE and str(UUID(pk)) == pk
    except ValueError:
        return False


def rooms_of_list(user: User, _: str) -> list[str]:
    user = User.objects.get(pk=user.pk)  # rights as they are now, not at connection
    if user.may("tickets.view_all_ticket"):
        return ["tickets"]
    access = user.access
    teams = [f"team:{pk}" for pk in access.teams]
    return [*teams, *(f"inbox:{pk}" for pk in access.inboxes), f"user:{user.pk}"]


def rooms_of_ticket(user: User, pk: str) -> list[str]:
    user = User.objects.get(pk=user.pk)
    is_visible = Ticket.objects.visible_to(user).filter(pk=pk).exists()
    return [f"ticket:{pk}"] if is_visible else []


def read_heads(rooms: list[str]) -> dict[str, int]:
    """How far the tickets behind these rooms are, by the name under which pages know them."""
    pks = [room.partition(":")[2] for room in rooms if room.startswith("ticket:")]
    found = Ticket.objects.filter(pk__in=pks).values_list("pk", "seq") if pks else ()
    return {f"ticket:{pk}": seq for pk, seq in found}


# What a page may say and watch: each has its rows in tests/test_permissions.py.
FRAMES = ("watch",)
WATCHABLE: dict[str, Callable[[User, str], list[str]]] = {
    "list": rooms_of_list,
    "ticket": rooms_of_ticket,
}


def is_still_welcome(scope: dict[str, Any]) -> bool:
    session = scope.get("session")
    alive = session is not None and session.exists(session.session_key)
    return bool(alive and User.objects.filter(pk=scope["user"].pk, is_active=True).exists())
