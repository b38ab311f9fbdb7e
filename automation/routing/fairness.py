"""Equal shares over a window.

Deficit round robin without rounds: over the window everybody's counter grows with their capacity's
share of what was given to those who compete now, and falls by what came to them. Who is furthest
behind is next. Counters are computed from what was given, so nothing can drift or be lost.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from automation.routing.shapes import Candidate


def deficits(people: Sequence[Candidate]) -> dict[UUID, float]:
    """Units by which each is behind their share (below zero: ahead). They sum up to nothing."""
    given = sum(one.given for one in people)
    capacity = sum(one.capacity for one in people) or 1
    return {one.id: given * one.capacity / capacity - one.given for one in people}


def gini(loads: Iterable[float]) -> float:
    """0: all have the same; near 1: one has everything. 0 where there is nothing to share."""
    ordered = sorted(loads)
    total, count = sum(ordered), len(ordered)
    if not total:
        return 0.0
    ranked = sum(place * load for place, load in enumerate(ordered, start=1))
    return 2 * ranked / (count * total) - (count + 1) / count
