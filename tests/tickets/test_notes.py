"""Notes: for colleagues only."""

from uuid import uuid4

import pytest

from core.errors import Invalid
from core.models import Event, Reaction
from tickets import actions
from tickets.errors import EmptyMessage
from tickets.models import ReadMark, Ticket


def test_a_note_changes_neither_status_nor_owner_nor_waiting(ticket, bob):
    before = Ticket.objects.get(pk=ticket.pk)
    note = actions.add_note(ticket, actor=bob, body="Batch 7 again.")
    after = Ticket.objects.get(pk=ticket.pk)

    for name in ("category", "assignee", "waiting_since", "first_replied_at"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.last_message_seq, note.author) == (note.seq, bob)


def test_a_note_is_never_sent(ticket, bob, react, settings):
    note = actions.add_note(ticket, actor=bob, body="Batch 7 again.")
    react()

    assert not hasattr(note, "delivery")
    assert note.addresses == {}
    assert not settings.OUTBOX_DIR.exists()
    assert not Reaction.objects.filter(lane="send").exists()


def test_a_note_is_one_event_that_names_it(ticket, bob):
    note = actions.add_note(ticket, actor=bob, body="Batch 7 again.")
    event = Event.objects.get(name="message.noted")

    assert (event.seq, event.details) == (note.seq, {"message": str(note.pk)})


@pytest.mark.parametrize("body", ["", " \n "])
def test_an_empty_note_is_refused(ticket, bob, body):
    with pytest.raises(EmptyMessage):
        actions.add_note(ticket, actor=bob, body=body)


def test_a_very_long_note_is_refused(ticket, bob):
    with pytest.raises(Invalid):
        actions.add_note(ticket, actor=bob, body="x" * 200_001)


def test_the_same_client_id_is_the_same_note(ticket, bob):
    client_id = uuid4()
    first = actions.add_note(ticket, actor=bob, body="One", client_id=client_id)

    assert actions.add_note(ticket, actor=bob, body="One", client_id=client_id) == first
    assert ticket.messages.filter(kind="note").count() == 1


def test_a_note_on_a_closed_ticket_leaves_it_closed(ticket, bob):
    actions.move_to_status(ticket, actor=bob, status="closed")
    actions.add_note(ticket, actor=bob, body="For the record")

    ticket.refresh_from_db()
    assert ticket.category == "closed"


def test_whoever_had_read_everything_has_read_their_own_note(ticket, alice, bob):
    actions.mark_read(ticket, user=bob, seq=ticket.messages.get().seq)
    note = actions.add_note(ticket, actor=bob, body="Batch 7 again.")

    assert ReadMark.objects.get(user=bob).seq == note.seq
    assert not ReadMark.objects.filter(user=alice).exists()


def test_a_note_does_not_mark_as_read_what_its_author_never_opened(ticket, bob):
    actions.add_note(ticket, actor=bob, body="Batch 7 again.")
    assert not ReadMark.objects.exists()
