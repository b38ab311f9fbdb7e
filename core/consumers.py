"""What the sockets of agents and of visitors share."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Coroutine
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

log = logging.getLogger("helpdesk.live")

COME_BACK = 1013  # "try again later", RFC 6455's registry
# About so long until it is said: a database that stumbles would see all pages again at once, and
# a fault that stays would have them come without end.
COME_BACK_SECONDS = 2.0


class LineConsumer(AsyncWebsocketConsumer):
    """A line to an open page, with parts that run beside each other as long as it stands.

    However it ends, ``disconnect`` is called, perhaps twice.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:  # after a fault of ours nobody tells of the end
            await self.disconnect(1006)

    def play(self, part: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(self._play(part)))

    async def _play(self, part: Coroutine[Any, Any, None]) -> None:
        """Where a part fails the page would hear half: it is sent away, comes back, and is told
        all anew."""
        try:
            await part
        except Exception:  # whatever it was, a fresh line may do
            log.warning("An open page is asked to come back.", exc_info=True)
            spread = random.uniform(0.5, 1.5)  # noqa: S311  so that not all come at once
            await asyncio.sleep(COME_BACK_SECONDS * spread)
            await self.end(COME_BACK)

    async def end(self, code: int) -> None:
        with contextlib.suppress(RuntimeError):  # closed meanwhile
            await self.close(code)

    async def disconnect(self, code: int) -> None:
        for task in self.tasks:
            task.cancel()
