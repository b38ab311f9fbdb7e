"""Visitors' widgets and agents' pages, in a process of their own: `python -m bench.talk PLAN`
reads a JSON file and prints JSON. A plan without visitors is for the bare echo.

They do over the wire what the scripts in livechat/widget and static/tickets do: a socket says that
something changed, the page asks what, the widget says how far it has read.
"""

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any, Protocol
from uuid import uuid4

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin

from bench.asking import Lines
from bench.house import pss_of

AGAIN = -1
AT_ONCE = 20  # sockets that are being opened
HANDS = 16  # of the saturated measurement
WATCHED = 18  # tickets on one page's socket; it takes 20 names
PATIENCE = 30.0
IDLE_SECONDS = 16.0  # a little more than from one beat to the next
_HEAD = re.compile(rb'data-head="(\d+)"')
_numbers = count()


@dataclass(slots=True)
class Expected:
    shown: "asyncio.Future[float]"
    hinted: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """Seconds since a message was posted."""

    accepted: float
    hinted: float
    shown: float


class Screen:
    """What one page has of one chat. It reads when told to, one question at a time."""

    def __init__(self, head: int) -> None:
        self.head = head
        self.expected: dict[bytes, Expected] = {}
        self.must_read = False
        self.reading: asyncio.Task[None] | None = None

    def expect(self, words: str) -> Expected:
        shown = asyncio.get_running_loop().create_future()
        self.expected[words.encode()] = found = Expected(shown)
        return found

    def hear(self, number: int) -> None:
        if number != AGAIN and number <= self.head:
            return
        for one in self.expected.values():
            one.hinted = one.hinted or time.perf_counter()
        self.must_read = True
        if self.reading is None or self.reading.done():
            self.reading = asyncio.create_task(self.read_on())

    async def read_on(self) -> None:
        while self.must_read:
            self.must_read = False
            content = await self.read()
            moment = time.perf_counter()
            for words in [words for words in self.expected if words in content]:
                self.expected.pop(words).shown.set_result(moment)

    async def read(self) -> bytes:
        raise NotImplementedError


class Widget(Screen):
    def __init__(self, lines: Lines, plan: dict[str, Any], visitor: dict[str, Any]) -> None:
        super().__init__(visitor["head"])
        self.lines = lines
        self.headers = {"Origin": plan["site"], "Authorization": f"Bearer {visitor['token']}"}
        self.base = f"/chat/{plan['key']}/chats/{visitor['chat']}"

    async def say(self, words: str) -> None:
        said = {"client_id": str(uuid4()), "text": words}
        await self.lines.ask("POST", f"{self.base}/messages/", self.headers, said)

    async def read(self) -> bytes:
        content = await self.lines.ask(
            "GET", f"{self.base}/changes/?after={self.head}", self.headers
        )
        self.head = max(self.head, json.loads(content)["next"])
        seen = {"seq": self.head, "got": self.head}
        asyncio.create_task(self.lines.ask("POST", f"{self.base}/seen/", self.headers, seen))  # noqa: RUF006 - the widget does not wait for it either
        return content


class Desk(Screen):
    """A ticket on an agent's page."""

    def __init__(self, lines: Lines, agent: dict[str, str], visitor: dict[str, Any]) -> None:
        super().__init__(visitor["head"])
        self.lines, self.agent, self.ticket = lines, agent, visitor["ticket"]

    async def answer(self, words: str) -> None:
        headers = {"Authorization": f"Token {self.agent['token']}"}
        path = f"/api/v1/tickets/{self.ticket}/replies/"
        await self.lines.ask("POST", path, headers, {"body": words})

    async def read(self) -> bytes:
        path = f"/tickets/{self.ticket}/changes/?after={self.head}"
        content = await self.lines.ask("GET", path, {"Cookie": self.agent["cookie"]})
        if found := _HEAD.search(content):
            self.head = max(self.head, int(found[1]))
        return content


async def post(say: Callable[[str], Awaitable[None]], there: Screen) -> Way:
    words = f"Please look at lamp b{next(_numbers):07}x once more, it still flickers."
    expected = there.expect(words)
    posted = time.perf_counter()
    await say(words)
    accepted = time.perf_counter()
    shown = await asyncio.wait_for(expected.shown, PATIENCE)
    return Way(accepted - posted, expected.hinted - posted, shown - posted)


class Room(Protocol):
    """What sockets are opened in."""

    async def begin(self) -> None: ...
    async def open(self, number: int) -> None: ...
    def close(self) -> None: ...


class Chats:
    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.port = plan, plan["port"]
        self.lines = Lines(self.port)
        self.widgets = [Widget(self.lines, plan, one) for one in plan["visitors"]]
        talkers = plan["visitors"][: plan["small"]]
        self.desks = [Desk(self.lines, plan["agent"], one) for one in talkers]
        self.listening: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """The agent's pages are there."""
        for start in range(0, len(self.desks), WATCHED):
            desks = {f"ticket:{one.ticket}": one for one in self.desks[start : start + WATCHED]}
            socket = await open_socket(
                self.port, "/ws/", f"http://localhost:{self.port}", **self.plan["agent"]
            )
            await socket.send(json.dumps({"watch": list(desks)}))
            await asyncio.wait_for(socket.recv(), PATIENCE)
            self.listening.append(asyncio.create_task(hear_all(socket, desks)))

    async def open(self, number: int) -> None:
        place = number % len(self.widgets)
        chat = self.plan["visitors"][place]["chat"]
        socket = await open_socket(self.port, f"/chat/{self.plan['key']}/socket", self.plan["site"])
        opening = {"auth": self.plan["openings"][number], "chat": chat}
        await socket.send(json.dumps(opening))
        await asyncio.wait_for(socket.recv(), PATIENCE)
        heard = hear_chat(socket, chat, self.widgets[place])
        self.listening.append(asyncio.create_task(heard))

    async def say(self, number: int) -> Way:
        place = number % len(self.desks)
        return await post(self.widgets[place].say, self.desks[place])

    async def answer(self, number: int) -> Way:
        place = number % len(self.desks)
        return await post(self.desks[place].answer, self.widgets[place])

    def close(self) -> None:
        for task in self.listening:
            task.cancel()
        self.lines.close()


async def hear_chat(socket: ClientConnection, chat: str, widget: Widget) -> None:
    with suppress(WebSocketException):
        async for text in socket:
            frame = json.loads(text)
            if "seq" in frame and frame.get("chat", chat) == chat:
                widget.hear(frame["seq"])


async def hear_all(socket: ClientConnection, desks: dict[str, Desk]) -> None:
    with suppress(WebSocketException):
        async for text in socket:
            for name, number in json.loads(text).items():
                if name in desks:
                    desks[name].hear(number)


class Echoes:
    """Sockets that get back what they said."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.port, self.small = plan["port"], plan["small"]
        self.sockets: list[ClientConnection] = []

    async def begin(self) -> None:
        pass

    async def open(self, number: int) -> None:
        socket = await open_socket(self.port, "/echo", "http://localhost")
        await socket.send('{"beat": 1}')
        await asyncio.wait_for(socket.recv(), PATIENCE)
        self.sockets.append(socket)

    async def echo(self, number: int) -> Way:
        socket = self.sockets[number % self.small]
        posted = time.perf_counter()
        await socket.send('{"chat": "01936d7c-0000-7000-8000-000000000000", "seq": 12}')
        await asyncio.wait_for(socket.recv(), PATIENCE)
        passed = time.perf_counter() - posted
        return Way(0.0, passed, passed)

    def close(self) -> None:
        pass


async def open_socket(port: int, path: str, origin: str, **agent: str) -> ClientConnection:
    # As browsers do, it offers compression, which costs the server memory if it agrees.
    return await connect(
        f"ws://localhost:{port}{path}",
        host="127.0.0.1",
        origin=Origin(origin),
        additional_headers={"Cookie": agent["cookie"]} if agent else None,
        open_timeout=PATIENCE,
        close_timeout=1,
        ping_interval=None,
        proxy=None,
    )


# Measurements


class Server:
    """The process that is measured, seen from outside."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.process = psutil.Process(pid)

    def memory(self) -> float:
        return pss_of([self.pid])

    def spent(self) -> float:
        """Seconds of processor time."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    async def idle_share(self, seconds: float) -> float:
        """Of one core, while nobody says anything."""
        before, started = self.spent(), time.perf_counter()
        await asyncio.sleep(seconds)
        return (self.spent() - before) / (time.perf_counter() - started)


async def open_up_to(room: Room, numbers: range) -> float:
    """Sockets per second."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def open_one(number: int) -> None:
        async with turns:
            await room.open(number)

    started = time.perf_counter()
    await asyncio.gather(*map(open_one, numbers))
    return len(numbers) / (time.perf_counter() - started)


Act = Callable[[int], Awaitable[Way]]


async def pace(act: Act, *, per_second: float, seconds: float) -> dict[str, list[float]]:
    """p50 and p95 in milliseconds. The next begins on time, however long the last takes."""
    started, acts = time.perf_counter(), []
    for number in range(max(20, int(per_second * seconds))):
        await asyncio.sleep(max(0.0, started + number / per_second - time.perf_counter()))
        acts.append(asyncio.ensure_future(act(number)))
    ways = await asyncio.gather(*acts)
    return {
        "accepted": middle_and_end([way.accepted for way in ways]),
        "hinted": middle_and_end([way.hinted for way in ways]),
        "shown": middle_and_end([way.shown for way in ways]),
        "after": middle_and_end([way.shown - way.accepted for way in ways]),
    }


def middle_and_end(seconds: list[float]) -> list[float]:
    cuts = quantiles(seconds, n=100, method="inclusive")
    return [cuts[49] * 1000, cuts[94] * 1000]


async def saturate(act: Act, *, seconds: float) -> float:
    """Messages a second that arrive while so many hands do nothing but send the next."""
    numbers, done = count(), count()
    started = time.perf_counter()

    async def work() -> None:
        while time.perf_counter() - started < seconds:
            await act(next(numbers))
            next(done)

    await asyncio.gather(*(work() for _ in range(HANDS)))
    return next(done) / (time.perf_counter() - started)


async def measure(plan: dict[str, Any]) -> dict[str, Any]:
    is_bare = "visitors" not in plan
    room: Any = Echoes(plan) if is_bare else Chats(plan)
    acts: dict[str, Act] = (
        {"echoed": room.echo} if is_bare else {"said": room.say, "answered": room.answer}
    )
    server = Server(plan["pid"])
    await room.begin()
    await open_up_to(room, range(plan["small"]))
    found: dict[str, Any] = {"small": await talk(acts, plan)}
    found["base"] = server.memory()
    found["opened"] = await open_up_to(room, range(plan["small"], plan["large"]))
    found["idle"] = await server.idle_share(IDLE_SECONDS if not is_bare else 2.0)
    found["held"] = server.memory()
    found["large"] = await talk(acts, plan)
    spent, first = server.spent(), next(iter(acts.values()))
    started = time.perf_counter()
    found["rate"] = await saturate(first, seconds=plan["seconds"])
    found["busy"] = (server.spent() - spent) / (time.perf_counter() - started)
    room.close()
    return found


async def talk(acts: dict[str, Act], plan: dict[str, Any]) -> dict[str, Any]:
    for act in acts.values():  # whatever the first one loads is nobody's wait
        await act(0)
    return {
        name: await pace(act, per_second=plan["per_second"], seconds=plan["seconds"])
        for name, act in acts.items()
    }


def main() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    plan = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(f"{json.dumps(asyncio.run(measure(plan)))}\n")


if __name__ == "__main__":
    main()
