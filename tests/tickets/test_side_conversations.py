"""A third party is asked by mail inside a ticket, and the customer hears nothing of it.

Everything goes the real way: composed bytes leave, are answered, stored, parsed and filed.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from connectors.actions import store_raw
from connectors.models import RawDelivery
from core.errors import Invalid
from core.models import Event
from tickets import actions
from tickets.models import Delivery, Message, Notification, SideConversation, Ticket
from tickets.queries import load_ticket
from tickets.queries.portal import shown_messages
from tickets.queries.thread import messages_of

CARRIER = "claims@carrier.example"


@pytest.fixture
def post(react, settings, inbox):
    """Put bytes into the inbox and let everything follow."""
    count = iter(range(1000))

    def deliver(raw, *, door=None, **envelope):
        delivery = store_raw(
            door or inbox,
            raw=raw,
            source="smtp",
            external_id=f"<{next(count)}@wire>",
            envelope={"mail_from": "x@example.org", "rcpt_to": [inbox.address]} | envelope,
        )
        react()
        return RawDelivery.objects.get(pk=delivery.pk)

    return deliver


@pytest.fixture
def leaving(settings, react):
    """The mails that have left, as a program would read them."""

    def read():
        for delivery in Delivery.objects.filter(state="scheduled"):
            Delivery.objects.filter(pk=delivery.pk).update(not_before=delivery.message.at)
        react()
        files = sorted(settings.OUTBOX_DIR.glob("*.eml"))
        return [message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]

    return read


@pytest.fixture
def side(ticket, alice, inbox):
    inbox.undo_seconds = 0
    inbox.save()
    return actions.open_side(
        ticket,
        actor=alice,
        people=[CARRIER, "second@carrier.example"],
        subject="Where is parcel 4711?",
        body="Please look for it.",
        waits=True,
    )


def answer_to(mail, text="It is in Leeds.", *, sender=CARRIER, **headers):
    made = EmailMessage(policy.default.clone(max_line_length=998))  # ids are not to be folded
    made["From"] = sender
    made["To"] = headers.pop("to", str(mail["Reply-To"]))
    made["Subject"] = f"Re: {mail['Subject']}"
    made["Message-ID"] = headers.pop("message_id", "<a1@carrier.example>")
    made["In-Reply-To"] = str(mail["Message-ID"])
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def test_the_question_leaves_without_a_word_of_the_customers(ticket, side, leaving):
    [mail] = leaving()
    assert mail["To"] == CARRIER and mail["Cc"] == "second@carrier.example"
    assert mail["Subject"] == "Where is parcel 4711?"
    text = mail.as_string()
    assert "flickers" not in text and "carol@example.org" not in text
    assert str(ticket.number) not in mail["Subject"]
    assert not mail["References"]
    assert "+r." in mail["Reply-To"]
    assert Ticket.objects.get(pk=ticket.pk).category == "waiting_third_party"


def test_the_answer_comes_back_into_the_side_conversation(ticket, side, leaving, post, alice):
    [mail] = leaving()
    waiting = Ticket.objects.get(pk=ticket.pk).waiting_since
    delivery = post(answer_to(mail))
    assert delivery.state == "applied"
    said = Message.objects.select_related("ticket").get(pk=delivery.message_id)
    assert (said.kind, said.side_id, said.ticket_id) == ("side", side.pk, ticket.pk)
    assert said.body == "It is in Leeds."
    after = Ticket.objects.get(pk=ticket.pk)
    assert after.category == "open"  # nobody is awaited any more
    assert not SideConversation.objects.get(pk=side.pk).is_awaited
    notice = Notification.objects.get()
    assert (notice.user_id, notice.kind) == (alice.pk, "side")
    assert waiting is None and Ticket.objects.count() == 1


def test_by_its_message_id_too_but_only_from_who_was_asked(ticket, side, leaving, post, inbox):
    [mail] = leaving()
    known = post(answer_to(mail, sender="second@carrier.example", to=inbox.address))
    assert Message.objects.get(pk=known.message_id).side_id == side.pk
    strange = post(
        answer_to(mail, "Me, too.", sender="eve@example.net", to=inbox.address, message_id="<e@n>")
    )
    assert Message.objects.get(pk=strange.message_id).ticket_id != ticket.pk


def test_a_stranger_with_the_address_is_set_aside(ticket, side, leaving, post):
    [mail] = leaving()
    before = Message.objects.count()
    for sender in ("eve@example.net", "carol@example.org"):
        held = post(answer_to(mail, sender=sender, message_id=f"<{sender}>"))
        assert (held.state, held.reason_code) == ("quarantined", "stranger_with_token")
    assert Message.objects.count() == before


def test_an_automatic_reply_answers_nothing(ticket, side, leaving, post):
    [mail] = leaving()
    post(answer_to(mail, "I am away.", Auto_Submitted="auto-replied"))
    assert SideConversation.objects.get(pk=side.pk).is_awaited
    assert Ticket.objects.get(pk=ticket.pk).category == "waiting_third_party"
    assert not Notification.objects.exists()


@pytest.mark.slow
def test_the_customer_sees_nothing_and_is_answered_as_before(
    ticket, side, leaving, post, alice, inbox
):
    [mail] = leaving()
    post(answer_to(mail))
    whole = Ticket.objects.select_related("customer", "merged_into").get(pk=ticket.pk)
    assert [m.body for m in shown_messages(whole)] == ["It went dark twice today."]
    page = load_ticket(alice, ticket.pk)
    assert all(i.message.kind != "side" for i in page.items if i.message)
    assert all(m.kind != "side" for m in messages_of(page.ticket))
    seen = page.ticket.last_message_seq
    reply = actions.reply(ticket, actor=alice, body="It is in Leeds.", seen_seq=seen)
    assert reply.addresses["to"] == ["carol@example.org"]
    mails = leaving()
    to_carol = [m for m in mails if m["To"].endswith("carol@example.org>")]
    assert len(to_carol) == 1
    assert "carrier" not in to_carol[0].as_string()


def test_it_counts_as_an_answer_to_nobody(ticket, side, leaving, post):
    [mail] = leaving()
    before = Ticket.objects.get(pk=ticket.pk)
    post(answer_to(mail))
    after = Ticket.objects.get(pk=ticket.pk)
    assert after.first_replied_at is None
    assert after.last_message_seq == before.last_message_seq == 2
    assert not Event.objects.filter(name__in=["message.received", "message.replied"], seq__gt=2)


def test_writing_on_names_what_was_said_before(ticket, side, leaving, post, alice):
    [first] = leaving()
    post(answer_to(first))
    actions.ask_again(side, actor=alice, body="And when will it come?")
    second = leaving()[-1]
    assert second["Subject"] == "Re: Where is parcel 4711?"
    assert second["In-Reply-To"] == "<a1@carrier.example>"
    assert str(first["Message-ID"]) in str(second["References"])


def test_a_failing_third_party_holds_up_no_answer(ticket, side, alice):
    asked = Message.objects.get(side=side)
    Delivery.objects.filter(message=asked).update(state="scheduled", attempts=3)
    answer = actions.reply(ticket, actor=alice, body="For Carol.")
    actions.check_turn(answer)  # raises where it has to wait


def test_a_report_of_failure_stays_in_it(ticket, side, leaving, post):
    [mail] = leaving()
    post(bounce_of(mail))
    asked = Message.objects.get(side=side, direction="out")
    assert asked.delivery.state == "failed"
    assert Message.objects.get(side=side, direction="in").classification == "bounce"


def bounce_of(mail):
    return (
        "From: Mail Delivery System <mailer-daemon@carrier.example>\r\n"
        f"To: {mail['From']}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Message-ID: <b1@carrier.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; carrier.example\r\n\r\n"
        f"Final-Recipient: rfc822; {CARRIER}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {mail['Message-ID']}\r\n\r\n--b--\r\n"
    ).encode()


def test_it_is_closed_and_opened_again(ticket, side, leaving, post, alice):
    [mail] = leaving()
    actions.close_side(side, actor=alice)
    assert SideConversation.objects.get(pk=side.pk).closed_at
    post(answer_to(mail))
    assert SideConversation.objects.get(pk=side.pk).closed_at is None


def test_the_customer_cannot_be_asked_beside_their_own_request(ticket, alice, inbox):
    for address in ("carol@example.org", inbox.address, "no address", ""):
        with pytest.raises(Invalid):
            actions.open_side(ticket, actor=alice, people=[address], subject="s", body="b")


def test_it_goes_along_when_its_ticket_is_merged(
    ticket, side, leaving, post, alice, mail_in, inbox
):
    [mail] = leaving()
    other = mail_in(inbox, "carol@example.org", "Still", "Hello?").ticket
    actions.merge(ticket, target=other, actor=alice)
    delivery = post(answer_to(mail))
    assert Message.objects.get(pk=delivery.message_id).ticket_id == other.pk
    assert SideConversation.objects.get(pk=side.pk).ticket_id == other.pk


def test_the_panel_shows_them(ticket, side, leaving, post, alice, sign_in):
    [mail] = leaving()
    post(answer_to(mail, "It is in Leeds.\n\n> Please look for it."))
    desk = sign_in(alice)
    panel = desk.get(f"/tickets/{ticket.pk}/sides/").content.decode()
    assert "It is in Leeds." in panel and CARRIER in panel
    page = desk.get(f"/tickets/{ticket.pk}/").content.decode()
    assert "It is in Leeds." not in page and "(1)" in page
    asked = desk.post(f"/tickets/sides/{side.pk}/ask/", {"body": "Thanks."})
    assert asked.status_code == 201 and "Thanks." in asked.content.decode()
