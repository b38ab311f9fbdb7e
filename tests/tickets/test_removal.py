"""Deleting and redacting a message: its words are gone everywhere, its trace stays."""

import pytest

from connectors.actions import store_raw
from connectors.models import RawContent, RawDelivery
from core import audit
from core.models import Event
from tickets import actions
from tickets.errors import AlreadyThere, CannotRemove
from tickets.models import Attachment, Message, MessageIndex, Ticket, Tombstone

RAW = (
    b"From: Carol <carol@example.org>\r\nTo: support@demo.test\r\nSubject: My card\r\n"
    b"Message-ID: <card@example.org>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"It is 4111 1111.\r\n--b\r\nContent-Type: text/plain\r\n"
    b"Content-Disposition: attachment; filename=card.txt\r\n\r\nsecret\r\n--b--\r\n"
)


@pytest.fixture
def read(inbox, react):
    def read_raw(raw):
        delivery = store_raw(
            inbox, raw=raw, source="imap", external_id="<card@example.org>", envelope={}
        )
        react()
        delivery.refresh_from_db()
        return delivery

    return read_raw


@pytest.fixture
def card(read):
    return Message.objects.get(pk=read(RAW).message_id)


def refetched():
    """As another server hands it over: one more line, so not byte for byte the same."""
    return RAW.replace(b"--b--", b"--b--\r\n ")


def test_redacted_words_are_gone_and_the_message_stays(card, supervisor):
    actions.redact_message(card, actor=supervisor, reason="A card number.")

    card = Message.objects.select_related("ticket").get(pk=card.pk)
    assert (card.body, card.html) == ("", "")
    assert card.extras == {"removed_because": "A card number."}
    assert card.redacted_at
    assert not Attachment.objects.filter(message=card).exists()
    assert not MessageIndex.objects.filter(message=card).exists()
    assert not RawContent.objects.exists()
    assert RawDelivery.objects.get().state == "applied"
    event = Event.objects.get(name="message.redacted")
    assert (event.actor_id, event.seq) == (supervisor.pk, card.touched_seq)
    assert "card" not in str(event.details)
    with pytest.raises(AlreadyThere):
        actions.redact_message(card, actor=supervisor, reason="Again.")


def test_a_deleted_message_leaves_a_note_and_an_event(card, supervisor):
    ticket = card.ticket
    actions.delete_message(card, actor=supervisor, reason="Sent by mistake.")

    [note] = ticket.messages.all()
    assert (note.kind, note.author) == ("note", supervisor)
    assert "Sent by mistake." in note.body
    assert Event.objects.get(name="message.deleted").details["message"] == str(card.pk)
    assert not RawContent.objects.exists()
    with pytest.raises(AlreadyThere):
        actions.delete_message(card, actor=supervisor, reason="Again.")


@pytest.mark.parametrize("remove", [actions.delete_message, actions.redact_message])
def test_what_was_removed_does_not_come_back(remove, card, read, supervisor):
    remove(card, actor=supervisor, reason="A card number.")
    assert Tombstone.objects.count() == 1

    assert read(RAW).state == "applied"
    again = read(refetched())

    assert (again.state, again.reason_code) == ("dismissed", "removed")
    assert Ticket.objects.count() == 1
    assert not Message.objects.filter(direction="in").exclude(redacted_at__isnull=False).exists()


def test_an_answer_on_its_way_is_taken_back_instead(ticket, alice, supervisor):
    answer = actions.reply(ticket, actor=alice, body="Wrong window.")
    for remove in (actions.delete_message, actions.redact_message):
        with pytest.raises(CannotRemove):
            remove(answer, actor=supervisor, reason="Wrong.")


@pytest.mark.django_db(transaction=True)
def test_audit_holds_after_a_removal(card, supervisor, seal):
    actions.delete_message(card, actor=supervisor, reason="x")
    seal()
    assert list(audit.verify()) == []
