"""Whether a share fell by more than chance allows."""

from collections.abc import Sequence
from math import exp, lgamma

# Three shares a month are looked at: about one false alarm in three years.
CHANCE = 0.01


def chance_of_fall(before: Sequence[int], after: Sequence[int]) -> float:
    """How likely it is to find so few right this time if nothing has changed.

    Each is (right, of so many). Fisher's exact test to one side (Fisher 1935, "The logic of
    inductive inference", J. R. Stat. Soc. 98): with all that was right in both months given, this
    month's part of it is hypergeometric.
    """
    right_before, count_before = before
    right, count = after
    all_right, everything = right_before + right, count_before + count
    if not count or not count_before:
        return 1.0
    least = max(0, count - (everything - all_right))
    most = min(right, count, all_right)
    whole = _choose(everything, count)
    chances = (
        _choose(all_right, few) + _choose(everything - all_right, count - few) - whole
        for few in range(least, most + 1)
    )
    return min(1.0, sum(exp(one) for one in chances))


def _choose(of: int, many: int) -> float:
    """The logarithm of the number of ways."""
    return lgamma(of + 1) - lgamma(many + 1) - lgamma(of - many + 1)


def has_fallen(before: Sequence[int], after: Sequence[int]) -> bool:
    return chance_of_fall(before, after) < CHANCE
