"""What one open page says of itself on a ticket, and what it is told of others there."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from core import here
from core.live import Listener, hub, stop_if_cancelled

# Well below ``here.SECONDS``, so that one missed turn makes nobody disappear.
TICK_SECONDS = 6.0
# Whoever floods us with frames is heard so often.
PAUSE_SECONDS = 0.15
# Rights may be taken away while a page is open.
CHECK_EVERY = 3
NOWHERE = "none"

Say = Callable[[dict[str, Any]], Awaitable[None]]
MayBeHere = Callable[[str], Awaitable[bool]]


class Presence:
    """At most one ticket per tab. What is said in between two turns is replaced by the newest."""

    def __init__(self, listener: Listener, user: UUID, *, say: Say, may_be_here: MayBeHere) -> None:
        self.listener = listener
        self.user, self.tab = str(user), uuid4().hex[:12]
        self.say, self.may_be_here = say, may_be_here
        self.wanted = ("", NOWHERE)
        self.place = ""
        self.told: dict[str, str] | None = None
        self.turns = 0
        self.moved = asyncio.Event()
        self.noting: asyncio.Future[None] | None = None  # on its way; no cancelling stops it

    def move(self, place: str, state: str) -> None:
        self.wanted = (place if state != NOWHERE else "", state)
        self.moved.set()

    def look_again(self) -> None:
        """Ask at the next turn, which is now, whether this user may still be here."""
        self.turns = CHECK_EVERY - 1
        self.moved.set()

    def hears(self, room: str) -> bool:
        """Whether a signal is about the people here; then they are looked at."""
        if not self.place or room != here.room_of(self.place):
            return False
        self.moved.set()
        return True

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                timeout = TICK_SECONDS if self.place else None
                await asyncio.wait_for(self.moved.wait(), timeout)
            stop_if_cancelled()
            self.moved.clear()
            await self.settle()
            await asyncio.sleep(PAUSE_SECONDS)

    async def settle(self) -> None:
        place, state = self.wanted
        if place != self.place:
            await self.leave()
        is_new = place != self.place
        self.turns += 1
        must_ask = is_new or self.turns % CHECK_EVERY == 0
        if place and must_ask and not await self.may_be_here(place):
            await self.leave()
            self.wanted = ("", NOWHERE)
            return
        if not place:
            return
        if is_new:
            self.place, self.told = place, None
            hub.join(here.room_of(place), self.listener)
        note = asyncio.to_thread(here.note, place, user=self.user, tab=self.tab, state=state)
        self.noting = asyncio.ensure_future(note)
        await asyncio.shield(self.noting)
        await self.tell()

    async def tell(self) -> None:
        people = await asyncio.to_thread(here.people_at, self.place)
        people.pop(self.user, None)
        if people != (self.told or {}):
            await self.say({"here": {"ticket": self.place, "people": people}})
        self.told = people

    async def leave(self) -> None:
        if not self.place:
            return
        place, self.place = self.place, ""
        hub.leave(here.room_of(place), self.listener)
        if self.noting:
            # Written after it, the page would seem to be here long after it was closed.
            await asyncio.wait([self.noting])
        await asyncio.to_thread(here.leave, place, user=self.user, tab=self.tab)


def read_here(frame: Any) -> tuple[str, str] | None:
    """The ticket and the state a page names, or none if it is not what we speak."""
    said = frame.get("here") if isinstance(frame, dict) and tuple(frame) == ("here",) else None
    if not isinstance(said, dict) or set(said) != {"ticket", "state"}:
        return None
    place, state = said["ticket"], said["state"]
    if state not in (*here.STATES, NOWHERE) or not isinstance(place, str):
        return None
    try:
        return (place, state) if str(UUID(place)) == place else None
    except ValueError:
        return None
