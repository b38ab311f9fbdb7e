"""One web process: pages, API and sockets on the doors that `manage.py up` has opened."""

import functools
import socket
import sys
from collections.abc import Sequence

import uvicorn

from helpdesk.asgi import application
from helpdesk.programs import READY_LINE


class Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            sys.stdout.write(f"{READY_LINE}\n")
            sys.stdout.flush()


@functools.cache
def load() -> uvicorn.Config:
    """Imports the protocols, too."""
    config = uvicorn.Config(
        application,
        ws="websockets-sansio",
        ws_max_size=1024 * 1024,
        # Our frames are a few words long: it would save nothing and hold buffers for each socket.
        ws_per_message_deflate=False,
        lifespan="off",
        # The application's own settings decide what is logged; request lines hold what people
        # searched for.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    config.load()
    return config


def serve(doors: Sequence[socket.socket]) -> None:
    Server(load()).run(sockets=list(doors))
