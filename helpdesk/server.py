"""One web process: serves pages, API and sockets on the doors it inherits from `manage.py up`."""

import os
import sys

import uvicorn

from helpdesk.doors import inherited_doors
from helpdesk.programs import READY_LINE


class Server(uvicorn.Server):
    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            sys.stdout.write(f"{READY_LINE}\n")
            sys.stdout.flush()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    config = uvicorn.Config(
        "helpdesk.asgi:application",
        ws="websockets-sansio",
        ws_max_size=1024 * 1024,
        lifespan="off",
        # The application's own settings decide what is logged; request lines hold what people
        # searched for.
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    Server(config).run(sockets=inherited_doors("HELPDESK_HTTP_FDS"))


if __name__ == "__main__":
    main()
