"""What satisfaction hangs on: how much of it each dimension explains. Pure.

The shares are those of Lindeman, Merenda and Gold (1980), which are Shapley values of R²: what a
dimension adds to least squares, averaged over every order in which they may come in. Unlike
coefficients they add up to R² and stay sensible where dimensions go together, as speed and
solution do. Intervals come from a jackknife over groups (Kott 2001).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import factorial, sqrt
from statistics import fmean

from surveys.figures import Figure, student_quantile

# Below it shares are mostly chance.
LEAST = 30
_GROUPS = 20
_SAME = 1e-9  # of variance left, below which a dimension says what others have said


@dataclass(frozen=True, slots=True)
class Drivers:
    """``shares`` in per cent of what is explained, the strongest first."""

    n: int
    explained: float  # R², 0 to 1
    shares: tuple[tuple[str, Figure], ...]


def find_drivers(
    scores: Sequence[float], dimensions: Mapping[str, Sequence[float]]
) -> Drivers | None:
    """None where there are too few answers, or nothing differs."""
    names = sorted(dimensions)
    n = len(scores)
    if n < LEAST or not names:
        return None
    rows = list(zip(scores, *(dimensions[name] for name in names), strict=True))
    # Dealt to groups in turn; a sum without a group is the whole less the group's.
    groups = [_sum_up(rows[group::_GROUPS]) for group in range(_GROUPS)]
    whole = [sum(values) for values in zip(*groups, strict=True)]
    parts = _parts_of(whole, len(names))
    explained = sum(parts)
    if explained <= _SAME:
        return None
    left = [[one - less for one, less in zip(whole, group, strict=True)] for group in groups]
    bounds = _jackknife([_shares_of(_parts_of(sums, len(names))) for sums in left])
    shares = [
        (name, Figure(n, value, max(0.0, value - half), min(100.0, value + half)))
        for name, value, half in zip(names, _shares_of(parts), bounds, strict=True)
    ]
    shares.sort(key=lambda pair: -(pair[1].value or 0))
    return Drivers(n, explained, tuple(shares))


def _shares_of(parts: Sequence[float]) -> list[float]:
    total = sum(parts)
    return [100 * part / total if total > _SAME else 0.0 for part in parts]


def _jackknife(left: Sequence[Sequence[float]]) -> list[float]:
    """Half the width of each share's interval, from the shares without each group."""
    halves = []
    for seen in zip(*left, strict=True):
        middle = fmean(seen)
        spread = (_GROUPS - 1) / _GROUPS * sum((one - middle) ** 2 for one in seen)
        halves.append(student_quantile(0.975, _GROUPS - 1) * sqrt(spread))
    return halves


def _sum_up(rows: Sequence[Sequence[float]]) -> list[float]:
    """How many, the sum of each column, the sum of each product of two."""
    columns = list(zip(*rows, strict=True))
    sums = [float(sum(column)) for column in columns]
    products = [sum(a * b for a, b in zip(x, y, strict=True)) for x in columns for y in columns]
    return [float(len(rows)), *sums, *products]


def _parts_of(sums: Sequence[float], size: int) -> list[float]:
    """What each dimension adds to R² on average over all orders; together they are R²."""
    product = _products(sums, size + 1)

    @cache
    def explained(chosen: tuple[int, ...]) -> float:
        return _r_squared(product, chosen)

    parts = []
    for one in range(1, size + 1):
        others = [other for other in range(1, size + 1) if other != one]
        part = 0.0
        for many in range(size):
            weight = factorial(many) * factorial(size - many - 1) / factorial(size)
            for chosen in combinations(others, many):
                both = tuple(sorted((*chosen, one)))
                part += weight * (explained(both) - explained(chosen))
        parts.append(max(0.0, part))
    return parts


def _products(sums: Sequence[float], width: int) -> list[list[float]]:
    """Of columns around their means; the first is the overall score."""
    n, totals = sums[0], sums[1 : width + 1]
    raw = sums[width + 1 :]
    return [
        [raw[x * width + y] - totals[x] * totals[y] / n for y in range(width)] for x in range(width)
    ]


def _r_squared(product: Sequence[Sequence[float]], chosen: tuple[int, ...]) -> float:
    """Of the first column by the chosen ones: by sweeping each in turn out of the rest."""
    total = product[0][0]
    if total <= _SAME:
        return 0.0
    left = [list(row) for row in product]
    for one in chosen:
        pivot = left[one][one]
        if pivot <= _SAME * max(product[one][one], _SAME):
            continue
        column = [row[one] / pivot for row in left]
        left = [
            [value - column[at] * left[one][other] for other, value in enumerate(row)]
            for at, row in enumerate(left)
        ]
    return 1 - left[0][0] / total
