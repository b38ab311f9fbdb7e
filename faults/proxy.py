"""A TCP proxy that misbehaves on demand, and the thread in which all of them live."""

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

CHUNK = 65_536
# Closing with this set sends a reset instead of a goodbye.
RESET = struct.pack("ii", 1, 0)


@dataclass
class Snap:
    """Wait for these bytes from a client, pass them on, and let it never hear the answer."""

    marker: bytes
    left: int
    hold: "Hold | None" = None


@dataclass
class Hold:
    """Instead of cutting: keep the answer back, and say who waits for it."""

    caught: threading.Event
    released: asyncio.Event
    port: int = 0  # the waiting client's own
    said: bytes = b""


@dataclass(eq=False)
class Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    snap: Snap | None = None
    said: bytes = b""  # the client's last bytes, for a marker that comes in two pieces
    is_frozen: bool = False  # nothing passes any more, and neither end is told

    @property
    def port(self) -> int:
        """The client's own."""
        return int(self.client.get_extra_info("peername")[1])

    def reset(self) -> None:
        for writer in (self.client, self.server):
            reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


class Switchboard:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any], *, seconds: float = 10) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def call(self, function: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(function)

    def stop(self) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        with contextlib.suppress(TimeoutError):
            self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


class Proxy:
    """Its public methods may be called from any thread."""

    def __init__(self, board: Switchboard, name: str, target: int) -> None:
        self.board, self.name, self.target = board, name, target
        self.links: set[Link] = set()
        self.delay = 0.0
        self.open = asyncio.Event()
        self.is_shut = False
        self.snaps: list[Snap] = []
        self.cut_links = 0
        self.server: asyncio.Server = board.run(self._listen())
        self.port: int = self.server.sockets[0].getsockname()[1]

    async def _listen(self) -> asyncio.Server:
        self.open.set()
        return await asyncio.start_server(self._meet, "127.0.0.1", 0, backlog=512)

    # What can be asked of it

    def cut(self) -> int:
        """Reset all connections; say how many there were."""

        return len(self.cut_some(1.0))

    def cut_some(self, share: float, dice: random.Random | None = None) -> list[int]:
        """Reset so many of the lines; say the clients' ports."""

        async def cut() -> list[int]:
            links = self._choose(share, dice)
            for link in links:
                link.reset()
            return [link.port for link in links]

        return list(self.board.run(cut()))

    def freeze_some(self, share: float, dice: random.Random | None = None) -> list[int]:
        """Leave so many of the lines half open, for ever; say the clients' ports."""

        async def freeze() -> list[int]:
            links = self._choose(share, dice)
            for link in links:
                link.is_frozen = True
            return [link.port for link in links]

        return list(self.board.run(freeze()))

    def _choose(self, share: float, dice: random.Random | None) -> list[Link]:
        links = sorted((link for link in self.links if not link.is_frozen), key=lambda x: x.port)
        count = min(len(links), max(round(len(links) * share), 1))
        return (dice or random).sample(links, count)

    def shut(self) -> None:
        """Reset all lines, and whoever comes, until it is opened."""
        self.is_shut = True
        self.cut()

    def unshut(self) -> None:
        self.is_shut = False

    def close_hole(self) -> None:
        """Let bytes through again."""
        self.board.call(self.open.set)

    def open_hole(self) -> None:
        """Swallow time: nothing passes in either direction, nobody is told."""
        self.board.call(self.open.clear)

    def snap(self, marker: bytes, count: int) -> Snap:
        """After each of the next ``count`` markers the client loses its line before the answer."""
        snap = Snap(marker, count)
        self.board.call(lambda: self.snaps.append(snap))
        return snap

    def hold(self, marker: bytes) -> Hold:
        hold = Hold(threading.Event(), asyncio.Event())
        snap = Snap(marker, 1, hold)
        self.board.call(lambda: self.snaps.append(snap))
        return hold

    def release(self, hold: Hold) -> None:
        self.board.call(hold.released.set)

    def heal(self) -> None:
        self.delay, self.is_shut = 0.0, False
        self.board.call(self.snaps.clear)
        self.close_hole()

    # How it works

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.is_shut:
                raise ConnectionRefusedError
            back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            reset(writer)
            return
        link = Link(writer, forth)
        self.links.add(link)
        try:
            await asyncio.gather(self._ask(link, reader), self._answer(link, back))
        except (OSError, asyncio.CancelledError):
            link.reset()
        finally:
            self.links.discard(link)
            link.server.close()
            link.client.close()

    async def _ask(self, link: Link, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(CHUNK):
            await self._wait(link)
            self._look(link, chunk)
            link.server.write(chunk)
            await link.server.drain()
        with contextlib.suppress(OSError, RuntimeError):
            link.server.write_eof()

    def _look(self, link: Link, chunk: bytes) -> None:
        seen = link.said[-16:] + chunk
        link.said = (link.said + chunk)[-CHUNK:]
        for snap in self.snaps:
            if link.snap is None and snap.left and snap.marker in seen:
                snap.left -= 1
                link.snap = snap

    async def _answer(self, link: Link, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(CHUNK):
            await self._wait(link)
            if link.snap and await self._fell_for(link, link.snap):
                return
            link.client.write(chunk)
            await link.client.drain()
        with contextlib.suppress(OSError, RuntimeError):
            link.client.write_eof()

    async def _fell_for(self, link: Link, snap: Snap) -> bool:
        """True when the line was cut, False when the answer was only kept back."""
        if snap.hold is None:
            self.cut_links += 1
            link.reset()
            return True
        link.snap = None
        snap.hold.port = link.client.get_extra_info("peername")[1]
        snap.hold.said = link.said
        snap.hold.caught.set()
        await snap.hold.released.wait()
        return False

    async def _wait(self, link: Link) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await self.open.wait()
        if link.is_frozen:
            await asyncio.Event().wait()
