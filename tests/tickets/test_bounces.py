"""A delivery report reaches the thread of the answer it is about, and makes nobody a customer."""

import pytest
from django.db import transaction

from connectors.actions import suppress
from connectors.messages import Address, BounceReport, InboundMessage, Verdicts
from connectors.models import Suppression
from connectors.queries import is_suppressed, make_message_id, make_reply_address
from core.events import record
from core.models import Event
from customers.models import Customer
from tickets import actions
from tickets.errors import Quarantined
from tickets.models import Delivery, MessageAlias
from tickets.queries.evidence import external_index


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


@pytest.fixture
def sent(ticket, alice):
    """An answer that has left, with a copy to Paul."""
    answer = actions.reply(ticket, actor=alice, body="Try another bulb.", cc=["paul@example.org"])
    actions.mark_sent(actions.start_sending(answer.pk), external_id="<x>", provider_code="250")
    return answer


@pytest.fixture
def report(inbox, sent, mail_in):
    """A delivery report, by default of a mailbox that does not exist."""

    def write(*, inbound=None, **fields):
        known = {
            "recipient": "carol@example.org",
            "action": "failed",
            "status": "5.1.1",
            "original_id": make_message_id(sent.pk, "support@demo.test"),
        }
        bounce = BounceReport(**(known | fields))
        return mail_in(
            inbox,
            "mailer-daemon@example.org",
            "Undelivered",
            "See the report.",
            classification="bounce",
            bounces=[bounce],
            **(inbound or {}),
        )

    return write


def test_a_hard_bounce_marks_the_very_delivery_and_silences_the_address(report, sent, ticket):
    kept = report()

    delivery = Delivery.objects.get(message=sent)
    assert (delivery.state, delivery.provider_code) == ("failed", "5.1.1")
    assert delivery.bounced_at
    assert not delivery.is_retriable
    assert is_suppressed("carol@example.org")
    event = Event.objects.get(name="delivery.bounced")
    assert event.details["message"] == str(sent.pk)
    sent.refresh_from_db()
    assert sent.touched_seq == event.seq
    assert (kept.ticket, kept.classification) == (ticket, "bounce")
    ticket.refresh_from_db()
    assert ticket.category == "waiting_customer"


def test_a_full_mailbox_is_no_reason_for_silence(report, sent):
    report(status="4.2.2")
    delivery = Delivery.objects.get(message=sent)
    assert (delivery.state, delivery.is_retriable) == ("failed", True)
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_what_is_not_given_up_is_only_kept(action, report, sent, ticket):
    kept = report(action=action, status="4.4.1")
    assert kept.ticket == ticket
    assert Delivery.objects.get(message=sent).state == "sent"
    assert not Suppression.objects.exists()


def test_a_copy_that_bounces_leaves_the_answer_sent(report, sent):
    report(recipient="paul@example.org")
    delivery = Delivery.objects.get(message=sent)
    assert (delivery.state, delivery.refused) == ("sent", ["paul@example.org"])
    assert is_suppressed("paul@example.org")
    assert not is_suppressed("carol@example.org")


@pytest.mark.parametrize("fields", [{"recipient": "victim@corp.test"}, {"recipient": ""}])
def test_a_report_for_whom_we_never_wrote_to_is_forged(fields, report, sent, ticket):
    with pytest.raises(Quarantined) as refusal:
        report(**fields)
    assert (refusal.value.code, refusal.value.ticket) == ("bounce_forged", ticket.pk)
    assert Delivery.objects.get(message=sent).state == "sent"
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("original", ["<hd.0.0@demo.test>", "<someone@else.test>"])
def test_an_id_that_is_not_ours_proves_nothing(original, report, sent):
    with pytest.raises(Quarantined) as refusal:
        report(original_id=original)
    assert refusal.value.code == "bounce_unknown"
    assert Delivery.objects.get(message=sent).state == "sent"


def test_a_report_its_domain_disowns_is_set_aside(report, sent):
    with pytest.raises(Quarantined) as refusal:
        report(inbound={"verdicts": Verdicts(dmarc="fail")})
    assert refusal.value.code == "dmarc_fail"


def test_a_report_to_the_reply_address_needs_no_id(report, sent, ticket):
    token = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    report(original_id="", inbound={"to": [Address("", token)]})
    assert Delivery.objects.get(message=sent).state == "failed"


def test_a_relays_own_id_for_our_mail_is_known(report, sent):
    index = external_index("<relay.1@relay.test>")
    MessageAlias.objects.create(message=sent, external_index=index)
    report(original_id="<relay.1@relay.test>")
    assert Delivery.objects.get(message=sent).state == "failed"


@pytest.mark.parametrize("is_final", [True, False])
def test_a_bounce_told_by_a_hosted_sender_marks_the_very_delivery(
    ticket, inbox, alice, react, is_final
):
    said = actions.reply(ticket, actor=alice, body="On its way.")
    suppression = suppress("carol@example.org", reason="bounce", provider_code="5.1.1")
    Delivery.objects.update(state="sent")
    with transaction.atomic():
        record(
            "mail.bounced",
            subject=inbox,
            actor=None,
            code="5.1.1",
            final=is_final,
            message=said.pk,
            suppression=suppression.pk,
        )
    react()

    delivery = Delivery.objects.get(message=said)
    assert delivery.state == ("failed" if is_final else "sent")
    assert (delivery.bounced_at is not None) is is_final
