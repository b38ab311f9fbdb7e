"""HTTP as a browser speaks it for a page of another origin: lines are kept and used again, one that
has died meanwhile is replaced without a word, and a question that carries a token is announced."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What a broken line looks like to whoever waits on it.
BROKEN = (OSError, EOFError, TimeoutError, ValueError)
PREFLIGHT_SECONDS = 7200.0


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    text: str
    headers: Mapping[str, str]
    port: int  # ours, of the line it came through

    def json(self) -> dict[str, Any]:
        found = json.loads(self.text or "{}")
        return found if isinstance(found, dict) else {}


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.port: int = writer.get_extra_info("sockname")[1]
        self.has_heard = False

    @property
    def is_alive(self) -> bool:
        gone = self.writer.is_closing() or self.reader.at_eof()
        return not gone and self.reader.exception() is None

    def close(self) -> None:
        self.writer.transport.abort()

    async def ask(self, question: bytes) -> Reply:
        self.has_heard = False
        self.writer.write(question)
        await self.writer.drain()
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.has_heard = True
        first, *rest = head.strip().split("\r\n")
        pairs = (line.partition(":") for line in rest)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        status = int(first.split(" ")[1])
        body = b"" if status in (204, 304) else await self._read_body(headers)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Reply(status, body.decode(), headers, self.port)

    async def _read_body(self, headers: Mapping[str, str]) -> bytes:
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        chunks = b""
        while size := int(await self.reader.readline(), 16):
            chunks += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readline()
        return chunks


class Wire:
    """All lines of one client. ``origin`` is empty for a page of the same origin; without
    ``repeats`` the client is told of every break."""

    def __init__(self, port: int, *, origin: str = "", repeats: bool = True) -> None:
        self.port, self.origin, self.repeats = port, origin, repeats
        self.idle: list[Line] = []
        self.announced: dict[tuple[str, str], float] = {}
        self.last_port = 0

    async def ask(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        patience: float,
    ) -> Reply:
        """One of BROKEN if nothing, or only a part, comes back in time."""
        async with asyncio.timeout(patience):
            if self.origin:
                await self._announce(method, path)
                headers = {**headers, "Origin": self.origin}
            return await self._exchange(write_question(method, path, self.port, headers, body))

    async def _announce(self, method: str, path: str) -> None:
        """A browser asks first whether it may, once for each address in two hours."""
        if self.announced.get((method, path), 0.0) > time.monotonic():
            return
        wanted = {
            "Origin": self.origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,x-chat-language",
        }
        answer = await self._exchange(write_question("OPTIONS", path, self.port, wanted))
        if answer.headers.get("access-control-allow-origin") != self.origin:
            raise ConnectionError(f"no website may ask this: {answer.status}")
        self.announced[method, path] = time.monotonic() + PREFLIGHT_SECONDS

    async def _exchange(self, question: bytes) -> Reply:
        if line := self._take_idle():
            try:
                return await self._talk(line, question)
            except (OSError, EOFError):
                if line.has_heard or not self.repeats:
                    raise
        # A browser repeats what went into a line that had died while it lay there.
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        return await self._talk(Line(reader, writer), question)

    async def _talk(self, line: Line, question: bytes) -> Reply:
        self.last_port = line.port
        try:
            answer = await line.ask(question)
        except BaseException:
            line.close()
            raise
        if line.is_alive:
            self.idle.append(line)
        return answer

    def _take_idle(self) -> Line | None:
        while self.idle:
            line = self.idle.pop()
            if line.is_alive:
                return line
            line.close()
        return None

    def close(self) -> None:
        while self.idle:
            self.idle.pop().close()


def write_question(
    method: str, path: str, port: int, headers: Mapping[str, str], body: bytes = b""
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
