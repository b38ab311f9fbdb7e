"""How far two people, or a check and people, agree beyond chance.

Cohen's kappa (Cohen 1960, "A coefficient of agreement for nominal scales"; weighted: Cohen 1968)
with the large-sample interval of Fleiss, Cohen and Everitt 1969.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

Weights = Literal["", "linear", "quadratic"]
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Agreement:
    count: int
    share: float | None  # judged the same
    kappa: float | None  # None: too few, or chance alone agrees in everything
    low: float | None = None
    high: float | None = None


def cohen_kappa(pairs: Sequence[tuple[int, int]], weights: Weights = "") -> Agreement:
    """``pairs``: the same thing as the one and as the other judged it, each a step of a scale."""
    count = len(pairs)
    if not count:
        return Agreement(0, None, None)
    steps = sorted({value for pair in pairs for value in pair})
    share = sum(one == other for one, other in pairs) / count
    many = len(steps)
    if many < 2:
        return Agreement(count, share, None)
    place = {step: at for at, step in enumerate(steps)}
    seen = [[0.0] * many for _ in steps]
    for one, other in pairs:
        seen[place[one]][place[other]] += 1 / count
    rows = [sum(row) for row in seen]
    columns = [sum(row[at] for row in seen) for at in range(many)]
    weight = [[_weight(i, j, many, weights) for j in range(many)] for i in range(many)]
    cells = [(i, j) for i in range(many) for j in range(many)]
    observed = sum(weight[i][j] * seen[i][j] for i, j in cells)
    expected = sum(weight[i][j] * rows[i] * columns[j] for i, j in cells)
    if expected > 1 - 1e-12:
        return Agreement(count, share, None)
    kappa = (observed - expected) / (1 - expected)
    by_row = [sum(weight[i][j] * columns[j] for j in range(many)) for i in range(many)]
    by_column = [sum(weight[i][j] * rows[i] for i in range(many)) for j in range(many)]
    spread = sum(
        seen[i][j]
        * (weight[i][j] * (1 - expected) - (by_row[i] + by_column[j]) * (1 - observed)) ** 2
        for i, j in cells
    )
    rest = (observed * expected - 2 * expected + observed) ** 2
    error = sqrt(max(0.0, spread - rest) / count) / (1 - expected) ** 2
    return Agreement(
        count, share, kappa, max(-1.0, kappa - _Z * error), min(1.0, kappa + _Z * error)
    )


def _weight(i: int, j: int, many: int, weights: Weights) -> float:
    """How much of an agreement it is: 1 the same, less the further apart."""
    if not weights:
        return float(i == j)
    apart = abs(i - j) / (many - 1)
    return 1 - (apart if weights == "linear" else apart * apart)
