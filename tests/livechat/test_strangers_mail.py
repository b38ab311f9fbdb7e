"""A mail that is put into the ticket of a chat is read by colleagues, and not by who chats."""

import pytest

from connectors.actions import store_raw
from tests.connectors.test_smtp_send import sink  # noqa: F401  a fixture
from tests.livechat.test_by_mail import chat, later, mails, visitor  # noqa: F401  fixtures
from tests.tickets.test_quarantine import set_aside  # noqa: F401  a fixture
from tickets import actions as tickets
from tickets.models import Message

pytestmark = pytest.mark.slow

NOBODY = ["support@demo.test", "a@x.test, b@y.test"]  # ourselves, and nobody in particular
SECRET = "Her new address is 5 Elm Road."


def read_by(visitor, chat):  # noqa: F811
    return visitor.texts(str(chat.pk))


@pytest.mark.parametrize("sender", NOBODY)
def test_what_nobody_wrote_is_filed_beside_the_chat(
    sender,
    visitor,  # noqa: F811
    chat,  # noqa: F811
    set_aside,  # noqa: F811
    admin,
):
    unclear = set_aside(sender, text=SECRET)
    filed = tickets.refile_delivery(unclear, ticket=chat.ticket, actor=admin)

    assert (filed.ticket_id, filed.thread_id, filed.body) == (chat.ticket_id, None, SECRET)
    assert read_by(visitor, chat) == ["我的灯在哪里？"]


def test_nor_once_the_story_went_on_by_mail(
    visitor,  # noqa: F811
    chat,  # noqa: F811
    set_aside,  # noqa: F811
    later,  # noqa: F811
    mails,  # noqa: F811
    alice,
    admin,
):
    tickets.reply(chat.ticket, actor=alice, body="明天送到。")
    later(91)
    [carried] = Message.objects.filter(ticket=chat.ticket, classification="auto_reply")

    unclear = set_aside(NOBODY[0], text=SECRET)
    filed = tickets.refile_delivery(unclear, ticket=chat.ticket, actor=admin)

    # It stands with the mails of the ticket, where it stood without a chat.
    assert filed.thread_id == carried.thread_id != chat.thread_id
    assert read_by(visitor, chat) == ["我的灯在哪里？", "明天送到。"]


def test_a_strangers_mail_that_was_let_in_is_not_shown(
    visitor,  # noqa: F811
    chat,  # noqa: F811
    set_aside,  # noqa: F811
    later,  # noqa: F811
    mails,  # noqa: F811
    alice,
    admin,
):
    """Somebody got hold of the address that was made for the visitor alone."""
    tickets.reply(chat.ticket, actor=alice, body="明天送到。")
    later(91)
    [(_recipients, mail)] = mails()
    leaked = set_aside("bella@example.org", mail["Reply-To"].addresses[0].addr_spec, text=SECRET)
    assert leaked.reason_code == "stranger_with_token"

    let_in = tickets.release_delivery(leaked, actor=admin)

    assert let_in.ticket_id == chat.ticket_id
    assert let_in.thread_id != chat.thread_id
    assert read_by(visitor, chat) == ["我的灯在哪里？", "明天送到。"]


def test_a_strangers_mail_that_was_filed_by_hand_is_not_shown(
    visitor,  # noqa: F811
    chat,  # noqa: F811
    set_aside,  # noqa: F811
    admin,
):
    strange = set_aside("dan@example.org", text=SECRET, dmarc="fail")
    filed = tickets.refile_delivery(strange, ticket=chat.ticket, actor=admin)

    assert (filed.ticket_id, filed.customer.name) == (chat.ticket_id, "dan")
    assert read_by(visitor, chat) == ["我的灯在哪里？"]


def test_a_report_about_a_carried_answer_stays_out_of_the_chat(
    visitor,  # noqa: F811
    chat,  # noqa: F811
    inbox,
    later,  # noqa: F811
    mails,  # noqa: F811
    react,
    alice,
):
    tickets.reply(chat.ticket, actor=alice, body="明天送到。")
    later(91)
    [(_recipients, mail)] = mails()
    report = (
        f"From: MAILER-DAEMON@example.cn\r\nTo: {mail['Reply-To']}\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\n"
        f"Message-ID: <report-1@example.cn>\r\nIn-Reply-To: {mail['Message-ID']}\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNobody lives here.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.cn\r\n"
        "\r\nFinal-Recipient: rfc822; wen@example.cn\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail['Message-ID']}\r\n"
        "--b--\r\n"
    )
    store_raw(
        inbox,
        raw=report.encode(),
        source="smtp",
        external_id="<report-1@example.cn>",
        envelope={"mail_from": "", "rcpt_to": [str(mail["Reply-To"])]},
    )
    react()

    [kept] = Message.objects.filter(ticket=chat.ticket, classification="bounce")
    assert kept.thread_id != chat.thread_id
    assert read_by(visitor, chat) == ["我的灯在哪里？", "明天送到。"]
