"""A candidate answers a share of new dialogues, and both sides are counted alike."""

from datetime import timedelta

import pytest

from bots.actions import hand_over, tools
from bots.actions.evaluation import add_suite, save_case
from bots.actions.evaluation_trials import (
    make_trial_live,
    settle_entries,
    start_trial,
    stop_trial,
)
from bots.dialogue.shapes import State
from bots.errors import AlreadyDecided, GateClosed
from bots.models import Dialogue, Flow, FlowVersion, Trial, TrialEntry
from bots.queries.candidates import Candidate
from bots.queries.trials import is_in_share, load_trial
from connectors.messages import Verdicts
from core import clock
from core.errors import Invalid, NotAllowed
from core.ids import new_id
from tests.bots.evaluation_world import ASKS, BETTER, OUTLINE, WORSE, draft, robin  # noqa: F401
from tests.conftest import write_in
from tickets import actions as tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(robin, admin):  # noqa: F811
    draft(robin, BETTER)
    return start_trial(robin, Candidate({"order_status": BETTER}), share=50, actor=admin)


@pytest.fixture
def answer_by_tool(monkeypatch):
    monkeypatch.setattr(tools, "carry_by_http", lambda _request: b'{"status": "sent"}')


@pytest.fixture
def ask(inbox, react, answer_by_tool):
    """A mail of somebody; what they are answered."""

    def ask(name, text="Where is my order PW-20734?"):
        verdicts = Verdicts(spf="pass", dkim="pass", dmarc="pass")
        message = write_in(inbox, f"{name}@mail.example", "Order", text, verdicts=verdicts)
        react()
        said = message.ticket.messages.filter(author__kind="bot", kind="public")
        return message.ticket, " ".join(one.body for one in said)

    return ask


def test_the_share_is_drawn_by_lot_and_stays(robin):  # noqa: F811
    trial = Trial.objects.create(bot=robin, share=30)
    customers = [new_id() for _ in range(2000)]
    drawn = {one for one in customers if is_in_share(trial, one)}
    assert 0.25 < len(drawn) / 2000 < 0.35
    assert drawn == {one for one in customers if is_in_share(trial, one)}
    other = Trial(bot=robin, share=30)
    assert drawn != {one for one in customers if is_in_share(other, one)}


@pytest.mark.slow
def test_each_side_is_answered_by_its_own(trial, ask):
    sides = {}
    for number in range(40):
        ticket, said = ask(f"june{number}")
        sides[is_in_share(trial, ticket.customer_id)] = said
        if len(sides) == 2:
            break
    assert "arrives soon" in sides[True]
    assert "is on its way" in sides[False]
    assert set(TrialEntry.objects.values_list("is_candidate", flat=True)) == {True, False}


@pytest.mark.slow
def test_after_the_end_everybody_is_answered_by_what_is_live(trial, ask, admin):
    stop_trial(trial, actor=admin)
    assert all("is on its way" in ask(f"june{number}")[1] for number in range(4))
    assert not TrialEntry.objects.exists()
    with pytest.raises(AlreadyDecided):
        stop_trial(trial, actor=admin)


@pytest.mark.slow
def test_a_customer_counts_once(trial, ask):
    ask("june")
    ask("june")
    assert (Dialogue.objects.count(), TrialEntry.objects.count()) == (2, 1)


def settle_later(hours=73):
    with clock.at(clock.now() + timedelta(hours=hours)):
        return settle_entries()


def test_settled_is_what_needed_nobody_and_did_not_come_back(trial, ask):
    ask("june")
    assert settle_later(hours=71) == 0
    assert settle_later() == 1
    assert TrialEntry.objects.get().is_solved is True


@pytest.mark.slow
def test_whoever_writes_again_was_not_helped(trial, ask):
    ask("june")
    with clock.at(clock.now() + timedelta(hours=30)):
        ask("june", "It is still not here.")
    settle_later(hours=120)
    assert TrialEntry.objects.get().is_solved is False


@pytest.mark.slow
def test_what_a_person_had_to_take_over_is_not_settled(trial, ask, alice):
    for name, take_over in (
        ("june", lambda ticket: tickets.reply(ticket, actor=alice, body="I look after it.")),
        ("carl", lambda ticket: _hand_over(ticket)),
    ):
        ticket, _said = ask(name)
        take_over(ticket)
    settle_later()
    assert list(TrialEntry.objects.values_list("is_solved", flat=True)) == [False, False]


def _hand_over(ticket):
    dialogue = Dialogue.objects.select_related("bot__user", "thread__inbox").get(ticket=ticket)
    hand_over(dialogue, reason="policy", state=State(), cause=ticket.messages.first())


def test_the_page_shows_both_sides_and_a_verdict(trial, sign_in, admin):
    for side, solved, count in ((True, 180, 200), (False, 120, 200)):
        TrialEntry.objects.bulk_create(
            TrialEntry(
                trial=trial, is_candidate=side, is_solved=number < solved, settled_at=clock.now()
            )
            for number in range(count)
        )
    page = load_trial(trial)
    assert (page.candidate.side.share, page.live.side.share) == (0.9, 0.6)
    assert page.comparison.verdict == "better"
    shown = sign_in(admin).get(f"/bots/{trial.bot_id}/trials/").content.decode()
    assert "The candidate is better." in shown
    assert "+30.0" in shown and "90 %" in shown


def test_made_live_it_is_published_as_it_was_tried(trial, sign_in, admin):
    draft(trial.bot, WORSE)
    response = sign_in(admin).post(f"/bots/trials/{trial.pk}/live/")
    assert response.status_code == 302
    assert FlowVersion.objects.order_by("-number").first().outline == BETTER
    assert Flow.objects.get(slug="order_status").draft == WORSE
    trial.refresh_from_db()
    assert (trial.state, trial.ended_by) == ("won", admin)


def test_the_gate_stands_before_a_trial_too(robin, admin, sign_in, react):  # noqa: F811
    suite = add_suite(robin, name="Every day", is_gating=True, bar=100, actor=None)
    save_case(suite, ASKS, actor=None, kind="script")
    draft(robin, WORSE)
    desk = sign_in(admin)
    begun = {"flows": ["order_status"], "share": "10"}
    assert desk.post(f"/bots/{robin.pk}/trials/", begun).status_code == 400
    react()
    with pytest.raises(GateClosed):
        start_trial(robin, Candidate({"order_status": WORSE}), share=10, actor=admin)
    draft(robin, BETTER)
    desk.post(f"/bots/{robin.pk}/trials/", begun)
    react()
    assert desk.post(f"/bots/{robin.pk}/trials/", begun).status_code == 302
    assert Trial.objects.get().flows == {"order_status": BETTER}


def test_what_cannot_be_tried_is_refused(robin, admin, supervisor):  # noqa: F811
    for candidate in (Candidate(), Candidate(model=99)):
        with pytest.raises(Invalid):
            start_trial(robin, candidate, share=10, actor=admin)
    with pytest.raises(NotAllowed):
        start_trial(robin, Candidate({"order_status": BETTER}), share=10, actor=supervisor)
    with pytest.raises(Invalid):
        start_trial(robin, Candidate({"order_status": BETTER}), share=95, actor=admin)


def test_a_trial_that_is_over_is_decided_once(trial, admin):
    make_trial_live(trial, actor=admin)
    with pytest.raises(AlreadyDecided):
        make_trial_live(trial, actor=admin)
    assert FlowVersion.objects.order_by("-number").first().outline != OUTLINE
