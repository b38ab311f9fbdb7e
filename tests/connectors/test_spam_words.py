"""What words say of a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mail.scoring import MAX_FEATURES, MIN_JUDGED, THRESHOLD, features_of, probability

pairs = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=60)


def test_words_are_stemmed_pairs_are_taken_of_chinese_and_the_domain_counts():
    found = features_of("Winning 免费", "Pills! 点击这里", "Evil.test")
    assert {"from evil.test", "subject win", "subject 免费", "pill", "点击", "击这", "这里"} <= set(
        found
    )


def test_a_huge_mail_has_no_more_features_than_others():
    assert len(features_of("s", " ".join(f"word{n}" for n in range(100_000)), "d")) == MAX_FEATURES


@given(pairs)
@pytest.mark.slow
def test_nothing_is_said_before_enough_was_judged(seen):
    assert probability(seen, spam=MIN_JUDGED - 1, wanted=500) == 0
    assert probability(seen, spam=500, wanted=MIN_JUDGED - 1) == 0


@given(pairs)
def test_it_is_a_probability(seen):
    assert 0 <= probability(seen, spam=50, wanted=50) <= 1


@pytest.mark.parametrize("words", [1, 2])
def test_one_or_two_words_decide_nothing(words):
    assert probability([(50, 0)] * words, spam=50, wanted=50) < THRESHOLD


def test_many_words_of_one_kind_do():
    assert probability([(40, 0)] * 8, spam=50, wanted=50) >= THRESHOLD
    assert probability([(0, 40)] * 8, spam=50, wanted=50) < 0.01
    assert probability([(40, 0)] * 8 + [(0, 40)] * 8, spam=50, wanted=50) == pytest.approx(0.5)
