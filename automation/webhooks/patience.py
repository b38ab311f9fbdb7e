"""When a webhook that was not taken is tried again, and when no more."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

GIVES_UP_AFTER = timedelta(hours=72)  # since the first try of what is sent
SWITCHED_OFF_AFTER = timedelta(days=5)  # without anything having been taken
_PAUSES = (5, 30, 120, 600, 1800, 3600, 10_800)  # seconds; the last one from then on
_JITTER = 0.2
_LONGEST_WISH = timedelta(hours=24)


def pause_after(attempts: int, *, wished: timedelta = timedelta()) -> timedelta:
    """``attempts``: how many have failed, at least one. ``wished``: what Retry-After asked for,
    which may make the pause longer and never shorter."""
    usual = _PAUSES[min(attempts, len(_PAUSES)) - 1]
    spread = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  so that not all come at once
    return max(timedelta(seconds=usual * spread), min(wished, _LONGEST_WISH))


def read_retry_after(value: str, *, at: datetime) -> timedelta:
    """Seconds or a date (RFC 9110, 10.2.3); nothing for all else."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return timedelta()
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - at, timedelta())
