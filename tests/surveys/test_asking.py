"""Who is asked, once, and who is not and why."""

from datetime import timedelta

import pytest
from django.db import transaction

from core import clock
from core.clock import now
from core.lanes import LeaseLost
from core.models import Event, Reaction
from customers.actions import record_consent
from customers.models import Purpose
from helpdesk.embedded import find_free_port
from surveys import reactions
from surveys.actions.asking import ask, expire_old, offer_in_chat, plan_after_resolution
from surveys.actions.definitions import save_policy
from surveys.errors import AlreadyAsked
from surveys.models import Invitation
from tests.conftest import write_in
from tests.surveys.conftest import link_in, make_survey
from tickets import actions
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def surveys_in(mails):
    return [mail for mail in mails() if "/survey/" in mail.get_body(("plain",)).get_content()]


def one():
    return Invitation.objects.get()


def test_a_solved_request_is_asked_about_by_mail(survey, ticket, solve, react, mails):
    solve(ticket)
    react()

    [mail] = surveys_in(mails)
    assert "carol@example.org" in mail["To"]
    assert mail["Auto-Submitted"]
    assert one().state == "offered"
    assert Event.objects.filter(name="survey.offered", ticket_id=ticket.pk).exists()
    assert "lamp" not in mail.as_string()


def test_the_mail_has_a_link_for_each_score(survey, ticket, solve, react, mails):
    solve(ticket)
    react()

    html = surveys_in(mails)[0].get_body(("html",)).get_content()
    for score in range(1, 6):
        assert f"/{score}/" in html


def test_nobody_is_asked_before_the_delay_is_over(admin, ticket, solve, react, mails):
    make_survey(admin, delay_minutes=60)
    solve(ticket)
    react()
    assert not surveys_in(mails)
    with clock.at(now() + timedelta(minutes=61)):
        react()
    assert len(surveys_in(mails)) == 1


def test_taken_up_again_within_the_delay_nobody_is_asked(admin, ticket, solve, react, mails, alice):
    make_survey(admin, delay_minutes=60)
    solve(ticket)
    react()
    actions.move_to_status(ticket, actor=alice, status="open")
    with clock.at(now() + timedelta(minutes=61)):
        react()

    assert not surveys_in(mails)
    assert (one().state, one().why) == ("not", "reopened")


def test_each_solution_is_asked_about_once(survey, no_cap, ticket, solve, react, mails, alice):
    solve(ticket)
    react()
    with pytest.raises(AlreadyAsked):
        ask(Ticket.objects.get(pk=ticket.pk), survey, actor=alice)
    actions.move_to_status(ticket, actor=alice, status="closed")
    react()
    assert len(surveys_in(mails)) == 1


def test_a_second_solution_is_another_one(survey, no_cap, ticket, solve, react, mails, alice):
    solve(ticket)
    react()
    actions.move_to_status(ticket, actor=alice, status="open")
    solve(ticket)
    react()
    assert len(surveys_in(mails)) == 2


def test_taken_up_again_before_it_was_noted_it_has_its_row(survey, ticket, solve, react, alice):
    """As when all workers are down for a moment."""
    solve(ticket)
    actions.move_to_status(ticket, actor=alice, status="open")
    react()
    assert [(one.cycle, one.state, one.why) for one in Invitation.objects.all()] == [
        (0, "not", "reopened")
    ]


def test_each_solution_has_its_row_however_late_it_is_noted(
    survey, ticket, solve, react, mails, alice
):
    solve(ticket)
    actions.move_to_status(ticket, actor=alice, status="open")
    solve(ticket)
    react()
    rows = Invitation.objects.order_by("cycle").values_list("cycle", "state", "why")
    assert list(rows) == [(0, "not", "reopened"), (1, "offered", "")]
    assert len(surveys_in(mails)) == 1


def test_solved_after_an_answer_was_taken_back_they_are_asked_all_the_same(
    admin, ticket, react, mails, alice, solve
):
    make_survey(admin, delay_minutes=60)
    answer = actions.reply(ticket, actor=alice, body="Hello!", status="resolved")
    react()
    actions.withdraw(answer, actor=alice)
    with clock.at(now() + timedelta(minutes=61)):
        react()
        assert (one().state, one().why) == ("not", "reopened")
        solve(ticket)
        react()
        assert not surveys_in(mails)
    with clock.at(now() + timedelta(minutes=123)):
        react()
    assert len(surveys_in(mails)) == 1
    assert (one().state, one().why, one().cycle) == ("offered", "", 0)


def test_who_objected_since_is_not_asked(admin, ticket, carol, solve, react, mails):
    make_survey(admin, delay_minutes=60)
    solve(ticket)
    react()
    record_consent(
        carol,
        purpose=Purpose.objects.get(code="surveys"),
        action="denied",
        channel="portal",
        actor=None,
    )
    with clock.at(now() + timedelta(minutes=61)):
        react()

    assert not surveys_in(mails)
    assert one().why == "consent"


def test_outside_the_sample_nobody_is_asked_and_it_is_said(admin, ticket, solve, react, mails):
    make_survey(admin, share=0)
    solve(ticket)
    react()
    assert not surveys_in(mails)
    assert one().why == "sampling"


@pytest.mark.parametrize("condition", ["inboxes", "teams", "tiers", "types"])
def test_a_condition_that_does_not_hold_leaves_it_alone(
    condition, admin, ticket, billing, billing_inbox, solve, react
):
    from customers.models import Tier

    other = {
        "inboxes": [billing_inbox],
        "teams": [billing],
        "tiers": [Tier.objects.get(code="vip")],
        "types": ["incident"],
    }
    make_survey(admin, **{condition: other[condition]})
    solve(ticket)
    react()
    assert not Invitation.objects.exists()


def test_the_cap_holds_over_all_brands(survey, inbox, billing_inbox, solve, react, mails):
    for at, door in enumerate([inbox, billing_inbox, inbox]):
        solve(write_in(door, "carol@example.org", f"Lamp {at}", "It is dark.").ticket)
        react()

    assert len(surveys_in(mails)) == 1
    assert sorted(Invitation.objects.values_list("why", flat=True)) == ["", "cap", "cap"]


@pytest.mark.slow
def test_a_thousand_solutions_in_a_week_ask_no_more_than_the_cap(
    admin, survey, ticket, carol, inbox, alice, react, mails
):
    save_policy(actor=admin, cap=2, cap_days=7)
    start = now()
    status = actions.base.find_status("resolved")
    for at in range(1000):
        moment = start + timedelta(minutes=10 * at)
        with clock.at(moment):
            made = Ticket.objects.create(
                customer=carol,
                inbox=inbox,
                subject="Again",
                status=status,
                category="resolved",
                resolved_at=moment,
                team=inbox.team,
            )
            ask_after(made, by_chat=at % 3 == 0)
    with clock.at(start + timedelta(days=7, minutes=-1)):
        react()
        while Reaction.objects.filter(state="pending", next_at__lte=now()).exists():
            react()

    assert Invitation.objects.count() == 1000
    asked = Invitation.objects.exclude(offered_at=None)
    by_chat = asked.filter(channel="chat").count()
    assert len(surveys_in(mails)) + by_chat == asked.count() == 2
    assert by_chat
    assert Invitation.objects.filter(why="cap").count() == 998


@transaction.atomic
def ask_after(ticket, *, by_chat):
    if by_chat:
        offer_in_chat(ticket)
    else:
        plan_after_resolution(ticket)


def test_a_reminder_comes_once_and_not_after_an_answer(survey, ticket, solve, react, mails, phone):
    solve(ticket)
    react()
    with clock.at(now() + timedelta(days=3, minutes=1)):
        react()
        react()
    assert len(surveys_in(mails)) == 2
    assert surveys_in(mails)[1]["Message-ID"] != surveys_in(mails)[0]["Message-ID"]


def test_who_answered_is_not_reminded(asked, react, mails, phone):
    phone.post(asked(), {"score": "5"})
    react()
    with clock.at(now() + timedelta(days=3, minutes=1)):
        react()
    assert len(surveys_in(mails)) == 1


def test_what_is_not_answered_expires(asked, phone):
    path = asked()
    with clock.at(now() + timedelta(days=15)):
        assert phone.post(path, {"score": "5"}).status_code == 410
        assert expire_old() == 1
    assert one().state == "expired"


# A worker that is killed


def test_killed_after_the_mail_left_it_leaves_again_as_the_same(
    survey, ticket, solve, react, mails, monkeypatch
):
    solve(ticket)
    real = reactions.asking.mark_offered

    def die(pk):
        raise LeaseLost("killed")

    monkeypatch.setattr(reactions.asking, "mark_offered", die)
    react()
    assert one().state == "sending"
    monkeypatch.setattr(reactions.asking, "mark_offered", real)
    Reaction.objects.update(lease_until=None, next_at=now())
    react()

    assert one().state == "offered"
    assert len({mail["Message-ID"] for mail in surveys_in(mails)}) == 1
    assert Event.objects.filter(name="survey.offered").count() == 1


def test_who_objects_after_a_kill_is_not_mailed_again(
    survey, ticket, carol, solve, react, mails, monkeypatch
):
    solve(ticket)

    def die(pk):
        raise LeaseLost("killed")

    monkeypatch.setattr(reactions.asking, "mark_offered", die)
    react()
    record_consent(carol, purpose="surveys", action="denied", channel="portal", actor=None)
    Reaction.objects.update(lease_until=None, next_at=now())
    react()

    assert (one().state, one().why) == ("not", "consent")
    assert one().offered_at  # it has left and counts
    assert Event.objects.filter(name="survey.offered").count() == 0


@pytest.fixture
def nobody_takes_mails(settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{find_free_port(None)}"


def test_what_could_not_leave_is_decided_anew(
    survey, ticket, carol, solve, react, mails, settings, nobody_takes_mails
):
    solve(ticket)
    react()
    assert (one().state, one().offered_at) == ("waiting", None)
    settings.SMTP_URL = ""
    record_consent(carol, purpose="surveys", action="denied", channel="portal", actor=None)
    with clock.at(now() + timedelta(minutes=11)):
        react()
    assert not surveys_in(mails)
    assert (one().state, one().why) == ("not", "consent")


def test_what_could_not_leave_leaves_at_the_next_try(
    survey, ticket, solve, react, mails, settings, nobody_takes_mails
):
    solve(ticket)
    react()
    settings.SMTP_URL = ""
    with clock.at(now() + timedelta(minutes=11)):
        react()
    assert len(surveys_in(mails)) == 1
    assert one().state == "offered"


def test_what_cannot_leave_for_a_day_is_given_up(survey, ticket, solve, react, nobody_takes_mails):
    solve(ticket)
    react()
    with clock.at(now() + timedelta(hours=25)):
        react()
    assert (one().state, one().why, one().offered_at) == ("not", "refused", None)


def test_a_reaction_run_twice_sends_nothing_twice(survey, no_cap, ticket, solve, react, mails):
    solve(ticket)
    react()
    event = Event.objects.get(name="survey.planned")
    row = Reaction.objects.create(
        event=event, name="surveys.reactions.offer", lane="send", next_at=now()
    )
    react()
    assert not Reaction.objects.filter(pk=row.pk).exists()
    assert len(surveys_in(mails)) == 1
    # The outbox keeps one file per mail, however often it is handed over.
    assert Event.objects.filter(name="survey.offered").count() == 1


def test_by_hand_from_the_ticket(survey, no_cap, ticket, alice, mallory, sign_in, react, mails):
    url = f"/tickets/{ticket.pk}/survey/ask/"
    assert sign_in(mallory).post(url, {"survey": survey.pk}).status_code == 404
    assert sign_in(alice).post(url, {"survey": survey.pk}).status_code == 200
    react()
    assert link_in(surveys_in(mails)[0])
    assert one().origin == "hand"
