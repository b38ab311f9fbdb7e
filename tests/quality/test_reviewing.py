"""People judge samples, agents dispute, leads decide and coach."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from core.clock import at, now
from core.errors import NotAllowed
from core.models import Event
from quality.actions.reviewing import decide_dispute, finish_review, raise_dispute, take_next
from quality.actions.sampling import chance_of_fall, draw_sample, last_week, look_for_shifts
from quality.models import Coaching, Dispute, Inspection, Review, Rubric, Shift
from tickets import actions

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(ticket, alice, react):
    """Last week Alice resolved Carol's ticket rudely."""
    react()
    with at(timezone.now() - timedelta(days=7)):
        actions.reply(ticket, actor=alice, body="That is not my problem.")
        actions.move_to_status(ticket, actor=alice, status="resolved")
    react()
    return Inspection.objects.get(ticket=ticket)


def marks_of(review, mark=2, **other):
    return {one["code"]: mark for one in review.inspection.rubric.criteria} | other


def test_a_sample_is_drawn_once_and_one_in_five_goes_to_two(judged, supervisor):
    assert draw_sample(last_week(), actor=supervisor) == 1
    assert draw_sample(last_week(), actor=supervisor) == 0
    drawn = list(Review.objects.order_by("place"))
    assert [(one.place, one.is_calibration, one.stratum) for one in drawn] == [
        (1, True, "middle" if judged.score >= 60 else "low"),
        (2, True, "middle" if judged.score >= 60 else "low"),
    ]


def test_nobody_gets_the_same_twice_nor_their_own(judged, supervisor, admin):
    draw_sample(last_week(), actor=None)
    first = take_next(actor=supervisor)
    assert take_next(actor=supervisor) == first
    finish_review(first.pk, marks=marks_of(first), comment="", actor=supervisor)
    assert take_next(actor=supervisor) is None
    Inspection.objects.update(agent=admin)
    assert take_next(actor=admin) is None


def test_a_reviewer_marks_on_the_page_and_sees_the_checks_afterwards(judged, supervisor, sign_in):
    draw_sample(last_week(), actor=None)
    client = sign_in(supervisor)
    page = client.post(reverse("quality:reviews"))["Location"]
    before = client.get(page).content.decode()
    assert "That is not my problem." in before
    assert "judged-lines" not in before

    assert client.post(page, {"rude_tone": "0"}).status_code == 400
    form = {one["code"]: "3" for one in judged.rubric.criteria} | {"rude_tone": "0"}
    assert client.post(page, form | {"comment": "Curt."}).status_code == 302

    row = Review.objects.get(reviewer=supervisor)
    weights = {one["code"]: one["weight"] for one in judged.rubric.criteria}
    total = sum(weights.values())
    assert row.score == round(100 * (total - weights["rude_tone"]) / total)
    assert "judged-lines" in client.get(page).content.decode()


def test_an_agent_disputes_and_a_supervisor_decides(judged, alice, supervisor, sign_in):
    assert "rude_tone" in judged.faults
    form = {"criterion": "rude_tone", "reason": "I was quoting the courier."}
    page = reverse("quality:dispute", args=[judged.pk])
    assert sign_in(alice).post(page, form).status_code == 302
    row = Dispute.objects.get()
    decide = reverse("quality:decide", args=[row.pk])
    assert sign_in(alice).post(decide, {"do": "uphold"}).status_code == 403
    assert sign_in(supervisor).post(decide, {"do": "uphold"}).status_code == 302

    after = Inspection.objects.get()
    assert "rude_tone" not in after.faults
    assert after.score > judged.score
    told = Event.objects.get(name="inspection.dispute_decided")
    assert told.details["upheld"] is True
    assert "courier" not in str(told.details)


def test_nobody_decides_about_their_own_dispute(judged, supervisor):
    Inspection.objects.update(agent=supervisor)
    row = raise_dispute(judged, criterion="rude_tone", reason="No.", actor=supervisor)
    with pytest.raises(NotAllowed):
        decide_dispute(row.pk, upheld=True, answer="", actor=supervisor)


def test_a_disputed_mark_of_a_reviewer_no_longer_counts(judged, alice, supervisor, admin):
    draw_sample(last_week(), actor=None)
    review = take_next(actor=supervisor)
    marks = marks_of(review, 3, empathy=0)
    done = finish_review(review.pk, marks=marks, comment="", actor=supervisor)
    row = raise_dispute(judged, criterion="empathy", reason="I said sorry.", actor=alice)
    with pytest.raises(NotAllowed):
        decide_dispute(row.pk, upheld=True, answer="", actor=supervisor)
    decide_dispute(row.pk, upheld=True, answer="You did.", actor=admin)

    after = Review.objects.get(pk=review.pk)
    assert done.score < 100
    assert (after.marks["empathy"], after.score) == (None, 100)


def test_coaching_reaches_the_agent_with_its_examples(judged, alice, bob, supervisor, sign_in):
    page = reverse("quality:new_coaching", args=[alice.pk])
    form = {
        "criterion": "rude_tone",
        "words": "Say what you can do instead.",
        "examples": [str(judged.pk)],
        "scenario": "late-parcel",
    }
    assert sign_in(supervisor).post(page, form).status_code == 302
    mine = reverse("quality:coaching")
    shown = sign_in(alice).get(mine).content.decode()
    assert "Say what you can do instead." in shown
    assert f"#{judged.ticket.number}" in shown
    assert "Say what" not in sign_in(bob).get(mine).content.decode()
    assert (
        sign_in(alice)
        .post(reverse("quality:coached", args=[Coaching.objects.get().pk]))
        .status_code
        == 302
    )
    assert Coaching.objects.get().done_at


def test_practice_is_judged_at_its_end_and_shown_to_nobody_else(alice, supervisor, sign_in):
    client = sign_in(alice)
    page = client.post(reverse("quality:practices"), {"scenario": "late-parcel"})["Location"]
    for words in ("Hello! Sorry.", "It arrives today.", "Not my problem.", "Did that help you?"):
        assert client.post(page, {"words": words}).status_code == 302
    shown = client.get(page).content.decode()
    assert '<q dir="auto">Not my problem</q>' in shown
    assert sign_in(supervisor).get(page).status_code == 404


def test_a_fall_of_the_scores_rings_once(judged, ticket, inbox, alice):
    rubric, week = Rubric.objects.get(state="live"), now() - timedelta(days=7)
    rows = [
        Inspection(
            ticket=ticket,
            cycle=n + 10,
            rubric=rubric,
            inbox=inbox,
            team=ticket.team,
            agent=alice,
            resolved_at=week - timedelta(days=14) if n < 40 else week,
            score=90 + n % 5 if n < 40 else 60 + n % 9,
        )
        for n in range(80)
    ]
    Inspection.objects.bulk_create(rows)

    assert {one.scope for one in look_for_shifts()} == {"all", f"team:{ticket.team_id}"}
    assert look_for_shifts() == []
    assert Shift.objects.count() == Event.objects.filter(name="quality.shifted").count() == 2


def test_chance_of_a_fall_by_hand():
    """Means 80 and 78, variances 10.5263 (20 values of 80 ± 3.2): z = 2 / sqrt(2 · v / 20)."""
    before, after = [77, 83] * 10, [75, 81] * 10
    # v = 20 · 9 / 19 = 9.47368; standard error sqrt(2 · v / 20) = 0.97333; z = 2.05481
    assert chance_of_fall(before, after) == pytest.approx(0.01995, abs=1e-4)
    assert chance_of_fall(before[:5], after) == 1.0
