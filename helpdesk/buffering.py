"""Between the sockets and the few threads that answer requests.

A request reaches a thread when it is whole: otherwise a handful of connections that begin a
request and never end it would stop everybody's, and a form cut off in the middle would be read as
a short one. An answer leaves its thread at once, however slowly it is read.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from os import SEEK_END
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Headers = Sequence[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Larger than everything a view takes: these refuse with their own words.
LARGEST = 64 * 1024 * 1024
# What is held in memory of one request or of one answer; the rest lies in a file without a name.
IN_MEMORY = 128 * 1024
_CHUNK = 64 * 1024
# A request must go on after so many seconds, and come at this pace after its first minute.
LONGEST_PAUSE = 30.0
_GRACE = 60.0
_BYTES_PER_SECOND = 8 * 1024


class TooLarge(Exception):
    pass


class Buffered:
    """In front of an application whose every request takes a thread."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        names = {name for name, _value in scope["headers"]}
        if not names & {b"content-length", b"transfer-encoding"}:
            await self._answer(scope, receive, send)
            return
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                is_whole = await read_whole(receive, body)
            except TimeoutError:
                await refuse(send, 408, b"The request did not arrive in time.\n")
            except TooLarge:
                await refuse(send, 413, b"The request is too large.\n")
            else:
                if is_whole:
                    whole = {**scope, "headers": with_length(scope["headers"], body)}
                    await self._answer(whole, _receive_from(body, receive), send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        outlet = Outlet(send)
        try:
            await self.app(scope, receive, outlet.put)
            await outlet.finish()
        finally:
            outlet.close()


async def read_whole(receive: Receive, body: IO[bytes]) -> bool:
    """False if the connection ended before the request did.

    Raises ``TimeoutError``, ``TooLarge``.
    """
    began, size, more = time.monotonic(), 0, True
    while more:
        left = began + _GRACE + size / _BYTES_PER_SECOND - time.monotonic()
        message = await asyncio.wait_for(receive(), min(LONGEST_PAUSE, max(left, 0.01)))
        if message["type"] == "http.disconnect":
            return False
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise TooLarge
        body.write(chunk)
        more = message.get("more_body", False)
    body.seek(0)
    return True


def with_length(headers: Headers, body: IO[bytes]) -> Headers:
    """What came in chunks has a length now; WSGI knows no request without."""
    if not any(name == b"transfer-encoding" for name, _value in headers):
        return headers
    size = body.seek(0, SEEK_END)
    body.seek(0)
    others = [one for one in headers if one[0] not in (b"transfer-encoding", b"content-length")]
    return [*others, (b"content-length", str(size).encode())]


def _receive_from(body: IO[bytes], receive: Receive) -> Receive:
    is_over = False

    async def receive_buffered() -> Message:
        nonlocal is_over
        if is_over:
            return await receive()
        chunk = body.read(_CHUNK)
        is_over = len(chunk) < _CHUNK
        return {"type": "http.request", "body": chunk, "more_body": not is_over}

    return receive_buffered


async def refuse(send: Send, status: int, words: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(words)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words})


class Outlet:
    """Takes an answer as fast as it is made and passes it on as fast as it is read."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.waiting: deque[Message] = deque()
        self.in_memory = 0
        self.spool: IO[bytes] | None = None
        self.written = 0
        self.pump: asyncio.Task[None] | None = None

    async def put(self, message: Message) -> None:
        body = message.get("body", b"")
        if body and self.in_memory + len(body) > IN_MEMORY:
            message = {**message, "body": b"", "spooled": self._spool(body)}
        else:
            self.in_memory += len(body)
        self.waiting.append(message)
        if self.pump is None or self.pump.done():
            self._raise_failure()
            self.pump = asyncio.create_task(self._pass_on())

    def _spool(self, body: bytes) -> tuple[int, int]:
        if self.spool is None:
            self.spool = TemporaryFile()  # noqa: SIM115  lives as long as the answer
        self.spool.seek(self.written)
        self.spool.write(body)
        place = self.written, len(body)
        self.written += len(body)
        return place

    async def _pass_on(self) -> None:
        while self.waiting:
            message = self.waiting.popleft()
            if self.spool and "spooled" in message:
                offset, length = message.pop("spooled")
                self.spool.seek(offset)
                message["body"] = self.spool.read(length)
            else:
                self.in_memory -= len(message.get("body", b""))
            await self.send(message)

    async def finish(self) -> None:
        if self.pump:
            await self.pump

    def _raise_failure(self) -> None:
        if self.pump and not self.pump.cancelled() and (error := self.pump.exception()):
            raise error

    def close(self) -> None:
        if self.pump and not self.pump.done():
            self.pump.cancel()
        if self.spool:
            self.spool.close()
