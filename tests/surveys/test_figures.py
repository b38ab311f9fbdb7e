"""Figures against numbers worked out by hand, and against a second library."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from surveys import figures


def near(value, wanted, places=0.005):
    return value == pytest.approx(wanted, abs=places)


def test_wilson_by_hand():
    """z = 1.959964, z² = 3.841459. 8 of 10: middle (0.8 + 0.192073) / 1.384146 = 0.716740, half
    1.959964 / 1.384146 × √(0.016 + 0.00960365) = 0.226578."""
    low, high = figures.wilson(8, 10)
    assert near(low, 0.490162, 1e-5)
    assert near(high, 0.943318, 1e-5)


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (5, 5), (1, 1), (37, 50), (499, 1000)])
def test_wilson_as_the_second_library(hits, n):
    other = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert figures.wilson(hits, n) == pytest.approx((other.low, other.high), abs=1e-9)


def test_csat_counts_fours_and_fives():
    figure = figures.csat([5, 5, 4, 3, 1, 5, 4, 4, 5, 5])
    assert (figure.n, figure.value) == (10, 80)
    assert near(figure.low, 49.02) and near(figure.high, 94.33)


def test_nps_by_hand():
    """5 promoters, 2 passives, 3 detractors of 10: 20. Variance of one voice 0.8 − 0.04 = 0.76;
    half 1.959964 × √0.076 = 0.540325."""
    figure = figures.nps([10, 10, 9, 9, 9, 8, 7, 6, 3, 0])
    assert near(figure.value, 20)
    assert near(figure.low, -34.03) and near(figure.high, 74.03)


def test_nps_is_the_mean_of_ones_and_less_ones():
    scores = [10] * 61 + [8] * 20 + [2] * 19
    signs = [1] * 61 + [0] * 20 + [-1] * 19
    half = stats.norm.ppf(0.975) * stats.tstd(signs) * (99 / 100) ** 0.5 / 10
    figure = figures.nps(scores)
    assert figure.value == pytest.approx(42)
    assert figure.high - figure.value == pytest.approx(100 * half)


def test_ces_by_hand():
    """5, 6, 7, 4, 6: mean 5.6, s = 1.140175, t(4) = 2.776445; half 1.415718, cut off at 7."""
    figure = figures.ces([5, 6, 7, 4, 6])
    assert near(figure.value, 5.6)
    assert near(figure.low, 4.18428, 1e-4)
    assert near(figures.mean([5, 6, 7, 4, 6]).high, 7.01572, 1e-4)
    assert figure.high == 7


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 10, 29, 120, 999])
def test_students_quantile_as_the_second_library(freedom):
    other = stats.t.ppf(0.975, freedom)
    assert figures.student_quantile(0.975, freedom) == pytest.approx(other, rel=1e-7)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 5, 8])
@pytest.mark.parametrize("value", [0.01, 1.0, 3.841459, 20.0])
def test_chi_squared_as_the_second_library(freedom, value):
    other = stats.chi2.sf(value, freedom)
    assert figures._chi_squared_above(value, freedom) == pytest.approx(other, rel=1e-9)


def test_unequal_response_is_found():
    asked, answered = {"vip": 40, "standard": 60}, {"vip": 30, "standard": 15}
    bias = figures.response_bias(asked, answered)
    other = stats.chi2_contingency([[30, 10], [15, 45]], correction=False)
    assert bias.statistic == pytest.approx(other.statistic)
    assert bias.p == pytest.approx(other.pvalue)
    assert bias.p < 0.001


def test_weights_by_hand():
    """VIPs are 20 of 100 asked, and 10 of 20 who answered: each counts 0.4; the others 1.6. Good
    are 10 × 0.4 and 5 × 1.6 of 20: 60 %. Unweighted it would be 75 %."""
    asked, answered = {"vip": 20, "standard": 80}, {"vip": 10, "standard": 10}
    assert figures.weights_of(asked, answered) == pytest.approx({"vip": 0.4, "standard": 1.6})
    figure = figures.weighted_csat({"vip": [5] * 10, "standard": [5] * 5 + [1] * 5}, asked)
    assert near(figure.value, 60)
    # Kish: 20² / (10 × 0.16 + 10 × 2.56) = 14.70588 voices.
    assert (figure.low / 100, figure.high / 100) == pytest.approx(
        figures.wilson(0.6 * 14.705882, 14.705882), abs=1e-6
    )


def test_weighted_nps_by_hand():
    """Weights 0.5 and 1.5. VIPs 10, 10, 8, others 9, 3, 3: (0.5 × 2 + 1.5 × (1 − 2)) / 6. Variance
    (0.5 × 2 + 1.5 × 3) / 6 − (1/12)² = 0.909722; Kish 36 / (3 × 0.25 + 3 × 2.25) = 4.8; half
    1.959964 × √(0.909722 / 4.8) = 0.853250."""
    asked = {"vip": 10, "standard": 30}
    figure = figures.weighted_nps({"vip": [10, 10, 8], "standard": [9, 3, 3]}, asked)
    assert near(figure.value, -100 / 12)
    assert near(figure.low, -93.66) and near(figure.high, 76.99)


def test_weighted_ces_by_hand():
    """Weights 0.5 and 1.5. VIPs 7, 6, 5, others 4, 3, 2: (0.5 × 18 + 1.5 × 9) / 6 = 3.75. Variance
    (0.5 × 110 + 1.5 × 29) / 6 − 3.75² = 2.354167; Kish 4.8; t(3) = 3.182446; half
    3.182446 × √(2.354167 / 3.8) = 2.504902."""
    asked = {"vip": 10, "standard": 30}
    figure = figures.weighted_ces({"vip": [7, 6, 5], "standard": [4, 3, 2]}, asked)
    assert near(figure.value, 3.75)
    assert near(figure.low, 1.24510, 1e-4) and near(figure.high, 6.25490, 1e-4)


def test_like_cases_are_compared_with_like():
    """The bot has the easy cases. Easy: bot 9 of 10, people 4 of 5, +0.1, weight 10 × 5 / 15; hard:
    bot 1 of 2, people 7 of 10, −0.2, weight 2 × 10 / 12. Together (0.333333 − 0.333333) / 5 = 0,
    where the plain shares say 83.3 against 73.3."""
    bot = {"easy": [5] * 9 + [1], "hard": [5, 1], "odd": [5]}
    people = {"easy": [5] * 4 + [1], "hard": [5] * 7 + [1] * 3}
    figure, strata = figures.like_for_like(bot, people)
    assert near(figure.value, 0, 1e-9)
    assert (figure.n, strata) == (27, 2)
    assert figure.low < 0 < figure.high


def test_nothing_says_nothing():
    assert figures.csat([]).value is None
    assert figures.nps([]).value is None
    assert figures.ces([4]).low is None
    assert figures.response_bias({"a": 3}, {"a": 1}) is None
    assert not figures.csat([5] * 4).is_shown(5)


# By a second library, whatever the answers

fives = some.lists(some.integers(1, 5), min_size=2, max_size=60)
sevens = some.lists(some.integers(1, 7), min_size=2, max_size=60)
elevens = some.lists(some.integers(0, 10), min_size=2, max_size=60)
strata = some.dictionaries(
    some.sampled_from("abcd"),
    some.tuples(
        some.lists(some.integers(1, 5), min_size=1, max_size=12),
        some.lists(some.integers(1, 5), min_size=1, max_size=12),
    ),
    min_size=1,
)


@given(fives)
def test_csat_as_the_second_library(scores):
    good = int(np.sum(np.array(scores) >= 4))
    other = stats.binomtest(good, len(scores)).proportion_ci(method="wilson")
    figure = figures.csat(scores)
    assert (figure.low, figure.high) == pytest.approx((100 * other.low, 100 * other.high))


@given(sevens)
def test_ces_as_the_second_library(scores):
    figure = figures.mean(scores)
    assert figure.value == pytest.approx(np.mean(scores))
    error = stats.sem(scores)
    other = stats.t.interval(0.95, len(scores) - 1, np.mean(scores), error) if error else None
    assert (figure.low, figure.high) == pytest.approx(other or (scores[0], scores[0]))


def in_groups(answers):
    """Answers of each group, and how many more were asked."""
    return some.dictionaries(
        some.sampled_from("abcd"), some.tuples(answers, some.integers(0, 80)), min_size=1
    )


def weigh_each(groups, worth):
    """Every single answer with its weight, instead of groups: figure's input, mean and n."""
    scores = {group: given for group, (given, _more) in groups.items()}
    asked = {group: len(given) + more for group, (given, more) in groups.items()}
    rows = [(worth(one), asked[key] / len(given)) for key, given in scores.items() for one in given]
    values, weights = np.array(rows, dtype=float).T
    mean = np.average(values, weights=weights)
    variance = np.average((values - mean) ** 2, weights=weights)
    return scores, asked, mean, variance, weights.sum() ** 2 / (weights**2).sum()


@given(in_groups(fives))
def test_weighted_csat_as_the_second_library(groups):
    scores, asked, mean, _variance, kish = weigh_each(groups, lambda one: one >= 4)
    figure = figures.weighted_csat(scores, asked)
    assert figure.value == pytest.approx(100 * mean)
    low, high = figures.wilson(mean * kish, kish)
    assert (figure.low, figure.high) == pytest.approx((100 * low, 100 * high), abs=1e-6)


@given(in_groups(elevens))
def test_weighted_nps_as_the_second_library(groups):
    scores, asked, mean, variance, kish = weigh_each(groups, lambda one: (one > 8) - (one < 7))
    figure = figures.weighted_nps(scores, asked)
    assert figure.value == pytest.approx(100 * mean, abs=1e-9)
    low, high = stats.norm.interval(0.95, mean, max(1e-12, (variance / kish) ** 0.5))
    wanted = 100 * max(-1, low), 100 * min(1, high)
    assert (figure.low, figure.high) == pytest.approx(wanted, abs=1e-6)


@given(in_groups(sevens))
def test_weighted_ces_as_the_second_library(groups):
    scores, asked, mean, variance, kish = weigh_each(groups, int)
    figure = figures.weighted_ces(scores, asked)
    assert figure.value == pytest.approx(mean)
    freedom = int(kish - 1 + 1e-9)
    if not freedom:
        assert figure.low is None
        return
    low, high = stats.t.interval(0.95, freedom, mean, max(1e-12, (variance / (kish - 1)) ** 0.5))
    assert (figure.low, figure.high) == pytest.approx((max(1, low), min(7, high)), abs=1e-6)


@given(fives, sevens, elevens)
def test_who_answers_as_often_as_all_is_not_weighed(five, seven, eleven):
    """One group, or all of equal response: the plain figure and its plain interval."""
    for metric, scores in (("csat", five), ("ces", seven), ("nps", eleven)):
        weighted = figures.WEIGHTED[metric]({"a": scores, "b": scores}, {"a": 90, "b": 90})
        plain = figures.SCORED[metric](scores * 2)
        assert (weighted.n, weighted.value) == (plain.n, pytest.approx(plain.value))
        assert (weighted.low, weighted.high) == pytest.approx((plain.low, plain.high), abs=1e-6)


@given(elevens)
def test_nps_as_the_second_library(scores):
    signs = np.array([(one > 8) - (one < 7) for one in scores])
    figure = figures.nps(scores)
    error = max(1e-12, signs.std() / len(signs) ** 0.5)
    low, high = stats.norm.interval(0.95, signs.mean(), error)
    wanted = 100 * max(-1, low), 100 * min(1, high)
    assert (figure.low, figure.high) == pytest.approx(wanted, abs=1e-6)


def test_nps_as_a_bootstrap_finds_it():
    """By drawing again from the answers themselves, without a formula."""
    signs = np.repeat([1, 0, -1], [130, 70, 50])
    drawn = stats.bootstrap((signs,), np.mean, method="percentile", n_resamples=4_000, rng=7)
    figure = figures.nps([10] * 130 + [8] * 70 + [2] * 50)
    bounds = 100 * drawn.confidence_interval.low, 100 * drawn.confidence_interval.high
    assert (figure.low, figure.high) == pytest.approx(bounds, abs=1.0)


@given(strata)
def test_like_for_like_is_least_squares_with_an_intercept_for_each_stratum(groups):
    rows, seen = [], []
    for at, (ours, theirs) in enumerate(groups.values()):
        for is_bot, scores in ((1.0, ours), (0.0, theirs)):
            for score in scores:
                rows.append([is_bot, *(float(at == other) for other in range(len(groups)))])
                seen.append(float(score >= 4))
    fitted, *_rest = np.linalg.lstsq(np.array(rows), np.array(seen), rcond=None)
    figure, count = figures.like_for_like(
        {group: ours for group, (ours, _theirs) in groups.items()},
        {group: theirs for group, (_ours, theirs) in groups.items()},
    )
    assert count == len(groups)
    assert figure.value == pytest.approx(100 * fitted[0], abs=1e-7)


@pytest.mark.parametrize(
    ("draw", "figure", "truth"),
    [
        (lambda dice: dice.choice([10, 8, 3], 150, p=[0.5, 0.3, 0.2]), figures.nps, 30.0),
        (lambda dice: dice.choice([5, 4, 2], 60, p=[0.5, 0.35, 0.15]), figures.csat, 85.0),
        (lambda dice: dice.choice([7, 5, 2], 40, p=[0.4, 0.4, 0.2]), figures.ces, 5.2),
    ],
)
def test_intervals_hold_the_truth_nineteen_times_in_twenty(draw, figure, truth):
    dice = np.random.default_rng(20_418)
    found = [figure(draw(dice).tolist()) for _round in range(1_500)]
    held = sum(one.low <= truth <= one.high for one in found) / len(found)
    assert 0.935 <= held <= 0.97


def test_the_like_gap_holds_the_truth_where_the_plain_gap_never_does():
    """The bot is ten points better on each kind of case, and has most of the hard ones."""
    dice = np.random.default_rng(20_419)

    def draw(n, good):
        return np.where(dice.random(n) < good, 5, 1).tolist()

    held = plain = 0
    for _round in range(1_500):
        bot = {"easy": draw(30, 0.9), "hard": draw(120, 0.5)}
        people = {"easy": draw(120, 0.8), "hard": draw(30, 0.4)}
        like, _strata = figures.like_for_like(bot, people)
        gap = figures.difference(
            figures.csat(bot["easy"] + bot["hard"]), figures.csat(people["easy"] + people["hard"])
        )
        held += like.low <= 10 <= like.high
        plain += gap.low <= 10 <= gap.high
    assert 0.935 <= held / 1_500 <= 0.97
    assert plain / 1_500 < 0.1
