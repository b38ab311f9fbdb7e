"""κ by hand, and beside another library's."""

import random

import pytest
from sklearn.metrics import cohen_kappa_score

from quality.checks.agreement import cohen_kappa


def pairs_of(table):
    return [
        (i, j) for i, row in enumerate(table) for j, many in enumerate(row) for _ in range(many)
    ]


def test_by_hand():
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no of 50: observed 0.7, by chance 0.5 · 0.6 +
    0.5 · 0.4 = 0.5, so κ = 0.2 / 0.5."""
    found = cohen_kappa(pairs_of([[20, 5], [10, 15]]))
    assert found.share == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    # By Fleiss, Cohen and Everitt: A = 0.4 · (1 - 1.1 · 0.6)² + 0.3 · (1 - 0.9 · 0.6)² = 0.10972,
    # B = 0.36 · (0.1 · 1.1² + 0.2 · 0.9²) = 0.10188, C = (0.4 - 0.5 · 0.6)² = 0.01
    # variance = (A + B - C) / (50 · 0.25) = 0.0161280, its root 0.126996
    assert found.low == pytest.approx(0.4 - 1.959964 * 0.126996, abs=1e-5)
    assert found.high == pytest.approx(0.4 + 1.959964 * 0.126996, abs=1e-5)


def test_weighted_by_hand():
    """Three steps, linear: weights 1, 0.5, 0. Table 2 1 0 / 0 2 1 / 0 0 4 of 10.

    Observed (2 + 2 + 4 + 0.5 · 2) / 10 = 0.9. Rows 0.3 0.3 0.4, columns 0.2 0.3 0.5.
    By chance 0.3 · (0.2 + 0.15) + 0.3 · (0.1 + 0.3 + 0.25) + 0.4 · (0.15 + 0.5) = 0.56.
    """
    found = cohen_kappa(pairs_of([[2, 1, 0], [0, 2, 1], [0, 0, 4]]), "linear")
    assert found.kappa == pytest.approx((0.9 - 0.56) / 0.44)


@pytest.mark.parametrize("weights", ["", "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(5))
def test_as_another_library_computes_it(weights, seed):
    rng = random.Random(seed)
    one = [rng.randrange(4) for _ in range(80)]
    other = [step if rng.random() < 0.6 else rng.randrange(4) for step in one]
    found = cohen_kappa(list(zip(one, other, strict=True)), weights)
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other, weights=weights or None))
    assert found.low < found.kappa < found.high


def test_nothing_is_said_where_nothing_can_be():
    assert cohen_kappa([]).kappa is None
    assert cohen_kappa([(1, 1)] * 9).kappa is None
    assert cohen_kappa([(1, 1)] * 9).share == 1
