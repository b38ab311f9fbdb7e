"""Clocks, against an oracle that counts minutes, and against what must hold whatever happens."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automation.sla.fold import fold
from automation.sla.joining import inherit
from automation.sla.shapes import BUILT_IN, Happening
from tests.automation.histories import (
    HOURS,
    LONGEST,
    MINUTE,
    PAUSES,
    PLACES,
    count_minutes,
    histories,
    terms_of,
)

MINUTES = st.integers(1, 1500)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=2500, deadline=None, suppress_health_check=list(HealthCheck))
METRICS = st.sampled_from(sorted(BUILT_IN))
FINAL = {"met", "cancelled"}


def check_oracle(history, metric, minutes, pauses):
    place, happenings, at = history
    start = PLACES[place][3]
    clocks = fold(happenings, terms_of(place, minutes, pauses, (metric,)), at=at)
    counted = count_minutes(place, happenings, at, metric, minutes, pauses)
    assert [(c.cycle, str(c.state), c.elapsed / MINUTE) for c in clocks] == [
        (cycle, state, used) for cycle, state, used, _due in counted
    ]
    for clock, (_cycle, state, _used, due) in zip(clocks, counted, strict=True):
        if state not in FINAL and due is not None:
            assert clock.due_at == start + due * MINUTE
        elif state == "paused":
            assert clock.due_at is None


def check_monotonic(history, minutes, pauses, later):
    """Time alone uses up more of it, moves no due time and mends no broken promise."""
    place, happenings, at = history
    terms = terms_of(place, minutes, pauses)
    known = [h for h in happenings if h.at <= at]
    before = {(c.metric, c.cycle): c for c in fold(known, terms, at=at)}
    after = {(c.metric, c.cycle): c for c in fold(known, terms, at=at + later * MINUTE)}
    assert before.keys() == after.keys()
    for key, clock in before.items():
        assert after[key].elapsed >= clock.elapsed
        assert after[key].due_at == clock.due_at
        assert (after[key].stopped_at, after[key].pauses) == (clock.stopped_at, clock.pauses)
        if clock.state == "breached":
            assert after[key].state == "breached"


def check_pause(place, minutes, begin, length, rest):
    """A pause takes nothing from the time: what is used is what was used without it."""
    start, hours = PLACES[place][3], HOURS[place]
    terms = terms_of(place, minutes, frozenset({"waiting_customer"}), ("resolution",))
    stands, goes = start + begin * MINUTE, start + (begin + length) * MINUTE
    at = goes + rest * MINUTE
    told = [
        Happening(start, "opened", 0),
        Happening(stands, "status:waiting_customer", 1),
        Happening(goes, "status:open", 2),
    ]
    [clock] = fold(told, terms, at=at)
    assert clock.elapsed == hours.elapsed(start, stands) + hours.elapsed(goes, at)
    left = timedelta(minutes=minutes) - hours.elapsed(start, stands)
    if left > timedelta():
        assert clock.due_at == hours.after(goes, left)
    [unpaused] = fold(told[:1], terms, at=at)
    assert clock.elapsed + hours.elapsed(stands, goes) == unpaused.elapsed


def check_moved(history, minutes, pauses, picks):
    """What is split off and merged back leaves the clocks as they were; so does a merge with an
    empty ticket, and no wait begins anew."""
    place, happenings, at = history
    terms = terms_of(place, minutes, pauses)
    said = [h for h in happenings if h.what in ("asked", "answered", "bot_answered")]
    states = [h for h in happenings if h not in said]
    whole = fold([*inherit(states), *said], terms, at=at)
    taken = [h for n, h in enumerate(said) if n in picks]
    kept = [h for n, h in enumerate(said) if n not in picks]
    opened = max((h.at for h in happenings), default=at)
    new_states = inherit([Happening(opened, "opened", 1000)], states)
    split_off = fold([*new_states, *taken], terms, at=opened + timedelta(days=1))
    for clock in split_off:
        assert clock.started_at in {h.at for h in [*taken, *states, *new_states]}
        if clock.metric == "first_response":
            assert clock.started_at in {h.at for h in taken if h.what == "asked"}
    # Merged back: the older one is there first, so nothing of the newer one's states counts.
    back = inherit(states, [Happening(opened + MINUTE, "opened", 1000)])
    assert fold([*back, *kept, *taken], terms, at=at) == whole


ARGUMENTS = {
    "oracle": (histories(), METRICS, MINUTES, PAUSES),
    "monotonic": (histories(), MINUTES, PAUSES, st.integers(0, 4000)),
    "pause": (
        st.integers(0, len(PLACES) - 1),
        MINUTES,
        st.integers(1, 2000),
        st.integers(1, LONGEST),
        st.integers(0, 2000),
    ),
    "moved": (histories(), MINUTES, PAUSES, st.frozensets(st.integers(0, 9))),
}
CHECKS = {
    "oracle": check_oracle,
    "monotonic": check_monotonic,
    "pause": check_pause,
    "moved": check_moved,
}


def run(name, many):
    many(given(*ARGUMENTS[name])(CHECKS[name]))()


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_clocks_hold_whatever_happens(name):
    run(name, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CHECKS))
def test_clocks_hold_over_ten_thousand_histories(name):
    run(name, MANY)
