"""Whether conversations turn out badly more often after a release than before, looked at again and
again.

What is counted before is fixed once. After it one looks when 20, 40, 80 … conversations are
there, so at most so many times in all; each look is Fisher's exact test to one side at its part of
the chance of a false alarm (Bonferroni 1936). So over all looks and all that is counted, together,
the chance of any false alarm is at most ALPHA, whatever the true share is.
"""

from collections.abc import Sequence

from bots.evaluation.drift import chance_of_fall

ALPHA = 0.01
LEAST_BEFORE = 50
# 20, 40 … 40,960: whatever rises is found by then.
SIZES = tuple(20 * 2**step for step in range(12))


def next_look(count: int, looked: int) -> int:
    """The size for which it is time, 0 for none; ``looked`` is that of the last look."""
    return max((size for size in SIZES if looked < size <= count), default=0)


def chance_of_rise(before: Sequence[int], after: Sequence[int]) -> float:
    """How likely so many bad ones are if nothing has changed. Each is (bad, of so many)."""
    was, now = ([count - bad, count] for bad, count in (before, after))
    return chance_of_fall(was, now)


def is_rise(before: Sequence[int], after: Sequence[int], *, measures: int) -> bool:
    """``measures``: how many things are counted of one release."""
    if before[1] < LEAST_BEFORE:
        return False
    return chance_of_rise(before, after) < ALPHA / (measures * len(SIZES))
