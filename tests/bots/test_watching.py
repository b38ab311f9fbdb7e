"""The alarm after a release: seldom false, whatever the share; a real rise is found."""

import random

import pytest
from scipy.stats import fisher_exact

from bots.evaluation.watching import ALPHA, SIZES, chance_of_rise, is_rise, next_look

MEASURES = 2


def rings(lot, before_share, after_share, *, before=600, most=1500):
    """How many conversations it took until it rang; 0: it never did."""
    was = [sum(lot.random() < before_share for _ in range(before)), before]
    bad, looked = 0, 0
    for count in range(1, most + 1):
        bad += lot.random() < after_share
        if size := next_look(count, looked):
            looked = size
            if is_rise(was, [bad, count], measures=MEASURES):
                return count
    return 0


@pytest.mark.parametrize(
    ("before", "after"), [([3, 900], [9, 160]), ([0, 50], [4, 20]), ([40, 400], [44, 400])]
)
def test_it_is_fishers_exact_test(before, after):
    table = [[after[0], after[1] - after[0]], [before[0], before[1] - before[0]]]
    assert chance_of_rise(before, after) == pytest.approx(
        fisher_exact(table, alternative="greater")[1], rel=1e-6
    )


def test_it_looks_as_often_as_it_says():
    looked, looks = 0, 0
    for count in range(1, 3000):
        if size := next_look(count, looked):
            looked, looks = size, looks + 1
    assert looks == sum(size < 3000 for size in SIZES)
    assert next_look(1000, 0) == 640  # what was missed meanwhile is one look


def test_with_little_before_nothing_is_said():
    assert not is_rise([0, 49], [30, 40], measures=MEASURES)
    assert is_rise([0, 50], [30, 40], measures=MEASURES)


def test_a_fall_is_no_alarm():
    assert not is_rise([100, 200], [0, 200], measures=MEASURES)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.01, 0.05, 0.3])
def test_false_alarms_are_within_their_bound(share):
    """Of both things counted together at most one release in a hundred; of 600 releases 6, and no
    more than 14 but once in a thousand such tests."""
    lot = random.Random(int(share * 1000))
    false = sum(
        any(rings(lot, share, share) for _measure in range(MEASURES)) for _release in range(600)
    )
    assert false <= 600 * ALPHA + 8


@pytest.mark.slow
def test_a_real_rise_is_found_soon():
    """From 2 to 8 in a hundred: nearly always, for half within some hundred conversations."""
    lot = random.Random(7)
    found = sorted(filter(None, (rings(lot, 0.02, 0.08) for _release in range(60))))
    assert len(found) >= 57
    assert found[len(found) // 2] <= 320
