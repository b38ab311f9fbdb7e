"""The pure core of rules: trees hold as logic says, whatever they are made of; text takes linear
time; rounds come at their times."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation.rules.judging import asks_in, compile_tree, explain
from automation.rules.patterns import compile_pattern, is_found
from automation.rules.reading import (
    Unreadable,
    read_tree,
    read_trigger,
    write_tree,
    write_trigger,
)
from automation.rules.shapes import Cause, Fact, Kind, stop_of
from automation.rules.timing import next_time

FACTS = {
    "tier": Fact("tier", Kind.CHOICE, changes=True),
    "priority": Fact("priority", Kind.NUMBER, changes=True),
    "text": Fact("text", Kind.TEXT),
    "tags": Fact("tags", Kind.TAGS, changes=True),
    "opened": Fact("opened", Kind.MOMENT),
    "open": Fact("open", Kind.FLAG),
}


class Known:
    """Facts as they are given; counts how often each was asked for."""

    def __init__(self, now, before=None, ages=None):
        self.now, self.was, self.ages = now, before or {}, ages or {}
        self.asked = []

    def value(self, fact):
        self.asked.append(fact)
        return self.now.get(fact)

    def before(self, fact):
        return self.was.get(fact, self.now.get(fact))

    def is_changed(self, fact):
        return fact in self.was

    def age(self, fact, *, working):
        return self.ages.get(fact)


asks = st.one_of(
    st.builds(
        lambda op, value: {"fact": "tier", "is": op, "value": value},
        st.sampled_from(["any", "none", "was", "changed_to"]),
        st.lists(st.sampled_from(["vip", "new", "standard"]), min_size=1),
    ),
    st.builds(
        lambda op, value: {"fact": "priority", "is": op, "value": value},
        st.sampled_from(["equals", "greater", "less"]),
        st.integers(0, 50),
    ),
    st.builds(
        lambda op, value: {"fact": "tags", "is": op, "value": value},
        st.sampled_from(["any", "every", "none", "added", "removed"]),
        st.lists(st.sampled_from("abcd"), min_size=1),
    ),
    st.builds(
        lambda op, value: {"fact": "text", "is": op, "value": value},
        st.sampled_from(["contains", "lacks"]),
        st.lists(st.sampled_from(["lamp", "order"]), min_size=1),
    ),
    st.builds(
        lambda op, value: {"fact": "opened", "is": op, "value": value},
        st.sampled_from(["older", "newer"]),
        st.integers(0, 100),
    ),
    st.builds(lambda op: {"fact": "open", "is": op}, st.sampled_from(["yes", "no"])),
)


def trees(depth):
    if depth == 1:
        return st.builds(
            lambda way, parts: {way: parts}, st.sampled_from(["all", "any", "not"]),
            st.lists(asks, max_size=3),
        )  # fmt: skip
    return st.builds(
        lambda way, parts: {way: parts},
        st.sampled_from(["all", "any", "not"]),
        st.lists(st.one_of(asks, trees(depth - 1)), max_size=3),
    )


worlds = st.builds(
    lambda tier, priority, tags, text, age, is_open, was: Known(
        {"tier": tier, "priority": priority, "tags": tags, "text": text, "open": is_open},
        was,
        {"opened": timedelta(minutes=age)},
    ),
    st.sampled_from(["vip", "new", "standard", ""]),
    st.integers(0, 50),
    st.lists(st.sampled_from("abcd"), unique=True),
    st.sampled_from(["My LAMP", "an order of a lamp", ""]),
    st.integers(0, 100),
    st.booleans(),
    st.fixed_dictionaries({}, optional={"tier": st.just("new"), "tags": st.just(["a", "b"])}),
)


def judge(node, leaves):
    """By the definition, from what each condition says of itself."""
    if "fact" in node:
        return next(leaves)
    [(way, parts)] = node.items()
    said = [judge(part, leaves) for part in parts]
    return {"all": all(said), "any": any(said), "not": not any(said)}[way]


@given(trees(5), worlds)
def test_a_tree_holds_as_its_conditions_say(raw, known):
    tree = read_tree(raw, FACTS)
    told = explain(tree, known)
    assert compile_tree(tree)(known) == judge(raw, iter([one.holds for one in told]))
    assert len(told) == len(list(asks_in(tree)))


@given(trees(5))
def test_what_is_read_is_written_as_it_was(raw):
    tree = read_tree(raw, FACTS)
    assert read_tree(write_tree(tree), FACTS) == tree


@given(trees(4), worlds)
def test_not_turns_it_round(raw, known):
    tree, turned = read_tree(raw, FACTS), read_tree({"not": [raw]}, FACTS)
    assert compile_tree(turned)(known) != compile_tree(tree)(known)


@given(trees(2), trees(2), worlds)
def test_de_morgan(one, two, known):
    both_not = read_tree({"all": [{"not": [one]}, {"not": [two]}]}, FACTS)
    none = read_tree({"not": [{"any": [one, two]}]}, FACTS)
    assert compile_tree(both_not)(known) == compile_tree(none)(known)


def test_what_is_dear_is_asked_last():
    raw = {
        "all": [
            {"fact": "text", "is": "contains", "value": ["x"]},
            {"fact": "tier", "is": "any", "value": ["vip"]},
        ]
    }
    known = Known({"tier": "new", "text": "x"})
    assert not compile_tree(read_tree(raw, FACTS))(known)
    assert known.asked == ["tier"]


def test_an_empty_rule_always_holds():
    assert compile_tree(read_tree({}, FACTS))(Known({}))
    assert not compile_tree(read_tree({"any": []}, FACTS))(Known({}))


def test_groups_lie_five_deep_at_most():
    deep = {"fact": "open", "is": "yes"}
    for _ in range(5):
        deep = {"any": [deep]}
    assert read_tree(deep, FACTS)
    with pytest.raises(Unreadable, match="too_deep"):
        read_tree({"any": [deep]}, FACTS)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"all": [{"fact": "colour", "is": "any", "value": ["x"]}]}, "if.0.fact"),
        ({"all": [{"fact": "tier", "is": "older", "value": 1}]}, "if.0.is"),
        ({"all": [{"fact": "tier", "is": "any", "value": []}]}, "if.0.value"),
        ({"all": [{"any": [{"fact": "priority", "is": "less", "value": "x"}]}]}, "if.0.0.value"),
        ({"all": [{"fact": "text", "is": "matches", "value": "(a)\\1"}]}, "if.0.value"),
        ({"all": [{"fact": "text", "is": "matches", "value": "(?=a)"}]}, "if.0.value"),
        ({"all": [{"fact": "text", "is": "changed"}]}, "if.0.is"),
        ({"all": [], "any": []}, "if"),
        ({"all": [{"fact": "open", "is": "yes", "code": "import os"}]}, "if.0"),
        ([], "if"),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(raw, place):
    if raw == []:
        raw = ["x"]
    with pytest.raises(Unreadable) as refusal:
        read_tree(raw, FACTS)
    assert refusal.value.place == place


def test_no_expression_takes_for_ever():
    began = time.process_time()
    assert not is_found(r"(a+)+$", "a" * 19_999 + "b")
    assert not is_found(r"(x+x+)+y", "x" * 20_000)
    assert not is_found(r"^(([a-z])+.)+[A-Z]([a-z])+\d$", "a" * 20_000)
    assert time.process_time() - began < 1
    assert is_found("退款|refund", "I want a REFUND") and is_found("é+", "ÉÉ")
    with pytest.raises(ValueError, match="repetition"):
        compile_pattern(r"(\w{1,1000}){1,1000}")


@given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=8))
def test_no_chain_runs_a_rule_twice_on_a_ticket_or_beyond_its_length(rules):
    cause, ran = Cause("root"), []
    for rule in rules:
        if stop_of(rule, "t", cause) is None:
            cause = cause.after(rule, "t", run="r")
            ran.append(rule)
    assert len(ran) == len(set(ran)) and cause.depth == len(ran) <= 5
    assert Cause.of("other", {"cause": cause.as_json()}) == cause


EVENTS, MOMENTS = {"ticket.opened": ""}, {"opened": ""}


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "event", "events": ["ticket.opened"]},
        {"kind": "time", "since": "opened", "minutes": -30, "working": False},
        {"kind": "schedule", "days": ["mon", "fri"], "at": "09:30", "zone": "Asia/Shanghai"},
        {"kind": "manual"},
        {"kind": "inbound"},
    ],
)
def test_triggers_are_kept_as_they_are_read(raw):
    assert write_trigger(read_trigger(raw, events=EVENTS, moments=MOMENTS)) == raw


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "event", "events": []},
        {"kind": "event", "events": ["made.up"]},
        {"kind": "time", "since": "never", "minutes": 5},
        {"kind": "time", "since": "opened", "minutes": 10**9},
        {"kind": "schedule", "days": [], "at": "09:30"},
        {"kind": "schedule", "days": ["mon"], "at": "25:00"},
        {"kind": "schedule", "days": ["mon"], "at": "09:00", "zone": "Mars/Olympus"},
        {"kind": "cron"},
        None,
    ],
)
def test_what_is_no_trigger_is_refused(raw):
    with pytest.raises(Unreadable):
        read_trigger(raw, events=EVENTS, moments=MOMENTS)


def test_rounds_keep_the_time_on_the_wall():
    """Berlin: two hours before UTC in summer, one in winter."""
    given_ = {"days": ["sun"], "at": "02:30", "zone": "Europe/Berlin"}
    after = datetime(2027, 3, 21, 12, tzinfo=UTC)
    assert next_time(after, **given_) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)  # skipped: later
    autumn = datetime(2027, 10, 25, tzinfo=UTC)
    assert next_time(autumn, **given_) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)  # the first
    assert next_time(after, days=["mon"], at="09:00", zone="Asia/Shanghai") == datetime(
        2027, 3, 22, 1, tzinfo=UTC
    )
