"""One Celery worker, which tells the supervisor when it is at work."""

import os
import sys

from celery.signals import worker_ready

from helpdesk.celery import app
from helpdesk.programs import READY_LINE


@worker_ready.connect
def tell_supervisor(**_: object) -> None:
    # Celery replaces sys.stdout by its logger.
    os.write(1, f"{READY_LINE}\n".encode())


if __name__ == "__main__":
    app.worker_main(["worker", *sys.argv[1:]])
