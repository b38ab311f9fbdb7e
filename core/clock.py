"""What time it is, for everything that changes data."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_fixed: ContextVar[datetime | None] = ContextVar("fixed_clock", default=None)


def now() -> datetime:
    return _fixed.get() or timezone.now()


def is_fixed() -> bool:
    return _fixed.get() is not None


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let what is imported keep the time at which it happened."""
    token = _fixed.set(moment)
    try:
        yield
    finally:
        _fixed.reset(token)
