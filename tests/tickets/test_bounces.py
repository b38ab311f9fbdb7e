"""A delivery report reaches the thread of the answer it is about, and makes nobody a customer."""

import pytest

from connectors.messages import Address, InboundMessage
from connectors.queries import make_message_id, make_reply_address
from customers.models import Customer
from tickets import actions
from tickets.errors import Quarantined


def test_a_report_about_an_answer_lands_in_its_ticket(ticket, inbox, alice, mail_in):
    ours = actions.reply(ticket, actor=alice, body="Try another bulb.")
    people = Customer.objects.count()

    report = mail_in(
        inbox,
        "mailer-daemon@example.org",
        "Undelivered",
        "No such user.",
        classification="bounce",
        in_reply_to=make_message_id(ours.pk, "support@demo.test"),
    )

    assert report.ticket == ticket
    assert report.customer is None
    assert Customer.objects.count() == people
    ticket.refresh_from_db()
    assert ticket.category == "waiting_customer"


def test_a_report_about_nothing_of_ours_is_set_aside(inbox, mail_in):
    with pytest.raises(Quarantined):
        mail_in(inbox, "mailer-daemon@example.org", "Undelivered", "?", classification="bounce")


def test_a_reply_address_in_the_envelope_alone_counts_too(ticket, inbox, mail_in):
    address = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    message = actions.receive_message(
        inbox,
        InboundMessage(
            external_id="<bcc@example.org>",
            sender=Address("", "carol@example.org"),
            to=[Address("", "someone@else.example")],
            subject="Re: lamp",
            text="As a blind copy.",
        ),
        recipients=[address],
    )
    assert message.ticket == ticket
