"""The API's tickets: listing, opening, reading and changing them."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import User
from core import clock
from core.models import Event
from customers.models import Customer
from customers.queries import find_by_email
from tickets import actions
from tickets.models import Ticket
from tickets.queries import ListRequest

TICKETS = "/api/v1/tickets/"
NEW = {
    "subject": "My order",
    "body": "Where is it?",
    "customer": {"name": "Dan", "email": "dan@example.org"},
}


def path_of(ticket):
    return f"{TICKETS}{ticket.pk}/"


def numbers_in(response):
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["results"]]


@pytest.fixture
def many(inbox, mail_in):
    """Seven tickets, a minute apart, oldest first."""
    start = clock.now() - timedelta(hours=1)
    tickets = []
    for number in range(7):
        with clock.at(start + timedelta(minutes=number)):
            sender = f"customer{number}@example.org"
            tickets.append(mail_in(inbox, sender, f"Request {number}", "Hello").ticket)
    return tickets


# Listing


def test_the_list_shows_all_visible_tickets_newest_first(many, billing_ticket, alice, api):
    listed = api(alice).get(TICKETS)

    assert numbers_in(listed) == [ticket.number for ticket in reversed(many)]
    assert listed.json()["next"] is None


def test_a_row_says_what_a_program_needs(ticket, alice, api):
    actions.assign(ticket, actor=alice, assignee=alice)
    [row] = api(alice).get(TICKETS).json()["results"]

    assert row["id"] == str(ticket.pk)
    assert (row["subject"], row["status"], row["priority"]) == ("My lamp flickers", "new", "normal")
    assert (row["customer"]["name"], row["tier"]) == ("Carol Ashworth", "standard")
    assert (row["team"]["name"], row["assignee"]["name"]) == ("Support", "Alice Moreau")


def test_the_list_is_filtered_by_status(many, alice, api):
    actions.move_to_status(many[0], actor=alice, status="resolved")
    client = api(alice)

    assert numbers_in(client.get(TICKETS, {"status": "resolved"})) == [many[0].number]
    assert many[0].number not in numbers_in(client.get(TICKETS, {"status": "new"}))
    assert numbers_in(client.get(TICKETS, {"status": "no-such"})) == []


def test_the_list_is_filtered_by_words_people_and_number(ticket, many, alice, api):
    client = api(alice)

    for text in ("flickering", "carol@example.org", f"#{ticket.number}"):
        assert numbers_in(client.get(TICKETS, {"q": text})) == [ticket.number], text
    assert numbers_in(client.get(TICKETS, {"q": "kaleidoscope"})) == []


def test_the_cursor_leads_through_all_tickets_once(many, alice, api, monkeypatch):
    read_query = ListRequest.from_query
    short = classmethod(lambda cls, query: replace(read_query(query), limit=3))
    monkeypatch.setattr(ListRequest, "from_query", short)
    client, seen, after = api(alice), [], ""
    while after is not None:
        assert len(seen) <= len(many), "the pages never end"
        page = client.get(TICKETS, {"after": after}).json()
        assert len(page["results"]) in (3, 1)
        seen += [row["number"] for row in page["results"]]
        after = page["next"]

    assert seen == [ticket.number for ticket in reversed(many)]


@pytest.mark.parametrize(
    "query",
    [
        {"after": "garbage"},
        {"after": "WzUsNV0"},  # [5,5]
        {"after": "WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiw1XQ"},  # a time and a number for the id
        {"after": "W1tbW1tbW1tbW1tbW1tb" * 2000},  # brackets without end
        {"after": "WyIxZTk5OTkiLDFlOTk5OSwxXQ", "sort": "priority"},  # ["1e9999",1e9999,1]
        {"after": "é"},
        {"priority": "²"},
        {"priority": "9" * 5000},
        {"status": "\0"},
        {"tag": "\0"},
        {"q": "\0"},
        {"view": "team-\0"},
        {"sort": "customer__name"},
    ],
    ids=lambda query: "-".join(query),
)
def test_strange_questions_get_an_answer(ticket, alice, api, query):
    assert api(alice).get(TICKETS, query).status_code == 200


def test_the_list_sorts_by_known_orders_alone(many, alice, api):
    """An unknown order falls back: no column can be probed by sorting along it."""
    client = api(alice)
    oldest = numbers_in(client.get(TICKETS, {"sort": "oldest"}))

    assert oldest == [ticket.number for ticket in many]
    assert numbers_in(client.get(TICKETS, {"sort": "-assignee__password"})) == oldest[::-1]


# Opening


def test_opening_a_ticket_meets_a_new_customer(inbox, alice, api):
    answer = api(alice).post(TICKETS, NEW, format="json")

    assert answer.status_code == 201
    ticket = Ticket.objects.get(pk=answer.json()["id"])
    customer = find_by_email("dan@example.org")
    assert (ticket.customer, customer.name, customer.tier.code) == (customer, "Dan", "new")
    message = ticket.messages.get()
    assert (message.body, message.direction, message.customer) == ("Where is it?", "in", customer)
    assert (ticket.category, ticket.inbox) == ("new", inbox)


def test_opening_a_ticket_for_a_known_customer_makes_no_second_one(inbox, carol, alice, api):
    asked = NEW | {"customer": {"email": "CAROL@example.org", "name": "Somebody Else"}}
    answer = api(alice).post(TICKETS, asked, format="json")

    assert answer.json()["customer"] == {"id": str(carol.pk), "name": "Carol Ashworth"}
    assert Customer.objects.count() == 1


def test_what_was_opened_names_its_author_and_door(inbox, alice, api):
    answer = api(alice).post(TICKETS, NEW, format="json")
    opened = Event.objects.get(name="ticket.opened", ticket_id=answer.json()["id"])

    assert (opened.actor_id, opened.via) == (alice.pk, "api")


def test_a_ticket_is_opened_only_in_an_inbox_of_ones_own(inbox, billing_inbox, alice, wei, api):
    refused = api(alice).post(TICKETS, NEW | {"inbox": str(billing_inbox.pk)}, format="json")
    taken = api(wei).post(TICKETS, NEW | {"inbox": str(billing_inbox.pk)}, format="json")
    unnamed = api(wei).post(TICKETS, NEW, format="json")

    assert (refused.status_code, refused.json()["field"]) == (400, "inbox")
    assert taken.json()["inbox"]["name"] == unnamed.json()["inbox"]["name"] == "Billing"


def test_whoever_works_in_no_inbox_opens_no_ticket(inbox, mallory, api):
    assert api(mallory).post(TICKETS, NEW, format="json").status_code == 400
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 501}, "subject"),
        ({"body": "   "}, None),
        ({"body": None}, "body"),
        ({"customer": {"email": "nobody"}}, "customer"),
        ({"customer": {"email": "a@example.org\nBcc: b@example.org"}}, "customer"),
        ({"customer": "dan@example.org"}, "customer"),
        ({"customer": {"email": "dan@example.org", "tier": "vip"}}, "customer"),
        ({"number": 1}, "number"),
        ({"inbox": "support"}, "inbox"),
    ],
)
def test_a_bad_request_is_refused_naming_the_field(inbox, alice, api, change, field):
    answer = api(alice).post(TICKETS, NEW | change, format="json")

    assert answer.status_code == 400
    assert field is None or field in answer.json()["errors"]
    assert not Ticket.objects.exists()
    assert not Customer.objects.exists()


def test_line_breaks_in_subject_and_name_become_spaces(inbox, alice, api):
    """They would break out of the headers of our answer."""
    asked = {"subject": "My\r\norder", "customer": {"name": "Dan\nBrown", "email": "d@example.org"}}
    answer = api(alice).post(TICKETS, NEW | asked, format="json").json()

    assert (answer["subject"], answer["customer"]["name"]) == ("My order", "Dan Brown")


# Reading


def test_a_ticket_is_read_with_its_seq(ticket, alice, api):
    first = api(alice).get(path_of(ticket)).json()
    actions.add_note(ticket, actor=alice, body="Hm.")
    again = api(alice).get(path_of(ticket)).json()

    ticket.refresh_from_db()
    assert first["seq"] < again["seq"] == ticket.seq


def test_a_ticket_that_is_not_there_and_one_that_is_not_yours_look_alike(
    billing_ticket, alice, api
):
    other = api(alice).get(path_of(billing_ticket))
    none = api(alice).get(f"{TICKETS}{uuid4()}/")

    assert other.status_code == none.status_code == 404
    assert other.content == none.content


# Changing


def test_one_request_changes_priority_tags_team_and_assignee(ticket, alice, bob, billing, api):
    change = {"priority": "urgent", "tags": ["Refund", "refund", "lamp "], "assignee": str(bob.pk)}
    changed = api(alice).patch(path_of(ticket), change, format="json").json()

    assert (changed["priority"], changed["tags"]) == ("urgent", ["refund", "lamp"])
    assert changed["assignee"]["id"] == str(bob.pk)
    names = Event.objects.filter(ticket_id=ticket.pk).values_list("name", flat=True)
    assert {"ticket.priority_changed", "ticket.tagged", "ticket.assigned"} <= set(names)


def test_handing_over_to_a_team_one_is_not_in_is_answered(ticket, alice, billing, api):
    changed = api(alice).patch(path_of(ticket), {"team": str(billing.pk)}, format="json")

    assert changed.json()["team"]["name"] == "Billing"
    assert api(alice).get(path_of(ticket)).status_code == 404


def test_team_and_assignee_changed_together_are_both_kept(ticket, alice, billing, api):
    """Handing over lets the assignee go, but not the one who is named in the same breath."""
    actions.assign(ticket, actor=alice, assignee=alice)
    change = {"team": str(billing.pk), "assignee": str(alice.pk)}
    changed = api(alice).patch(path_of(ticket), change, format="json").json()

    assert (changed["team"]["name"], changed["assignee"]["name"]) == ("Billing", "Alice Moreau")


def test_nothing_is_changed_when_one_part_is_refused(ticket, alice, api):
    change = {"priority": "urgent", "tags": ["x" * 40] * 30 + [f"t{n}" for n in range(30)]}
    assert api(alice).patch(path_of(ticket), change, format="json").status_code == 400

    ticket.refresh_from_db()
    assert (ticket.priority, ticket.tags) == (20, [])


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 1},
        {"number": 1},
        {"customer": None},
        {"status": "closed"},
        {"created_at": "2020-01-01T00:00:00Z"},
        {"priority": "highest"},
        {"assignee": "alice"},
        {"assignee": str(uuid4())},
        {"team": str(uuid4())},
    ],
)
def test_what_is_not_to_be_written_is_refused(ticket, alice, api, change):
    answer = api(alice).patch(path_of(ticket), change, format="json")

    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["errors"]
    before, ticket = ticket.seq, Ticket.objects.get(pk=ticket.pk)
    assert ticket.seq == before


def test_a_ticket_cannot_be_assigned_to_somebody_who_left(ticket, alice, bob, api):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    change = api(alice).patch(path_of(ticket), {"assignee": str(bob.pk)}, format="json")
    assert (change.status_code, change.json()["code"]) == (409, "transition_refused")
