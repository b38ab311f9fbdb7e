"""Answers: who may send one when, what becomes of the ticket, and taking one back."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest

from core import clock, events
from core.errors import Invalid, NotAllowed
from core.models import Event, Reaction
from tickets import actions
from tickets.errors import (
    CannotWithdraw,
    EmptyMessage,
    NoAddress,
    TransitionRefused,
    UnknownStatus,
    UnseenMessages,
)
from tickets.models import Attachment, MessageIndex, ReadMark, Ticket

# What an answer changes on its ticket, and undoing it puts back.
CHANGED = (
    "status",
    "category",
    "assignee",
    "waiting_since",
    "first_replied_at",
    "resolved_at",
    "closed_at",
    "reopen_count",
    "last_at",
    "last_message_seq",
)


def state(ticket):
    fresh = Ticket.objects.get(pk=ticket.pk)
    return {name: getattr(fresh, name) for name in CHANGED}


@pytest.fixture
def asked_again(ticket, inbox, mail_in):
    """Lets Carol write once more into her ticket."""

    def ask(text="Are you there?", **fields):
        first = ticket.messages.order_by("seq").first()
        return mail_in(
            inbox,
            "carol@example.org",
            "Re: lamp",
            text,
            in_reply_to=first.external_id,
            **fields,
        )

    return ask


# What an answer does


def test_who_answers_first_owns_the_ticket(ticket, alice, bob):
    actions.reply(ticket, actor=alice, body="Hello")
    actions.reply(ticket, actor=bob, body="Hello, too")

    assert state(ticket)["assignee"] == alice


def test_the_customer_no_longer_waits_and_the_first_answer_is_timed(ticket, alice):
    with clock.at(clock.now() + timedelta(minutes=5)):
        first = actions.reply(ticket, actor=alice, body="Hello")
    with clock.at(clock.now() + timedelta(minutes=9)):
        actions.reply(ticket, actor=alice, body="Hello again")

    after = state(ticket)
    assert (after["category"], after["waiting_since"]) == ("waiting_customer", None)
    assert after["first_replied_at"] == first.at


@pytest.mark.parametrize("status", ["open", "waiting_third_party", "resolved"])
def test_an_answer_sets_the_status_its_author_names(ticket, alice, status):
    actions.reply(ticket, actor=alice, body="Hello", status=status)
    assert state(ticket)["category"] == status


@pytest.mark.parametrize("status", ["", "waiting_customer"])
def test_an_answer_alone_does_not_reopen_what_is_closed(ticket, alice, status):
    actions.move_to_status(ticket, actor=alice, status="closed")
    actions.reply(ticket, actor=alice, body="By the way …", status=status)

    assert state(ticket)["category"] == "closed"


def test_an_answer_is_no_way_around_the_rights_of_a_step(ticket, alice, supervisor):
    actions.move_to_status(ticket, actor=alice, status="closed")
    with pytest.raises(TransitionRefused):
        actions.reply(ticket, actor=alice, body="Hello", status="open")
    assert ticket.messages.count() == 1

    actions.reply(ticket, actor=supervisor, body="Hello", status="open")
    assert state(ticket)["category"] == "open"


def test_an_unknown_status_stops_the_whole_answer(ticket, alice):
    before = state(ticket)
    with pytest.raises(UnknownStatus):
        actions.reply(ticket, actor=alice, body="Hello", status="finished")
    assert state(ticket) == before
    assert ticket.messages.count() == 1


def test_it_goes_to_whoever_wrote_last_with_copies_as_named(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="Hello", cc=[" dora@example.org "])
    assert said.addresses == {"to": ["carol@example.org"], "cc": ["dora@example.org"]}


@pytest.mark.parametrize("address", ["nobody", "a b@example.org", "a@x.org\nBcc: b@x.org", ""])
def test_a_copy_to_what_is_no_address_is_refused(ticket, alice, address):
    with pytest.raises(Invalid):
        actions.reply(ticket, actor=alice, body="Hello", cc=[address])
    assert ticket.messages.count() == 1


def test_a_customer_without_an_address_cannot_be_answered(ticket, alice, carol):
    message = ticket.messages.get()
    message.addresses = {}
    message.save()
    carol.identities.update(valid_to=clock.now())

    with pytest.raises(NoAddress):
        actions.reply(ticket, actor=alice, body="Hello")


@pytest.mark.parametrize("body", ["", "  \n\t", "\u3000"])
def test_an_empty_answer_is_refused(ticket, alice, body):
    with pytest.raises(EmptyMessage):
        actions.reply(ticket, actor=alice, body=body)


def test_it_waits_for_the_undo_delay_of_its_inbox(ticket, inbox, alice, react):
    inbox.undo_seconds = 30
    inbox.save()
    said = actions.reply(ticket, actor=alice, body="Hello")

    assert said.delivery.not_before - said.at == pytest.approx(
        timedelta(seconds=30), abs=timedelta(seconds=5)
    )
    react()
    said.delivery.refresh_from_db()
    assert said.delivery.state == "scheduled"


def test_a_scheduled_answer_waits_until_its_time(ticket, alice, react):
    tomorrow = clock.now() + timedelta(days=1)
    said = actions.reply(ticket, actor=alice, body="Good morning", not_before=tomorrow)

    with clock.at(tomorrow - timedelta(minutes=1)):
        react()
        said.delivery.refresh_from_db()
        assert said.delivery.state == "scheduled"
    with clock.at(tomorrow + timedelta(seconds=1)):
        react()
        said.delivery.refresh_from_db()
        assert said.delivery.state == "sent"


def test_an_imported_answer_is_sent_already(ticket, alice):
    with events.history():
        said = actions.reply(ticket, actor=alice, body="Long ago")

    assert said.delivery.state == "sent"
    assert not Reaction.objects.filter(event__details__message=str(said.pk)).exists()


# The send guard


def test_what_somebody_else_wrote_meanwhile_stops_the_answer(ticket, alice, bob, asked_again):
    ticket.refresh_from_db()
    seen = ticket.seq
    note = actions.add_note(ticket, actor=bob, body="Wait.")
    mail = asked_again("It burns!")
    before = state(ticket)

    with pytest.raises(UnseenMessages) as refused:
        actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen)

    assert [m["id"] for m in refused.value.extra["unseen"]] == [str(note.pk), str(mail.pk)]
    assert state(ticket) == before


def test_each_unseen_message_counts_alone(ticket, alice, bob):
    ticket.refresh_from_db()
    seen = ticket.seq
    actions.reply(ticket, actor=bob, body="I answered already.")

    with pytest.raises(UnseenMessages):
        actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen)


def test_the_head_of_the_refusal_lets_the_answer_through(ticket, alice, bob):
    seen = ticket.seq
    actions.add_note(ticket, actor=bob, body="Wait.")
    with pytest.raises(UnseenMessages) as refused:
        actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen)

    assert actions.reply(ticket, actor=alice, body="Yes", seen_seq=refused.value.extra["head"])


def test_ones_own_words_robots_and_changes_stop_nobody(ticket, alice, bob, asked_again):
    seen = ticket.messages.get().seq
    actions.add_note(ticket, actor=alice, body="Note to self")
    asked_again("I am away.", classification="auto_reply")
    actions.set_priority(ticket, actor=bob, priority=40)
    taken_back = actions.reply(ticket, actor=bob, body="Oops")
    actions.withdraw(taken_back, actor=bob)

    assert actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen)


def test_without_a_seq_nothing_is_guarded(ticket, alice, bob):
    actions.add_note(ticket, actor=bob, body="Wait.")
    assert actions.reply(ticket, actor=alice, body="Hello")


# Sending twice


def test_the_same_client_id_is_the_same_answer_even_when_others_wrote_since(ticket, alice, bob):
    """A browser that lost the answer to its request repeats it and must not be refused."""
    ticket.refresh_from_db()
    seen, client_id = ticket.seq, uuid4()
    first = actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen, client_id=client_id)
    actions.add_note(ticket, actor=bob, body="Nice.")

    again = actions.reply(ticket, actor=alice, body="Hello", seen_seq=seen, client_id=client_id)

    assert again == first
    assert ticket.messages.filter(kind="public", direction="out").count() == 1


def test_a_client_id_does_not_reach_into_another_ticket(ticket, billing_ticket, alice):
    client_id = uuid4()
    actions.add_note(billing_ticket, actor=alice, body="Elsewhere", client_id=client_id)

    with pytest.raises(Invalid):
        actions.reply(ticket, actor=alice, body="Hello", client_id=client_id)


# Files


def upload(ticket, user, name="photo.png"):
    return actions.attach_upload(
        ticket, actor=user, filename=name, content_type="image/png", content=BytesIO(b"\x89PNG..")
    )


def test_an_answer_takes_the_files_of_its_author(ticket, alice):
    file = upload(ticket, alice)
    said = actions.reply(ticket, actor=alice, body="See here", attachments=[file.pk])

    assert list(said.attachments.all()) == [file]


def test_files_of_others_other_tickets_or_other_answers_are_refused(
    ticket, billing_ticket, alice, bob
):
    sent = upload(ticket, alice)
    actions.reply(ticket, actor=alice, body="See here", attachments=[sent.pk])
    foreign = [upload(ticket, bob), upload(billing_ticket, alice), sent]

    for file in [*foreign, Attachment(pk=uuid4())]:
        with pytest.raises(Invalid):
            actions.reply(ticket, actor=alice, body="And this", attachments=[file.pk])
    assert ticket.messages.filter(direction="out").count() == 1


# Unread marks


def test_an_answer_is_read_by_whoever_wrote_it(ticket, alice):
    ticket.refresh_from_db()
    said = actions.reply(ticket, actor=alice, body="Hello", seen_seq=ticket.seq)

    assert ReadMark.objects.get(user=alice, ticket=ticket).seq == said.seq


def test_a_blind_answer_does_not_hide_what_its_author_has_not_read(ticket, alice, asked_again):
    actions.mark_read(ticket, user=alice, seq=ticket.messages.get().seq)
    asked_again("One more thing")
    read = ReadMark.objects.get(user=alice, ticket=ticket).seq
    actions.reply(ticket, actor=alice, body="Hello")

    assert ReadMark.objects.get(user=alice, ticket=ticket).seq == read


# Taking back


@pytest.mark.parametrize("status", ["waiting_customer", "open", "waiting_third_party", "resolved"])
@pytest.mark.parametrize("start", ["new", "open", "waiting_third_party", "resolved"])
def test_undo_restores_the_ticket_as_it_was(ticket, alice, start, status):
    if start != "new":
        actions.move_to_status(ticket, actor=alice, status=start)
    before = state(ticket)
    said = actions.reply(ticket, actor=alice, body="Oops", status=status)
    actions.withdraw(said, actor=alice)

    assert state(ticket) == before


def test_undo_keeps_what_was_true_before_the_answer(ticket, alice, bob, asked_again):
    """A second answer that is taken back leaves the first one's owner and time alone."""
    actions.reply(ticket, actor=alice, body="Hello")
    asked_again()
    before = state(ticket)
    actions.withdraw(actions.reply(ticket, actor=bob, body="Oops"), actor=bob)

    assert state(ticket) == before
    assert before["assignee"] == alice
    assert before["first_replied_at"]


def test_undo_keeps_what_others_have_changed_since(ticket, alice, bob):
    said = actions.reply(ticket, actor=alice, body="Oops", status="open")
    actions.assign(ticket, actor=bob, assignee=bob)
    actions.move_to_status(ticket, actor=bob, status="waiting_third_party")
    actions.set_priority(ticket, actor=bob, priority=40)
    actions.withdraw(said, actor=alice)

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.category, ticket.priority) == (bob, "waiting_third_party", 40)


def test_a_customer_who_wrote_meanwhile_keeps_waiting(ticket, alice, asked_again):
    said = actions.reply(ticket, actor=alice, body="Oops")
    again = asked_again("Hello?")
    actions.withdraw(said, actor=alice)

    after = state(ticket)
    assert (after["category"], after["last_message_seq"]) == ("open", again.seq)
    assert after["waiting_since"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_answers_taken_back_leave_the_customer_waiting(ticket, alice, order):
    said = [actions.reply(ticket, actor=alice, body=f"Oops {n}") for n in range(2)]
    for number in order:
        actions.withdraw(said[number], actor=alice)

    after = state(ticket)
    assert after["category"] in ("new", "open")
    asked_at = ticket.messages.get(direction="in").at
    assert abs(after["waiting_since"] - asked_at) < timedelta(seconds=1)
    assert after["first_replied_at"] is None


def test_an_answer_that_stands_beside_the_one_taken_back_counts(ticket, alice):
    first = actions.reply(ticket, actor=alice, body="Oops")
    actions.reply(ticket, actor=alice, body="What I meant")
    before = state(ticket)
    actions.withdraw(first, actor=alice)

    after = state(ticket)
    assert after == before
    assert (after["category"], after["waiting_since"]) == ("waiting_customer", None)


def test_what_was_taken_back_never_leaves(ticket, alice, react, settings):
    said = actions.reply(ticket, actor=alice, body="Oops")
    actions.withdraw(said, actor=alice)
    with clock.at(clock.now() + timedelta(hours=1)):
        react()

    assert not list(settings.OUTBOX_DIR.glob("*"))
    said.delivery.refresh_from_db()
    assert said.delivery.state == "withdrawn"
    assert not Reaction.objects.exists()


def test_files_of_an_answer_taken_back_can_be_sent_again(ticket, alice):
    file = upload(ticket, alice)
    said = actions.reply(ticket, actor=alice, body="See hree", attachments=[file.pk])
    actions.withdraw(said, actor=alice)

    again = actions.reply(ticket, actor=alice, body="See here", attachments=[file.pk])
    assert list(again.attachments.all()) == [file]


def test_what_was_taken_back_is_not_found(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="kaleidoscope")
    assert MessageIndex.objects.filter(message=said).exists()
    actions.withdraw(said, actor=alice)
    assert not MessageIndex.objects.filter(message=said).exists()


def test_what_has_left_cannot_be_taken_back(ticket, alice, react):
    said = actions.reply(ticket, actor=alice, body="Gone")
    with clock.at(clock.now() + timedelta(minutes=1)):
        react()
    with pytest.raises(CannotWithdraw):
        actions.withdraw(said, actor=alice)
    said.refresh_from_db()
    assert said.withdrawn_at is None


def test_what_is_being_sent_cannot_be_taken_back(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="Going")
    actions.start_sending(said.pk)
    with pytest.raises(CannotWithdraw):
        actions.withdraw(said, actor=alice)


def test_neither_notes_nor_customers_words_are_taken_back(ticket, alice):
    note = actions.add_note(ticket, actor=alice, body="Psst")
    with pytest.raises(CannotWithdraw):
        actions.withdraw(note, actor=alice)
    with pytest.raises(NotAllowed):
        actions.withdraw(ticket.messages.get(direction="in"), actor=alice)


def test_only_its_author_takes_an_answer_back(ticket, alice, bob):
    said = actions.reply(ticket, actor=alice, body="Mine")
    with pytest.raises(NotAllowed):
        actions.withdraw(said, actor=bob)
    said.delivery.refresh_from_db()
    assert said.delivery.state == "scheduled"


def test_taking_back_is_told_and_touches_the_message(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="Oops")
    taken = actions.withdraw(said, actor=alice)
    told = Event.objects.get(name="message.withdrawn", ticket_id=ticket.pk)

    assert (told.details["message"], told.actor_id) == (str(said.pk), alice.pk)
    assert taken.touched_seq == told.seq
