"""Refusals of the API are problem documents (RFC 9457) with a code programs may rely on."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from tickets import actions

TICKETS = "/api/v1/tickets/"


def assert_problem(response, status, code):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (problem["type"], problem["status"], problem["code"]) == ("about:blank", status, code)
    assert problem["title"]
    assert problem["detail"]
    return problem


def test_a_bad_body_names_its_fields(ticket, alice, api):
    answer = api(alice).post(f"{TICKETS}{ticket.pk}/notes/", {"boddy": "x"}, format="json")

    assert assert_problem(answer, 400, "invalid")["errors"] == {"boddy": ["Unknown field."]}


def test_a_refusal_of_an_action_names_its_field(ticket, alice, api):
    answer = api(alice).post(f"{TICKETS}{ticket.pk}/notes/", {"body": " \n"}, format="json")

    assert assert_problem(answer, 400, "empty_message")["field"] == "body"


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1", b'{"body": "\xff"}', b"[" * 20_000, b"nul"],
    ids=["cut", "list", "no utf-8", "deep", "word"],
)
def test_malformed_json_is_the_senders_mistake(ticket, alice, api, body):
    path = f"{TICKETS}{ticket.pk}/notes/"
    answer = api(alice).post(path, body, content_type="application/json")

    assert_problem(answer, 400, "parse_error")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"5", b"{}", b""])
def test_json_that_is_no_object_is_refused(ticket, alice, api, body):
    path = f"{TICKETS}{ticket.pk}/notes/"
    answer = api(alice).post(path, body, content_type="application/json")

    assert_problem(answer, 400, "invalid")
    assert ticket.messages.count() == 1


def test_another_content_type_is_refused(ticket, alice, api):
    answer = api(alice).post(f"{TICKETS}{ticket.pk}/notes/", "body=x", content_type="text/plain")

    assert_problem(answer, 415, "unsupported_media_type")


def test_without_a_token_nothing_is_told(ticket):
    answer = APIClient().get(f"{TICKETS}{ticket.pk}/")

    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Token"


def test_a_method_that_is_not_offered(ticket, alice, api):
    assert_problem(api(alice).delete(f"{TICKETS}{ticket.pk}/"), 405, "method_not_allowed")


def test_a_method_cannot_be_smuggled_in(ticket, alice, api):
    answer = api(alice).post(
        f"{TICKETS}{ticket.pk}/", {"priority": "urgent"}, HTTP_X_HTTP_METHOD_OVERRIDE="PATCH"
    )
    assert answer.status_code in (405, 415)


@pytest.mark.parametrize("body", [{"body": "x"}, {"nonsense": True}])
def test_a_stranger_learns_nothing_from_complaints_about_the_body(ticket, mallory, api, body):
    for path in ("replies", "notes", "transitions"):
        known = api(mallory).post(f"{TICKETS}{ticket.pk}/{path}/", body, format="json")
        unknown = api(mallory).post(f"{TICKETS}{uuid4()}/{path}/", body, format="json")

        assert_problem(known, 404, "not_found")
        assert known.content == unknown.content


def test_options_tell_a_stranger_no_more(ticket, mallory, api):
    known = api(mallory).options(f"{TICKETS}{ticket.pk}/")
    assert known.content == api(mallory).options(f"{TICKETS}{uuid4()}/").content


def test_malformed_json_of_a_stranger_is_not_found_either(ticket, mallory, api):
    path = f"{TICKETS}{ticket.pk}/notes/"
    assert_problem(api(mallory).post(path, b"{", content_type="application/json"), 404, "not_found")


def test_a_colleague_without_the_right_is_told_so(ticket, light, api):
    answer = api(light).post(f"{TICKETS}{ticket.pk}/replies/", {"nonsense": 1}, format="json")

    assert assert_problem(answer, 403, "not_allowed")["right"] == "tickets.reply_ticket"


def test_a_conflict_has_its_own_code(ticket, alice, api):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    path = f"{TICKETS}{ticket.pk}/transitions/"

    answer = api(alice).post(path, {"status": "resolved"}, format="json")

    problem = assert_problem(answer, 409, "already_there")
    assert problem["detail"] == f"Ticket #{ticket.number} is already resolved."


def test_an_unknown_route_is_a_problem_document_too(db):
    assert_problem(APIClient().get("/api/v1/nothing/"), 404, "not_found")


def test_an_id_that_is_none_is_not_found(alice, api):
    assert_problem(api(alice).get(f"{TICKETS}1/"), 404, "not_found")
    assert_problem(api(alice).get(f"{TICKETS}{uuid4()}.json"), 404, "not_found")


def test_a_number_in_the_query_must_be_one(ticket, alice, api):
    client = api(alice)
    for wrong in ("x", "-1", "1.5", "²", "9" * 5000, "\0"):
        answer = client.get(f"{TICKETS}{ticket.pk}/messages/", {"after": wrong})
        assert assert_problem(answer, 400, "invalid")["errors"] == {
            "after": ["A whole number is needed."]
        }
