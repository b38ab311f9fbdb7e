"""Who sits at a browser: proof makes somebody of them, and never somebody who sat there before."""

from datetime import timedelta
from uuid import uuid4

import pytest

from core import clock
from customers.actions import add_identity
from livechat import actions
from livechat.actions import joining
from livechat.models import Chat, Transcript, Visitor
from tests.connectors.test_smtp_send import sink  # noqa: F401  a fixture
from tests.livechat.conftest import Browser
from tests.livechat.test_by_mail import later, mails  # noqa: F401  fixtures
from tests.livechat.test_visitor_http import prove, signing, token_for  # noqa: F401  a fixture
from tickets import actions as tickets


def chat_of(begun):
    return Chat.objects.select_related("ticket").get(pk=begun["id"])


def sign_in_at_shop(browser, widget, **claims):
    answer = browser.post("visitors/", {"host_token": token_for(widget, **claims)})
    assert answer.json()["verified"]
    browser.token = answer.json()["token"]


# The website's word


def test_who_signs_in_at_the_shop_is_not_who_chatted_before(
    shopper,
    alice,
    signing,  # noqa: F811
):
    fields = {"email": "dora@example.org", "name": "Dora"}
    earlier = chat_of(shopper.begin("I am pregnant", fields=fields))
    actions.end_chat(earlier, actor=alice)
    sign_in_at_shop(shopper, signing)

    assert shopper.get("me/").json() | {"visitor": ""} == {
        "visitor": "",
        "name": "",
        "verified": True,
        "current": None,
        "chats": [],
    }
    begun = shopper.begin("Mine")
    assert chat_of(begun).ticket.customer_id != earlier.ticket.customer_id
    assert begun["mail"] == ""  # answers do not go to who sat here before


def test_the_chat_going_on_becomes_theirs(shopper, begun, signing):  # noqa: F811
    sign_in_at_shop(shopper, signing)

    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?"]
    assert shopper.get("me/").json()["current"] == str(begun.pk)


@pytest.mark.slow
def test_nobody_lies_in_wait_under_a_typed_address(
    shopper,
    another,
    signing,  # noqa: F811
):
    """The customer who has the address, claimed by a stranger, is whoever proves it."""
    bait = shopper.begin(fields={"email": "victim@example.net"})
    sign_in_at_shop(shopper, signing, sub="stranger")
    prove(another, "victim@example.net")
    secret = another.begin("My secret")

    assert [chat["id"] for chat in shopper.get("me/").json()["chats"]] == [bait["id"]]
    assert shopper.get(f"chats/{secret['id']}/changes/").status_code == 404


def test_an_address_that_is_not_proved_is_not_told_to_who_proved_another(shopper, carol):
    add_identity(carol, kind="email", value="work@example.org", actor=None)
    prove(shopper, "work@example.org")

    assert shopper.begin()["mail"] == "work@example.org"


# Proof, while an agent takes the chat


def test_an_agent_who_takes_the_chat_just_then_keeps_it(
    shopper, begun, alice, carol, on_duty, monkeypatch
):
    on_duty(alice)
    lock = joining.lock

    def lock_late(ticket):
        monkeypatch.setattr(joining, "lock", lock)
        actions.accept(begun, actor=alice)
        return lock(ticket)

    monkeypatch.setattr(joining, "lock", lock_late)
    prove(shopper, "carol@example.org")

    found = Chat.objects.select_related("ticket").get(pk=begun.pk)
    assert (found.ticket.customer, found.state, found.agent) == (carol, "active", alice)


# Two devices of one person


@pytest.fixture
def two_devices(shopper, another, carol, begun):
    prove(shopper, "carol@example.org")
    prove(another, "carol@example.org")
    return shopper, another


def test_a_message_sent_again_from_another_device_is_one(two_devices, begun):
    said = {"client_id": str(uuid4()), "text": "From my phone"}
    path = f"chats/{begun.pk}/messages/"

    answers = [two_devices[1].post(path, said) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert two_devices[0].texts(str(begun.pk)) == ["Where is my lamp?", "From my phone"]


def test_who_reads_on_another_device_is_there(two_devices, begun):
    Chat.objects.filter(pk=begun.pk).update(left_at=clock.now())
    moment = clock.now() + timedelta(minutes=5)
    with clock.at(moment):
        two_devices[1].get("me/")

    found = Chat.objects.get(pk=begun.pk)
    assert (found.left_at, found.visitor_here_at >= moment) == (None, True)


# Transcripts


@pytest.mark.slow
def test_a_transcript_goes_once_to_the_address_it_was_asked_for(
    widget,
    alice,
    on_duty,
    mails,  # noqa: F811
    later,  # noqa: F811
):
    browser = Browser(widget).meet()
    chat = chat_of(browser.begin(fields={"email": "wen@example.cn"}))
    on_duty(alice)
    actions.accept(chat, actor=alice)
    said = tickets.reply(chat.ticket, actor=alice, body="Soon.")
    browser.post(f"chats/{chat.pk}/seen/", {"seq": said.seq})
    for address in ("one@example.org", "two@example.org"):
        asked = browser.post(f"chats/{chat.pk}/transcript/", {"email": address})
        assert asked.status_code == 204
    later(1)

    assert sorted(recipients for recipients, _mail in mails()) == [
        ["one@example.org"],
        ["two@example.org"],
    ]
    # Where answers go on, and whose mails are shown, is what it was.
    assert Visitor.objects.get(pk=browser.visitor).claimed_email == "wen@example.cn"
    assert not Transcript.objects.exists()


def test_an_address_that_was_only_typed_is_no_proof(
    shopper,
    signing,  # noqa: F811
):
    """Nobody has us mail their own words to a stranger."""
    begun = shopper.begin(fields={"email": "dora@example.org"})
    sign_in_at_shop(shopper, signing)

    asked = shopper.post(f"chats/{begun['id']}/transcript/", {"email": "dora@example.org"})
    assert asked.json()["code"] == "nothing_to_send"
