"""Live signals: one Valkey channel, one subscription per process, newest number per room.

A signal says *that* something changed, never what: the page then asks over HTTP, where
permission is checked as always. Losing one is harmless; clients resume from a sequence.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

import redis
import redis.asyncio
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("helpdesk.live")

CHANNEL = "live"
RESYNC = -1  # "you may have missed something: read again"
EVERYONE = "*"
# A line on which nothing is heard for this long, not even the answer to a ping, is dead.
PING_SECONDS = 5.0
DEAF_SECONDS = 12.0
# After an outage each process asks for it when it first has something to say.
RESYNC_SECONDS = 2.0
_publisher: redis.Redis | None = None
_quiet_until = 0.0
_missed = False  # signals of this process were lost; everybody must read again


def publish(room: str, number: int) -> None:
    publish_all({room: number})


def publish_all(numbers: Mapping[str, int]) -> None:
    """Tell every process. A lost Valkey costs one short try a second, never a failed request."""
    global _missed, _quiet_until
    if time.monotonic() < _quiet_until:
        _missed = True
        return
    try:
        with valkey().pipeline(transaction=False) as pipeline:
            if _missed:
                pipeline.publish(CHANNEL, f"{EVERYONE} {RESYNC}")
            for room, number in numbers.items():
                pipeline.publish(CHANNEL, f"{room} {number}")
            pipeline.execute()
        _missed = False
    except (redis.RedisError, OSError):
        _missed = True
        _quiet_until = time.monotonic() + 1
        log.warning("Valkey cannot be reached; screens poll until it is back.")


def answers() -> bool:
    """Found out as quickly as for a signal: Celery alone would wait much longer."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return False
    try:
        return bool(valkey().ping())
    except (redis.RedisError, OSError):
        _quiet_until = time.monotonic() + 1
        return False


def valkey() -> redis.Redis:
    global _publisher
    if _publisher is None:
        _publisher = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=0.5,
            socket_connect_timeout=0.5,
            retry=Retry(NoBackoff(), 1),
        )
    return _publisher


def stop_if_cancelled() -> None:
    """A cancellation that comes together with what was waited for is swallowed by asyncio 3.11."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


class Listener(Protocol):
    def signal(self, room: str, number: int) -> None: ...


class Hub:
    """Fans the process's one subscription out to its own sockets."""

    def __init__(self) -> None:
        self.rooms: dict[str, set[Listener]] = defaultdict(set)
        self.task: asyncio.Task[None] | None = None
        self.connected = False
        self.resynced_at = float("-inf")
        self.resyncing: asyncio.TimerHandle | None = None
        self.unsure: set[tuple[str, Listener]] = set()

    def join(self, room: str, listener: Listener) -> None:
        self.rooms[room].add(listener)
        if self.task is None or self.task.done():
            self.resyncing, self.resynced_at, self.unsure = None, float("-inf"), set()
            self.task = asyncio.get_running_loop().create_task(self.run())

    def leave(self, room: str, listener: Listener) -> None:
        if members := self.rooms.get(room):
            members.discard(listener)
            if not members:
                del self.rooms[room]

    async def run(self) -> None:
        while True:
            try:
                await self.listen()
            except (redis.RedisError, OSError) as error:
                log.warning("Live signals interrupted (%s).", type(error).__name__)
            self.connected = False
            await asyncio.sleep(0.5)

    async def listen(self) -> None:
        client = redis.asyncio.from_url(settings.REDIS_URL)
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            heard = time.monotonic()
            while time.monotonic() - heard < DEAF_SECONDS:
                message = await subscription.get_message(timeout=PING_SECONDS)
                stop_if_cancelled()
                if message is None:
                    await subscription.ping()
                else:
                    heard = time.monotonic()
                    self.take(message)
        log.warning("Live signals interrupted: Valkey does not answer.")

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":
            # Also after a break that the client library has mended without a word.
            self.connected = True
            self.resync()
        elif message["type"] == "message":
            room, _, number = message["data"].decode().rpartition(" ")
            self.tell(room, int(number))

    def tell(self, room: str, number: int) -> None:
        if room == EVERYONE:
            self.resync()
            return
        for listener in self.rooms.get(room, ()):
            listener.signal(room, number)

    def resync(self) -> None:
        """Has all that listen now read again; soon after another time, together with who is told
        so until then. Whoever begins to listen later has missed nothing."""
        self.unsure |= {(room, one) for room, found in self.rooms.items() for one in found}
        if self.resyncing:
            return
        wait = self.resynced_at + RESYNC_SECONDS - time.monotonic()
        if wait > 0:
            self.resyncing = asyncio.get_running_loop().call_later(wait, self.resync_now)
        else:
            self.resync_now()

    def resync_now(self) -> None:
        self.resyncing, self.resynced_at = None, time.monotonic()
        unsure, self.unsure = self.unsure, set()
        for room, listener in unsure:
            if listener in self.rooms.get(room, ()):
                listener.signal(room, RESYNC)


hub = Hub()
