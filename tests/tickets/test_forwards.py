"""Mails that colleagues pass on, copies, blind copies and weak evidence."""

from datetime import timedelta

import pytest

from connectors.messages import Address, Forwarded, Invitation, Verdicts
from connectors.queries import make_message_id, make_reply_address, make_subject_token
from core import clock
from tickets import actions
from tickets.models import Suggestion

PASS = {"verdicts": Verdicts(dmarc="pass")}
FIRST = Forwarded(Address("Nora", "nora@example.org"), "Broken chair", "My chair broke.")


def suggested(ticket):
    return {(s.other_id, s.reason) for s in Suggestion.objects.filter(ticket=ticket)}


def test_what_a_proven_colleague_forwards_is_the_first_senders_request(inbox, alice, mail_in):
    message = mail_in(inbox, alice.email, "Fwd: Broken chair", "FYI", forwarded=FIRST, **PASS)
    assert message.ticket.subject == "Broken chair"
    assert message.ticket.customer.name == "Nora"
    assert message.body == "My chair broke."
    assert message.extras["forwarded_by"] == alice.email
    assert message.verdicts == {"dmarc": "pass"}
    assert message.is_unverified
    assert actions.reply(message.ticket, actor=alice, body="Oh.").addresses["to"] == [
        "nora@example.org"
    ]


def test_the_same_forward_again_is_the_one_we_have(inbox, alice, mail_in):
    same = {"external_id": "<f@demo.test>", "forwarded": FIRST} | PASS
    first = mail_in(inbox, alice.email, "Fwd: Broken chair", "FYI", **same)
    assert mail_in(inbox, alice.email, "Fwd: Broken chair", "FYI", **same) == first


@pytest.mark.parametrize("dmarc", ["", "none", "temperror"])
def test_without_proof_it_is_the_forwarders_own(dmarc, inbox, alice, mail_in):
    message = mail_in(
        inbox,
        alice.email,
        "Fwd: Broken chair",
        "FYI",
        forwarded=FIRST,
        verdicts=Verdicts(dmarc=dmarc),
    )
    assert message.ticket.customer.name == "alice"
    assert message.body == "FYI"
    assert not message.extras


def test_who_does_not_work_in_the_inbox_forwards_for_nobody(inbox, wei, light, mail_in):
    for person in (wei, light):
        message = mail_in(inbox, person.email, "Fwd: x", "FYI", forwarded=FIRST, **PASS)
        assert message.addresses["from"] == person.email
        assert message.ticket.customer.name != "Nora"


def test_what_a_customer_forwards_stays_theirs(inbox, carol, mail_in):
    message = mail_in(inbox, "carol@example.org", "Fwd: x", "See below", forwarded=FIRST, **PASS)
    assert message.ticket.customer == carol


def test_a_forward_into_a_ticket_is_a_note(ticket, inbox, alice, mail_in):
    to = make_reply_address("support@demo.test", ticket_id=ticket.pk, participant=alice.email)
    message = mail_in(
        inbox,
        alice.email,
        "Fwd: x",
        "From the factory.",
        forwarded=FIRST,
        to=[Address("", to)],
        **PASS,
    )
    assert (message.ticket, message.kind) == (ticket, "note")


def test_copies_are_named_and_take_no_part(ticket, inbox, alice, mail_in):
    copied = mail_in(
        inbox,
        "carol@example.org",
        "Re: lamp",
        "Copy to Paul.",
        to=[reply_address(ticket, "carol@example.org")],
        cc=[Address("Paul", "paul@example.org")],
    )
    assert copied.addresses["cc"] == ["paul@example.org"]
    answer = actions.reply(ticket, actor=alice, body="Thanks.")
    assert answer.addresses == {"to": ["carol@example.org"], "cc": []}

    paul = mail_in(inbox, "paul@example.org", "Re: lamp", "Hi.", in_reply_to=copied.external_id)
    assert paul.ticket != ticket
    assert suggested(paul.ticket) == {(ticket.pk, "reference")}


def test_whom_an_agent_has_copied_in_takes_part(ticket, inbox, alice, mail_in):
    answer = actions.reply(ticket, actor=alice, body="Paul, see here.", cc=["paul@example.org"])
    own = make_message_id(answer.pk, "support@demo.test")
    paul = mail_in(inbox, "paul@example.org", "Re: lamp", "I see.", in_reply_to=own)
    assert paul.ticket == ticket
    ticket.refresh_from_db()
    assert ticket.customer.name == "Carol Ashworth"


def reply_address(ticket, person):
    address = make_reply_address("support@demo.test", ticket_id=ticket.pk, participant=person)
    return Address("", address)


def test_a_verified_answer_is_told_from_one_nobody_vouches_for(ticket, inbox, mail_in):
    to = [reply_address(ticket, "carol@example.org")]
    plain = mail_in(inbox, "carol@example.org", "Re: lamp", "One.", to=to)
    passed = mail_in(inbox, "carol@example.org", "Re: lamp", "Two.", to=to, **PASS)
    assert (plain.is_unverified, passed.is_unverified) == (True, False)


# Weak evidence


def test_the_same_subject_within_a_week_is_suggested(ticket, inbox, mail_in):
    again = mail_in(inbox, "carol@example.org", "RE: my lamp  FLICKERS", "Hello?")
    assert again.ticket != ticket
    assert suggested(again.ticket) == {(ticket.pk, "subject")}
    stranger = mail_in(inbox, "eve@evil.test", "My lamp flickers", "Mine too.")
    assert suggested(stranger.ticket) == set()


def test_after_a_week_it_is_not(ticket, inbox, mail_in):
    with clock.at(clock.now() + timedelta(days=8)):
        again = mail_in(inbox, "carol@example.org", "My lamp flickers", "Hello?")
    assert suggested(again.ticket) == set()


def test_a_bare_number_suggests_and_a_signed_one_leads_a_participant(ticket, inbox, mail_in):
    bare = mail_in(inbox, "carol@example.org", f"About #{ticket.number}", "Hi.")
    assert bare.ticket != ticket
    assert suggested(bare.ticket) == {(ticket.pk, "number")}

    token = make_subject_token(ticket.number)
    assert mail_in(inbox, "carol@example.org", f"Re: {token} lamp", "Hi!").ticket == ticket
    stranger = mail_in(inbox, "eve@evil.test", f"Re: {token} lamp", "Hi!")
    assert suggested(stranger.ticket) == {(ticket.pk, "number")}


def test_a_new_subject_after_the_end_is_a_new_request(ticket, inbox, alice, mail_in):
    actions.move_to_status(ticket, actor=alice, status="resolved")
    to = [reply_address(ticket, "carol@example.org")]
    new = mail_in(inbox, "carol@example.org", "Invoice for March", "Where is it?", to=to)
    assert new.ticket != ticket
    assert suggested(new.ticket) == {(ticket.pk, "reference")}


def test_an_automatic_mail_to_a_closed_ticket_is_kept_there(ticket, inbox, alice, mail_in):
    actions.move_to_status(ticket, actor=alice, status="closed")
    note = mail_in(
        inbox,
        "carol@example.org",
        "Out of office",
        "Away.",
        to=[reply_address(ticket, "carol@example.org")],
        classification="auto_reply",
    )
    assert note.ticket == ticket
    ticket.refresh_from_db()
    assert ticket.category == "closed"


def test_nobody_waits_behind_an_automatic_mail(inbox, mail_in):
    assert (
        mail_in(inbox, "x@list.test", "News", "Buy.", classification="bulk").ticket.waiting_since
        is None
    )


def test_a_suggestion_can_be_put_away(ticket, inbox, alice, mail_in):
    again = mail_in(inbox, "carol@example.org", "My lamp flickers", "Hello?").ticket
    [found] = Suggestion.objects.filter(ticket=again)
    actions.dismiss_suggestion(found, actor=alice)
    found.refresh_from_db()
    assert found.dismissed_at


def test_what_belongs_to_the_same_mail_is_taken_along(ticket, inbox, mail_in):
    message = mail_in(
        inbox,
        "carol@example.org",
        "Meeting",
        "Come.",
        invitations=[Invitation(method="REQUEST", summary="Visit")],
        protection="pgp-signed",
    )
    assert message.extras["protection"] == "pgp-signed"
    assert message.extras["invitations"][0]["summary"] == "Visit"
