"""People who work here sign in; nobody else does, and nobody signs up."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User, initials_of

LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_locks(db):
    cache.clear()


def test_the_right_password_opens_the_list(alice):
    client = Client()
    answer = client.post(LOGIN, {"login": "Alice@demo.test", "password": "correct horse"})

    assert (answer.status_code, answer["Location"]) == (302, "/tickets/")
    assert client.get("/tickets/").status_code == 200


@pytest.mark.parametrize(
    ("login", "password"),
    [("alice@demo.test", "wrong"), ("nobody@demo.test", "correct horse"), ("alice@demo.test", "")],
)
def test_anything_else_opens_nothing(alice, login, password):
    client = Client()
    client.post(LOGIN, {"login": login, "password": password})
    assert client.get("/tickets/").status_code == 302


def test_whoever_left_cannot_sign_in_and_is_out_at_once(alice, sign_in):
    client = sign_in(alice)
    assert client.get("/tickets/").status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert client.get("/tickets/").status_code == 302
    fresh = Client()
    fresh.post(LOGIN, {"login": "alice@demo.test", "password": "correct horse"})
    assert fresh.get("/tickets/").status_code == 302


def test_a_user_without_a_password_cannot_sign_in_with_none(bob):
    client = Client()
    client.post(LOGIN, {"login": bob.email, "password": "None"})
    assert client.get("/tickets/").status_code == 302


def test_nobody_signs_up(db):
    form = {
        "email": "eve@evil.test",
        "password1": "long enough it is",
        "password2": "long enough it is",
    }
    Client().post("/accounts/signup/", form)
    assert not User.objects.filter(email="eve@evil.test").exists()


@pytest.mark.slow
def test_guessing_is_slowed_down(alice):
    client = Client()
    for _ in range(30):
        answer = client.post(LOGIN, {"login": alice.email, "password": "wrong"})
        if answer.status_code == 429:
            break
    client.post(LOGIN, {"login": alice.email, "password": "correct horse"})
    assert client.get("/tickets/").status_code == 302


def test_one_address_is_one_person_however_written(db):
    User.objects.create_user(" New@Demo.TEST ", name="New")
    assert User.objects.get_by_natural_key("NEW@demo.test").email == "new@demo.test"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Alice Moreau", "AM"),
        ("Cher", "C"),
        ("陈伟", "陈"),
        ("김철수", "김"),
        ("a b c", "AC"),
        ("x@y.org", "XY"),
        ("", "?"),
    ],
)
def test_initials(name, expected):
    assert initials_of(name) == expected
