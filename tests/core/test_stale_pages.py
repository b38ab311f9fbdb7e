"""A form that outlived its session is refused in words people and programs understand."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
PAGE = {"HTTP_ACCEPT": "text/html,*/*"}


@pytest.fixture
def strict(alice):
    """A browser that is asked for the token, which the others of the tests are spared."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post(client, **headers):
    return client.post(reverse("accounts:preferences"), {"language": "en"}, **headers)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "open for too long"), ("zh-hans", "打开得太久"), ("zh-hant", "開得太久")],
)
def test_people_are_told_to_load_the_page_anew(strict, alice, language, words):
    alice.language = language
    alice.save()

    answer = post(strict, HTTP_REFERER="http://testserver/preferences/?a=1", **PAGE)

    page = answer.content.decode()
    assert answer.status_code == 403
    assert words in page
    assert 'href="http://testserver/preferences/?a=1"' in page
    assert "CSRF" not in page


@pytest.mark.parametrize("origin", ["http://elsewhere.example/", "javascript:alert(1)", ""])
def test_the_way_back_leads_nowhere_else(strict, origin):
    page = post(strict, HTTP_REFERER=origin, **PAGE).content.decode()
    assert 'href="/"' in page
    assert "elsewhere" not in page and "javascript" not in page


def test_scripts_are_told_so_too(strict):
    answer = post(strict, HTTP_HX_REQUEST="true", **PAGE)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "page_too_old"
    assert "Reload it" in answer.json()["detail"]


def test_programs_with_a_session_too(strict, ticket):
    notes = reverse("api:notes", args=[ticket.pk])
    answer = strict.post(notes, {"body": "x"}, content_type="application/json")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "page_too_old"


def test_what_comes_with_the_token_is_taken(strict, alice):
    strict.get(reverse("accounts:preferences"))
    form = {"language": "en", "timezone": "UTC", "theme": "dark"}
    token = strict.cookies["csrftoken"].value
    answer = strict.post(reverse("accounts:preferences"), form | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302
    alice.refresh_from_db()
    assert alice.theme == "dark"
