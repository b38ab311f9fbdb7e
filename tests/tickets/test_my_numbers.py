"""An agent's own numbers against figures counted by hand."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.actions import save_calendar
from accounts.models import Holiday
from accounts.queries import shift_of
from core import clock
from tickets import actions
from tickets.queries.my_numbers import numbers_of, waiting_for

# A Wednesday.
NOW = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)


def at(days, hour, minute=0):
    return clock.at((NOW - timedelta(days=days)).replace(hour=hour, minute=minute))


@pytest.fixture
def asked(inbox, mail_in):
    def ask(subject, sender="carol@example.org"):
        return mail_in(inbox, sender, subject, "Please help.").ticket

    return ask


@pytest.fixture
def told(asked, alice, bob):
    """Four weeks of Alice:

    today     10:00 asked, 10:30 first answer by Alice (30 min); still open for her
    3 days    asked 9:00, first answer by Bob 9:10, second by Alice 9:20; Alice resolves 10:00
    10 days   asked 8:00, first answer by Alice 10:00 (120 min), resolved, reopened 2 days later
    40 days   asked, answered, resolved by Alice: outside of all windows
    """
    with at(40, 9):
        old = asked("Old")
        actions.reply(old, actor=alice, body="x", status="resolved")
        actions.assign(old, actor=alice, assignee=alice) if old.assignee_id else None
    with at(10, 8):
        again = asked("Again")
    with at(10, 10):
        actions.reply(again, actor=alice, body="x", status="resolved")
    with at(8, 10):
        actions.move_to_status(again, actor=bob, status="open")
    with at(3, 9):
        shared = asked("Shared")
    with at(3, 9, 10):
        actions.reply(shared, actor=bob, body="x", status="open")
    with at(3, 9, 20):
        actions.assign(shared, actor=alice, assignee=alice)
        actions.reply(shared, actor=alice, body="x", status="open")
    with at(3, 10):
        actions.move_to_status(shared, actor=alice, status="resolved")
    with at(0, 10):
        fresh = asked("Fresh")
    with at(0, 10, 30):
        actions.reply(fresh, actor=alice, body="x", status="open")
        actions.add_note(fresh, actor=alice, body="A note is no answer.")
    return {"fresh": fresh, "shared": shared, "again": again}


def by_days(user):
    with clock.at(NOW):
        return {one.days: one for one in numbers_of(user)}


def test_answers_are_counted_by_when_they_were_sent(told, alice):
    found = by_days(alice)
    assert {days: one.answered for days, one in found.items()} == {1: 1, 7: 2, 28: 3}


def test_the_first_answer_counts_for_whoever_gave_it(told, alice, bob):
    found = by_days(alice)
    assert found[1].first_reply == timedelta(minutes=30)
    assert found[7].first_reply == timedelta(minutes=30)
    # Of 30 and 120 minutes.
    assert found[28].first_reply == timedelta(minutes=75)
    assert by_days(bob)[7].first_reply == timedelta(minutes=10)


def test_resolved_and_reopened(told, alice):
    found = by_days(alice)
    assert {days: one.resolved for days, one in found.items()} == {1: 0, 7: 1, 28: 2}
    assert {days: one.reopened for days, one in found.items()} == {1: 0, 7: 0, 28: 1}
    assert found[1].reopened_share is None
    assert found[28].reopened_share == 0.5


def test_an_answer_taken_back_does_not_count(told, alice):
    with clock.at(NOW):
        message = actions.reply(told["fresh"], actor=alice, body="No.", status="open")
        actions.withdraw(message, actor=alice)
    assert by_days(alice)[1].answered == 1


def test_who_did_nothing_has_zeros_and_no_median(told, supervisor):
    for one in by_days(supervisor).values():
        assert (one.answered, one.resolved, one.first_reply) == (0, 0, None)


def test_today_begins_at_the_agents_midnight(told, alice):
    alice.timezone = "Asia/Shanghai"  # 15:00 UTC is 23:00 there; the 10:30 of today is today's
    assert by_days(alice)[1].answered == 1
    alice.timezone = "Pacific/Auckland"  # 04:00 of the next day, which began at 11:00 UTC
    assert by_days(alice)[1].answered == 0


def test_waiting_now(told, alice, mail_in, inbox):
    with clock.at(NOW):
        assert waiting_for(alice).tickets == 2  # one reopened, one kept open
    with at(0, 12):
        ticket = told["fresh"]
        actions.move_to_status(ticket, actor=alice, status="waiting_customer")
    with clock.at(NOW):
        found = waiting_for(alice)
    assert found.tickets == 1
    assert found.longest_since == (NOW - timedelta(days=8)).replace(hour=10)


def test_the_page_is_cheap_and_says_how_it_counts(
    told, alice, sign_in, django_assert_max_num_queries
):
    client = sign_in(alice)
    with django_assert_max_num_queries(12):
        page = client.get("/me/").content.decode()
    assert page.count("How is this counted?") == 5


def test_the_shift(alice, support, admin):
    calendar = save_calendar(
        None,
        name="Days",
        timezone="Europe/London",
        hours={day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed")},
        is_default=False,
        actor=admin,
    )
    support.calendar = calendar
    support.save()
    Holiday.objects.create(calendar=calendar, date=date(2026, 3, 23), name="Spring day")

    with clock.at(NOW.replace(hour=10)):
        shift = shift_of(alice)
    assert shift.source == "team"
    assert shift.is_working
    assert [moment.hour for moment in shift.next_break] == [12, 13]
    assert shift.ends.hour == 18
    assert shift.next_holiday[1] == "Spring day"
    with clock.at(NOW.replace(hour=20)):
        shift = shift_of(alice)
    assert not shift.is_working
    # Thursday to Sunday are free, and Monday is a day off.
    assert shift.next_start.date() == date(2026, 3, 24)
