"""The table of docs/mail-threading.md: whatever the evidence, some things never happen."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.belonging import (
    STRONG,
    Decision,
    Evidence,
    Kind,
    Place,
    Pointer,
    Step,
    decide,
    has_diverged,
    numbers_in,
    topic_of,
)
from tickets.models import Category

T1, T2 = UUID(int=1), UUID(int=2)
ENTERS = (Step.APPEND, Step.ANSWER, Step.NOTE)

places = st.builds(
    Place,
    ticket=st.sampled_from([UUID(int=n) for n in range(1, 5)]),
    category=st.sampled_from(Category.values),
    **{
        name: st.booleans()
        for name in (
            "is_spam",
            "is_too_late",
            "has_diverged",
            "is_customer",
            "takes_part",
            "may_answer",
        )
    },
)


@st.composite
def evidences(draw):
    # One ticket looks the same from every pointer.
    known = {place.ticket: place for place in draw(st.lists(places, max_size=4))}
    pointers = []
    for kind in draw(st.lists(st.sampled_from(list(Kind)), max_size=6)) if known else []:
        place = draw(st.sampled_from(list(known.values())))
        bound = kind == Kind.REPLY_ADDRESS and draw(st.booleans())
        pointers.append(Pointer(kind, place, is_bound=bound))
    flags = {
        name: draw(st.booleans())
        for name in ("is_automatic", "is_colleague", "is_forward", "works_in_inbox", "is_blocked")
    }
    dmarc = draw(st.sampled_from(["", "none", "pass", "fail", "temperror"]))
    return Evidence(pointers=tuple(pointers), dmarc=dmarc, **flags)


@given(evidences())
def test_a_stranger_never_enters_a_ticket(evidence):
    decision = decide(evidence)
    if decision.step in ENTERS:
        proofs = [p for p in evidence.pointers if p.place == decision.place and p.kind in STRONG]
        assert any(p.has_standing for p in proofs)


@given(evidences())
def test_what_the_senders_domain_disowns_is_set_aside(evidence):
    decision = decide(evidence)
    if evidence.dmarc == "fail":
        assert (decision.step, decision.code) == (Step.QUARANTINE, "dmarc_fail")


@given(evidences())
def test_stronger_evidence_goes_before_weaker(evidence):
    decision = decide(evidence)
    if decision.step != Step.APPEND:
        return
    followed = min(
        p.kind
        for p in evidence.pointers
        if p.place == decision.place and p.kind in STRONG and p.has_standing
    )
    elsewhere = [
        p
        for p in evidence.pointers
        if p.kind < followed and p.has_standing and p.place.ticket != decision.place.ticket
    ]
    assert not elsewhere


@given(evidences())
def test_a_colleague_answers_only_with_an_address_a_proof_and_the_right(evidence):
    decision = decide(evidence)
    if decision.step == Step.ANSWER:
        assert evidence.is_colleague
        assert evidence.dmarc == "pass"
        assert not evidence.is_automatic
        assert decision.place.may_answer
        bound = [p.place for p in evidence.pointers if p.is_bound]
        assert decision.place in bound


@given(evidences())
def test_weak_evidence_only_suggests(evidence):
    decision = decide(evidence)
    if not any(p.kind in STRONG for p in evidence.pointers) and evidence.dmarc != "fail":
        assert decision.step == Step.OPEN
    if decision.step == Step.OPEN:
        named = {p.place.ticket for p in evidence.pointers}
        assert {ticket for ticket, _ in decision.suggestions} == set(sorted(named)[:5])
        assert decision.place is None


@given(evidences())
def test_only_a_proven_colleague_speaks_for_somebody_else(evidence):
    if decide(evidence).for_first_sender:
        assert evidence.is_colleague
        assert evidence.works_in_inbox
        assert evidence.dmarc == "pass"


@given(evidences())
def test_what_no_server_vouches_for_is_marked(evidence):
    decision = decide(evidence)
    if decision.step == Step.APPEND:
        assert decision.is_unverified == (evidence.dmarc != "pass")


def token(place, *, bound=True):
    return Pointer(Kind.REPLY_ADDRESS, place, is_bound=bound)


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        pytest.param(Evidence(), Decision(Step.OPEN), id="nothing"),
        pytest.param(
            Evidence((token(Place(T1)),), dmarc="pass"),
            Decision(Step.APPEND, Place(T1)),
            id="bound and vouched for",
        ),
        pytest.param(
            Evidence(
                (token(Place(T1)), Pointer(Kind.OWN_ID, Place(T2, is_customer=True))),
                is_colleague=True,
            ),
            Decision(Step.QUARANTINE, Place(T1), "agent_unproven"),
            id="a colleague's own request opens no other",
        ),
        pytest.param(
            Evidence(
                (token(Place(T1, is_customer=True)), Pointer(Kind.OWN_ID, Place(T2))),
                is_colleague=True,
            ),
            Decision(Step.APPEND, Place(T1, is_customer=True), is_unverified=True),
            id="a colleague's own request",
        ),
        pytest.param(
            Evidence((token(Place(T1)),)),
            Decision(Step.APPEND, Place(T1), is_unverified=True),
            id="bound",
        ),
        pytest.param(
            Evidence((token(Place(T1), bound=False),), dmarc="pass"),
            Decision(Step.QUARANTINE, Place(T1), "stranger_with_token"),
            id="leaked",
        ),
        pytest.param(
            Evidence(
                (token(Place(T1), bound=False), Pointer(Kind.OWN_ID, Place(T2, is_customer=True)))
            ),
            Decision(Step.QUARANTINE, Place(T1), "stranger_with_token"),
            id="leaked, with an own thread beside it",
        ),
        pytest.param(
            Evidence((Pointer(Kind.OWN_ID, Place(T1)),)),
            Decision(Step.OPEN, suggestions=((T1, "reference"),)),
            id="a stranger's reference",
        ),
        pytest.param(
            Evidence((token(Place(T1, category="closed")),)),
            Decision(Step.OPEN, suggestions=((T1, "reference"),)),
            id="closed",
        ),
        pytest.param(
            Evidence((token(Place(T1, category="resolved", has_diverged=True)),)),
            Decision(Step.OPEN, suggestions=((T1, "reference"),)),
            id="resolved and about something else",
        ),
        pytest.param(
            Evidence((token(Place(T1, has_diverged=True)),)),
            Decision(Step.APPEND, Place(T1, has_diverged=True), is_unverified=True),
            id="open and about something else",
        ),
        pytest.param(
            Evidence((token(Place(T1, category="closed")),), is_automatic=True),
            Decision(Step.APPEND, Place(T1, category="closed"), is_unverified=True),
            id="automatic, to what is closed",
        ),
        pytest.param(
            Evidence((token(Place(T1)),), is_blocked=True),
            Decision(Step.OPEN, is_spam=True, suggestions=((T1, "reference"),)),
            id="blocked",
        ),
        pytest.param(
            Evidence((token(Place(T1)),), is_colleague=True, is_automatic=True),
            Decision(Step.DISMISS, Place(T1), "agent_automatic"),
            id="a colleague is on holiday",
        ),
        pytest.param(
            Evidence((token(Place(T1, may_answer=True)),), is_colleague=True, dmarc="pass"),
            Decision(Step.ANSWER, Place(T1, may_answer=True)),
            id="a colleague answers",
        ),
        pytest.param(
            Evidence((token(Place(T1, may_answer=True)),), is_colleague=True, dmarc="none"),
            Decision(Step.QUARANTINE, Place(T1, may_answer=True), "agent_unproven"),
            id="a colleague without proof",
        ),
        pytest.param(
            Evidence((token(Place(T1)),), is_colleague=True, dmarc="pass"),
            Decision(Step.QUARANTINE, Place(T1), "agent_without_access"),
            id="a colleague without the right",
        ),
        pytest.param(
            Evidence(
                (
                    Pointer(Kind.SUBJECT_TOKEN, Place(T2, takes_part=True)),
                    Pointer(Kind.OWN_ID, Place(T1, takes_part=True)),
                ),
                dmarc="pass",
            ),
            Decision(Step.APPEND, Place(T1, takes_part=True)),
            id="the stronger of two",
        ),
        pytest.param(
            Evidence((token(Place(T1, is_customer=True)),), is_colleague=True),
            Decision(Step.APPEND, Place(T1, is_customer=True), is_unverified=True),
            id="a colleague's own request",
        ),
        pytest.param(
            Evidence((token(Place(T1), bound=False),), dmarc="fail", is_released=True),
            Decision(Step.APPEND, Place(T1), is_unverified=True),
            id="released",
        ),
    ],
)
def test_the_table(evidence, expected):
    assert decide(evidence) == expected


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("Re: AW: Fwd: My lamp", "my lamp"),
        ("回复：[#12-abcdefgh] 台灯坏了", "台灯坏了"),
        ("RE[2]:  My   LAMP ", "my lamp"),
        ("Re", ""),
        ("", ""),
    ],
)
def test_signs_of_answering_are_no_topic(subject, topic):
    assert topic_of(subject) == topic


@pytest.mark.parametrize(
    ("one", "other", "diverged"),
    [
        ("Re: lamp", "My lamp flickers", False),
        ("A new invoice", "My lamp flickers", True),
        ("Re", "My lamp flickers", False),
        ("台灯又坏了", "回复：台灯坏了", False),
        ("发票", "台灯坏了", True),
    ],
)
def test_subjects_diverge_when_no_word_is_shared(one, other, diverged):
    assert has_diverged(one, other) == diverged


def test_numbers_are_read_but_not_too_many():
    assert numbers_in("Re: #12, [#13-abcdefgh] #14 #15 #012") == [12, 13, 14]
