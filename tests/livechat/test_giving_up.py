"""Who is not asked again, who cannot take a chat, and what ends with its ticket."""

from datetime import timedelta

import pytest

from accounts.actions import note_seen, set_presence
from core import clock
from core.models import Event
from livechat import actions
from livechat.errors import NotYours
from livechat.models import Chat
from tickets import actions as tickets


def fresh(chat: Chat) -> Chat:
    return Chat.objects.select_related("ticket", "agent", "offered_to").get(pk=chat.pk)


def test_who_leaves_a_chat_is_not_the_next_to_be_asked(begun, alice, bob, on_duty):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    actions.leave(begun, actor=alice)
    actions.tend_queue()
    assert fresh(begun).state == "queued"

    on_duty(bob)
    actions.tend_queue()
    assert fresh(begun).offered_to == bob


def test_who_hands_it_to_their_own_team_is_not_asked(begun, alice, bob, support, on_duty):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    actions.transfer(begun, actor=alice, to=support)
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_who_was_offered_it_and_hands_it_on_is_not_asked_again(begun, alice, support, on_duty):
    on_duty(alice)
    actions.tend_queue()
    actions.transfer(begun, actor=alice, to=support)
    actions.tend_queue()

    assert fresh(begun).state == "queued"


def test_who_had_lost_their_page_is_asked_again(begun, alice, on_duty):
    on_duty(alice)
    actions.accept(begun, actor=alice)
    with clock.at(clock.now() + timedelta(seconds=61)):
        actions.tend_queue()
        assert fresh(begun).state == "queued"
        note_seen(alice)
        actions.tend_queue()

    assert fresh(begun).offered_to == alice


@pytest.mark.parametrize("state", ["away", "offline"])
def test_who_is_away_takes_no_chat(begun, alice, on_duty, state):
    """It would be taken from them within a second."""
    on_duty(alice)
    set_presence(alice, state=state, actor=alice)

    with pytest.raises(NotYours):
        actions.accept(begun, actor=alice)
    assert fresh(begun).state == "queued"


def test_who_takes_a_chat_keeps_it(begun, alice):
    actions.accept(begun, actor=alice)
    actions.tend_queue()

    assert fresh(begun).agent == alice


# Taken by answering


def test_who_answers_has_taken_it(begun, alice, on_duty, shopper):
    on_duty(alice)
    tickets.reply(begun.ticket, actor=alice, body="Hello!")

    chat = fresh(begun)
    assert (chat.state, chat.agent, chat.ticket.assignee) == ("active", alice, alice)
    assert sorted(shopper.texts(str(begun.pk))) == ["Hello!", "Where is my lamp?"]
    assert Event.objects.filter(ticket_id=chat.ticket_id, name="ticket.assigned").count() == 1


def test_what_is_offered_to_another_is_not_taken_by_an_answer(begun, alice, bob, on_duty):
    on_duty(bob)
    actions.tend_queue()
    on_duty(alice)
    tickets.reply(begun.ticket, actor=alice, body="Hello!")

    chat = fresh(begun)
    assert (chat.state, chat.offered_to) == ("offered", bob)


def test_an_answer_of_who_is_away_takes_nothing(begun, alice, on_duty):
    on_duty(alice)
    set_presence(alice, state="away", actor=alice)
    tickets.reply(begun.ticket, actor=alice, body="Hello!")

    assert fresh(begun).state == "queued"


# Closed with its ticket


@pytest.fixture
def closed(begun, alice):
    actions.accept(begun, actor=alice)
    for status in ("resolved", "closed"):
        begun.ticket.refresh_from_db()
        if begun.ticket.category != status:
            tickets.move_to_status(begun.ticket, actor=alice, status=status)
    return begun


def test_after_its_ticket_was_closed_the_visitor_begins_anew(closed, shopper):
    refused = shopper.say(str(closed.pk), "Hello?")
    again = shopper.begin("Hello?")

    assert refused.json()["code"] == "chat_ended"
    assert again["id"] != str(closed.pk)
    assert again["state"] == "queued"
    assert fresh(closed).state == "ended"


def test_a_closed_ticket_holds_nobodys_time(closed):
    actions.tend_queue()

    chat = fresh(closed)
    assert (chat.state, chat.ended_by) == ("ended", "system")


def test_a_chat_merged_into_an_open_ticket_goes_on(begun, alice, ticket, on_duty):
    """The ticket it came from is closed by that."""
    on_duty(alice)
    actions.accept(begun, actor=alice)
    tickets.merge(begun.ticket, target=ticket, actor=alice)
    actions.tend_queue()

    assert fresh(begun).state == "active"


# What the visitor is told of answers that have not left


def test_an_answer_that_has_not_left_is_not_counted(shopper, begun, alice):
    later = clock.now() + timedelta(hours=1)
    tickets.reply(begun.ticket, actor=alice, body="Good morning", not_before=later)

    assert shopper.get("me/").json()["chats"][0]["unread"] == 0
    with clock.at(later + timedelta(seconds=1)):
        assert shopper.get("me/").json()["chats"][0]["unread"] == 1


def test_an_answer_taken_back_before_it_left_was_never_there(shopper, begun, alice):
    later = clock.now() + timedelta(hours=1)
    said = tickets.reply(begun.ticket, actor=alice, body="Good morning", not_before=later)
    tickets.withdraw(said, actor=alice)

    rows = shopper.changes(str(begun.pk))["messages"]
    assert str(said.pk) not in [row["id"] for row in rows]
