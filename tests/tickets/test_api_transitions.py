"""Steps of a ticket's life by the API."""

import pytest

from tickets.models import Status


def step(client, ticket, status):
    path = f"/api/v1/tickets/{ticket.pk}/transitions/"
    return client.post(path, {"status": status}, format="json")


@pytest.mark.parametrize(
    "status", ["open", "waiting_customer", "waiting_third_party", "resolved", "closed"]
)
def test_an_allowed_step_answers_with_the_ticket(ticket, alice, api, status):
    answer = step(api(alice), ticket, status)

    assert answer.status_code == 201
    assert (answer.json()["status"], answer.json()["category"]) == (status, status)
    ticket.refresh_from_db()
    assert ticket.category == status
    assert answer.json()["seq"] == ticket.seq


def test_a_step_the_table_does_not_name_is_refused(ticket, alice, api):
    client = api(alice)
    step(client, ticket, "resolved")
    answer = step(client, ticket, "new")

    assert (answer.status_code, answer.json()["code"]) == (409, "transition_refused")
    ticket.refresh_from_db()
    assert ticket.category == "resolved"


def test_resolving_twice_tells_the_second_that_it_is_done(ticket, alice, bob, api):
    assert step(api(alice), ticket, "resolved").status_code == 201
    ticket.refresh_from_db()
    seq, moment = ticket.seq, ticket.resolved_at

    answer = step(api(bob), ticket, "resolved")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_there")
    ticket.refresh_from_db()
    assert (ticket.seq, ticket.resolved_at) == (seq, moment)


def test_a_status_of_ones_own_is_reached_by_its_code(ticket, alice, api):
    Status.objects.create(
        code="at-the-workshop",
        category="waiting_third_party",
        name="At the workshop",
        customer_name="Being repaired",
    )
    answer = step(api(alice), ticket, "at-the-workshop").json()

    assert (answer["status"], answer["category"]) == ("at-the-workshop", "waiting_third_party")


def test_an_unknown_status_is_refused_naming_the_known(ticket, alice, api):
    answer = step(api(alice), ticket, "done")

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_status")
    assert "waiting_customer" in answer.json()["detail"]


@pytest.mark.parametrize("body", [{}, {"status": None}, {"status": "re solved"}, {"to": "open"}])
def test_a_bad_body_is_refused(ticket, alice, api, body):
    path = f"/api/v1/tickets/{ticket.pk}/transitions/"
    assert api(alice).post(path, body, format="json").status_code == 400


def test_reopening_what_is_closed_needs_a_right_of_its_own(ticket, alice, supervisor, api):
    step(api(alice), ticket, "closed")

    refused = step(api(alice), ticket, "open")
    assert (refused.status_code, refused.json()["code"]) == (409, "transition_refused")
    assert step(api(supervisor), ticket, "open").status_code == 201
    ticket.refresh_from_db()
    assert (ticket.category, ticket.reopen_count, ticket.closed_at) == ("open", 1, None)
