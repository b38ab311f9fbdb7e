"""The API's messages: reading a thread, answering, noting, taking back."""

from uuid import uuid4

import pytest

from tickets import actions
from tickets.models import Message

TICKETS = "/api/v1/tickets/"


def path_of(ticket, what):
    return f"{TICKETS}{ticket.pk}/{what}/"


def post(client, ticket, what, **body):
    return client.post(path_of(ticket, what), body, format="json")


def bodies(response):
    assert response.status_code == 200
    return [message["body"] for message in response.json()["results"]]


@pytest.fixture
def client(alice, api):
    return api(alice)


# Reading


def test_messages_are_read_in_order_with_authors_and_kinds(ticket, client, bob):
    actions.reply(ticket, actor=bob, body="Try another bulb.")
    actions.add_note(ticket, actor=bob, body="Batch 7 again?")

    read = client.get(path_of(ticket, "messages")).json()["results"]

    assert [(m["body"], m["kind"], m["direction"]) for m in read] == [
        ("It went dark twice today.", "public", "in"),
        ("Try another bulb.", "public", "out"),
        ("Batch 7 again?", "note", "out"),
    ]
    assert read[0]["customer"]["name"] == "Carol Ashworth"
    assert [m["author"] and m["author"]["name"] for m in read] == [None, bob.name, bob.name]
    assert read[1]["delivery"]["state"] == "scheduled"
    assert read[2]["delivery"] is None


def test_messages_after_a_seq_are_those_said_later(ticket, client, alice):
    first = ticket.messages.get()
    actions.add_note(ticket, actor=alice, body="One")
    second = actions.add_note(ticket, actor=alice, body="Two")

    def after(seq):
        return client.get(path_of(ticket, "messages"), {"after": seq})

    assert bodies(after(0)) == ["It went dark twice today.", "One", "Two"]
    assert bodies(after(first.seq)) == ["One", "Two"]
    assert bodies(after(second.seq)) == []
    ticket.refresh_from_db()
    assert after(0).json()["head"] == ticket.seq


def test_an_old_message_that_was_touched_is_not_said_again(ticket, client, alice):
    """`after` of messages asks what was said later; what changed later is asked of changes."""
    sent = actions.reply(ticket, actor=alice, body="Oops")
    ticket.refresh_from_db()
    head = ticket.seq
    actions.withdraw(sent, actor=alice)

    assert bodies(client.get(path_of(ticket, "messages"), {"after": head})) == []


def test_words_of_a_withdrawn_answer_are_not_told(ticket, client, alice):
    actions.withdraw(actions.reply(ticket, actor=alice, body="Oops"), actor=alice)
    [_, withdrawn] = client.get(path_of(ticket, "messages")).json()["results"]

    assert withdrawn["body"] == ""
    assert withdrawn["withdrawn_at"]
    assert withdrawn["delivery"]["state"] == "withdrawn"


# Answering


def test_an_answer_is_scheduled_and_the_ticket_waits_for_the_customer(ticket, client, alice):
    ticket.refresh_from_db()
    answer = post(client, ticket, "replies", body="Try another bulb.", seen_seq=ticket.seq)

    assert answer.status_code == 201
    said = answer.json()
    assert (said["body"], said["kind"], said["author"]["id"]) == (
        "Try another bulb.",
        "public",
        str(alice.pk),
    )
    assert said["delivery"]["state"] == "scheduled"
    read = client.get(f"{TICKETS}{ticket.pk}/").json()
    assert (read["status"], read["assignee"]["id"]) == ("waiting_customer", str(alice.pk))


def test_an_answer_is_refused_with_what_its_author_has_not_seen(
    ticket, client, bob, inbox, mail_in
):
    ticket.refresh_from_db()
    seen = ticket.seq
    note = actions.add_note(ticket, actor=bob, body="I am on it.")
    more = mail_in(
        inbox,
        "carol@example.org",
        "Re: lamp",
        "Now it smokes!",
        in_reply_to=ticket.messages.get(seq=2).external_id,
    )

    refused = post(client, ticket, "replies", body="Try another bulb.", seen_seq=seen)

    assert (refused.status_code, refused.json()["code"]) == (409, "unseen_messages")
    problem = refused.json()
    assert [(m["id"], m["body"], m["author"]) for m in problem["unseen"]] == [
        (str(note.pk), "I am on it.", "Bob Achterberg"),
        (str(more.pk), "Now it smokes!", "Carol Ashworth"),
    ]
    assert not ticket.messages.filter(direction="out", kind="public").exists()

    again = post(client, ticket, "replies", body="Unplug it!", seen_seq=problem["head"])
    assert again.status_code == 201


def test_an_answer_says_where_else_it_goes_and_what_becomes_of_the_ticket(ticket, client):
    said = post(client, ticket, "replies", body="Done.", cc=["eve@example.org"], status="resolved")

    assert said.status_code == 201
    assert Message.objects.get(pk=said.json()["id"]).addresses["cc"] == ["eve@example.org"]
    ticket.refresh_from_db()
    assert ticket.category == "resolved"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"body": ""}, "body"),
        ({"body": "x" * 200_001}, "body"),
        ({"seen_seq": -1}, "seen_seq"),
        ({"seen_seq": "now"}, "seen_seq"),
        ({"cc": ["nobody"]}, "cc"),
        ({"cc": ["a@example.org\nBcc: b@example.org"]}, "cc"),
        ({"cc": [f"a{n}@example.org" for n in range(21)]}, "cc"),
        ({"client_id": "1"}, "client_id"),
        ({"attachments": ["x"]}, "attachments"),
        ({"not_before": "tomorrow"}, "not_before"),
        ({"to": ["eve@evil.test"]}, "to"),
        ({"author": "bob"}, "author"),
        ({"kind": "note"}, "kind"),
        ({"html": "<script>"}, "html"),
    ],
)
def test_a_bad_answer_is_refused_naming_the_field(ticket, client, change, field):
    answer = post(client, ticket, "replies", **({"body": "Hello"} | change))

    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert ticket.messages.count() == 1


def test_an_unknown_status_is_refused_and_nothing_is_said(ticket, client):
    answer = post(client, ticket, "replies", body="Hello", status="finished")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_status")
    assert ticket.messages.count() == 1


def test_the_same_client_id_twice_is_one_answer(ticket, client):
    client_id = str(uuid4())
    first = post(client, ticket, "replies", body="Hello", client_id=client_id)
    again = post(client, ticket, "replies", body="Hello", client_id=client_id)

    assert again.json()["id"] == first.json()["id"]
    assert ticket.messages.filter(direction="out").count() == 1


def test_a_client_id_of_somebody_else_is_refused(ticket, client, bob, api):
    client_id = str(uuid4())
    post(client, ticket, "notes", body="Hello", client_id=client_id)

    answer = post(api(bob), ticket, "notes", body="Mine", client_id=client_id)

    assert (answer.status_code, answer.json()["field"]) == (400, "client_id")


# Notes


def test_a_note_stays_in_the_house(ticket, client):
    noted = post(client, ticket, "notes", body="Batch 7 again?")

    assert noted.status_code == 201
    assert (noted.json()["kind"], noted.json()["delivery"]) == ("note", None)
    ticket.refresh_from_db()
    assert ticket.category == "new"


@pytest.mark.parametrize("field", ["seen_seq", "cc", "status", "not_before", "author"])
def test_a_note_takes_nothing_of_an_answer(ticket, client, field):
    answer = post(client, ticket, "notes", **{"body": "Hello", field: ""})

    assert answer.status_code == 400
    assert field in answer.json()["errors"]


# Taking back


def test_an_answer_is_taken_back_before_it_leaves(ticket, client):
    said = post(client, ticket, "replies", body="Oops").json()
    taken = client.post(f"/api/v1/messages/{said['id']}/withdrawal/")

    assert taken.status_code == 201
    assert (taken.json()["body"], taken.json()["delivery"]["state"]) == ("", "withdrawn")


def test_what_was_taken_back_cannot_be_taken_back_again(ticket, client):
    said = post(client, ticket, "replies", body="Oops").json()
    client.post(f"/api/v1/messages/{said['id']}/withdrawal/")
    again = client.post(f"/api/v1/messages/{said['id']}/withdrawal/")

    assert (again.status_code, again.json()["code"]) == (409, "cannot_withdraw")


@pytest.mark.slow
def test_only_its_author_takes_an_answer_back(ticket, client, bob, mallory, api):
    said = post(client, ticket, "replies", body="Mine").json()
    path = f"/api/v1/messages/{said['id']}/withdrawal/"

    assert api(bob).post(path).status_code == 403
    assert api(mallory).post(path).status_code == 404
    assert client.post(path).status_code == 201
