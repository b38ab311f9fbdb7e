"""The next best ticket: which it is, whom it is offered to, and why in words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from core import clock, here
from customers.models import Tier
from tests.conftest import write_in
from tickets import actions
from tickets.models import Status, Ticket
from tickets.queries.next_ticket import OFFERED_SECONDS, find_next

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def noon():
    with clock.at(NOW):
        yield


@pytest.fixture
def row_of(inbox):
    statuses = {status.category: status for status in Status.objects.all()}
    tiers = {tier.code: tier for tier in Tier.objects.all()}

    def make(name: str, *, hours: float = 1, tier: str = "standard", **fields: Any) -> Ticket:
        ticket = write_in(inbox, f"{name}@example.org", name, "x").ticket
        ticket.customer.tier = tiers[tier]
        ticket.customer.save()
        category = fields.pop("category", "open")
        given = {"waiting_since": NOW - hours * HOUR, "status": statuses[category]} | fields
        Ticket.objects.filter(pk=ticket.pk).update(category=category, **given)
        return ticket

    return make


def order(user: User) -> list[str]:
    """All that one is led to, one after the other."""
    found, skip = [], []
    while one := find_next(User.objects.get(pk=user.pk), skip=skip):
        found.append(one.ticket.subject)
        skip.append(one.ticket.pk)
    return found


def test_late_then_mine_then_what_is_nobodys(row_of, alice):
    row_of("free")
    row_of("free-due", next_due_at=NOW + HOUR)
    row_of("mine", assignee=alice)
    row_of("free-late", next_due_at=NOW - HOUR)
    row_of("mine-late", assignee=alice, next_due_at=NOW - HOUR / 2)
    row_of("mine-due", assignee=alice, next_due_at=NOW + HOUR)
    assert order(alice) == ["mine-late", "free-late", "mine-due", "mine", "free-due", "free"]


def test_tier_then_priority_then_the_longest_wait(row_of, alice):
    row_of("short", hours=1)
    row_of("long", hours=5)
    row_of("urgent", priority=40)
    row_of("vip", tier="vip", priority=10)
    row_of("vip-urgent", tier="vip", priority=40)
    assert order(alice) == ["vip-urgent", "vip", "urgent", "long", "short"]


def test_only_what_one_may_work_on(row_of, alice, bob, billing, billing_inbox, light, mallory):
    row_of("bobs", assignee=bob)
    row_of("theirs", team=billing, inbox=billing_inbox)
    row_of("waits-for-the-customer", category="waiting_customer", waiting_since=None)
    row_of("done", category="resolved", resolved_at=NOW, waiting_since=None)
    row_of("spam", spam_at=NOW)
    row_of("answered", waiting_since=None)
    assert order(alice) == []
    row_of("free")
    assert order(alice) == ["free"]
    assert order(light) == []
    assert order(mallory) == []


def test_a_supervisor_is_led_to_their_own_teams_work(row_of, supervisor, billing, billing_inbox):
    row_of("theirs", team=billing, inbox=billing_inbox)
    row_of("ours")
    assert order(supervisor) == ["ours"]


def test_two_who_ask_at_once_are_led_to_two_tickets(row_of, alice, bob):
    first, second = row_of("first", hours=2), row_of("second")
    assert find_next(alice).ticket == first
    assert find_next(bob).ticket == second
    assert find_next(alice).ticket == first  # still hers
    assert OFFERED_SECONDS >= 30


def test_what_a_colleague_has_open_is_left_to_them(row_of, alice, bob):
    first, second = row_of("first", hours=2), row_of("second")
    here.note(str(first.pk), user=str(bob.pk), tab="1", state="viewing")
    here.note(str(second.pk), user=str(alice.pk), tab="1", state="viewing")
    assert order(alice) == ["second"]
    here.leave(str(first.pk), user=str(bob.pk), tab="1")
    assert order(alice) == ["first", "second"]


def test_it_says_why_in_words(row_of, alice):
    row_of("vip", tier="vip", hours=3, priority=40)
    assert find_next(alice).reasons == [
        "VIP",
        "priority Urgent",
        "waiting 3 h",
        "nobody has taken it",
    ]
    late = row_of("late", hours=72, assignee=alice, next_due_at=NOW - timedelta(minutes=5))
    found = find_next(User.objects.get(pk=alice.pk))
    assert found.ticket == late
    assert found.reasons == ["5 min overdue", "waiting 3 days", "yours"]
    row_of("soon", assignee=alice, next_due_at=NOW + timedelta(minutes=20))
    again = find_next(User.objects.get(pk=alice.pk), skip=[late.pk])
    assert again.reasons[0] == "due in 20 min"


def test_the_page_leads_there_and_remembers_what_was_skipped(row_of, alice, light, sign_in):
    first, second = row_of("first", hours=2), row_of("second")
    desk = sign_in(alice)
    found = desk.post("/tickets/next/").json()
    assert found["url"] == f"/tickets/{first.pk}/"
    assert found["subject"] == "first"
    assert found["reasons"][-1] == "nobody has taken it"
    skipped = desk.post("/tickets/next/", {"skip": [str(first.pk)]}).json()
    assert skipped["id"] == str(second.pk)
    both = {"skip": [str(first.pk), str(second.pk)]}
    assert desk.post("/tickets/next/", both).status_code == 204
    assert sign_in(light).post("/tickets/next/").status_code == 403


def test_what_a_colleague_takes_is_offered_no_more(row_of, alice, bob):
    first = row_of("first")
    assert find_next(alice).ticket == first
    actions.assign(first, actor=bob, assignee=bob)
    assert find_next(alice) is None
