"""How good an understanding is, in numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 10


def calibration_error(sure: NDArray[Any], right: NDArray[Any]) -> float:
    """Expected calibration error over ten bins of equal width: 0.02 = two of a hundred off."""
    if not len(right):
        return 0.0
    numbers = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in range(_BINS):
        within = numbers == number
        if within.any():
            error += within.mean() * abs(right[within].mean() - sure[within].mean())
    return float(error)


def area_under_curve(within: NDArray[Any], outside: NDArray[Any]) -> float:
    """How often one that belongs scores above one that does not; ties count half."""
    every = np.concatenate([within, outside])
    order = every.argsort(kind="stable")
    ranks = np.empty(len(every))
    ranks[order] = np.arange(1, len(every) + 1)
    for value in np.unique(every):
        same = every == value
        if same.sum() > 1:
            ranks[same] = ranks[same].mean()
    above = ranks[: len(within)].sum() - len(within) * (len(within) + 1) / 2
    return float(above / (len(within) * len(outside)))


def share_found(ranks: Sequence[int], within: int) -> float:
    return float(np.mean([rank < within for rank in ranks])) if ranks else 0.0
