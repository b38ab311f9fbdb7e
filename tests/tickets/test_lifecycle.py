"""Which status may follow which, and what each step does."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, TransitionRefused, UnknownStatus
from tickets.lifecycle import allowed_targets
from tickets.models import Category, Status, Ticket

# Written out again on purpose: from → where an agent may go. A change of the table is a decision.
AGENT = {
    "new": {"open", "waiting_customer", "waiting_third_party", "resolved", "closed"},
    "open": {"waiting_customer", "waiting_third_party", "resolved", "closed"},
    "waiting_customer": {"open", "waiting_third_party", "resolved", "closed"},
    "waiting_third_party": {"open", "waiting_customer", "resolved", "closed"},
    "resolved": {"open", "waiting_customer", "waiting_third_party", "closed"},
    "closed": set(),
}
SUPERVISOR = AGENT | {"closed": {"open"}}
# Without a person behind it, a ticket never waits for a third party and is never dug out.
SYSTEM = {start: targets - {"waiting_third_party"} for start, targets in AGENT.items()}
PAIRS = [(a, b) for a, b in product(Category.values, repeat=2) if a != b]


def put(ticket, category):
    """Straight into the category, by no step."""
    done = clock.now() if category in ("resolved", "closed") else None
    Ticket.objects.filter(pk=ticket.pk).update(
        status=Status.objects.get(category=category, is_default=True),
        category=category,
        resolved_at=done,
        closed_at=done if category == "closed" else None,
    )
    return Ticket.objects.select_related("status").get(pk=ticket.pk)


def assert_step(ticket, actor, start, target, allowed):
    ticket = put(ticket, start)
    seq = ticket.seq
    if target in allowed[start]:
        actions.move_to_status(ticket, actor=actor, status=target)
        expected = (target, seq + 1)
    else:
        with pytest.raises(TransitionRefused):
            actions.move_to_status(ticket, actor=actor, status=target)
        expected = (start, seq)
    ticket.refresh_from_db()
    assert (ticket.category, ticket.seq) == expected
    assert ticket.status.category == ticket.category


@pytest.mark.parametrize(("start", "target"), PAIRS)
def test_an_agent_takes_the_steps_of_the_table_and_no_other(ticket, alice, start, target):
    assert_step(ticket, alice, start, target, AGENT)


@pytest.mark.parametrize(("start", "target"), PAIRS)
def test_the_system_takes_its_own_steps_and_no_other(ticket, start, target):
    assert_step(ticket, None, start, target, SYSTEM)


@pytest.mark.parametrize("target", ["new", "open", "waiting_customer", "resolved"])
def test_a_supervisor_may_reopen_what_is_closed_and_nothing_else_with_it(
    ticket, supervisor, target
):
    assert_step(ticket, supervisor, "closed", target, SUPERVISOR)


@pytest.mark.parametrize("start", Category.values)
def test_the_page_offers_exactly_the_steps_that_are_allowed(ticket, alice, supervisor, start):
    ticket = put(ticket, start)

    assert set(allowed_targets(ticket, alice)) == AGENT[start]
    assert set(allowed_targets(ticket, supervisor)) == SUPERVISOR[start]


def test_a_light_agent_is_offered_nothing(ticket, light):
    assert allowed_targets(ticket, light) == []


def test_a_step_without_the_right_is_refused(ticket, light):
    with pytest.raises(TransitionRefused):
        actions.move_to_status(ticket, actor=light, status="resolved")


def test_where_a_ticket_is_already_it_cannot_go(ticket, alice):
    with pytest.raises(AlreadyThere):
        actions.move_to_status(ticket, actor=alice, status="new")


def test_statuses_of_one_category_follow_each_other_freely(ticket, alice):
    shelf = Status.objects.create(
        code="on-the-shelf", category="open", name="On the shelf", customer_name="Being worked on"
    )
    actions.move_to_status(ticket, actor=alice, status="open")
    actions.move_to_status(ticket, actor=alice, status="on-the-shelf")

    ticket.refresh_from_db()
    assert ticket.status == shelf
    step = Event.objects.filter(name="ticket.status_changed").latest("seq")
    assert (step.details["was"], step.details["to"]) == ("open", "on-the-shelf")


def test_a_category_stands_for_its_usual_status_under_any_name(ticket, alice):
    Status.objects.filter(code="resolved").update(code="done")
    actions.move_to_status(ticket, actor=alice, status="resolved")

    ticket.refresh_from_db()
    assert ticket.status.code == "done"


def test_an_unknown_status_names_the_known(ticket, alice):
    for unknown in ("finished", "", "\0"):
        with pytest.raises(UnknownStatus, match="waiting_third_party"):
            actions.move_to_status(ticket, actor=alice, status=unknown)


# Effects


def test_resolving_is_timed_and_ends_the_waiting(ticket, alice):
    with clock.at(clock.now() + timedelta(hours=1)):
        actions.move_to_status(ticket, actor=alice, status="resolved")
        done = clock.now()

    ticket.refresh_from_db()
    assert (ticket.resolved_at, ticket.waiting_since, ticket.reopen_count) == (done, None, 0)
    assert Event.objects.filter(name="ticket.resolved", ticket_id=ticket.pk).count() == 1


def test_closing_keeps_when_it_was_resolved(ticket, alice):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    ticket.refresh_from_db()
    resolved = ticket.resolved_at
    with clock.at(clock.now() + timedelta(days=1)):
        actions.move_to_status(ticket, actor=alice, status="closed")

    ticket.refresh_from_db()
    assert ticket.resolved_at == resolved
    assert ticket.closed_at - resolved >= timedelta(hours=23)


def test_reopening_counts_and_the_customer_waits_again(ticket, alice):
    for count in (1, 2):
        actions.move_to_status(ticket, actor=alice, status="resolved")
        actions.move_to_status(ticket, actor=alice, status="open")
        ticket.refresh_from_db()
        assert (ticket.reopen_count, ticket.resolved_at) == (count, None)
        assert ticket.waiting_since
    assert Event.objects.filter(name="ticket.reopened").count() == 2


def test_the_database_refuses_a_resolved_ticket_without_a_time(ticket):
    for fields in ({"category": "resolved"}, {"closed_at": clock.now()}, {"category": "closed"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Ticket.objects.filter(pk=ticket.pk).update(**fields)


# Closing by itself


def test_what_was_resolved_is_closed_after_thirty_days(ticket, alice):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    resolved = clock.now()

    with clock.at(resolved + timedelta(days=29, hours=23)):
        assert actions.close_ripe_tickets() == 0
    with clock.at(resolved + timedelta(days=30, minutes=1)):
        assert actions.close_ripe_tickets() == 1
        assert actions.close_ripe_tickets() == 0

    ticket.refresh_from_db()
    assert ticket.category == "closed"
    closing = Event.objects.filter(ticket_id=ticket.pk).latest("seq")
    assert (closing.actor_kind, closing.details["to"]) == ("system", "closed")


@pytest.mark.parametrize("category", ["new", "open", "waiting_customer", "waiting_third_party"])
def test_what_is_not_resolved_is_never_closed_by_itself(ticket, category):
    put(ticket, category)
    with clock.at(clock.now() + timedelta(days=400)):
        assert actions.close_ripe_tickets() == 0


# Steps that change several small things


def test_setting_what_is_set_already_is_no_event(ticket, alice):
    actions.set_tags(ticket, actor=alice, tags=["lamp"])
    actions.set_type(ticket, actor=alice, type="question")
    seq = Ticket.objects.get(pk=ticket.pk).seq
    actions.set_priority(ticket, actor=alice, priority=20)
    actions.set_tags(ticket, actor=alice, tags=[" LAMP", "lamp"])
    actions.set_type(ticket, actor=alice, type="question")

    assert Ticket.objects.get(pk=ticket.pk).seq == seq


def test_tags_are_one_line_of_what_can_be_seen(ticket, alice):
    actions.set_tags(ticket, actor=alice, tags=["\0", " Bad\0\nlamp ", "\u202erefund", "灯", " "])

    ticket.refresh_from_db()
    assert ticket.tags == ["bad lamp", "refund", "灯"]


def test_changed_tags_are_told_as_added_and_removed(ticket, alice):
    actions.set_tags(ticket, actor=alice, tags=["lamp", "refund"])
    actions.set_tags(ticket, actor=alice, tags=["refund", "batch-7"])

    told = Event.objects.filter(name="ticket.tagged").latest("seq").details
    assert (told["added"], told["removed"]) == (["batch-7"], ["lamp"])
