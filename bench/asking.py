"""HTTP for many clients in one event loop: kept connections, one question at a time on each."""

import asyncio
import json
import time
from typing import Any

# The server closes a line on which nothing was asked for five seconds.
KEPT_SECONDS = 4.0
_STATUS = 9  # where it stands in "HTTP/1.1 200 OK"


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.used = time.monotonic()

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        sent = {"Host": "localhost", "Content-Length": str(len(body))} | headers
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {sent[name]}" for name in sent)]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
        # Django names the length of all that it does not stream.
        content = await self.reader.readexactly(int(fields.get("content-length", 0)))
        self.used = time.monotonic()
        return int(head[_STATUS : _STATUS + 3]), content


class Lines:
    """As many as are asked on at once."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[Line] = []

    async def ask(
        self, method: str, path: str, headers: dict[str, str], body: object = None
    ) -> bytes:
        line = self._take() or await self._open()
        content = b"" if body is None else json.dumps(body).encode()
        given = headers if body is None else headers | {"Content-Type": "application/json"}
        status, answer = await line.ask(method, path, given, content)
        self.free.append(line)
        if not 200 <= status < 300:
            raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
        return answer

    async def ask_json(self, method: str, path: str, headers: dict[str, str], body: Any) -> Any:
        return json.loads(await self.ask(method, path, headers, body))

    def _take(self) -> Line | None:
        """The one that was used last, if any is fresh."""
        if self.free and time.monotonic() - self.free[-1].used < KEPT_SECONDS:
            return self.free.pop()
        self.close()
        return None

    async def _open(self) -> Line:
        return Line(*await asyncio.open_connection("127.0.0.1", self.port))

    def close(self) -> None:
        while self.free:
            self.free.pop().writer.close()
