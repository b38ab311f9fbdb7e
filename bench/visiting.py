"""Visitors of the shop who talk to its bot, in a process of their own: `python -m bench.visiting
PLAN` reads a JSON file and prints JSON. Like `bench.talk` they do over the wire what widgets do.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from websockets.exceptions import WebSocketException

from bench.asking import Lines
from bench.talk import middle_and_end, open_socket

PATIENCE = 20.0
_ORDER = {
    "en": ("Where is my order?", "PW-20734", "BS6 5QA"),
    "zh-hans": ("我的订单到哪了？", "PW-30018", "200031"),
}
_KNOWN = {
    "en": ("How long does a refund take?", "Which ways to pay are there?", "Thank you"),
    "zh-hans": ("退款多久到账？", "有哪些付款方式？", "谢谢"),
}


def turns_of(number: int) -> list[str]:
    """Of a conversation: half in each language, half of them begin with an order."""
    language = ("en", "zh-hans")[number % 2]
    parts = (_ORDER[language], _KNOWN[language])
    first, then = parts if number % 4 < 2 else parts[::-1]
    return [*first, *then]


class Guest:
    def __init__(self, plan: dict[str, Any], lines: Lines, number: int) -> None:
        seat = plan["seats"][number]
        self.plan, self.lines, self.opening = plan, lines, seat["opening"]
        self.headers = {"Origin": plan["site"], "Authorization": f"Bearer {seat['token']}"}
        self.turns = iter(cycle(turns_of(number)))
        self.chat, self.head = "", 0
        self.answered: asyncio.Future[float] | None = None
        self.reading: asyncio.Task[None] | None = None
        self.must_read = False
        self.tasks: list[asyncio.Task[Any]] = []

    async def open(self) -> None:
        place = f"/chat/{self.plan['key']}/socket"
        self.socket = await open_socket(self.plan["port"], place, self.plan["site"])
        await self.socket.send(json.dumps({"auth": self.opening}))
        await self.socket.recv()
        self.tasks.append(asyncio.create_task(self._hear()))

    async def _hear(self) -> None:
        with suppress(WebSocketException):
            async for text in self.socket:
                frame = json.loads(text)
                if self.chat and (frame.get("seq", 0) > self.head or frame.get("seq") == -1):
                    self._read_soon()

    def _read_soon(self) -> None:
        self.must_read = True
        if self.reading is None or self.reading.done():
            self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while self.must_read:
            self.must_read = False
            content = await self._ask("GET", f"chats/{self.chat}/changes/?after={self.head}")
            moment = time.perf_counter()
            self.head = max(self.head, content["next"])
            seen = {"seq": self.head, "got": self.head}
            self.tasks.append(
                asyncio.create_task(self._ask("POST", f"chats/{self.chat}/seen/", seen))
            )
            is_answer = any(row["from"] == "agent" for row in content["messages"])
            if is_answer and self.answered and not self.answered.done():
                self.answered.set_result(moment)

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.lines.ask(
            method, f"/chat/{self.plan['key']}/{path}", self.headers, body
        )
        return json.loads(answer or b"null")

    async def say(self) -> tuple[float, float] | None:
        """Seconds until it was accepted, and from there until the answer is on the screen."""
        said = {"client_id": str(uuid4()), "text": next(self.turns)}
        self.answered = asyncio.get_running_loop().create_future()
        posted = time.perf_counter()
        if self.chat:
            await self._ask("POST", f"chats/{self.chat}/messages/", said)
            accepted = time.perf_counter()
        else:
            begun = await self._ask("POST", "chats/", said)
            accepted = time.perf_counter()
            self.chat, self.head = begun["id"], begun["next"]
            await self.socket.send(json.dumps({"watch": self.chat}))
        try:
            shown = await asyncio.wait_for(self.answered, PATIENCE)
        except TimeoutError:
            return None
        return accepted - posted, shown - accepted

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        with suppress(WebSocketException, OSError):
            await self.socket.close()


async def speak(guests: Iterable[Guest], *, over: float) -> list[tuple[float, float] | None]:
    """Each once, evenly in so many seconds, whatever the others' answers take."""
    guests = list(guests)
    started = time.perf_counter()

    async def wait_and_say(number: int, guest: Guest) -> tuple[float, float] | None:
        due = started + over * number / len(guests)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        return await guest.say()

    acts: list[Awaitable[Any]] = [wait_and_say(at, one) for at, one in enumerate(guests)]
    ways: list[tuple[float, float] | None] = await asyncio.gather(*acts)
    return ways


def sum_up(ways: list[tuple[float, float] | None]) -> dict[str, Any]:
    """Who was not answered waited as long as they had patience."""
    found = [way or (0.0, PATIENCE) for way in ways]
    return {
        "accepted": middle_and_end([way[0] for way in found]),
        "answered": middle_and_end([way[1] for way in found]),
        "unanswered": ways.count(None),
    }


async def visit(plan: dict[str, Any]) -> dict[str, Any]:
    lines = Lines(plan["port"])
    every = iter(Guest(plan, lines, number) for number in range(len(plan["seats"])))
    many = plan["many"]
    warming, calm, rush = (list(islice(every, size)) for size in (plan["warming"], many, many))
    for guest in [*warming, *calm, *rush]:
        await guest.open()
    for _ in range(3):
        await speak(warming, over=2.0)
    found = {"first": sum_up(await speak(calm, over=plan["pause"]))}
    ways = [await speak(calm, over=plan["pause"]) for _ in range(plan["rounds"])]
    found["later"] = sum_up([way for some in ways for way in some])
    found["rush"] = sum_up(await speak(rush, over=1.0))
    for guest in [*warming, *calm, *rush]:
        await guest.close()
    lines.close()
    return found


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    sys.stdout.write(f"{json.dumps(asyncio.run(visit(plan)))}\n")


if __name__ == "__main__":
    main()
