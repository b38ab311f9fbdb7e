"""Programs elsewhere that are told by webhooks, in a process of their own:
`python -m faults.receiver GIVEN.json`. A line in, a line out: `look`, `way NAME WAY`,
`door open` or `door shut`, `end FILE`.

What it holds of each call is its own judgement: the signature is checked by other code than ours.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

HANGS = 3600.0
ANSWERS = {True: b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"}
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
# Of so many calls of those who are unreliable one is refused and one cut off after it was read;
# shuffled, but no matter of luck: a short run sees both.
UNRELIABLE = ("refused", "cut", *["taken"] * 23)


class Receivers:
    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.door: asyncio.Server | None = None
        self.secrets: dict[str, str] = given["secrets"]
        self.ways = dict.fromkeys(self.secrets, "good")
        self.dice = random.Random(given["seed"])
        self.fates: list[str] = []
        # (who, id, event, ticket, seq, happened at, came at, taken, signature is right)
        self.calls: list[tuple[Any, ...]] = []
        self.taken: dict[str, set[str]] = {name: set() for name in self.secrets}
        self.kinds: Counter[str] = Counter()

    async def set_door(self, *, is_open: bool) -> None:
        """Of the one that is dead at times: nobody listens there then."""
        if self.door:
            self.door.close()
        port = self.given["dead_port"]
        self.door = await asyncio.start_server(self.answer, "127.0.0.1", port) if is_open else None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            self.kinds["broken"] += 1
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        name = head[0].split(" ")[1].rpartition("/")[2]
        headers = {k.lower(): v for k, _, v in (row.partition(": ") for row in head[1:]) if k}
        body = await reader.readexactly(int(headers["content-length"]))
        way = self.ways[name]
        if way == "hanging":
            self.kinds["hung"] += 1
            await asyncio.sleep(HANGS)
            return
        fate = self.draw() if way == "unreliable" else "taken"
        self.kinds[fate] += 1
        if fate == "cut":
            writer.transport.abort()
            return
        is_taken = fate == "taken"
        self.note(name, headers, body, is_taken=is_taken)
        writer.write(ANSWERS.get(is_taken, BUSY))
        await writer.drain()

    def draw(self) -> str:
        if not self.fates:
            self.fates = self.dice.sample(UNRELIABLE, len(UNRELIABLE))
        return self.fates.pop()

    def note(self, name: str, headers: dict[str, str], body: bytes, *, is_taken: bool) -> None:
        told = json.loads(body)
        data = told["data"]
        ticket = (data["ticket"] or {}).get("id")
        is_ours = verify(headers, body, self.secrets[name])
        call = (name, headers["webhook-id"], data["event"], ticket, data["seq"])
        self.calls.append((*call, told["timestamp"], time.time(), is_taken, is_ours))
        if is_taken:
            self.taken[name].add(headers["webhook-id"])

    async def obey(self, line: str) -> dict[str, Any]:
        verb, *rest = line.split(" ")
        if verb == "door":
            await self.set_door(is_open=rest[0] == "open")
        elif verb == "way":
            for name in self.ways if rest[0] == "all" else [rest[0]]:
                self.ways[name] = rest[1]
        elif verb == "end":
            Path(rest[0]).write_text(json.dumps({"calls": self.calls, "kinds": self.kinds}))
        counts = {name: len(ids) for name, ids in self.taken.items()}
        return {"taken": counts, "kinds": self.kinds, "at": time.time()}


def verify(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """As the Standard Webhooks specification tells receivers."""
    key = base64.b64decode(secret[len("whsec_") :], validate=True)
    said = b"%b.%b.%b" % (
        headers["webhook-id"].encode(),
        headers["webhook-timestamp"].encode(),
        body,
    )
    wanted = b"v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest())
    is_fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return is_fresh and wanted in headers["webhook-signature"].encode().split(b" ")


async def serve(given: dict[str, Any]) -> None:
    receivers = Receivers(given)
    server = await asyncio.start_server(receivers.answer, "127.0.0.1", given["port"])
    await receivers.set_door(is_open=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async with server:
        while line := (await reader.readline()).decode().strip():
            sys.stdout.write(json.dumps(await receivers.obey(line)) + "\n")
            sys.stdout.flush()
            if line.startswith("end "):
                return


if __name__ == "__main__":
    uvloop.run(serve(json.loads(Path(sys.argv[1]).read_text())))
