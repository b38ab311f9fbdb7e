"""Two shares compared while they grow: an interval for their difference that holds at every look.

For each share a test martingale (Robbins 1970, "Statistical methods related to the law of the
iterated logarithm", Ann. Math. Stat. 41, 1397-1409; for proportions Howard, Ramdas, McAuliffe,
Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Ann. Stat. 49,
1055-1080). With k of n solved and a supposed share p it is

    M(p) = B(cp + k, c(1-p) + n - k) / B(cp, c(1-p)) / (p^k (1-p)^(n-k)),

the likelihood mixed over a Beta distribution around p, over the likelihood of p. If p is the share,
M starts at 1, is a nonnegative martingale as dialogues come in, and so is the product over both
sides, whichever side the next one falls to. By Ville's inequality the product exceeds 1/alpha at
any time at all with a chance of at most alpha. The interval holds every difference of two shares
whose product is below that. Nothing is approximated but the grid, which is rounded outwards.
"""

from bisect import bisect_left
from dataclasses import dataclass
from math import inf, lgamma, log

ALPHA = 0.05
# The strength of the Beta distribution: the interval is nearly as short as can be between some
# hundred and some thousand dialogues a side.
STRENGTH = 150.0
_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Side:
    solved: int = 0
    count: int = 0

    @property
    def share(self) -> float | None:
        return self.solved / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of the candidate's share less the live one's."""

    low: float
    high: float
    difference: float | None

    @property
    def verdict(self) -> str:
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "open"


def compare(candidate: Side, live: Side, *, alpha: float = ALPHA) -> Comparison:
    limit = log(1 / alpha)
    new, old = _evidence(candidate), _evidence(live)
    reach = _largest(new, old, limit), _largest(old, new, limit)
    high, low = reach[0] / _STEPS, -reach[1] / _STEPS
    difference = None
    if candidate.share is not None and live.share is not None:
        difference = candidate.share - live.share
    return Comparison(max(low, -1.0), min(high, 1.0), difference)


def _evidence(side: Side) -> list[float]:
    """log M at every step from 0 to 1."""
    k, missed, c = side.solved, side.count - side.solved, STRENGTH
    constant = lgamma(c) - lgamma(c + side.count)
    found = [0.0 if k == 0 else inf]
    for step in range(1, _STEPS):
        p = step / _STEPS
        a, b = c * p, c * (1 - p)
        mixed = lgamma(a + k) - lgamma(a) + lgamma(b + missed) - lgamma(b) + constant
        found.append(mixed - k * log(p) - missed * log(1 - p))
    found.append(0.0 if missed == 0 else inf)
    return found


def _largest(one: list[float], other: list[float], limit: float) -> int:
    """The most steps by which ``one`` may lie above ``other``, two steps added: what lies between
    two steps of either counts, too."""
    best = -_STEPS - 2
    lowest_yet: list[float] = []  # falls, so that it can be searched
    for value in other:
        lowest_yet.append(min(value, lowest_yet[-1]) if lowest_yet else value)
    falling = [-value for value in lowest_yet]
    for step, value in enumerate(one):
        room = limit - value
        first = bisect_left(falling, -room)
        if first < len(falling):
            best = max(best, step - first)
    return best + 2
