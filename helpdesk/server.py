"""One web process: pages, API and sockets on the doors that `manage.py up` has opened."""

import contextlib
import functools
import resource
import socket
import sys
from collections.abc import Sequence

import uvicorn

from helpdesk.asgi import application
from helpdesk.programs import READY_LINE

MOST_FILES = 65_536


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


def take_all_sockets() -> None:
    """Each page and each visitor holds one open; how many a process may have is often set low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(doors: Sequence[socket.socket]) -> None:
    # Between any two steps of the loop that serves all sockets, each thread that answers a request
    # may keep it waiting for so long. The usual 5 ms make of eight busy threads a halting loop.
    sys.setswitchinterval(0.0005)
    take_all_sockets()
    Server(load()).run(sockets=list(doors))
