"""What agents do with chats, and who of them is told."""

import pytest

from accounts.models import Presence
from livechat import actions
from livechat.models import Chat
from livechat.queries.rooms import panel_rooms, rooms_of_panel
from tickets import actions as tickets
from tickets.models import Delivery


@pytest.fixture
def act(begun, sign_in):
    def post(user, what, **data):
        return sign_in(user).post(f"/chats/{begun.pk}/{what}/", data)

    return post


def test_who_may_take_it_is_told(begun, alice, wei, mallory, supervisor, admin):
    told = set(panel_rooms(begun))
    hears = {u.name: bool(told & set(rooms_of_panel(u, ""))) for u in (alice, wei, mallory, admin)}

    assert hears == {
        "Alice Moreau": True,
        "陈伟": False,
        "Mallory Grey": False,
        "Adam Novak": True,
    }


def test_taking_answering_and_ending_it(begun, act, alice, shopper):
    assert act(alice, "accept").status_code == 204
    answer = tickets.reply(begun.ticket, actor=alice, body="Hello!")
    assert act(alice, "end", disposition="solved").status_code == 204

    chat = Chat.objects.get(pk=begun.pk)
    assert (chat.state, chat.disposition, chat.agent) == ("ended", "solved", alice)
    assert Delivery.objects.get(message=answer).state == "sent"
    lines = [r["text"] for r in shopper.changes(str(begun.pk))["messages"] if r["from"] == "system"]
    assert lines == ["Alice joined the chat", "Alice ended the chat"]


def test_who_comes_second_is_told(act, alice, bob):
    act(alice, "accept")

    answer = act(bob, "accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "taken")


def test_who_may_not_see_the_ticket_finds_no_chat(begun, act, wei, mallory):
    for user in (wei, mallory):
        for what in ("accept", "decline", "transfer", "invite", "leave", "end", "ban"):
            assert act(user, what).status_code == 404


def test_handing_it_on_to_who_may_not_see_it_is_refused(begun, act, alice, wei):
    act(alice, "accept")

    assert act(alice, "transfer", to=f"user:{wei.pk}").status_code == 400
    assert Chat.objects.get(pk=begun.pk).agent == alice


def test_leaving_puts_the_visitor_back_into_the_queue(begun, act, alice):
    act(alice, "accept")
    act(alice, "leave")

    assert Chat.objects.get(pk=begun.pk).state == "queued"


@pytest.mark.slow
def test_an_answer_needs_no_address_and_leaves_at_once(begun, alice, shopper, react):
    said = tickets.reply(begun.ticket, actor=alice, body="Hello!")
    react()

    assert said.addresses["to"] == []
    assert Delivery.objects.get(message=said).state == "sent"
    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?", "Hello!"]


def test_copies_of_a_chat_answer_are_refused(begun, alice):
    with pytest.raises(tickets.write.Invalid):
        tickets.reply(begun.ticket, actor=alice, body="Hello!", cc=["eve@example.net"])


def test_a_chat_is_ended_but_not_its_ticket(begun, alice):
    actions.accept(begun, actor=alice)
    actions.end_chat(begun, actor=alice)

    begun.ticket.refresh_from_db()
    assert not begun.ticket.is_resolved


def test_a_call_is_a_presence(alice, sign_in):
    answer = sign_in(alice).post("/me/presence/", {"state": "in_call"})

    assert answer.json()["words"] == "In a call"
    assert Presence.objects.get(user=alice).state == "in_call"
