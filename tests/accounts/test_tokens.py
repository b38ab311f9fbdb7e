"""Programs sign in with tokens, of which only digests are kept."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts.actions import create_token
from accounts.models import ApiToken, User
from core import clock
from core.models import Event

TICKETS = "/api/v1/tickets/"


def ask(header):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    return client.get(TICKETS)


def test_a_token_acts_as_its_user(ticket, alice):
    answer = ask(f"Token {create_token(alice)}")
    assert [row["number"] for row in answer.json()["results"]] == [ticket.number]


@pytest.mark.parametrize("word", ["Token", "token", "TOKEN"])
def test_the_word_before_it_may_be_written_as_one_likes(alice, word):
    assert ask(f"{word} {create_token(alice)}").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token a b",
        "Token x",
        "Token \xff",
        "Bearer x",
        "Basic YTpi",
        "",
        "\0",
        "Token " * 99,
    ],
)
def test_what_is_no_token_is_refused(alice, header):
    create_token(alice)
    answer = ask(header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Token"


def test_a_revoked_token_is_refused(alice):
    secret = create_token(alice)
    ApiToken.objects.update(revoked_at=clock.now())
    assert ask(f"Token {secret}").status_code == 401


def test_the_token_of_somebody_who_left_is_refused(alice):
    secret = create_token(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert ask(f"Token {secret}").status_code == 401


def test_unknown_and_revoked_tokens_are_told_apart_by_nobody(alice):
    secret = create_token(alice)
    ApiToken.objects.update(revoked_at=clock.now())
    assert ask(f"Token {secret}").content == ask("Token unknown").content


def test_one_of_two_tokens_is_revoked_alone(alice):
    first, second = create_token(alice), create_token(alice)
    ApiToken.objects.filter(digest=ApiToken.digest_of(first)).update(revoked_at=clock.now())

    assert (ask(f"Token {first}").status_code, ask(f"Token {second}").status_code) == (401, 200)


def test_the_digest_is_no_token(alice):
    create_token(alice)
    assert ask(f"Token {bytes(ApiToken.objects.get().digest).hex()}").status_code == 401


def test_the_secret_is_stored_nowhere(alice):
    secret = create_token(alice, label="shop")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM accounts_apitoken t")
        stored = str(cursor.fetchall())
    assert secret not in stored
    assert secret.encode().hex() not in stored
    assert secret not in str(Event.objects.filter(name="api_token.created").values())


def test_the_command_prints_the_token_alone(alice):
    out = StringIO()
    call_command("create_token", "Alice@demo.test", stdout=out)
    [secret] = out.getvalue().split()

    assert ask(f"Token {secret}").status_code == 200
    created = Event.objects.get(name="api_token.created")
    assert (created.via, created.details["user"]) == ("cli", str(alice.pk))


@pytest.mark.parametrize("email", ["nobody@demo.test", "left@demo.test"])
def test_the_command_makes_no_token_for_whoever_does_not_work_here(alice, email):
    User.objects.create_user("left@demo.test", name="Left", is_active=False)
    with pytest.raises(CommandError):
        call_command("create_token", email)
    assert not ApiToken.objects.exists()


# A signed-in browser may use the API, too, but no other site through it.


def test_a_session_reads_the_api(ticket, alice, sign_in):
    assert sign_in(alice).get(TICKETS).status_code == 200


def test_a_session_changes_nothing_without_its_csrf_token(ticket, alice):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    path = f"{TICKETS}{ticket.pk}/notes/"

    assert client.post(path, {"body": "Hm."}, format="json").status_code == 403
    assert ticket.messages.count() == 1


def test_a_token_needs_no_csrf_token(ticket, alice):
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice)}")
    assert (
        client.post(f"{TICKETS}{ticket.pk}/notes/", {"body": "Hm."}, format="json").status_code
        == 201
    )
