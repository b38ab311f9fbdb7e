"""``Idempotency-Key``: a request sent again is carried out once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.actions import create_token
from core.models import IdempotencyKey
from tickets.models import Message, Ticket

TICKETS = "/api/v1/tickets/"
NEW = {"subject": "Lamp", "body": "Dark.", "customer": {"email": "dan@example.org"}}


def post(client, path, body, key):
    return client.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_the_same_request_twice_makes_one_ticket_and_the_same_answer(inbox, alice, api):
    client = api(alice)
    first = post(client, TICKETS, NEW, "k1")
    again = post(client, TICKETS, NEW, "k1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("route", "body"), [("replies", {"body": "Hello"}), ("notes", {"body": "Hello"})]
)
def test_the_same_message_twice_is_one(ticket, alice, api, route, body):
    client, path = api(alice), f"{TICKETS}{ticket.pk}/{route}/"
    first, again = post(client, path, body, "k"), post(client, path, body, "k")

    assert again.json() == first.json()
    assert ticket.messages.count() == 2


def test_the_same_step_twice_is_one_and_no_conflict(ticket, alice, api):
    client, path = api(alice), f"{TICKETS}{ticket.pk}/transitions/"
    first = post(client, path, {"status": "resolved"}, "k")
    again = post(client, path, {"status": "resolved"}, "k")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


def test_taking_back_twice_is_one_and_no_conflict(ticket, alice, api):
    client = api(alice)
    sent = client.post(f"{TICKETS}{ticket.pk}/replies/", {"body": "Oops"}, format="json").json()
    path = f"/api/v1/messages/{sent['id']}/withdrawal/"
    first, again = post(client, path, None, "k"), post(client, path, None, "k")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()


def test_without_a_key_each_request_counts(inbox, alice, api):
    client = api(alice)
    first = client.post(TICKETS, NEW, format="json").json()
    assert client.post(TICKETS, NEW, format="json").json()["id"] != first["id"]


def test_a_key_used_for_other_words_is_refused(ticket, alice, api):
    client, path = api(alice), f"{TICKETS}{ticket.pk}/notes/"
    post(client, path, {"body": "One"}, "k")
    other = post(client, path, {"body": "Two"}, "k")

    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert ticket.messages.filter(kind="note").count() == 1


def test_a_key_used_on_another_route_is_refused(ticket, alice, api):
    client = api(alice)
    post(client, f"{TICKETS}{ticket.pk}/notes/", {"body": "One"}, "k")

    assert post(client, f"{TICKETS}{ticket.pk}/replies/", {"body": "One"}, "k").status_code == 409


def test_keys_of_two_programs_do_not_meet(ticket, alice, bob, api):
    path = f"{TICKETS}{ticket.pk}/notes/"
    first = post(api(alice), path, {"body": "One"}, "k").json()

    assert post(api(bob), path, {"body": "One"}, "k").json()["id"] != first["id"]


def test_a_refused_request_leaves_its_key_free(ticket, alice, api):
    client, path = api(alice), f"{TICKETS}{ticket.pk}/notes/"
    assert post(client, path, {"body": " "}, "k").status_code == 400

    assert post(client, path, {"body": "Words"}, "k").status_code == 201


def test_a_key_too_long_to_be_kept_whole_is_refused(ticket, alice, api):
    """Cut off, two keys might become one and swallow a message."""
    client, path = api(alice), f"{TICKETS}{ticket.pk}/notes/"

    assert post(client, path, {"body": "One"}, "k" * 200).status_code == 201
    assert post(client, path, {"body": "One"}, "k" * 201).status_code == 400


def test_nothing_of_what_was_said_is_kept_with_the_key(inbox, alice, api):
    post(api(alice), TICKETS, NEW, "dan@example.org-1")
    row = IdempotencyKey.objects.values().get()

    assert row["object_id"] == Ticket.objects.get().pk
    assert "dan@example.org" not in str(row)
    assert len(bytes(row["body_hash"])) == 32


@pytest.mark.django_db(transaction=True)
def test_many_at_once_with_one_key_make_one_ticket(inbox, alice):
    """The others wait for the first one's commit and give its answer."""
    token, together = create_token(alice), Barrier(4)

    def post_one(_):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
        together.wait(timeout=10)
        try:
            return post(client, TICKETS, NEW, "race")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post_one, range(4)))

    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)
