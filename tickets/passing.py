"""What a page is told for a moment about the tickets it watches: it is never kept, and whatever
comes faster than it can be read is one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from core import registry
from core.live import Listener, hub

PAUSE_SECONDS = 0.15

Say = Callable[[dict[str, Any]], Awaitable[None]]


class PassingNews:
    def __init__(self, listener: Listener, say: Say) -> None:
        self.listener, self.say = listener, say
        self.rooms: dict[str, tuple[str, UUID]] = {}
        self.waiting: set[str] = set()
        self.heard = asyncio.Event()

    def watch(self, names: set[str]) -> None:
        """``names`` are those of tickets the page may see now, as "ticket:<id>"."""
        tickets = [UUID(name.partition(":")[2]) for name in names if name.startswith("ticket:")]
        rooms = {
            source.room_of(ticket): (frame, ticket)
            for ticket in tickets
            for frame, source in registry.passing.items()
        }
        for room in self.rooms.keys() - rooms.keys():
            hub.leave(room, self.listener)
        for room in rooms.keys() - self.rooms.keys():
            hub.join(room, self.listener)
        self.rooms = rooms

    def hears(self, room: str) -> bool:
        """Whether a signal is about something passing; then it is read."""
        if room not in self.rooms:
            return False
        self.waiting.add(room)
        self.heard.set()
        return True

    async def run(self) -> None:
        while True:
            await self.heard.wait()
            self.heard.clear()
            waiting, self.waiting = self.waiting, set()
            for frame, ticket in [self.rooms[room] for room in waiting if room in self.rooms]:
                read = registry.passing[frame].read
                found = await database_sync_to_async(read)(ticket)
                if found is not None:
                    await self.say({frame: found})
            await asyncio.sleep(PAUSE_SECONDS)

    def leave(self) -> None:
        self.watch(set())
