"""What agents merge and split: nobody is shown another's words, and nothing is lost on the way."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.urls import reverse

from core import clock
from livechat import actions
from livechat.models import Chat
from livechat.queries import thread
from tests.connectors.test_smtp_send import sink  # noqa: F401  a fixture
from tests.livechat.conftest import Browser
from tests.livechat.test_by_mail import answer_by_mail, later, mails  # noqa: F401  fixtures
from tests.livechat.test_visitor_http import prove
from tickets import actions as tickets
from tickets.errors import CannotMove
from tickets.models import Message, Ticket

pytestmark = pytest.mark.slow


def chat_of(begun):
    return Chat.objects.select_related("ticket").get(pk=begun["id"])


def raise_numbers(ticket, actor, count=20):
    """As changes do that visitors are told nothing of."""
    for at in range(count):
        tickets.set_priority(ticket, actor=actor, priority=10 if at % 2 else 20)


# Who reads an answer


def test_an_answer_goes_to_the_one_whose_ticket_it_is(shopper, another, begun, alice):
    other = chat_of(another.begin("Mine is dark"))
    tickets.reply(other.ticket, actor=alice, body="To the other.")
    tickets.merge(other.ticket, target=begun.ticket, actor=alice)

    tickets.reply(begun.ticket, actor=alice, body="To the first.")

    assert shopper.texts(str(begun.pk)) == ["Where is my lamp?", "To the first."]
    assert another.texts(str(other.pk)) == ["Mine is dark", "To the other."]


def test_the_page_says_where_the_next_answer_goes(begun, alice, mail_in, inbox, sign_in):
    """A merged request was answered by mail; its ticket's own visitor sits in a chat."""
    other = mail_in(inbox, "dora@example.org", "Lamp", "Mine is dark as well.").ticket
    tickets.reply(other, actor=alice, body="To Dora.")
    tickets.merge(other, target=begun.ticket, actor=alice)

    page = sign_in(alice).get(
        reverse("chats:in_ticket", args=[begun.ticket_id]), headers={"HX-Request": "true"}
    )
    assert 'data-channel="chat"' in page.content.decode()


def test_a_typed_address_shows_no_mail_of_what_was_merged(widget, ticket, alice):
    """Eve types Carol's address; an agent takes her at her word."""
    eve = Browser(widget).meet()
    chat = chat_of(eve.begin(fields={"email": "carol@example.org"}))
    tickets.merge(chat.ticket, target=ticket, actor=alice)

    assert eve.texts(str(chat.pk)) == ["Where is my lamp?"]


def test_a_typed_address_shows_no_mail_that_was_merged_into_the_chat(widget, ticket, alice):
    eve = Browser(widget).meet()
    chat = chat_of(eve.begin(fields={"email": "carol@example.org"}))
    tickets.merge(ticket, target=chat.ticket, actor=alice)

    assert eve.texts(str(chat.pk)) == ["Where is my lamp?"]


def test_whoever_proves_the_address_reads_the_mails(widget, ticket, alice, carol):
    browser = Browser(widget).meet()
    chat = chat_of(browser.begin())
    prove(browser, "carol@example.org")
    tickets.merge(ticket, target=chat.ticket, actor=alice)

    assert browser.texts(str(chat.pk)) == ["It went dark twice today.", "Where is my lamp?"]


# What is read, and what is new


def test_lines_from_before_a_merge_hide_nothing_that_follows(
    shopper, begun, ticket, alice, on_duty
):
    """They bear the numbers of another ticket, which are higher than those of this one."""
    raise_numbers(begun.ticket, alice)
    on_duty(alice)
    actions.accept(begun, actor=alice)
    tickets.merge(begun.ticket, target=ticket, actor=alice)

    read = shopper.changes(str(begun.pk))
    shopper.say(str(begun.pk), "Are you there?")
    new = shopper.changes(str(begun.pk), after=read["next"])

    assert "joined" in [row["state"] for row in read["messages"]]
    assert [row["text"] for row in new["messages"]] == ["Are you there?"]


def test_what_is_said_while_one_reads_comes_with_the_next(
    shopper, begun, alice, on_duty, monkeypatch
):
    on_duty(alice)
    read_messages = thread._touched

    def answer_meanwhile(chat, after):
        found = read_messages(chat, after)
        monkeypatch.setattr(thread, "_touched", read_messages)
        tickets.reply(begun.ticket, actor=alice, body="It is on its way.")
        actions.accept(begun, actor=alice)
        return found

    monkeypatch.setattr(thread, "_touched", answer_meanwhile)
    first = shopper.changes(str(begun.pk))
    second = shopper.changes(str(begun.pk), after=first["next"])

    rows = [*first["messages"], *second["messages"]]
    assert "It is on its way." in [row["text"] for row in rows]
    assert "joined" in [row["state"] for row in rows]


def test_that_something_was_deleted_is_news(shopper, begun, alice):
    """A beat names how far the chat is, so that a lost signal is noticed."""
    said = tickets.reply(begun.ticket, actor=alice, body="Wrong window")
    read = shopper.changes(str(begun.pk))
    tickets.delete_message(said, actor=alice, reason="wrong")

    assert shopper.changes(str(begun.pk), after=read["next"])["head"] > read["next"]


@pytest.fixture
def read_in_part(shopper, begun, alice):
    """Of two answers the visitor has seen the first."""
    first = tickets.reply(begun.ticket, actor=alice, body="First answer.")
    shopper.post(f"chats/{begun.pk}/seen/", {"seq": first.seq, "got": first.seq})
    tickets.reply(begun.ticket, actor=alice, body="Second answer.")
    return first


def test_what_was_read_before_a_merge_stays_read(shopper, begun, read_in_part, ticket, alice):
    raise_numbers(ticket, alice)
    move = tickets.merge(begun.ticket, target=ticket, actor=alice)
    merged = shopper.changes(str(begun.pk))["chat"]["seen_by_you"]
    assert merged == Message.objects.get(pk=read_in_part.pk).seq
    assert shopper.get("me/").json()["chats"][0]["unread"] == 1

    tickets.undo_move(move, actor=alice)
    undone = shopper.changes(str(begun.pk))["chat"]["seen_by_you"]
    assert undone == Message.objects.get(pk=read_in_part.pk).seq
    assert undone != merged
    assert shopper.get("me/").json()["chats"][0]["unread"] == 1


@pytest.mark.parametrize("is_far", [True, False])
def test_after_a_merge_only_what_was_not_read_is_mailed(
    widget,
    ticket,
    alice,
    mails,  # noqa: F811
    later,  # noqa: F811
    is_far,
):
    """Whether the numbers of the other ticket are higher or lower."""
    browser = Browser(widget).meet()
    chat = chat_of(browser.begin(fields={"email": "wen@example.cn"}))
    raise_numbers(ticket if is_far else chat.ticket, alice)
    first = tickets.reply(chat.ticket, actor=alice, body="First answer.")
    browser.post(f"chats/{chat.pk}/seen/", {"seq": first.seq, "got": first.seq})
    tickets.reply(chat.ticket, actor=alice, body="Second answer.")
    tickets.merge(chat.ticket, target=ticket, actor=alice)
    later(91)

    [(recipients, mail)] = mails()
    text = mail.get_body(("plain",)).get_content()
    assert recipients == ["wen@example.cn"]
    assert "Second answer." in text and "First answer." not in text


# Splitting


def test_what_was_said_in_a_chat_is_not_split_off(shopper, begun, alice):
    """Answers in the new ticket would reach nobody."""
    said = shopper.say(str(begun.pk), "And my invoice is wrong.").json()
    with pytest.raises(CannotMove):
        tickets.split(begun.ticket, messages=[UUID(said["id"])], actor=alice)

    assert shopper.texts(str(begun.pk))[-1] == "And my invoice is wrong."


def test_a_note_beside_a_chat_may_be_split_off(begun, alice):
    note = tickets.add_note(begun.ticket, actor=alice, body="Another matter")

    move = tickets.split(begun.ticket, messages=[note.pk], actor=alice)

    assert Ticket.objects.get(pk=move.target_id).messages.get().body == "Another matter"


# Answers that go on by mail


def test_after_an_answer_was_mailed_the_next_stands_in_the_chat(
    widget,
    carol,
    alice,
    mails,  # noqa: F811
    later,  # noqa: F811
):
    """The address is held by somebody else, so the chat's own customer has none."""
    browser = Browser(widget).meet()
    chat = chat_of(browser.begin(fields={"email": "carol@example.org"}))
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)
    with clock.at(clock.now() + timedelta(seconds=100)):
        tickets.reply(chat.ticket, actor=alice, body="Tomorrow.")
        assert browser.texts(str(chat.pk))[-1] == "Tomorrow."
    later(300)

    texts = [mail.get_body(("plain",)).get_content() for _recipients, mail in mails()]
    assert ["Soon." in text for text in texts] == [True, False]
    assert ["Tomorrow." in text for text in texts] == [False, True]


def test_who_answers_a_mailed_answer_is_answered_by_mail(
    widget,
    carol,
    alice,
    inbox,
    mails,  # noqa: F811
    later,  # noqa: F811
):
    """They are not the chat's own customer, but what was said there went on to them."""
    browser = Browser(widget).meet()
    chat = chat_of(browser.begin(fields={"email": "carol@example.org"}))
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)
    [(_recipients, mail)] = mails()
    answer_by_mail(mail, inbox, "When exactly?", sender="carol@example.org")
    later(100)

    with clock.at(clock.now() + timedelta(seconds=110)):
        answer = tickets.reply(chat.ticket, actor=alice, body="Tomorrow.")
    assert answer.addresses["to"] == ["carol@example.org"]
    assert browser.texts(str(chat.pk))[-1:] == ["When exactly?"]
