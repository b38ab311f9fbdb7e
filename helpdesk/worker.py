"""The Celery worker and beat as `manage.py up` runs them; elsewhere `celery -A helpdesk` does."""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from threading import Thread

from celery.signals import worker_init, worker_process_init, worker_ready

from helpdesk.celery import app
from helpdesk.programs import READY_LINE

PROCESSES = 2
QUEUES = ("celery", "send", "talk", "read", "assist", "bulk", "vectors", "webhooks")
# Celery imports them by name when it starts.
PARTS = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "celery.worker.strategy",
    "kombu.transport.redis",
)


def load() -> None:
    for part in PARTS:
        import_module(part)
    app.loader.import_default_modules()
    app.finalize()


@worker_ready.connect
def tell_supervisor(**_: object) -> None:
    # Celery replaces sys.stdout by its logger.
    os.write(1, f"{READY_LINE}\n".encode())


@worker_init.connect
def share(**_: object) -> None:
    """Before the processes that do the work are forked from this one."""
    import_module("bots.actions.warming").share_encoders()
    # Untouched by the collector it stays shared.
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def warm_up(**_: object) -> None:
    """Beside the work: the first customer must not wait for what bots load."""
    Thread(target=import_module("bots.actions.warming").warm_up_bots, daemon=True).start()


def work() -> None:
    worker = app.Worker(
        concurrency=PROCESSES,
        queues=",".join(QUEUES),
        loglevel="INFO",
        # There is one worker; it need not talk to others.
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    sys.exit(worker.exitcode)


def beat(schedule: Path) -> None:
    app.Beat(schedule=str(schedule), loglevel="INFO").run()
