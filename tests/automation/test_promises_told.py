"""Warnings and breaches reach somebody, once; what will probably break is seen before."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from accounts.models import Presence
from automation.actions.clocks import tell_due
from automation.actions.policies import put_in_force, save_draft
from automation.actions.risk import estimate_risks
from automation.models import Clock
from automation.sla.hours import read_hours
from automation.sla.risk import ENOUGH, estimate, pace_of
from core import clock
from core.clock import now
from customers.actions import change_tier
from customers.models import Tier
from tickets import actions
from tickets.models import Notification, SavedView, Ticket

MONDAY = datetime(2030, 6, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TARGETS = [{"metric": "first_response", "minutes": {"": 240}, "warn": 75, "pauses": []}]


@pytest.fixture
def promised(admin):
    with clock.at(MONDAY - timedelta(days=30)):
        draft = save_draft(None, actor=admin, name="Usual", conditions={}, targets=TARGETS)
        put_in_force(draft.policy, actor=admin)
    return draft.policy


@pytest.fixture
def asked(promised, inbox, mail_in, react):
    with clock.at(MONDAY):
        ticket = mail_in(inbox, "eve@example.org", "Broken", "It broke.").ticket
        react()
    return ticket


def online(*users):
    for user in users:
        Presence.objects.update_or_create(
            user=user, defaults={"state": "online", "seen_at": now(), "since": now()}
        )


def pass_time(react, at, *there):
    with clock.at(at):
        online(*there)
        tell_due()
        react()


def told(kind):
    rows = Notification.objects.filter(kind=kind).values_list("user__name", flat=True)
    return sorted(rows)


def test_whoever_has_it_is_told_once_of_each(asked, alice, bob, react):
    with clock.at(MONDAY):
        actions.assign(asked, actor=alice, assignee=alice)
    pass_time(react, MONDAY + 3 * HOUR + timedelta(seconds=1), bob)
    pass_time(react, MONDAY + 3 * HOUR + timedelta(seconds=9), bob)
    assert told("due_soon") == ["Alice Moreau"] and told("overdue") == []
    pass_time(react, MONDAY + 4 * HOUR + timedelta(seconds=1), bob)
    pass_time(react, MONDAY + 5 * HOUR, bob)
    assert told("overdue") == ["Alice Moreau"]


def test_of_what_nobody_has_the_people_on_duty_are_told(asked, alice, bob, wei, react):
    pass_time(react, MONDAY + 3 * HOUR + timedelta(seconds=1), bob, wei)
    assert told("due_soon") == ["Bob Achterberg"]


def test_with_nobody_there_those_who_lead_are_told(asked, alice, supervisor, react):
    pass_time(react, MONDAY + 3 * HOUR + timedelta(seconds=1))
    assert told("due_soon") == ["Susan Park"]


@pytest.mark.slow
def test_for_who_is_looked_after_first_the_team_hears_of_it_too(asked, alice, bob, react):
    Tier.objects.filter(code="vip").update(proactive_reminders=True)
    with clock.at(MONDAY):
        actions.assign(asked, actor=alice, assignee=alice)
        change_tier(asked.customer, actor=None, tier=Tier.objects.get(code="vip"), reason="")
    pass_time(react, MONDAY + 3 * HOUR + timedelta(seconds=1), alice, bob)
    assert told("due_soon") == ["Alice Moreau", "Bob Achterberg"]


def test_who_does_not_want_to_hear_of_promises_does_not(asked, alice, sign_in, react):
    page = {"language": "", "timezone": "UTC", "theme": "auto", "notify_by_mail": "on"}
    assert sign_in(alice).post(reverse("accounts:preferences"), page).status_code == 302
    with clock.at(MONDAY):
        actions.assign(asked, actor=None, assignee=alice)
    pass_time(react, MONDAY + 5 * HOUR, alice)
    assert told("due_soon") == told("overdue") == []


def test_news_of_a_promise_are_a_sentence_on_the_page(asked, alice, react, sign_in):
    with clock.at(MONDAY):
        actions.assign(asked, actor=alice, assignee=alice)
    pass_time(react, MONDAY + 5 * HOUR, alice)
    page = sign_in(alice).get(reverse("tickets:news")).content.decode()
    assert f"A promise in #{asked.number} was broken" in page


# What will probably break


def test_a_pace_needs_enough_that_came_to_an_end():
    week = read_hours("UTC", {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu")})
    assert pace_of(ENOUGH - 1, week, at=MONDAY) is None
    assert pace_of(128, week, at=MONDAY) == 2.0  # two weeks of 32 hours


def test_the_estimate_counts_in_working_time():
    days = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    week = read_hours("UTC", days)
    due, at = MONDAY + timedelta(days=1, hours=1), MONDAY + 7 * HOUR  # two hours of work are left
    calm = estimate(ahead=2, per_hour=2.0, due=due, hours=week, at=at)
    assert (calm.needs, calm.left, calm.is_at_risk) == (5400, 7200, False)
    assert estimate(ahead=4, per_hour=2.0, due=due, hours=week, at=at).is_at_risk
    slow = estimate(ahead=0, per_hour=1 / 30, due=due, hours=week, at=at)
    assert (slow.per_hour, slow.needs) == (0.03, 108_000)  # shown as it is, not as no pace at all


@pytest.fixture
def crowded(promised, inbox, mail_in, react, support):
    """Ten promises kept within the last two weeks, and three that wait."""
    with clock.at(MONDAY):
        tickets = [mail_in(inbox, f"q{n}@example.org", "Q", "?").ticket for n in range(ENOUGH + 3)]
        react()
    kept = [ticket.pk for ticket in tickets[:ENOUGH]]
    Clock.objects.filter(ticket__in=kept).update(
        state="met", stopped_at=MONDAY - HOUR, next_at=None
    )
    return tickets[ENOUGH:]


def test_what_will_probably_break_is_found_and_shown(crowded, alice, sign_in):
    with clock.at(MONDAY + HOUR):
        # Ten in 336 hours: nobody gets an answer within three.
        assert estimate_risks() == 3
        web = sign_in(alice)
        at_risk = '{"all": [{"field": "due", "is": "at_risk"}]}'
        page = web.get(reverse("tickets:list"), {"filter": at_risk}).content.decode()
        assert page.count('data-sla="risk"') == 3
        panel = web.get(reverse("automation:clocks", args=[crowded[0].pk])).content.decode()
        assert "At risk:" in panel and "data-risk" in panel


@pytest.mark.slow
def test_with_pace_enough_nothing_is_at_risk_any_more(crowded):
    with clock.at(MONDAY + HOUR):
        estimate_risks()
        version = Clock.objects.first().version
        Clock.objects.bulk_create(
            Clock(
                ticket=crowded[0],
                metric="first_response",
                cycle=n + 50,
                version=version,
                target=60,
                state="met",
                started_at=MONDAY - HOUR,
                stopped_at=MONDAY - HOUR,
            )
            for n in range(800)
        )
        assert estimate_risks() == 0
    assert not Ticket.objects.filter(is_at_risk=True).exists()


def test_the_first_promise_brings_a_list_of_those_about_to_break(promised, admin, sign_in):
    view = SavedView.objects.get()
    assert (view.name, view.owner, view.sort) == ("About to breach", None, "due")
    with clock.at(MONDAY):
        draft = save_draft(None, actor=admin, name="Other", conditions={}, targets=TARGETS)
        put_in_force(draft.policy, actor=admin)
    assert SavedView.objects.count() == 1
    page = sign_in(admin).get(reverse("tickets:list"), {"view": f"saved-{view.pk}"})
    assert page.status_code == 200
