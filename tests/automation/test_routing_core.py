"""What holds for every decision, whoever asks and whoever is there."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given as given_of
from hypothesis import settings
from hypothesis import strategies as st

from automation.routing.deciding import decide, drain, given_up, refuse, urgency
from automation.routing.fairness import deficits, gini
from automation.routing.shapes import Candidate, Need, Policy, Request
from tests.automation.simulation import LANES, STARVES_AFTER, Floor

POLICY = Policy()


def given(*strategies):
    """Few: they are run with every change."""
    return lambda test: settings(max_examples=25)(given_of(*strategies)(test))


SKILLS = st.sampled_from(["billing", "devices", "returns"])
LANGUAGES = st.sampled_from(["", "en", "zh-hans"])
IDS = st.integers(1, 10_000).map(lambda n: UUID(int=n))


@st.composite
def needs(draw):
    level = draw(st.integers(1, 4))
    return Need(draw(SKILLS), level, draw(st.integers(1, level)), draw(st.booleans()))


@st.composite
def requests(draw):
    return Request(
        draw(IDS),
        channel=draw(st.sampled_from(["mail", "chat"])),
        weight=draw(st.integers(1, 3)),
        needs=tuple(draw(st.lists(needs(), max_size=2))),
        language=draw(LANGUAGES),
        lane=draw(st.sampled_from([10, 50, 100])),
        slack=draw(st.none() | st.floats(-3600, 3600)),
        waited=draw(st.floats(0, 7200)),
    )


@st.composite
def candidates(draw):
    load = draw(st.integers(0, 8))
    return Candidate(
        draw(IDS),
        capacity=draw(st.integers(0, 8)),
        limits=draw(st.dictionaries(st.sampled_from(["mail", "chat"]), st.integers(0, 4))),
        load=load,
        held={"mail": load},
        skills=draw(st.dictionaries(SKILLS, st.integers(1, 4))),
        languages=draw(st.frozensets(st.sampled_from(["en", "zh-hans"]))),
        away=draw(st.sampled_from(["", "", "lunch"])),
        is_own=draw(st.booleans()),
        given=draw(st.floats(0, 100)),
    )


FLOORS = st.lists(candidates(), max_size=6, unique_by=lambda one: one.id)
QUEUES = st.lists(requests(), max_size=8, unique_by=lambda one: one.id)


def is_right(request, one):
    """Written apart from what is tested."""
    return (
        not one.away
        and one.id not in request.passed_by
        and one.load + request.weight <= one.capacity
        and one.held.get(request.channel, 0) < one.limits.get(request.channel, 99)
        and all(
            one.skills.get(need.skill, 0) >= need.least
            for need in request.needs
            if need.is_required
        )
    )


@given(requests(), FLOORS)
@pytest.mark.slow
def test_whoever_is_chosen_has_what_is_required_and_room(request, floor):
    decided = decide(request, floor, POLICY)
    people = {one.id: one for one in floor}
    assert len(decided.verdicts) == len(floor)
    if decided.chosen:
        assert is_right(request, people[decided.chosen])
        best = max(v.score for v in decided.verdicts if not v.refused)
        chosen = next(v for v in decided.verdicts if v.agent == decided.chosen)
        assert not chosen.refused
        assert chosen.score == best == pytest.approx(sum(chosen.parts.values()), abs=0.01)
    else:
        assert all(v.refused for v in decided.verdicts) and decided.why_none


@given(requests(), FLOORS, st.randoms())
def test_the_same_situation_is_decided_alike_in_whatever_order(request, floor, rng):
    shuffled = list(floor)
    rng.shuffle(shuffled)
    assert decide(request, floor, POLICY).chosen == decide(request, shuffled, POLICY).chosen


@given(requests(), FLOORS, st.floats(0, 7200))
def test_whoever_waits_longer_is_refused_by_no_more_people(request, floor, more):
    later = replace(request, waited=request.waited + more)
    before, after = (set(given_up(one, floor, POLICY)) for one in (request, later))
    assert before <= after
    for one in floor:
        assert not refuse(later, one, after) or refuse(request, one, before)


@given(requests(), FLOORS)
def test_after_the_last_step_everybody_who_can_and_has_room_may_get_it(request, floor):
    late = replace(request, waited=7200.0)
    decided = decide(late, floor, POLICY)
    assert bool(decided.chosen) == any(is_right(late, one) for one in floor)


@given(QUEUES, FLOORS)
def test_draining_leaves_nobody_waiting_for_whom_somebody_is_free(waiting, floor):
    made, people = drain(waiting, floor, POLICY)
    served = {decided.request for decided in made}
    started = {one.id: one for one in floor}
    for one in people:
        was = started[one.id]
        assert one.load <= max(one.capacity, was.load)
        for channel, held in one.held.items():
            most = max(one.limits.get(channel, 99), was.held.get(channel, 0))
            assert held <= most
    for request in waiting:
        if request.id not in served:
            assert decide(request, people, POLICY).chosen is None


@given(QUEUES)
def test_the_queue_has_an_order_that_time_turns_for_the_starving(waiting):
    ordered = sorted(waiting, key=lambda one: urgency(one, POLICY))
    starving = [one.waited >= POLICY.starves_after for one in ordered]
    assert starving == sorted(starving, reverse=True)
    patient = [one.lane for one in ordered if one.waited < POLICY.starves_after]
    assert patient == sorted(patient, reverse=True)


def test_the_only_free_person_goes_to_the_vip_first_unless_somebody_starves():
    only = Candidate(UUID(int=1), capacity=1)
    vip, standard = (Request(UUID(int=n), "mail", lane=lane) for n, lane in ((2, 100), (3, 50)))
    assert drain([standard, vip], [only], POLICY)[0][0].request == vip.id
    starving = replace(standard, waited=POLICY.starves_after)
    assert drain([vip, starving], [only], POLICY)[0][0].request == starving.id


def test_who_knows_the_customer_gets_it_and_who_had_much_does_not():
    one, other = (Candidate(UUID(int=n), capacity=5) for n in (1, 2))
    request = Request(UUID(int=9), "mail", knows={one.id: 1.0})
    assert decide(request, [one, other], POLICY).chosen == one.id
    assert decide(request, [replace(one, given=20.0), other], POLICY).chosen == other.id


def test_a_language_nobody_speaks_holds_nothing_up():
    one = Candidate(UUID(int=1), capacity=5, languages=frozenset({"en"}))
    assert decide(Request(UUID(int=9), "mail", language="fi"), [one], POLICY).chosen == one.id
    speaks = Candidate(UUID(int=2), capacity=5, languages=frozenset({"fi"}), away="lunch")
    waits = Request(UUID(int=9), "mail", language="fi")
    assert decide(waits, [one, speaks], POLICY).chosen is None
    assert decide(replace(waits, waited=301.0), [one, speaks], POLICY).chosen == one.id


@given(FLOORS)
def test_deficits_are_shares_of_what_was_given(floor):
    behind = deficits(floor)
    if sum(one.capacity for one in floor):
        assert sum(behind.values()) == pytest.approx(0, abs=1e-6)


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0.1, 10))
def test_gini_is_a_share_and_knows_no_unit(loads, times):
    assert -1e-9 <= gini(loads) < 1
    assert gini([load * times for load in loads]) == pytest.approx(gini(loads), abs=1e-6)
    assert gini([5.0] * len(loads)) == pytest.approx(0)


def check(outcome, *, tickets, bound):
    assert (outcome.assigned, outcome.left) == (tickets, 0)
    assert (outcome.wrong_skill, outcome.over_capacity) == (0, 0)
    assert outcome.median_of("vip") < outcome.median_of("standard") < outcome.median_of("new")
    assert outcome.longest <= bound


def test_a_busy_morning_is_shared_out():
    outcome = Floor(tickets=900, agents=12, pressure=0.98, seed=5).run()
    check(outcome, tickets=900, bound=STARVES_AFTER + 1800)


@pytest.mark.slow
def test_ten_thousand_tickets_are_shared_out_among_forty_agents_with_six_skills():
    outcome = Floor(tickets=10_000, agents=40, pressure=0.93, seed=7).run()
    check(outcome, tickets=10_000, bound=STARVES_AFTER + 900)
    skills = {skill for one in outcome.people.values() for skill in one.skills}
    assert len(skills) == 6 and set(LANES) == set(outcome.waits)
    assert max(outcome.gini_within(skill) for skill in skills) <= 0.10
