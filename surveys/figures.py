"""Figures of satisfaction with their intervals. Pure; each formula stands in docs/surveys.md.

All intervals are two-sided with 95 % unless told otherwise.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """``low`` and ``high``: the interval; None where there is too little for one."""

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None

    def is_shown(self, least: int) -> bool:
        return self.value is not None and self.n >= least


NOTHING = Figure(0)


def z_of(level: float = LEVEL) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(hits: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's score interval of a proportion; stays within 0 and 1, also at the ends."""
    z = z_of(level)
    share = hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def share(hits: int, n: int, level: float = LEVEL) -> Figure:
    """A proportion in per cent: response rate, coverage, share of good answers."""
    if not n:
        return NOTHING
    low, high = wilson(hits, n, level)
    return Figure(n, 100 * hits / n, 100 * low, 100 * high)


def csat(scores: Sequence[int], level: float = LEVEL) -> Figure:
    """Satisfied answers (4 and 5 of 5) in per cent of all answers."""
    return share(sum(score >= 4 for score in scores), len(scores), level)


def nps(scores: Sequence[int], level: float = LEVEL) -> Figure:
    """Per cent promoters (9, 10) less per cent detractors (0 to 6), with the interval of the
    difference of two shares of one sample."""
    n = len(scores)
    if not n:
        return NOTHING
    up = sum(score >= 9 for score in scores) / n
    down = sum(score <= 6 for score in scores) / n
    value = up - down
    half = z_of(level) * math.sqrt(max(0.0, up + down - value * value) / n)
    return Figure(n, 100 * value, 100 * max(-1.0, value - half), 100 * min(1.0, value + half))


def ces(scores: Sequence[int], level: float = LEVEL) -> Figure:
    """The mean of 1 to 7 with Student's interval."""
    return mean(scores, level, within=(1, 7))


def mean(
    values: Sequence[float], level: float = LEVEL, *, within: tuple[float, float] | None = None
) -> Figure:
    n = len(values)
    if not n:
        return NOTHING
    middle = fmean(values)
    if n == 1:
        return Figure(1, middle)
    half = student_quantile(0.5 + level / 2, n - 1) * stdev(values) / math.sqrt(n)
    low, high = middle - half, middle + half
    if within:
        low, high = max(within[0], low), min(within[1], high)
    return Figure(n, middle, low, high)


def student_quantile(share: float, freedom: int) -> float:
    """Of Student's t; by halving, which is fast enough for a page."""
    low, high = 0.0, 1000.0
    while high - low > 1e-10 * max(1.0, high):
        middle = (low + high) / 2
        if _student_share(middle, freedom) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_share(t: float, freedom: int) -> float:
    """P(T ≤ t) for t ≥ 0: the finite sums for whole degrees of freedom."""
    angle = math.atan2(t, math.sqrt(freedom))
    cos, sin = math.cos(angle), math.sin(angle)
    if freedom % 2:
        term, total = cos, cos if freedom > 1 else 0.0
        for k in range(3, freedom - 1, 2):
            term *= cos * cos * (k - 1) / k
            total += term
        within = 2 / math.pi * (angle + sin * total)
    else:
        term, total = 1.0, 1.0
        for k in range(2, freedom, 2):
            term *= cos * cos * (k - 1) / k
            total += term
        within = sin * total
    return 0.5 + within / 2


SCORED = {"csat": csat, "nps": nps, "ces": ces}


def difference(one: Figure, other: Figure) -> Figure:
    """Of two independent figures, by Newcombe's way: the distances of their own bounds."""
    if None in (one.value, one.low, one.high, other.value, other.low, other.high):
        return Figure(one.n + other.n)
    assert one.value is not None and one.low is not None and one.high is not None  # noqa: S101
    assert other.value is not None and other.low is not None  # noqa: S101
    assert other.high is not None  # noqa: S101
    value = one.value - other.value
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Figure(one.n + other.n, value, value - down, value + up)


# Who answers is not who was asked


def weights_of(
    asked: Mapping[Hashable, int], answered: Mapping[Hashable, int]
) -> dict[Hashable, float]:
    """What one answer of each group counts so that groups weigh as they were asked. Groups of
    which nobody answered cannot be weighed; the others stand for them, and the mean is 1."""
    reached = {group: n for group, n in asked.items() if answered.get(group)}
    everybody, said = sum(reached.values()), sum(answered[group] for group in reached)
    if not everybody:
        return {}
    return {group: (n / everybody) / (answered[group] / said) for group, n in reached.items()}


def weighted_csat(
    scores: Mapping[Hashable, Sequence[int]],
    asked: Mapping[Hashable, int],
    level: float = LEVEL,
) -> Figure:
    """Satisfied answers, each group weighing as it was asked; Wilson with Kish's effective n."""
    good = {group: [float(one >= 4) for one in given] for group, given in scores.items()}
    found = _weigh(good, asked)
    if found is None:
        return NOTHING
    n, value, _variance, effective = found
    low, high = wilson(value * effective, effective, level)
    return Figure(n, 100 * value, 100 * low, 100 * high)


def weighted_nps(
    scores: Mapping[Hashable, Sequence[int]],
    asked: Mapping[Hashable, int],
    level: float = LEVEL,
) -> Figure:
    """Promoters less detractors, each group weighing as it was asked."""
    signs = {group: [(one >= 9) - (one <= 6) for one in given] for group, given in scores.items()}
    found = _weigh(signs, asked)
    if found is None:
        return NOTHING
    n, value, variance, effective = found
    half = z_of(level) * math.sqrt(variance / effective)
    return Figure(n, 100 * value, 100 * max(-1.0, value - half), 100 * min(1.0, value + half))


def weighted_ces(
    scores: Mapping[Hashable, Sequence[int]],
    asked: Mapping[Hashable, int],
    level: float = LEVEL,
) -> Figure:
    """The mean, each group weighing as it was asked; Student's interval with whole degrees of
    freedom, rounded down to the safe side."""
    found = _weigh(scores, asked)
    if found is None:
        return NOTHING
    n, value, variance, effective = found
    freedom = math.floor(effective - 1 + 1e-9)
    if freedom < 1:
        return Figure(n, value)
    half = student_quantile(0.5 + level / 2, freedom) * math.sqrt(variance / (effective - 1))
    return Figure(n, value, max(1.0, value - half), min(7.0, value + half))


def _weigh(
    values: Mapping[Hashable, Sequence[float]], asked: Mapping[Hashable, int]
) -> tuple[int, float, float, float] | None:
    """How many, their weighted mean and variance, and Kish's effective n."""
    weights = weights_of(asked, {group: len(given) for group, given in values.items()})
    rows = [(weights[group], one) for group in weights for one in values[group]]
    total = sum(weight for weight, _one in rows)
    if not total:
        return None
    value = sum(weight * one for weight, one in rows) / total
    variance = sum(weight * (one - value) ** 2 for weight, one in rows) / total
    return len(rows), value, variance, total**2 / sum(weight**2 for weight, _one in rows)


@dataclass(frozen=True, slots=True)
class Bias:
    """``p``: how likely so unequal a response would be by chance alone."""

    freedom: int
    statistic: float
    p: float


def response_bias(asked: Mapping[Hashable, int], answered: Mapping[Hashable, int]) -> Bias | None:
    """Whether groups answer unequally often: Pearson's chi-squared of groups × answered or not."""
    everybody, said = sum(asked.values()), sum(answered.get(group, 0) for group in asked)
    if len(asked) < 2 or not 0 < said < everybody:
        return None
    rate = said / everybody
    statistic = 0.0
    for group, n in asked.items():
        hits = answered.get(group, 0)
        for seen, hoped in ((hits, n * rate), (n - hits, n * (1 - rate))):
            statistic += (seen - hoped) ** 2 / hoped if hoped else 0.0
    freedom = sum(n > 0 for n in asked.values()) - 1
    return Bias(freedom, statistic, _chi_squared_above(statistic, freedom)) if freedom else None


def _chi_squared_above(value: float, freedom: int) -> float:
    """P(X > value), by the finite sums for whole degrees of freedom."""
    half = value / 2
    if freedom % 2 == 0:
        term = total = math.exp(-half)
        for k in range(1, freedom // 2):
            term *= half / k
            total += term
        return min(1.0, total)
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
    for k in range(1, (freedom - 1) // 2 + 1):
        total += term
        term *= half / (k + 0.5)
    return min(1.0, total)


WEIGHTED = {"csat": weighted_csat, "nps": weighted_nps, "ces": weighted_ces}


# Bot and people on like cases


def like_for_like(
    one: Mapping[Hashable, Sequence[int]], other: Mapping[Hashable, Sequence[int]]
) -> tuple[Figure, int]:
    """Satisfied shares of two sides, compared within strata of like cases that both have, each
    stratum by the harmonic weight of its two sizes (Mantel and Haenszel's difference). Second:
    how many strata could be compared."""
    both = [key for key in one if one[key] and other.get(key)]
    total = value = variance = 0.0
    n = 0
    for key in both:
        a, b = one[key], other[key]
        weight = len(a) * len(b) / (len(a) + len(b))
        p, q = _good(a), _good(b)
        total += weight
        value += weight * (p - q)
        # Two added to each side keep a stratum of one voice from passing for certain.
        p_, q_ = _agresti(a), _agresti(b)
        variance += weight**2 * (p_ * (1 - p_) / (len(a) + 2) + q_ * (1 - q_) / (len(b) + 2))
        n += len(a) + len(b)
    if not total:
        return NOTHING, 0
    half = z_of() * math.sqrt(variance) / total
    middle = value / total
    figure = Figure(n, 100 * middle, 100 * (middle - half), 100 * (middle + half))
    return figure, len(both)


def _good(scores: Sequence[int]) -> float:
    return sum(score >= 4 for score in scores) / len(scores)


def _agresti(scores: Sequence[int]) -> float:
    return (sum(score >= 4 for score in scores) + 1) / (len(scores) + 2)
