"""Tickets that are opened again and again, at the same hour of their own time zone."""

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from core import clock
from core.errors import Invalid
from tickets import actions
from tickets.actions.recurring import next_moment
from tickets.models import Message, Recurrence, Ticket

LONDON = ZoneInfo("Europe/London")


def recurrence(first, unit, *, every=1, zone="Europe/London", until=None):
    return Recurrence(
        first_at=first, unit=unit, every=every, timezone=zone, until=until, next_at=first
    )


def moments(found, count):
    seen, at = [], found.first_at - timedelta(seconds=1)
    for _ in range(count):
        at = next_moment(found, after=at)
        seen.append(at.astimezone(ZoneInfo(found.timezone)).strftime("%m-%d %H:%M"))
    return seen


def test_the_hour_stays_across_daylight_saving():
    daily = recurrence(datetime(2026, 3, 28, 9, 0, tzinfo=LONDON), "day")
    assert moments(daily, 3) == ["03-28 09:00", "03-29 09:00", "03-30 09:00"]
    before, after = (
        next_moment(daily, after=datetime(2026, 3, d, 12, tzinfo=UTC)) for d in (27, 29)
    )
    assert (before.hour, after.hour) == (9, 8)  # in UTC


def test_an_hour_that_does_not_exist_or_comes_twice_is_there_once():
    spring = recurrence(datetime(2026, 3, 28, 1, 30, tzinfo=LONDON), "day")
    assert len(set(moments(spring, 4))) == 4
    autumn = recurrence(datetime(2026, 10, 24, 1, 30, tzinfo=LONDON), "day")
    assert moments(autumn, 3) == ["10-24 01:30", "10-25 01:30", "10-26 01:30"]


def test_a_day_a_month_does_not_have_is_its_last():
    monthly = recurrence(datetime(2027, 1, 31, 9, 0, tzinfo=LONDON), "month")
    assert moments(monthly, 4) == ["01-31 09:00", "02-28 09:00", "03-31 09:00", "04-30 09:00"]
    yearly = recurrence(datetime(2028, 2, 29, 9, 0, tzinfo=LONDON), "year")
    assert moments(yearly, 5)[-1] == "02-29 09:00"
    assert moments(recurrence(monthly.first_at, "week", every=2), 2) == [
        "01-31 09:00",
        "02-14 09:00",
    ]


@pytest.mark.parametrize("unit", ["day", "week", "month", "year"])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_each_moment_follows_the_one_before(unit, every):
    found = recurrence(datetime(2026, 1, 31, 2, 30, tzinfo=LONDON), unit, every=every)
    at = found.first_at
    for _ in range(40):
        later = next_moment(found, after=at)
        assert later > at
        assert next_moment(found, after=later - timedelta(seconds=1)) == later
        at = later


@pytest.fixture
def repeated(ticket, alice):
    return actions.repeat_ticket(
        ticket,
        actor=alice,
        body="Check the lamp.",
        every=1,
        unit="day",
        first_at=clock.now() + timedelta(hours=1),
        timezone="Europe/London",
    )


def test_one_like_it_is_opened_when_it_is_time(ticket, repeated, alice, react):
    actions.set_tags(ticket, actor=alice, tags=["lamp"])
    assert actions.open_due_tickets() == 0
    with clock.at(repeated.first_at + timedelta(seconds=5)):
        assert actions.open_due_tickets() == 1
        assert actions.open_due_tickets() == 0
    new = Ticket.objects.exclude(pk=ticket.pk).get()
    assert (new.customer_id, new.team_id, new.subject) == (
        ticket.customer_id,
        ticket.team_id,
        "My lamp flickers",
    )
    note = Message.objects.get(ticket=new)
    assert (note.kind, note.body, note.author_id) == ("note", "Check the lamp.", alice.pk)
    assert new.waiting_since is None
    after = Recurrence.objects.get()
    assert after.last_ticket_id == new.pk
    assert after.next_at == repeated.first_at + timedelta(days=1)
    react()
    assert not Message.objects.filter(ticket=new, direction="out", kind="public").exists()


def test_what_was_missed_is_made_up_for_once(ticket, repeated):
    with clock.at(repeated.first_at + timedelta(days=10, seconds=5)):
        assert actions.open_due_tickets() == 1
        assert Recurrence.objects.get().next_at > clock.now()
    assert Ticket.objects.count() == 2


def test_it_ends(ticket, repeated, alice):
    actions.end_recurrence(repeated, actor=alice)
    with clock.at(repeated.first_at + timedelta(seconds=5)):
        assert actions.open_due_tickets() == 0
    bounded = recurrence(
        datetime(2026, 1, 1, tzinfo=UTC), "day", until=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert next_moment(bounded, after=datetime(2026, 1, 2, tzinfo=UTC)) is None


def test_a_kill_before_the_commit_leaves_it_to_the_next(ticket, repeated):
    with clock.at(repeated.first_at + timedelta(seconds=5)):
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            assert actions.open_due_tickets() == 1
            raise KeyboardInterrupt
        assert Ticket.objects.count() == 1
        assert actions.open_due_tickets() == 1
    assert Ticket.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_open_it_once(ticket, repeated):
    Recurrence.objects.update(next_at=clock.now() - timedelta(seconds=1))
    opened, barrier = [], threading.Barrier(2)

    def work():
        try:
            barrier.wait(10)
            opened.append(actions.open_due_tickets())
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(opened) == [0, 1]
    assert Ticket.objects.count() == 2


def test_nonsense_is_refused(ticket, alice):
    good = {
        "body": "",
        "every": 1,
        "unit": "day",
        "first_at": clock.now() + timedelta(hours=1),
        "timezone": "UTC",
    }
    for wrong in (
        {"every": 0},
        {"unit": "hour"},
        {"timezone": "Mars/Base"},
        {"first_at": clock.now() - timedelta(hours=1)},
    ):
        with pytest.raises(Invalid):
            actions.repeat_ticket(ticket, actor=alice, **good | wrong)


def test_from_the_page_of_a_ticket(ticket, alice, sign_in):
    alice.timezone = "Europe/London"
    alice.save()
    desk = sign_in(alice)
    page = desk.get(f"/tickets/{ticket.pk}/repeat/").content.decode()
    assert "My lamp flickers" in page and "Europe/London" in page
    form = {"subject": "Lamp", "every": 1, "unit": "week", "first_on": "2099-07-01", "at": "09:00"}
    made = desk.post(f"/tickets/{ticket.pk}/repeat/", form)
    assert made.status_code == 302
    found = Recurrence.objects.get()
    assert found.first_at == datetime(2099, 7, 1, 8, 0, tzinfo=UTC)
    listed = desk.get("/settings/recurring/").content.decode()
    assert "Lamp" in listed and "every week" in listed
    desk.post(f"/settings/recurring/{found.pk}/end/")
    assert "No recurring tickets" in desk.get("/settings/recurring/").content.decode()
