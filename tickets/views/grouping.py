"""Many changes in a row by the same person become one line that unfolds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

# Fewer are read faster than unfolded.
LEAST = 4
AT_ONCE = timedelta(minutes=10)
# These can be taken back from their own line.
_ALONE = {"ticket.merged", "ticket.unmerged", "ticket.split", "ticket.unsplit"}


@dataclass(frozen=True, slots=True)
class Group:
    count: int
    first: Any
    last: Any


def group_changes(entries: list[Any]) -> None:
    """Mark the entries with which a group begins and ends."""
    for run in _runs(entries):
        if len(run) >= LEAST:
            run[0].group = Group(len(run), run[0].item.event, run[-1].item.event)
            run[-1].ends_group = True


def _runs(entries: list[Any]) -> Iterable[list[Any]]:
    run = entries[:1]
    for before, entry in pairwise(entries):
        if _belong_together(before, entry):
            run.append(entry)
        else:
            yield run
            run = [entry]
    yield [entry for entry in run if _can_join(entry)]


def _can_join(entry: Any) -> bool:
    return entry.item.event is not None and entry.item.event.name not in _ALONE


def _belong_together(before: Any, entry: Any) -> bool:
    if not (_can_join(before) and _can_join(entry)) or entry.starts_day:
        return False
    a, b = before.item.event, entry.item.event
    same = (a.actor_kind, a.actor_id) == (b.actor_kind, b.actor_id)
    return bool(same and abs(b.at - a.at) <= AT_ONCE)
