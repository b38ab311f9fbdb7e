"""To, Cc, Bcc and forwarding: who gets what, and who learns of whom."""

from io import BytesIO

import pytest

from connectors.mail.compose import compose
from connectors.messages import Address
from core.errors import Invalid
from core.models import Event
from tickets import actions
from tickets.models import Delivery, Message
from tickets.queries.evidence import written_to
from tickets.queries.outbound import outbound_of
from tickets.queries.outbound_forward import forward_of
from tickets.queries.portal import shown_messages
from tickets.queries.recipients import recipients_of_ticket

DORA, ERIK = "dora@example.org", "erik@example.org"


@pytest.fixture
def copied(inbox, mail_in):
    """Carol wrote to us and to Dora, with a copy for Erik."""
    to = [Address("", "support@demo.test"), Address("Dora", DORA)]
    cc = [Address("", ERIK), Address("", "Support+x@demo.test")]
    return mail_in(inbox, "carol@example.org", "Lamp", "Hello all", to=to, cc=cc).ticket


# Who is asked for


def test_everybody_gets_the_answer_whom_the_customer_wrote_to(copied):
    found = recipients_of_ticket(copied)
    assert found.to == "carol@example.org"
    assert found.cc == [DORA, ERIK]
    assert set(found.others) == {DORA, ERIK}


def test_after_our_answer_its_copies_count(copied, alice):
    actions.reply(copied, actor=alice, body="x", cc=[ERIK])
    assert recipients_of_ticket(copied).cc == [ERIK]


def test_blind_copies_are_never_proposed(copied, alice):
    actions.reply(copied, actor=alice, body="x", bcc=["zoe@example.org"])
    found = recipients_of_ticket(copied)
    assert "zoe@example.org" not in [found.to, *found.others, *found.cc]


def test_other_inboxes_of_ours_are_nobody(inbox, billing_inbox, mail_in):
    cc = [Address("", billing_inbox.address), Address("", ERIK)]
    ticket = mail_in(inbox, "carol@example.org", "Lamp", "x", cc=cc).ticket
    assert recipients_of_ticket(ticket).cc == [ERIK]


def test_whom_a_mail_of_unproved_origin_names_gets_nothing(copied):
    Message.objects.update(is_unverified=True, customer=None)
    found = recipients_of_ticket(copied)
    assert (found.to, found.cc) == ("carol@example.org", [])


def test_the_page_proposes_the_same(copied, alice, sign_in):
    page = sign_in(alice).get(f"/tickets/{copied.pk}/").content.decode()
    assert f'data-usual="{DORA} {ERIK}"' in page
    assert f'<option value="{ERIK}">' in page


# Who is written to


def test_the_answer_may_go_to_somebody_else_who_takes_part(copied, alice):
    said = actions.reply(copied, actor=alice, body="x", to=ERIK)
    assert said.addresses["to"] == [ERIK]


def test_a_stranger_cannot_be_answered(copied, alice):
    with pytest.raises(Invalid, match="takes part"):
        actions.reply(copied, actor=alice, body="x", to="eve@example.net")


def test_nobody_is_written_to_twice(copied, alice):
    said = actions.reply(
        copied,
        actor=alice,
        body="x",
        cc=["Carol@example.org", DORA, DORA],
        bcc=["DORA@example.org"],
    )
    assert said.addresses == {"to": ["carol@example.org"], "cc": [DORA]}


@pytest.mark.parametrize("field", ["to", "cc", "bcc"])
@pytest.mark.parametrize("address", ["nobody", "a@x.org\nBcc: b@x.org", "a@x.org\rX: y"])
def test_what_is_no_address_is_refused(copied, alice, field, address):
    value = address if field == "to" else [address]
    with pytest.raises(Invalid):
        actions.reply(copied, actor=alice, body="x", **{field: value})


def test_blind_copies_stand_in_no_header_and_in_no_page_of_others(copied, alice, bob, sign_in):
    said = actions.reply(copied, actor=alice, body="x", bcc=["zoe@example.org"])
    outbound = outbound_of(said)

    assert [person.email for person in outbound.bcc] == ["zoe@example.org"]
    assert b"zoe" not in compose(outbound)
    path = f"/tickets/{copied.pk}/"
    assert "zoe@example.org" in sign_in(alice).get(path).content.decode()
    assert "zoe@example.org" not in sign_in(bob).get(path).content.decode()


def test_fifty_recipients_are_enough(copied, alice):
    with pytest.raises(Invalid):
        actions.reply(copied, actor=alice, body="x", cc=[f"p{n}@example.org" for n in range(50)])


# Forwarding


@pytest.fixture
def with_file(ticket):
    message = ticket.messages.get()
    actions.attach(ticket, message, filename="photo.txt", content_type="", content=b"a photo")
    return message


def test_a_message_is_shown_to_a_third_party_with_its_files(ticket, alice, with_file):
    file = with_file.attachments.get()
    sent = actions.forward(
        with_file, actor=alice, to=["maker@example.net"], body="Please **look**", files=[file.pk]
    )
    mail = forward_of(sent)

    assert [person.email for person in mail.to] == ["maker@example.net"]
    assert mail.subject == "Fwd: My lamp flickers"
    assert "It went dark twice today." in mail.text
    assert "carol@example.org" in mail.text
    assert "<strong>look</strong>" in mail.html
    assert [a.content for a in mail.attachments] == [b"a photo"]
    assert Delivery.objects.get(message=sent).state == "scheduled"
    assert Event.objects.get(name="message.forwarded").details["forwarded"] == str(with_file.pk)


def test_its_reader_takes_no_part(ticket, alice, with_file):
    sent = actions.forward(with_file, actor=alice, to=["maker@example.net"])
    mail = forward_of(sent)

    assert mail.reply_to.email == "support@demo.test"  # no address that leads into the ticket
    assert (mail.references, mail.in_reply_to) == ([], "")
    assert written_to([ticket.pk], "maker@example.net") == set()
    assert "maker@example.net" not in recipients_of_ticket(ticket).others
    assert recipients_of_ticket(ticket).to == "carol@example.org"


def test_the_customer_sees_nothing_of_it(ticket, alice, with_file):
    sent = actions.forward(with_file, actor=alice, to=["maker@example.net"], body="x")
    Delivery.objects.update(state="sent")
    assert sent.pk not in {m.pk for m in shown_messages(ticket)}
    ticket.refresh_from_db()
    assert ticket.category == "new"
    assert ticket.first_replied_at is None


def test_it_leaves_like_any_mail_and_is_shown(ticket, alice, with_file, sign_in, react, settings):
    ticket.inbox.undo_seconds = 0
    ticket.inbox.save()
    client = sign_in(alice)
    page = client.get(f"/tickets/messages/{with_file.pk}/forward/").content.decode()
    assert "photo.txt" in page
    answer = client.post(
        f"/tickets/messages/{with_file.pk}/forward/",
        {"to": "maker@example.net", "files": [with_file.attachments.get().pk]},
    )
    assert answer.status_code == 201
    assert "maker@example.net" in answer.content.decode()
    react()
    [mail] = list(settings.OUTBOX_DIR.glob("*.eml"))
    assert b"To: maker@example.net" in mail.read_bytes()
    assert b"X-Helpdesk" not in mail.read_bytes()


def test_it_can_be_undone(ticket, alice, with_file):
    sent = actions.forward(with_file, actor=alice, to=["maker@example.net"])
    actions.withdraw(sent, actor=alice)
    assert Delivery.objects.get(message=sent).state == "withdrawn"


@pytest.mark.parametrize("to", [[], ["nobody"], ["support@demo.test"], ["a@x.org\nBcc: b@x.org"]])
def test_it_goes_nowhere_without_a_good_address(alice, with_file, to):
    with pytest.raises(Invalid):
        actions.forward(with_file, actor=alice, to=to)


def test_files_of_other_messages_do_not_come_along(ticket, alice, with_file):
    other = actions.attach_upload(
        ticket, actor=alice, filename="x", content_type="", content=BytesIO(b"x")
    )
    with pytest.raises(Invalid):
        actions.forward(with_file, actor=alice, to=["m@example.net"], files=[other.pk])


# Calling colleagues


def test_whom_somebody_calls_stands_in_the_event(ticket, alice, bob, support):
    picks = [f"user:{bob.pk}", f"team:{support.pk}", f"user:{bob.pk}"]
    actions.add_note(ticket, actor=alice, body="@Bob look", mentions=picks)
    assert Event.objects.get(name="message.noted").details["mentions"] == picks[:2]
    actions.reply(ticket, actor=alice, body="@Bob look", mentions=picks[:1])
    assert Event.objects.get(name="message.replied").details["mentions"] == picks[:1]


@pytest.mark.parametrize("pick", ["bob", "user:1", "admin:{id}", "user:{other}", "team:{id}"])
def test_nobody_who_is_not_here_is_called(ticket, alice, bob, inbox, pick):
    pick = pick.format(id=bob.pk, other=inbox.pk)
    with pytest.raises(Invalid):
        actions.add_note(ticket, actor=alice, body="x", mentions=[pick])
