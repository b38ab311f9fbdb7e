"""How often something may be done. Counted in Valkey for all processes together; while it is away
each process counts by itself, so that nothing is unlimited and nobody is locked out."""

import hashlib
import hmac
import time
from collections import OrderedDict

import redis

from core import live
from core.crypto import derive

_SIZE = 20_000
_own: OrderedDict[str, tuple[int, int]] = OrderedDict()
_quiet_until = 0.0


def seconds_to_wait(name: str, who: str, *, at_most: int, seconds: int) -> int:
    """Count one more; 0 if that is within ``at_most`` per ``seconds``, else how long to wait."""
    moment = time.time()
    window = int(moment // seconds)
    key = f"limit:{name}:{_keyed(who)}:{window}"
    count = _count_together(key, seconds)
    if count is None:
        count = _count_alone(key, window)
    return 0 if count <= at_most else max(1, int((window + 1) * seconds - moment) + 1)


def _keyed(who: str) -> str:
    """Addresses of people stand nowhere in clear."""
    return hmac.digest(derive("limits"), who.encode("utf-8", "replace"), hashlib.sha256)[:12].hex()


def _count_together(key: str, seconds: int) -> int | None:
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return None
    try:
        with live.valkey().pipeline(transaction=False) as pipe:
            pipe.incr(key)
            pipe.expire(key, seconds + 1)
            return int(pipe.execute()[0])
    except (redis.RedisError, OSError):
        _quiet_until = time.monotonic() + 1
        return None


def _count_alone(key: str, window: int) -> int:
    count = _own.pop(key, (window, 0))[1] + 1
    _own[key] = (window, count)
    while len(_own) > _SIZE:
        _own.popitem(last=False)
    return count
