"""What satisfaction hangs on, by hand and by a second library."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from surveys.drivers import LEAST, find_drivers


def drive(scores, **dimensions):
    return find_drivers(list(scores), {name: list(row) for name, row in dimensions.items()})


def shares(found):
    return {name: figure.value for name, figure in found.shares}


def test_by_hand():
    """Two that have nothing to do with one another: 2 × one + other. Their variances are 4 and 1
    of 5, so four fifths and one."""
    one, other = [1, 1, -1, -1] * 10, [1, -1, 1, -1] * 10
    found = drive([2 * a + b for a, b in zip(one, other, strict=True)], one=one, other=other)
    assert found.explained == pytest.approx(1)
    assert shares(found) == pytest.approx({"one": 80, "other": 20})
    assert [name for name, _figure in found.shares] == ["one", "other"]


def test_two_that_say_the_same_share_what_they_explain():
    one = [1, 2, 3, 4, 5] * 8
    found = drive(one, one=one, twin=one, still=[3] * 40)
    assert shares(found) == pytest.approx({"one": 50, "twin": 50, "still": 0})


def explained_by(columns, scores):
    """R² by numpy's least squares."""
    centred = scores - scores.mean()
    if not columns:
        return 0.0
    x = np.column_stack([*columns, np.ones(len(scores))])
    fitted, *_rest = np.linalg.lstsq(x, scores, rcond=None)
    return 1 - ((scores - x @ fitted) ** 2).sum() / (centred**2).sum()


@given(some.integers(0, 10_000), some.integers(2, 4))
def test_over_all_orders_by_the_second_library(seed, many):
    dice = np.random.default_rng(seed)
    common = dice.normal(size=60)
    columns = [common * dice.uniform(0, 1) + dice.normal(size=60) for _column in range(many)]
    scores = sum(dice.uniform(0, 2) * column for column in columns) + dice.normal(size=60)
    orders = list(permutations(range(many)))
    parts = np.zeros(many)
    for order in orders:
        for at, one in enumerate(order):
            before = [columns[other] for other in order[:at]]
            parts[one] += explained_by([*before, columns[one]], scores)
            parts[one] -= explained_by(before, scores)
    parts /= len(orders)
    found = drive(scores, **{str(at): column for at, column in enumerate(columns)})
    assert found.explained == pytest.approx(parts.sum())
    wanted = {str(at): 100 * part / parts.sum() for at, part in enumerate(parts)}
    assert shares(found) == pytest.approx(wanted, abs=1e-6)


def test_the_interval_mostly_holds_the_truth():
    dice, held = np.random.default_rng(20_418), 0
    for _round in range(80):
        one, other = dice.normal(size=(2, 200))
        found = drive(2 * one + other + dice.normal(size=200), one=one, other=other)
        figure = dict(found.shares)["one"]
        held += figure.low <= 80 <= figure.high
    assert held >= 70


def test_too_few_or_all_alike_say_nothing():
    ones = [1, 2] * (LEAST // 2)
    assert drive(ones[:-1], one=ones[:-1]) is None
    assert drive([4] * LEAST, one=ones) is None
    assert drive(ones, one=[3] * LEAST) is None
    assert drive(ones) is None
