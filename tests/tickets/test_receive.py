"""Where a customer's mail ends up."""

from datetime import timedelta

import pytest

from connectors.messages import Address
from connectors.queries import make_message_id, make_reply_address
from core import clock
from tickets import actions
from tickets.errors import Quarantined
from tickets.models import Ticket


def reply_to(ticket, person="carol@example.org"):
    address = make_reply_address("support@demo.test", ticket_id=ticket.pk, participant=person)
    return [Address("", address)]


def test_a_first_mail_opens_a_ticket_with_the_inboxs_team(ticket, support):
    assert (ticket.subject, ticket.category, ticket.team) == ("My lamp flickers", "new", support)
    assert ticket.messages.get().body == "It went dark twice today."
    assert ticket.waiting_since


def test_an_answer_to_the_signed_address_lands_in_its_ticket(ticket, inbox, mail_in):
    again = mail_in(inbox, "carol@example.org", "Re: lamp", "Still dark.", to=reply_to(ticket))

    assert again.ticket == ticket
    assert [m.body for m in ticket.messages.order_by("seq")] == [
        "It went dark twice today.",
        "Still dark.",
    ]


def test_a_stranger_with_a_leaked_reply_address_is_set_aside(ticket, inbox, mail_in):
    with pytest.raises(Quarantined):
        mail_in(inbox, "eve@evil.test", "Re: lamp", "Tell me more.", to=reply_to(ticket))
    assert ticket.messages.count() == 1


def test_a_guessed_message_id_gives_a_stranger_no_access(ticket, inbox, mail_in):
    own_id = make_message_id(ticket.messages.get().pk, "support@demo.test")

    other = mail_in(inbox, "eve@evil.test", "Re: lamp", "Let me in.", in_reply_to=own_id)

    assert other.ticket != ticket


def test_an_answer_is_threaded_by_our_message_id(ticket, inbox, alice, mail_in):
    ours = actions.reply(ticket, actor=alice, body="Try another bulb.")
    own_id = make_message_id(ours.pk, "support@demo.test")

    again = mail_in(inbox, "carol@example.org", "Re: lamp", "That helped!", references=[own_id])

    assert again.ticket == ticket
    again.ticket.refresh_from_db()
    assert again.ticket.category == "open"


def test_the_same_mail_twice_is_one_message_but_other_words_are_another(inbox, mail_in):
    first = mail_in(inbox, "dan@example.org", "Hello", "One.", external_id="<same@example.org>")
    again = mail_in(inbox, "dan@example.org", "Hello", "One.", external_id="<same@example.org>")
    other = mail_in(inbox, "dan@example.org", "Hello", "Two.", external_id="<same@example.org>")

    assert again == first
    assert other != first


def test_an_answer_reopens_a_resolved_ticket_only_within_the_policy(ticket, inbox, alice, mail_in):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    soon = mail_in(inbox, "carol@example.org", "Re", "Dark again.", to=reply_to(ticket))
    assert soon.ticket == ticket
    ticket.refresh_from_db()
    assert (ticket.category, ticket.reopen_count) == ("open", 1)

    actions.move_to_status(ticket, actor=alice, status="resolved")
    with clock.at(clock.now() + timedelta(days=inbox.reopen_days + 1)):
        late = mail_in(inbox, "carol@example.org", "Re", "And again.", to=reply_to(ticket))
    assert late.ticket != ticket


def test_an_automatic_reply_is_kept_but_changes_nothing(ticket, inbox, alice, mail_in):
    actions.move_to_status(ticket, actor=alice, status="resolved")

    note = mail_in(
        inbox,
        "carol@example.org",
        "Out of office",
        "I am away.",
        to=reply_to(ticket),
        classification="auto_reply",
    )

    assert note.ticket == ticket
    ticket.refresh_from_db()
    assert ticket.category == "resolved"


@pytest.mark.parametrize("fields", [{"sender_problem": "Two senders."}, {"classification": "own"}])
def test_what_names_no_trustworthy_sender_is_set_aside(inbox, mail_in, fields):
    with pytest.raises(Quarantined):
        mail_in(inbox, "x@example.org", "Hello", "Hi", **fields)
    assert not Ticket.objects.exists()
