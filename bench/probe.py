"""Says when a reaction and a plain Celery task start, for case 9, and what a bot's turn takes."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache, wraps
from typing import Any

import redis
from celery import shared_task
from django.conf import settings

from core import events
from core.clock import now
from core.events import on
from core.models import Event

_TURN = "bots.reactions.answer"
TURNS = "bench:turns"
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


def time_turns() -> None:
    """What a bot's turn takes in the worker, until all of it is committed."""
    known = events.subscriber(_TURN)
    events._by_name[_TURN] = replace(known, function=_timed(known.function))


def _timed(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def timed(event: Event, lease: Any) -> None:
        waited = (now() - event.at).total_seconds()
        began, spent = time.perf_counter(), time.thread_time()
        function(event, lease)
        took = (time.perf_counter() - began, time.thread_time() - spent, waited)
        valkey().rpush(TURNS, " ".join(f"{part * 1000:.1f}" for part in took))

    return timed
