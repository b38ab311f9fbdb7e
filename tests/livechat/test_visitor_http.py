"""What a visitor's widget says and is told over HTTP."""

from uuid import uuid4

from livechat.models import Chat
from tickets import actions
from tickets.models import Message


def test_first_words_open_a_ticket(shopper):
    begun = shopper.begin("Where is my lamp?")

    chat = Chat.objects.get(pk=begun["id"])
    assert begun["state"] == "queued"
    assert chat.ticket.subject == "Where is my lamp?"
    assert [row["text"] for row in begun["messages"]] == ["Where is my lamp?"]
    assert chat.ticket.messages.get().body == "Where is my lamp?"


def test_the_same_opening_twice_is_one_chat(shopper):
    said = {"client_id": str(uuid4()), "text": "Hello"}

    first, again = shopper.post("chats/", said), shopper.post("chats/", said)

    assert first.json()["id"] == again.json()["id"]
    assert Message.objects.count() == 1


def test_an_answer_is_read_by_the_visitor(shopper, begun, alice):
    before = shopper.changes(str(begun.pk))["next"]
    actions.reply(begun.ticket, actor=alice, body="It is on its way.")

    found = shopper.changes(str(begun.pk), after=before)

    assert [row["text"] for row in found["messages"]] == ["It is on its way."]
    assert found["messages"][0]["name"] == "Alice"
    assert shopper.changes(str(begun.pk), after=found["next"])["messages"] == []
