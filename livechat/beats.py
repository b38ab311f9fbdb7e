"""The beats of all visitors' sockets of this process. Whose turn it is are looked at together, so
that a second costs the same few statements however many visitors are connected."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from channels.db import database_sync_to_async
from django.db import DatabaseError, InterfaceError

from core.live import stop_if_cancelled
from livechat.actions.visitors import note_all_here
from livechat.queries.standing import Asked, Standing, look_at

log = logging.getLogger("helpdesk.livechat")

TURN_SECONDS = 1.0
# So many at once, that those who want something from the database meanwhile wait briefly.
_TOGETHER = 200


class Beating(Protocol):
    def question(self) -> Asked:
        """What is to be looked up."""

    def heed(self, asked: Asked, standing: Standing, *, is_due: bool) -> None:
        """Must not wait: a slow reader would hold up all others. ``is_due``: a beat is."""


class Beats:
    def __init__(self) -> None:
        self.due: dict[Beating, float] = {}
        self.urgent: set[Beating] = set()
        self.task: asyncio.Task[None] | None = None
        self.hurried: asyncio.Event | None = None

    def join(self, socket: Beating, *, every: float) -> None:
        self.due[socket] = time.monotonic() + every
        if self.task is None or self.task.done():
            self.hurried = asyncio.Event()
            self.task = asyncio.get_running_loop().create_task(self.run(self.hurried, every))

    def leave(self, socket: Beating) -> None:
        self.due.pop(socket, None)
        self.urgent.discard(socket)

    def hurry(self, socket: Beating) -> None:
        """Look at it now: who they are or what they may see has changed."""
        if self.hurried and socket in self.due:
            self.urgent.add(socket)
            self.hurried.set()

    async def run(self, hurried: asyncio.Event, every: float) -> None:
        while self.due:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(hurried.wait(), min(TURN_SECONDS, every))
            stop_if_cancelled()
            hurried.clear()
            moment = time.monotonic()
            ready = [
                socket for socket, at in self.due.items() if at <= moment or socket in self.urgent
            ]
            for start in range(0, len(ready), _TOGETHER):
                await self.beat(ready[start : start + _TOGETHER], every)

    async def beat(self, sockets: Sequence[Beating], every: float) -> None:
        asked = [socket.question() for socket in sockets]
        self.urgent.difference_update(sockets)
        try:
            found = await database_sync_to_async(_look_and_note)(asked)
        except (DatabaseError, InterfaceError) as error:
            # At the next turn they are looked at again; widgets that wait in vain connect anew.
            self.urgent.update(self.due.keys() & set(sockets))
            log.warning("Visitors could not be looked at (%s).", type(error).__name__)
            return
        moment = time.monotonic()
        for socket, question, standing in zip(sockets, asked, found, strict=True):
            if socket in self.due:  # else it has gone meanwhile
                is_due = self.due[socket] <= moment
                if is_due:
                    self.due[socket] = moment + every
                socket.heed(question, standing, is_due=is_due)


def _look_and_note(asked: Sequence[Asked]) -> list[Standing]:
    found = look_at(asked)
    both = zip(asked, found, strict=True)
    note_all_here({one.visitor for one, standing in both if not standing.code})
    return found


beats = Beats()
