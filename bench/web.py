"""One web process: the product's (`chat`), or a bare Channels echo that is served alike (`echo`).

`python -m bench.web PORT KIND`. Both have loaded all of the product, so that only what the sockets
cost is different.
"""

import gc
import socket
import sys
from typing import Any, cast

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from helpdesk import server


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.send(text_data=text_data)


echo = ProtocolTypeRouter({"websocket": cast(Any, URLRouter([path("echo", Echo.as_asgi())]))})


def main() -> None:
    port, kind = int(sys.argv[1]), sys.argv[2]
    if kind == "echo":
        cast(Any, server).application = echo
    server.load()
    # As `manage.py up` does before it forks.
    gc.collect()
    gc.freeze()
    with socket.create_server(("127.0.0.1", port), backlog=2048) as door:
        server.serve([door])


if __name__ == "__main__":
    main()
