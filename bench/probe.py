"""Says when a reaction and a plain Celery task start, for case 9."""

import time
from functools import cache

import redis
from celery import shared_task
from django.conf import settings

from core.events import on
from core.models import Event

STARTS = "bench:starts"  # nanoseconds from the commit (or `.delay()`) to the start


@on("bench.pinged")
def note_start(event: Event) -> None:
    note(event.details["sent"])


@shared_task
def plain_task(sent: int) -> None:
    note(sent)


def note(sent: int) -> None:
    # The clock of the machine, which all its processes share.
    valkey().rpush(STARTS, time.monotonic_ns() - sent)


@cache
def valkey() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL)
