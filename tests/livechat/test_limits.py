"""What is too much, what is no text, and who stays out."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from customers.actions.sign_in import digits_of
from customers.models import SignInCode
from livechat import actions
from livechat.models import Chat, Visitor
from livechat.views import door
from tests.livechat.conftest import Browser
from tests.livechat.test_visitor_http import one_moment, prove, signing, token_for, upload  # noqa: F401
from tickets.models import Message

# One visitor must not lock out others


@pytest.mark.slow
def test_codes_for_many_addresses_are_counted_by_where_they_are_asked(widget, one_moment):  # noqa: F811
    codes = []
    for turn in range(8):
        browser = Browser(widget).meet()
        for n in range(4):
            address = f"somebody{turn}-{n}@example.org"
            codes.append(browser.post("verify/", {"email": address}).status_code)

    assert (codes.count(201), codes.count(429)) == (30, 2)


def test_too_many_codes_are_refused_in_a_word_the_widget_knows(shopper, one_moment):  # noqa: F811
    for _ in range(3):
        shopper.post("verify/", {"email": "wen@example.cn"})
    refused = shopper.post("verify/", {"email": "wen@example.cn"})

    assert (refused.status_code, refused.json()["code"]) == (429, "too_fast")
    assert refused["Retry-After"]


def test_a_link_of_ours_is_no_strangers_request(shopper, begun, one_moment, settings):  # noqa: F811
    settings.CHAT_STRANGERS_PER_MINUTE = 2
    sent = upload(shopper).json()
    url = shopper.say(str(begun.pk), "", files=[sent["id"]]).json()["files"][0]["url"]

    assert [shopper.client.get(url).status_code for _ in range(4)] == [200] * 4
    forged = [shopper.client.get(url.split("?")[0]).status_code for _ in range(4)]
    assert forged == [404, 404, 429, 429]


# What is no text


def test_a_key_with_a_nul_is_nobodys(client):
    assert client.get("/chat/abcdefghijkl%00/config/").status_code == 404
    assert client.get("/widget/abcdefghijkl%00.js").status_code == 404


@pytest.mark.parametrize("digits", ["１２３４５６", "\ud800", "1\x002"])
def test_digits_of_another_script_are_a_wrong_code(shopper, digits):
    shopper.post("verify/", {"email": "wen@example.cn"})
    answer = shopper.post("verify/confirm/", {"email": "wen@example.cn", "code": digits})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_code")


@pytest.mark.parametrize("token", ["a.b.\ud800", "é.b.c", "\ud800.b.c"])
def test_a_token_that_is_no_token_is_refused(signing, shopper, token):  # noqa: F811
    answer = shopper.post("visitors/", {"host_token": token})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_host_token")


def test_half_a_character_is_said_as_a_sign_for_it(shopper, begun):
    answer = shopper.say(str(begun.pk), "Hi \ud83d")

    assert (answer.status_code, answer.json()["text"]) == (201, "Hi \ufffd")
    assert door.text_in({"text": "\ufeffa\U0001f600"}, "text") == "\ufeffa\U0001f600"


@pytest.mark.django_db(transaction=True)
def test_one_client_id_of_two_visitors_at_once_is_one_message(widget):
    first, second = Browser(widget).meet(), Browser(widget).meet()
    chats = [(browser, browser.begin()["id"]) for browser in (first, second)]
    said, codes = str(uuid4()), []

    def say(browser, chat):
        try:
            codes.append(browser.say(chat, "Hello", client_id=said).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=pair) for pair in chats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(codes) == [201, 400]
    assert Message.objects.filter(client_id=said).count() == 1


# Shut out


def test_a_ban_goes_with_who_they_have_proved_to_be(shopper, another, alice, carol):
    begun = shopper.begin()
    prove(shopper, "carol@example.org")
    actions.ban_from_chat(Chat.objects.get(pk=begun["id"]), actor=alice, days=7, reason="abuse")
    another.post("verify/", {"email": "carol@example.org"})
    code = SignInCode.objects.order_by("-created_at").first()
    answer = another.post(
        "verify/confirm/", {"email": "carol@example.org", "code": digits_of(code)}
    )

    assert (answer.status_code, answer.json()["code"]) == (403, "banned")
    assert Visitor.objects.get(pk=another.visitor).verified_at is None


def test_the_website_does_not_bring_back_who_is_shut_out(signing, shopper, alice):  # noqa: F811
    shopper.post("visitors/", {"host_token": token_for(signing)})
    begun = shopper.begin()
    actions.ban_from_chat(Chat.objects.get(pk=begun["id"]), actor=alice, days=7, reason="abuse")
    answer = Browser(signing).post("visitors/", {"host_token": token_for(signing)})

    assert (answer.status_code, answer.json()["code"]) == (403, "banned")


def test_a_ban_holds_in_their_other_browsers(shopper, another, alice, carol):
    begun = shopper.begin()
    prove(shopper, "carol@example.org")
    prove(another, "carol@example.org")
    actions.ban_from_chat(Chat.objects.get(pk=begun["id"]), actor=alice, days=7, reason="abuse")

    assert another.get("me/").json()["code"] == "banned"
