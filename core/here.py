"""Who has something open just now, and what they do there. Kept in Valkey alone, for seconds.

Losing it is harmless: every tab says it again. Whoever asks has been allowed to by their caller.
"""

import time
from collections.abc import Callable
from typing import Any

import redis

from core import live

# A tab says again that it is there every third of this; a dead one is gone after it.
SECONDS = 18
STATES = ("viewing", "typing")  # the later one says more
_quiet_until = 0.0


def note(place: str, *, user: str, tab: str, state: str) -> None:
    """``state`` is one of STATES; everybody at the place is told if it is new."""
    entry = f"{state} {int(time.time()) + SECONDS}"

    def write(client: redis.Redis) -> Any:
        before = client.hget(_key(place), f"{user}/{tab}")
        client.hset(_key(place), f"{user}/{tab}", entry)
        client.expire(_key(place), SECONDS)
        return before

    before, was_kept = _ask(write)
    if was_kept and _state_in(before) != state:
        live.publish(room_of(place), 0)


def leave(place: str, *, user: str, tab: str) -> None:
    gone, _ = _ask(lambda client: client.hdel(_key(place), f"{user}/{tab}"))
    if gone:
        live.publish(room_of(place), 0)


def people_at(place: str) -> dict[str, str]:
    """User → state; who has several tabs there is what the busiest of them says."""
    entries, _ = _ask(lambda client: client.hgetall(_key(place)))
    found: dict[str, str] = {}
    for member, entry in (entries or {}).items():
        user, state = member.decode().partition("/")[0], _state_in(entry)
        if state and STATES.index(state) >= STATES.index(found.get(user, STATES[0])):
            found[user] = state
    return found


def room_of(place: str) -> str:
    return f"here:{place}"


def _key(place: str) -> str:
    return f"here:{place}"


def _state_in(entry: bytes | None) -> str:
    state, _, until = (entry or b"").decode().partition(" ")
    is_alive = until.isdigit() and int(until) >= time.time()
    return state if is_alive and state in STATES else ""


def _ask(question: Callable[[redis.Redis], Any]) -> tuple[Any, bool]:
    """What Valkey says, and whether it said anything: while it is away or slow nobody waits."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return None, False
    try:
        return question(live.valkey()), True
    except (redis.RedisError, OSError):
        _quiet_until = time.monotonic() + 1
        return None, False
