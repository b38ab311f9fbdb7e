"""Serves the ceilings as the product is served: two processes, uvicorn, WSGI in threads."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, cast

import django
import uvicorn
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

PROCESSES = 2
THREADS = 8


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()
    take_off_the_rest()
    application = WSGIMiddleware(cast(Any, WSGIHandler()), workers=THREADS)
    config = uvicorn.Config(
        cast(Any, application), lifespan="off", log_config=None, access_log=False
    )
    config.load()
    door = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
    children = [serve(config, door) for _ in range(PROCESSES)]
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: stop(children))
    for child in children:
        os.waitpid(child, 0)


def take_off_the_rest() -> None:
    """After the set-up, as some apps insist on what a request passes."""
    settings.MIDDLEWARE = []
    settings.ROOT_URLCONF = "bench.bare_views"
    folder = Path(__file__).resolve().parent / "templates"
    backend = "django.template.backends.django.DjangoTemplates"
    settings.TEMPLATES = [{"BACKEND": backend, "DIRS": [folder]}]


def serve(config: uvicorn.Config, door: socket.socket) -> int:
    child = os.fork()
    if not child:
        uvicorn.Server(config).run(sockets=[door])
        os._exit(0)
    return child


def stop(children: list[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGTERM)


if __name__ == "__main__":
    main()
