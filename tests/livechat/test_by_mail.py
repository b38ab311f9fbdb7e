"""Whoever leaves the chat gets the answer by mail, and what they answer is in the chat."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from connectors.actions import store_raw
from core import clock
from livechat import actions
from livechat.models import Chat, ChatWidget
from tests.connectors.test_smtp_send import sink  # noqa: F401  a fixture
from tests.livechat.conftest import Browser
from tickets import actions as tickets
from tickets.models import Message, Ticket

ADDRESS = "wen@example.cn"


@pytest.fixture
def mails(sink, settings):  # noqa: F811
    """What has really left, through a server of this machine."""
    settings.SMTP_URL = sink.url

    def read():
        return [
            (recipients, message_from_bytes(content, policy=policy.default))
            for _sender, recipients, content in sink.received
        ]

    return read


@pytest.fixture
def visitor(widget):
    return Browser(widget, language="zh-CN").meet()


@pytest.fixture
def chat(visitor):
    begun = visitor.begin("我的灯在哪里？", fields={"name": "文", "email": ADDRESS})
    return Chat.objects.select_related("ticket__inbox", "widget").get(pk=begun["id"])


@pytest.fixture
def later(react):
    """Let time pass, and whatever is due happen."""

    def wait(seconds):
        with clock.at(clock.now() + timedelta(seconds=seconds)):
            react()

    return wait


def answer_by_mail(mail, inbox, text, *, sender=ADDRESS):
    """As their mail program does it."""
    answer = EmailMessage()
    answer["From"], answer["To"] = sender, str(mail["Reply-To"])
    answer["Subject"] = str(mail["Subject"])
    answer["Message-ID"] = f"<answer-{len(text)}@example.cn>"
    answer["In-Reply-To"] = str(mail["Message-ID"])
    answer.set_content(f"{text}\n\n> {mail.get_body(('plain',)).get_content()[:20]}\n")
    store_raw(
        inbox,
        raw=answer.as_bytes(),
        source="smtp",
        external_id=str(answer["Message-ID"]),
        envelope={"mail_from": sender, "rcpt_to": [str(mail["Reply-To"])]},
    )


@pytest.mark.slow
def test_all_of_it_in_order(visitor, chat, alice, bob, inbox, mails, later):
    """Chat, handed on, gone, answered by mail, and back: one story."""
    actions.accept(chat, actor=alice)
    tickets.reply(chat.ticket, actor=alice, body="我看看。")
    seen = visitor.changes(str(chat.pk))["next"]
    visitor.post(f"chats/{chat.pk}/seen/", {"seq": seen})
    actions.transfer(chat, actor=alice, to=bob)
    actions.accept(chat, actor=bob)
    tickets.reply(chat.ticket, actor=bob, body="明天送到。")
    tickets.reply(chat.ticket, actor=bob, body="还需要别的吗？")
    later(91)
    later(200)

    [(recipients, mail)] = mails()
    text = mail.get_body(("plain",)).get_content()
    assert recipients == [ADDRESS]
    assert "明天送到。" in text and "还需要别的吗？" in text
    assert "我看看。" not in text
    assert "+r." in str(mail["Reply-To"])

    answer_by_mail(mail, inbox, "不用了，谢谢！")
    later(0)

    assert Ticket.objects.count() == 1
    found = visitor.changes(str(chat.pk))["messages"]
    said = [(row["from"], row["via"], row["text"]) for row in found if row["from"] != "system"]
    assert said == [
        ("visitor", "chat", "我的灯在哪里？"),
        ("agent", "chat", "我看看。"),
        ("agent", "chat", "明天送到。"),
        ("agent", "chat", "还需要别的吗？"),
        ("visitor", "mail", "不用了，谢谢！"),
    ]
    visitor.say(str(chat.pk), "我回来了")
    assert visitor.texts(str(chat.pk))[-1] == "我回来了"
    assert Ticket.objects.get().category == "open"


def test_what_was_read_is_not_mailed(visitor, chat, alice, mails, later):
    said = tickets.reply(chat.ticket, actor=alice, body="Soon.")
    visitor.post(f"chats/{chat.pk}/seen/", {"seq": said.seq})
    later(91)

    assert mails() == []


@pytest.mark.slow
def test_who_is_still_there_gets_no_mail(visitor, chat, alice, mails, later):
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    with clock.at(clock.now() + timedelta(seconds=80)):
        Chat.objects.update(visitor_here_at=clock.now())
    later(91)
    assert mails() == []

    later(300)
    assert len(mails()) == 1


def test_without_an_address_nothing_leaves(widget, alice, mails, later):
    nobody = Browser(widget).meet()
    chat = Chat.objects.select_related("ticket").get(pk=nobody.begin()["id"])
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)

    assert mails() == []
    assert nobody.texts(str(chat.pk)) == ["Where is my lamp?", "Soon."]


def test_what_was_taken_back_is_not_mailed(visitor, chat, alice, mails, later):
    at = clock.now() + timedelta(seconds=30)
    said = tickets.reply(chat.ticket, actor=alice, body="Wrong person!", not_before=at)
    tickets.withdraw(Message.objects.get(pk=said.pk), actor=alice)
    later(200)

    assert mails() == []


@pytest.mark.slow
def test_a_note_is_never_mailed(visitor, chat, alice, mails, later):
    tickets.add_note(chat.ticket, actor=alice, body="kaleidoscope")
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)

    [(_recipients, mail)] = mails()
    assert "kaleidoscope" not in mail.as_string()


@pytest.mark.slow
def test_left_while_closed_the_answer_goes_by_mail(widget, visitor, alice, mails, later):
    ChatWidget.objects.update(is_open=False)
    begun = visitor.begin("回电", fields={"email": ADDRESS})
    ticket = Chat.objects.select_related("ticket").get(pk=begun["id"]).ticket
    tickets.reply(ticket, actor=alice, body="好的。")
    later(91)

    [(recipients, _mail)] = mails()
    assert recipients == [ADDRESS]


@pytest.mark.slow
def test_after_a_mail_answers_go_by_mail(visitor, chat, alice, inbox, mails, later):
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)
    [(_recipients, mail)] = mails()
    answer_by_mail(mail, inbox, "When exactly?")
    later(100)
    with clock.at(clock.now() + timedelta(seconds=120)):
        tickets.reply(Ticket.objects.get(), actor=alice, body="Tomorrow.")
    later(200)

    recipients, answer = mails()[-1]
    assert recipients == [ADDRESS]
    assert "Tomorrow." in answer.get_body(("plain",)).get_content()
    assert visitor.texts(str(chat.pk))[-1] == "Tomorrow."


@pytest.mark.slow
def test_a_stranger_cannot_answer_by_the_reply_address(visitor, chat, alice, inbox, mails, later):
    tickets.reply(chat.ticket, actor=alice, body="Soon.")
    later(91)
    [(_recipients, mail)] = mails()
    answer_by_mail(mail, inbox, "Send it to me instead", sender="eve@example.net")
    later(100)

    assert "Send it to me instead" not in visitor.texts(str(chat.pk))


def test_a_claimed_address_of_a_customer_shows_none_of_their_mails(
    widget, carol, ticket, alice, mail_in, inbox, mails, later
):
    """Eve types Carol's address; what Carol writes about other things stays Carol's."""
    eve = Browser(widget).meet()
    begun = eve.begin(fields={"email": "carol@example.org"})
    mail_in(inbox, "carol@example.org", "My order", "My address is 5 Elm Road.")

    assert eve.texts(begun["id"]) == ["Where is my lamp?"]
    assert len(eve.get("me/").json()["chats"]) == 1


def test_a_transcript_says_what_was_said(visitor, chat, alice, mails, later):
    assert visitor.post(f"chats/{chat.pk}/transcript/").json()["code"] == "nothing_to_send"
    actions.accept(chat, actor=alice)
    tickets.add_note(chat.ticket, actor=alice, body="kaleidoscope")
    said = tickets.reply(chat.ticket, actor=alice, body="明天送到。")
    visitor.post(f"chats/{chat.pk}/seen/", {"seq": said.seq})
    assert visitor.post(f"chats/{chat.pk}/transcript/").status_code == 204
    later(1)

    [(recipients, mail)] = mails()
    text = mail.get_body(("plain",)).get_content()
    assert recipients == [ADDRESS]
    assert "我的灯在哪里？" in text and "明天送到。" in text
    assert "kaleidoscope" not in text
