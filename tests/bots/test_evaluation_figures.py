"""What is worked out of tests, trials and months: nothing here needs a database."""

import random
from math import comb, exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.dialogue.shapes import State
from bots.evaluation import sequential
from bots.evaluation.drift import chance_of_fall, has_fallen
from bots.evaluation.scripts import Outcome, Unreadable, judge, read_script
from bots.evaluation.sequential import Side, compare
from bots.evaluation.stand_ins import StandIns

# The interval of a trial


def martingale(solved: int, count: int, share_in_steps: int) -> float:
    return exp(sequential._evidence(Side(solved, count))[share_in_steps])


@settings(deadline=None, max_examples=12)
@given(st.integers(1, 999), st.integers(0, 30), st.data())
def test_a_share_that_is_right_gains_no_evidence_against_itself(step, count, data):
    """The heart of it: with one dialogue more the expected evidence is what it was, so that
    looking at it at every dialogue deceives in at most one of twenty trials (Ville)."""
    solved = data.draw(st.integers(0, count))
    p = step / 1000
    ahead = p * martingale(solved + 1, count + 1, step)
    ahead += (1 - p) * martingale(solved, count + 1, step)
    assert ahead == pytest.approx(martingale(solved, count, step), rel=1e-6)
    assert martingale(0, 0, step) == pytest.approx(1)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 400), st.integers(0, 400), st.data())
def test_the_interval_holds_what_was_seen_and_turns_with_the_sides(count, other, data):
    one = Side(data.draw(st.integers(0, count)), count)
    two = Side(data.draw(st.integers(0, other)), other)
    there, back = compare(one, two), compare(two, one)
    assert there.low == pytest.approx(-back.high)
    assert -1 <= there.low <= there.high <= 1
    if there.difference is not None:
        assert there.low - 0.002 <= there.difference <= there.high + 0.002


def test_more_of_the_same_says_more():
    few, many = compare(Side(40, 50), Side(35, 50)), compare(Side(1600, 2000), Side(1400, 2000))
    assert few.verdict == "open"
    assert many.verdict == "better"
    assert many.high - many.low < few.high - few.low
    assert compare(Side(1400, 2000), Side(1600, 2000)).verdict == "worse"
    assert compare(Side(), Side()).verdict == "open"


@pytest.mark.slow
@pytest.mark.parametrize(("share", "part"), [(0.5, 0.5), (0.8, 0.2), (0.95, 0.1)])
def test_looked_at_often_two_equal_sides_are_rarely_told_apart(share, part):
    """80 trials of sixty days with twenty dialogues a day, looked at every third day, each stopped
    at the first verdict."""
    lot = random.Random(20418)
    alarms = 0
    for _trial in range(80):
        sides = {True: [0, 0], False: [0, 0]}
        for _look in range(20):
            for _dialogue in range(60):
                side = sides[lot.random() < part]
                side[0] += lot.random() < share
                side[1] += 1
            if compare(Side(*sides[True]), Side(*sides[False])).verdict != "open":
                alarms += 1
                break
    assert alarms / 80 <= sequential.ALPHA


# Drift


@settings(deadline=None)
@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_the_chance_of_a_fall_is_counted_exactly(before, after, data):
    right_before = data.draw(st.integers(0, before))
    right = data.draw(st.integers(0, after))
    whole, good = before + after, right_before + right
    ways = sum(
        comb(good, few) * comb(whole - good, after - few)
        for few in range(right + 1)
        if after - few >= 0
    )
    assert chance_of_fall((right_before, before), (right, after)) == pytest.approx(
        ways / comb(whole, after)
    )


def test_only_a_fall_beyond_chance_rings():
    assert has_fallen((90, 100), (35, 50))
    assert not has_fallen((90, 100), (44, 50))
    assert not has_fallen((70, 100), (100, 100))
    assert not has_fallen((0, 0), (0, 50))


# Stand-ins


def test_the_same_is_the_same_stand_in_throughout():
    told = StandIns(["June Fairweather"])
    first = told.tell("I am June Fairweather, june@mail.example, order PW-20734 to BS6 5QA.")
    second = told.tell("Fairweather again: pw20734, or just 20734. And PW-30018?")
    for personal in ("June", "Fairweather", "june@", "20734", "30018", "BS6"):
        assert personal not in first + second
    order = first.partition("order ")[2][:8]
    assert order.startswith("PW-") and order[3:] in second
    assert second.count(order[3:]) == 2
    assert "PW-" in second.partition("And ")[2] and order not in second


def test_stand_ins_are_written_in_the_language_of_the_rest():
    told = StandIns(["王小明"]).tell("我叫王小明，订单PW-30018，地址中山路88号3单元")
    assert "王小明" not in told and "中山路" not in told and "30018" not in told
    assert "订单PW-" in told and "路" in told


def test_a_name_said_once_is_known_from_there_on():
    told = StandIns()
    said = told.tell("My name is Bob Stone.") + told.tell("Bob here, Stone is my name.")
    assert "Bob" not in said and "Stone" not in said


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_can_be_told_again(text):
    told = StandIns(["A B"]).tell(text)
    assert not any(0xE000 <= ord(sign) <= 0xF8FF for sign in told)


# Judging


def outcome_of(expect, *, said="", **fields):
    script = read_script({"name": "n", "turns": ["hello"], "expect": expect})
    found = Outcome(script, talk=[("customer", "hello"), ("bot", said)], turns=1)
    for name, value in fields.items():
        setattr(found, name, value)
    judge(found)
    return [code for code, *_rest in found.problems]


def test_each_expectation_is_judged():
    done = {"solved": True, "state": State()}
    assert outcome_of({"solved": True}, **done) == []
    assert outcome_of({"solved": True}) == ["unsolved"]
    assert outcome_of({"solved": True}, **done, reason="policy") == ["person"]
    assert outcome_of({"handoff": ["policy", "vip"]}, reason="vip") == []
    assert outcome_of({"handoff": "policy"}, reason="failure") == ["handoff"]
    assert outcome_of({"intent": "refund"}, intents=["refund", "x"]) == []
    assert outcome_of({"intent": "refund"}, intents=[""]) == ["intent"]
    assert outcome_of({"article": "a1"}, articles=["a1"]) == []
    assert outcome_of({"article": "a1"}, articles=["a2"]) == ["article"]
    assert outcome_of({"solved": True, "says": ["tomor+ow"]}, **done, said="Tomorrow!") == []
    assert outcome_of({"solved": True, "says": ["today"]}, **done) == ["not_said"]
    assert outcome_of({"solved": True, "never": ["£"]}, **done, said="£5") == ["said"]
    assert outcome_of({"solved": True, "within": 1}, **done | {"turns": 2}) == ["turns"]
    assert outcome_of({"solved": True}, **done, changed=["cancel_order"]) == ["changed"]
    assert outcome_of({"solved": True, "changes": ["a"]}, **done, changed=["a"]) == []


def test_what_is_never_promised_is_wrong_without_being_named():
    done = {"solved": True, "state": State()}
    assert outcome_of({"solved": True}, **done, said="We pay compensation.") == ["said"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"turns": [], "expect": {"solved": True}}, "turns"),
        ({"turns": ["a"], "expect": {}}, "expects"),
        ({"turns": ["a"], "expect": {"solved": True, "intent": "x"}}, "expects"),
        ({"turns": ["a"], "expect": {"handoff": "because"}}, "reason"),
        ({"turns": ["a"], "expect": {"solved": True, "says": ["("]}}, "pattern"),
        ({"turns": ["a"], "expect": {"solved": True, "says": ["(a+)+b"]}}, "pattern"),
        ({"turns": ["a"], "expect": {"solved": True}, "boss": 1}, "unknown"),
    ],
)
def test_what_is_no_test_is_refused(given, code):
    with pytest.raises(Unreadable) as refusal:
        read_script(given)
    assert refusal.value.code == code
