"""The lists: what stands in each view, in which order, in pages, and in how few queries."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from core import clock
from core.crypto import data_keys
from tickets import actions
from tickets.models import Category, Priority, Status, Ticket
from tickets.queries import VIEWS, ListRequest, list_tickets, list_with_counts, load_ticket
from tickets.queries.lists import SORTS


def numbers(user, **asked):
    page = list_tickets(again(user), ListRequest(**asked))
    return [ticket.number for ticket in page.rows]


def again(user):
    """As at the next request: nothing is remembered of the rights."""
    return User.objects.get(pk=user.pk)


@pytest.fixture
def row_of(inbox, carol, billing_inbox):
    """A ticket straight into the table, as it would be after a long story."""
    statuses = {status.category: status for status in Status.objects.all()}
    start = datetime(2026, 1, 1, tzinfo=UTC)

    def make(number, category="open", *, minutes=0, waiting=None, priority=20, **fields):
        at = start + timedelta(minutes=minutes)
        done = at if category in ("resolved", "closed") else None
        defaults = {"team": inbox.team, "inbox": inbox}
        return Ticket.objects.create(
            number=number,
            customer=carol,
            subject=f"Request {number}",
            status=statuses[category],
            category=category,
            priority=priority,
            last_at=at,
            last_message_seq=1,
            waiting_since=start + timedelta(minutes=waiting) if waiting is not None else None,
            resolved_at=done,
            closed_at=done if category == "closed" else None,
            **(defaults | fields),
        )

    return make


@pytest.fixture
def house(row_of, alice, bob, billing, billing_inbox):
    """One ticket of each kind; numbers say which."""
    row_of(1, "new", minutes=1)
    row_of(2, "open", minutes=2, assignee=alice)
    row_of(3, "waiting_customer", minutes=3, assignee=alice)
    row_of(4, "waiting_third_party", minutes=4, assignee=bob)
    row_of(5, "resolved", minutes=5, assignee=alice)
    row_of(6, "closed", minutes=6)
    row_of(7, "open", minutes=7, team=billing, inbox=billing_inbox)
    row_of(8, "open", minutes=8, team=billing, inbox=billing_inbox, assignee=alice)
    row_of(99, "open", minutes=9, assignee=alice, spam_at=clock.now())


# Views


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("open", [8, 4, 3, 2, 1]),
        ("mine", [8, 3, 2]),
        ("unassigned", [1]),
        ("waiting", [4, 3]),
        ("resolved", [6, 5]),
        ("all", [8, 6, 5, 4, 3, 2, 1]),
        ("spam", [99]),
    ],
)
def test_each_view_shows_its_tickets_of_those_one_may_see(house, alice, view, expected):
    assert numbers(alice, view=view) == expected


def test_no_view_is_untested():
    tested = test_each_view_shows_its_tickets_of_those_one_may_see.pytestmark[0].args[1]
    assert {view for view, _ in tested} == set(VIEWS)


def test_views_of_teams_and_of_those_who_see_everything(house, supervisor, wei, billing, support):
    assert numbers(supervisor, view="all") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert numbers(supervisor, view=f"team-{billing.pk}") == [8, 7]
    assert numbers(wei, view="all") == [8, 7]
    assert numbers(wei, view=f"team-{support.pk}") == []


def test_whoever_works_in_no_team_sees_an_empty_list(house, mallory):
    for view in VIEWS:
        assert numbers(mallory, view=view) == []
    assert set(list_with_counts(mallory, ListRequest())[1].values()) == {0}


def test_the_numbers_beside_the_views_are_those_of_the_lists(house, alice, supervisor, billing):
    for user in (alice, supervisor):
        counts = list_with_counts(again(user), ListRequest())[1]
        for view in ("open", "mine", "unassigned", "waiting", f"team-{billing.pk}"):
            assert counts[view] == len(numbers(user, view=view)), view


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"status": "waiting_customer"}, [3]),
        ({"status": "nonsense"}, []),
        ({"priority": "urgent"}, [9]),
        ({"priority": "40"}, [9]),
        ({"priority": "nonsense"}, []),
        ({"tag": "Lamp"}, [9]),
        ({"tag": "nonsense"}, []),
        ({"tag": "lamp", "priority": "low"}, []),
    ],
)
def test_filters_narrow_the_list(house, row_of, alice, filters, expected):
    row_of(9, "open", minutes=9, priority=Priority.URGENT, tags=["lamp", "refund"])
    assert numbers(alice, view="all", **filters) == expected


def test_what_is_unknown_in_an_address_falls_back_to_the_usual(db):
    asked = ListRequest.from_query({"view": "secret", "sort": "password", "nonsense": "1"})
    assert asked == ListRequest()


# Orders


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", [5, 4, 3, 2, 1]),
        ("oldest", [1, 2, 3, 4, 5]),
        ("waiting", [4, 2, 5, 1, 3]),
        ("priority", [3, 1, 5, 4, 2]),
    ],
)
def test_each_order(row_of, alice, sort, expected):
    row_of(1, minutes=1, waiting=30, priority=30)
    row_of(2, minutes=2, waiting=20, priority=20)
    row_of(3, minutes=3, waiting=None, priority=40)
    row_of(4, minutes=4, waiting=10, priority=20)
    row_of(5, minutes=5, waiting=25, priority=20)

    assert numbers(alice, view="all", sort=sort) == expected


def walk(user, asked):
    """All pages, one after the other; says how long each was."""
    found, lengths = [], []
    while True:
        assert len(lengths) < 100, "the pages never end"
        page = list_tickets(again(user), asked)
        found += [ticket.number for ticket in page.rows]
        lengths.append(len(page.rows))
        if not page.next:
            return found, lengths
        asked = asked.at(page.next)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 3),  # few distinct values, so that many are equal
            st.one_of(st.none(), st.integers(0, 2)),
            st.sampled_from(Priority.values),
        ),
        max_size=14,
    ),
    limit=st.integers(1, 5),
    sort=st.sampled_from(list(SORTS)),
)
@pytest.mark.slow
def test_the_pages_hold_every_ticket_once_and_in_order(row_of, alice, rows, limit, sort):
    Ticket.objects.all().delete()
    for number, (minutes, waiting, priority) in enumerate(rows):
        row_of(number, minutes=minutes, waiting=waiting, priority=priority)
    asked = ListRequest(view="all", sort=sort)
    whole = numbers(alice, view="all", sort=sort)

    found, lengths = walk(alice, replace(asked, limit=limit))

    assert found == whole
    assert sorted(found) == list(range(len(rows)))
    assert all(length == limit for length in lengths[:-1])


def test_a_ticket_that_moves_up_while_one_scrolls_hides_no_other(row_of, alice):
    for number in range(1, 10):
        row_of(number, minutes=number)
    asked = ListRequest(view="all", limit=3)
    page = list_tickets(alice, asked)
    Ticket.objects.filter(number=2).update(last_at=clock.now())

    rest, _ = walk(alice, asked.at(page.next))

    assert [t.number for t in page.rows] == [9, 8, 7]
    assert rest == [6, 5, 4, 3, 1]


def test_a_cursor_of_another_order_ends_the_list(row_of, alice):
    for number in range(1, 6):
        row_of(number, minutes=number)
    cursor = list_tickets(alice, ListRequest(view="all", sort="priority", limit=2)).next

    assert numbers(alice, view="all", sort="newest", after=cursor) == []


# Unread


def test_a_ticket_is_unread_until_one_has_read_its_newest_message(
    ticket, inbox, mail_in, alice, bob
):
    def unread(user):
        [row] = list_tickets(again(user), ListRequest(view="all")).rows
        return row.is_unread

    first = ticket.messages.get()
    assert unread(alice)
    actions.mark_read(ticket, user=alice, seq=first.seq)
    assert not unread(alice)
    assert unread(bob)

    actions.set_priority(ticket, actor=bob, priority=40)
    assert not unread(alice)  # nobody wrote anything
    mail_in(inbox, "carol@example.org", "Re", "Hello?", in_reply_to=first.external_id)
    assert unread(alice)


def test_ones_own_note_does_not_make_a_ticket_unread(ticket, alice, bob):
    actions.mark_read(ticket, user=alice, seq=ticket.messages.get().seq)
    actions.mark_read(ticket, user=bob, seq=ticket.messages.get().seq)
    actions.add_note(ticket, actor=alice, body="Hm.")

    unread = {
        user: list_tickets(again(user), ListRequest(view="all")).rows[0].is_unread
        for user in (alice, bob)
    }
    assert unread == {alice: False, bob: True}


# Budgets: the same however many rows there are


@pytest.fixture
def much(inbox, mail_in, alice, bob):
    """Twelve customers with a thread each; one of them long, with everything in it."""
    for number in range(12):
        mail_in(inbox, f"customer{number}@example.org", f"Request {number}", "Hello")
    ticket = mail_in(inbox, "customer0@example.org", "The long one", "Hello").ticket
    actions.assign(ticket, actor=alice, assignee=bob)
    for number in range(6):
        actions.reply(ticket, actor=(alice, bob)[number % 2], body=f"Answer {number}")
        actions.add_note(ticket, actor=alice, body=f"Note {number}")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    return ticket


def test_each_order_is_that_of_an_index(row_of, alice):
    row_of(1)
    for view, sort in product(("open", "all"), SORTS):
        with CaptureQueriesContext(connection) as asked:
            assert numbers(alice, view=view, sort=sort) == [1]
        [which] = [query["sql"] for query in asked if "ORDER BY" in query["sql"]]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_sort = off")
            cursor.execute(f"EXPLAIN {which}")
            plan = "\n".join(line for [line] in cursor.fetchall())
        assert "Sort Key" not in plan, (view, sort, plan)


@pytest.mark.slow
def test_list_and_counts_stay_within_their_budget(much, alice, django_assert_max_num_queries):
    user = again(alice)
    data_keys.forget()
    with django_assert_max_num_queries(4):  # rights, which with counts, rows, keys
        page, _counts = list_with_counts(user, ListRequest(view="all"))
        [(t.subject, t.customer.name, t.customer.tier.code, t.status.code) for t in page.rows]


@pytest.mark.slow
def test_a_ticket_is_read_within_its_budget(much, alice, django_assert_max_num_queries):
    user = again(alice)
    data_keys.forget()
    with django_assert_max_num_queries(5):  # rights, ticket with panel, events, messages, keys
        page = load_ticket(user, much.pk)
        read_everything(page)


def read_everything(page):
    for item in page.items:
        if item.message:
            assert item.message.body
            assert item.message.html is not None
            assert item.message.addresses is not None
    assert page.ticket.subject
    assert page.ticket.customer.name
    assert [identity.value for identity in page.identities]
    assert [ticket.subject for ticket in page.earlier]
    assert page.consents


@pytest.mark.parametrize("path", ["/api/v1/tickets/", "/api/v1/customers/"])
def test_the_apis_lists_stay_within_their_budget(
    much, alice, api, path, django_assert_max_num_queries
):
    client = api(alice)
    data_keys.forget()
    with django_assert_max_num_queries(8):
        assert len(client.get(path).json()["results"]) >= 12


@pytest.mark.parametrize("what", ["", "messages/", "changes/"])
def test_the_apis_ticket_stays_within_its_budget(
    much, alice, api, what, django_assert_max_num_queries
):
    client = api(alice)
    data_keys.forget()
    with django_assert_max_num_queries(8):
        assert client.get(f"/api/v1/tickets/{much.pk}/{what}").status_code == 200


@pytest.mark.slow
def test_the_page_of_the_list_stays_within_eight_queries(
    much, alice, sign_in, django_assert_max_num_queries
):
    client = sign_in(alice)
    data_keys.forget()
    with django_assert_max_num_queries(8):
        page = client.get("/tickets/?view=all")
    assert page.status_code == 200
    assert "The long one" in page.content.decode()


def test_the_page_of_a_ticket_stays_within_eight_queries(
    much, alice, sign_in, django_assert_max_num_queries
):
    client = sign_in(alice)
    data_keys.forget()
    with django_assert_max_num_queries(8):
        page = client.get(f"/tickets/{much.pk}/")
    assert page.status_code == 200
    assert "Answer 5" in page.content.decode()


def test_categories_of_the_house_are_all_there_are(house, supervisor):
    """Keeps the views above honest should a category be added."""
    seen = {t.category for t in list_tickets(supervisor, ListRequest(view="all")).rows}
    assert seen == set(Category.values)


@pytest.mark.parametrize("sort", SORTS)
def test_many_rows_alike_come_once_and_in_order(row_of, alice, sort):
    """Ids rise in another order than times and priorities do."""
    chance = random.Random(7)
    for number in range(40):
        minutes, waiting = chance.choice([0, 1, 2]), chance.choice([None, 0, 1])
        row_of(number, minutes=minutes, waiting=waiting, priority=chance.choice([10, 20]))
    whole = numbers(alice, view="all", sort=sort)

    found, _ = walk(alice, ListRequest(view="all", sort=sort, limit=3))

    assert found == whole
    assert sorted(found) == list(range(40))
