"""Open pages: the socket says that something changed, the page asks what, and resumes by seq.

They do what static/helpdesk/live.js does, but wait less long between two tries.
"""

import asyncio
import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from faults.clients import BROKEN, ask
from faults.system import System

BEAT_SECONDS = 40
FIRST_WAIT, LONGEST_WAIT = 0.5, 4.0
POLL_SECONDS = 5.0
AGAIN = -1
TRIES = 200


@dataclass
class Page:
    """A ticket as one tab has it on the screen."""

    ticket: str
    head: int = 0
    events: dict[int, str] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, changes: dict[str, Any]) -> None:
        for event in changes["events"]:
            self.events[event["seq"]] = event["name"]
        for message in changes["messages"]:
            self.messages[message["id"]] = message
        self.head = max(self.head, changes["head"])


class Tab:
    def __init__(self, system: System, session: str, tickets: list[str]) -> None:
        self.system = system
        self.headers = {"Cookie": f"sessionid={session}"}
        self.pages = {f"ticket:{pk}": Page(pk) for pk in tickets}
        self.counts: Counter[str] = Counter()
        self.wanted: asyncio.Queue[str] = asyncio.Queue()
        self.asked: set[str] = set()

    async def live(self) -> None:
        reader = asyncio.create_task(self.read())
        self.tell_all()
        wait = FIRST_WAIT
        try:
            while True:
                with contextlib.suppress(OSError, WebSocketException, TimeoutError, EOFError):
                    async with self.open_socket() as socket:
                        wait = FIRST_WAIT
                        await self.listen(socket)
                self.counts["reconnects"] += 1
                poll = asyncio.create_task(self.poll())
                await asyncio.sleep(wait * random.uniform(0.5, 1.5))
                poll.cancel()
                wait = min(wait * 2, LONGEST_WAIT)
        finally:
            reader.cancel()

    def open_socket(self) -> connect:
        port = self.system.proxies["web"].port
        return connect(
            f"ws://localhost:{port}/ws/",
            host="127.0.0.1",
            additional_headers=self.headers,
            origin="http://localhost",  # type: ignore[arg-type]
            open_timeout=10,
            close_timeout=1,
            ping_interval=None,
            proxy=None,
        )

    async def listen(self, socket: ClientConnection) -> None:
        await socket.send(json.dumps({"watch": list(self.pages)}))
        self.tell_all()
        while True:
            frame = json.loads(await asyncio.wait_for(socket.recv(), BEAT_SECONDS))
            for name, number in frame.items():
                if page := self.pages.get(name):
                    self.counts["signals"] += 1
                    if number == AGAIN or number > page.head:
                        self.want(name)

    async def poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            self.tell_all()

    def tell_all(self) -> None:
        for name in self.pages:
            self.want(name)

    def want(self, name: str) -> None:
        if name not in self.asked:
            self.asked.add(name)
            self.wanted.put_nowait(name)

    async def read(self) -> None:
        while True:
            name = await self.wanted.get()
            self.asked.discard(name)
            await self.refresh(self.pages[name])

    async def refresh(self, page: Page) -> None:
        port = self.system.proxies["web"].port
        for _ in range(TRIES):
            path = f"/api/v1/tickets/{page.ticket}/changes/?after={page.head}"
            try:
                status, changes = await asyncio.to_thread(
                    ask, port, "GET", path, headers=self.headers
                )
            except BROKEN:
                status = 0
            if status == 200:
                self.counts["questions"] += 1
                page.take(changes)
                if not changes["more"]:
                    return
            else:
                self.counts["broken"] += 1
                await asyncio.sleep(0.5)


class Browsers:
    """Several tabs in a thread with an event loop of its own."""

    def __init__(self, system: System, tickets: list[str]) -> None:
        sessions = list(system.sessions.values())
        half = len(tickets) // 2
        shares = [tickets[:half], tickets[half:], tickets[::2], tickets[1::2]]
        self.tabs = [
            Tab(system, sessions[number % len(sessions)], share)
            for number, share in enumerate(shares)
        ]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        async def live() -> None:
            await asyncio.gather(*(tab.live() for tab in self.tabs))

        with contextlib.suppress(asyncio.CancelledError, RuntimeError):
            self.loop.run_until_complete(live())

    def stop(self) -> None:
        def cancel() -> None:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()

        self.loop.call_soon_threadsafe(cancel)
        self.thread.join(15)

    def pages(self) -> list[Page]:
        return [page for tab in self.tabs for page in tab.pages.values()]

    def behind(self, heads: dict[str, int]) -> list[str]:
        """Tickets whose newest change some tab has not on its screen."""
        return [page.ticket for page in self.pages() if page.head < heads[page.ticket]]

    def counts(self) -> dict[str, int]:
        return dict(sum((tab.counts for tab in self.tabs), Counter()))


@dataclass
class Lag:
    """How long a page showed less than there was, and since when (monotonic)."""

    ticket: str
    since: float
    seconds: float


class Watch:
    """Compares the open pages with the database while everything breaks."""

    def __init__(self, browsers: Browsers, heads: Callable[[], dict[str, int]]) -> None:
        self.browsers, self.heads = browsers, heads
        self.lags: list[Lag] = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self) -> None:
        behind: dict[int, tuple[int, float]] = {}  # page → a seq it has not, since when
        while not self.is_over.wait(0.5):
            try:
                heads = self.heads()
            except (psycopg.Error, OSError):
                continue
            for page in self.browsers.pages():
                seq, since = behind.get(id(page), (0, 0.0))
                if seq and page.head >= seq:
                    self.lags.append(Lag(page.ticket, since, time.monotonic() - since))
                    del behind[id(page)]
                if page.head < heads[page.ticket] and id(page) not in behind:
                    behind[id(page)] = (heads[page.ticket], time.monotonic())
        for page in self.browsers.pages():
            if id(page) in behind:
                _, since = behind[id(page)]
                self.lags.append(Lag(page.ticket, since, time.monotonic() - since))

    def stop(self) -> None:
        self.is_over.set()
        self.thread.join(10)

    def worst(self) -> list[Lag]:
        return sorted(self.lags, key=lambda lag: -lag.seconds)
