"""The way of an answer out of the house: headers, tries, failures."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from io import BytesIO
from itertools import pairwise
from threading import Event as Flag

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.errors import PermanentSendError, TemporarySendError
from connectors.messages import Address, SendResult
from connectors.queries import (
    make_message_id,
    read_message_id,
    read_reply_address,
    reply_token_fits,
)
from core import clock, lanes
from core.models import Event, Reaction
from customers.actions import rename_customer
from tickets import actions, reactions
from tickets.errors import CannotWithdraw, NotRetriable
from tickets.models import Delivery
from tickets.queries.outbound import outbound_of


@pytest.fixture
def leave(react):
    """Let everything leave that is due so much later."""

    def run(later=timedelta(minutes=1)):
        with clock.at(clock.now() + later):
            react()

    return run


@pytest.fixture
def outbox(settings):
    def read():
        files = sorted(settings.OUTBOX_DIR.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    return read


@pytest.fixture
def server(monkeypatch):
    """An outgoing server that answers as told, the last answer for ever; keeps what it was sent."""

    class Server:
        answers: list = [None]

        def __init__(self):
            self.tried = []

        def send(self, outbound, *, inbox):
            self.tried.append(outbound)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer:
                raise answer
            return SendResult(external_id=outbound.message_id, provider_code="250")

    server = Server()
    monkeypatch.setattr(reactions, "send_mail", server.send)
    return server


def delivery_of(message):
    return Delivery.objects.get(message=message)


# What leaves


def test_the_answer_leaves_with_headers_that_lead_back_into_its_ticket(
    ticket, alice, leave, outbox
):
    said = actions.reply(ticket, actor=alice, body="Try another bulb.", cc=["dora@example.org"])
    leave()
    [mail] = outbox()

    assert str(mail["From"]) == '"Alice Moreau (Perchwood)" <support@demo.test>'
    assert str(mail["To"]) == "Carol Ashworth <carol@example.org>"
    assert str(mail["Cc"]) == "dora@example.org"
    assert str(mail["Subject"]) == "Re: My lamp flickers"
    assert mail["Message-ID"] == make_message_id(said.pk, "support@demo.test")
    assert read_message_id(mail["Message-ID"]) == said.pk
    asked = ticket.messages.get(direction="in").external_id
    assert (mail["In-Reply-To"], mail["References"]) == (asked, asked)
    assert mail["Auto-Submitted"] is None
    assert mail.get_body(("plain",)).get_content().strip() == "Try another bulb."


def test_its_reply_address_is_signed_for_ticket_and_customer(ticket, alice, leave, outbox):
    actions.reply(ticket, actor=alice, body="Hello")
    leave()
    [address] = outbox()[0]["Reply-To"].addresses
    token = read_reply_address(address.addr_spec)

    assert address.addr_spec.startswith("support+r.")
    assert token.ticket_id == ticket.pk
    assert reply_token_fits(token, "carol@example.org")
    assert not reply_token_fits(token, "dora@example.org")


def test_the_customers_answer_to_that_mail_lands_in_the_ticket(
    ticket, inbox, alice, leave, outbox, mail_in
):
    actions.reply(ticket, actor=alice, body="Hello")
    leave()
    [address] = outbox()[0]["Reply-To"].addresses
    again = mail_in(
        inbox, "carol@example.org", "Re", "Thanks!", to=[Address("", address.addr_spec)]
    )
    assert again.ticket == ticket


@pytest.mark.slow
def test_references_hold_the_whole_thread_in_order(ticket, inbox, alice, mail_in, leave, outbox):
    asked = ticket.messages.get()
    first = actions.reply(ticket, actor=alice, body="One")
    actions.add_note(ticket, actor=alice, body="A note is no part of it")
    actions.withdraw(actions.reply(ticket, actor=alice, body="Nor is this"), actor=alice)
    again = mail_in(inbox, "carol@example.org", "Re", "Still", in_reply_to=asked.external_id)
    actions.reply(ticket, actor=alice, body="Two")
    leave()
    mail = outbox()[-1]

    chain = [asked.external_id, make_message_id(first.pk, inbox.address), again.external_id]
    assert mail["References"].split() == chain
    assert mail["In-Reply-To"] == again.external_id


def test_the_same_message_is_the_same_mail_at_every_try(ticket, alice):
    said = actions.reply(ticket, actor=alice, body="Hello")
    first = outbound_of(said)
    with clock.at(clock.now() + timedelta(hours=3)):
        again = outbound_of(type(said).objects.get(pk=said.pk))

    assert first == again


def test_files_travel_along(ticket, alice, leave, outbox):
    photo = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    file = actions.attach_upload(
        ticket,
        actor=alice,
        filename="灯.png",
        content_type="image/png",
        content=BytesIO(photo),
    )
    actions.reply(ticket, actor=alice, body="See here", attachments=[file.pk])
    leave()
    [part] = list(outbox()[0].iter_attachments())

    assert (part.get_filename(), part.get_content_type()) == ("灯.png", "image/png")
    assert part.get_content() == photo


def test_a_subject_that_is_an_answer_already_gets_no_second_re(inbox, mail_in, alice):
    for subject in ("Re: lamp", "RE: lamp", "回复：灯", "AW: Lampe"):
        ticket = mail_in(inbox, "carol@example.org", subject, "Hello").ticket
        assert outbound_of(actions.reply(ticket, actor=alice, body="Hi")).subject == subject


def test_the_sent_answer_says_so(ticket, alice, leave):
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave()
    delivery = delivery_of(said)

    assert (delivery.state, delivery.attempts, delivery.problem) == ("sent", 1, "")
    assert delivery.sent_at
    told = Event.objects.get(name="delivery.sent")
    said.refresh_from_db()
    assert said.touched_seq == told.seq
    assert not Reaction.objects.exists()


def test_it_leaves_once_however_often_it_is_asked_for(ticket, alice, server, leave):
    said = actions.reply(ticket, actor=alice, body="Hello")
    row = Reaction.objects.get(lane="send")
    leave()
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert not lanes.run_lane(row.pk)
        assert actions.start_sending(said.pk) is None

    assert len(server.tried) == 1


# What goes wrong


def test_a_temporary_refusal_is_tried_again_later_and_shown(ticket, alice, server, leave):
    server.answers = [TemporarySendError("Try later.", provider_code="451"), None]
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave(timedelta(minutes=1))
    delivery, row = delivery_of(said), Reaction.objects.get(lane="send")

    assert (delivery.state, delivery.problem, delivery.provider_code) == (
        "scheduled",
        "Try later.",
        "451",
    )
    assert Event.objects.filter(name="delivery.deferred", ticket_id=ticket.pk).exists()
    waits = row.next_at - clock.now()
    assert timedelta(seconds=60) < waits < timedelta(seconds=100)
    leave(waits - timedelta(seconds=5))
    assert len(server.tried) == 1
    leave(waits + timedelta(seconds=5))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts, delivery.problem) == ("sent", 2, "")
    assert server.tried[0].message_id == server.tried[1].message_id


@pytest.mark.slow
def test_tries_become_rarer_and_end_after_about_a_day_and_a_half(ticket, alice, server, react):
    server.answers = [TemporarySendError("Try later.", provider_code="451")]
    said = actions.reply(ticket, actor=alice, body="Hello")
    start, moments = clock.now(), []
    while row := Reaction.objects.filter(lane="send").first():
        assert len(moments) < 100
        moments.append(row.next_at - start)
        with clock.at(row.next_at + timedelta(seconds=1)):
            assert lanes.run_lane(row.pk)

    waits = [later - sooner for sooner, later in pairwise(moments)]
    assert waits == sorted(waits)
    assert timedelta(hours=24) < moments[-1] < timedelta(hours=48)
    delivery = delivery_of(said)
    assert (delivery.state, delivery.is_retriable) == ("failed", True)
    assert delivery.problem == "Try later."


def test_a_permanent_refusal_is_shown_at_once(ticket, alice, server, leave, api):
    server.answers = [PermanentSendError("No such mailbox.", provider_code="550")]
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave()

    read = api(alice).get(f"/api/v1/tickets/{ticket.pk}/messages/").json()["results"][-1]
    assert (read["delivery"]["state"], read["delivery"]["problem"]) == (
        "failed",
        "No such mailbox.",
    )
    assert not delivery_of(said).is_retriable
    assert Event.objects.filter(name="delivery.failed", ticket_id=ticket.pk).exists()
    assert not Reaction.objects.exists()
    leave(timedelta(days=2))
    assert len(server.tried) == 1


def test_what_no_header_can_carry_fails_visibly(ticket, alice, leave, monkeypatch):
    """A name with a line break, left over from an import, must not keep the answer in limbo."""
    monkeypatch.setattr("tickets.queries.outbound._subject", lambda ticket: "Re: lamp\r\nBcc: x")
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave()

    delivery = delivery_of(said)
    assert (delivery.state, delivery.is_retriable) == ("failed", False)
    assert "header" in delivery.problem


def test_a_failed_answer_is_sent_again_on_demand(ticket, alice, bob, server, leave):
    server.answers = [PermanentSendError("No.", provider_code="550"), None]
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave()
    actions.retry_delivery(said, actor=bob)
    leave()

    delivery = delivery_of(said)
    assert (delivery.state, delivery.attempts) == ("sent", 1)
    assert server.tried[0].message_id == server.tried[1].message_id


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=1)])
def test_what_did_not_fail_is_not_sent_again(ticket, alice, leave, later):
    said = actions.reply(ticket, actor=alice, body="Hello")
    leave(later)
    with pytest.raises(NotRetriable):
        actions.retry_delivery(said, actor=alice)


def test_what_a_dead_worker_left_half_sent_is_sent_again(ticket, alice, server, leave):
    said = actions.reply(ticket, actor=alice, body="Hello")
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert actions.start_sending(said.pk)  # and then it was killed
    leave(timedelta(minutes=5))

    assert (delivery_of(said).state, len(server.tried)) == ("sent", 1)


def test_the_customers_present_name_is_used_when_it_leaves(ticket, carol, alice, leave, outbox):
    actions.reply(ticket, actor=alice, body="Hello")
    rename_customer(carol, actor=alice, name="Carol Brightwater")
    leave()
    assert str(outbox()[0]["To"]) == "Carol Brightwater <carol@example.org>"


@pytest.mark.django_db(transaction=True)
def test_undo_in_the_moment_of_sending_is_refused_and_the_answer_leaves(ticket, alice, monkeypatch):
    said = actions.reply(ticket, actor=alice, body="Hello")
    row = Reaction.objects.get(lane="send")
    sending, refused = Flag(), Flag()

    def send_slowly(outbound, *, inbox):
        sending.set()
        assert refused.wait(timeout=10)
        return SendResult(external_id=outbound.message_id, provider_code="250")

    def work():
        try:
            with clock.at(clock.now() + timedelta(minutes=1)):
                return lanes.run_lane(row.pk)
        finally:
            connection.close()

    monkeypatch.setattr(reactions, "send_mail", send_slowly)
    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(work)
        assert sending.wait(timeout=10)
        with pytest.raises(CannotWithdraw):
            actions.withdraw(said, actor=alice)
        refused.set()
        assert worker.result(timeout=10)
    assert delivery_of(said).state == "sent"


def test_ticket_and_delivery_are_locked_in_one_order(ticket, alice):
    """Whoever reports a sending locks as undo does; otherwise the two could block each other
    after the mail has left, and it would be sent twice."""
    said = actions.reply(ticket, actor=alice, body="Hello")
    delivery = actions.start_sending(said.pk)
    steps = {
        "sent": lambda: actions.mark_sent(delivery, external_id="x"),
        "deferred": lambda: actions.note_deferral(delivery, problem="x"),
        "failed": lambda: actions.mark_failed(delivery, problem="x", is_retriable=True),
        "retried": lambda: actions.retry_delivery(said, actor=alice),
        "withdrawn": lambda: actions.withdraw(said, actor=alice),
    }
    for name, step in steps.items():
        with CaptureQueriesContext(connection) as queries:
            step()
        assert _first_locks(queries)[:2] == ["ticket", "delivery"], name


def _first_locks(queries):
    """The tables in the order in which their rows were locked."""
    order = []
    for sql in (query["sql"] for query in queries):
        locked = re.search(r"\btickets_(ticket|delivery)\b", sql)
        if locked and ("FOR UPDATE" in sql or sql.startswith("UPDATE")):
            order.append(locked.group(1))
    return list(dict.fromkeys(order))
