"""Mails that want into somebody else's thread, from the raw bytes on (ids: our threat list)."""

import pytest

from accounts.models import User
from connectors.actions import store_raw
from connectors.mail.parse import find_external_id
from connectors.models import RawDelivery
from connectors.queries import make_message_id, make_reply_address
from customers.models import Customer
from tickets import actions
from tickets.models import Delivery, Message, Suggestion, Ticket


@pytest.fixture
def send(inbox, react):
    """Send raw bytes to an inbox and read them as the worker does; what became of them."""

    def send_raw(raw, *, to=None, envelope=(), **verdicts):
        delivery = store_raw(
            to or inbox,
            raw=raw,
            source="smtp",
            external_id=find_external_id(raw),
            envelope={"mail_from": "someone@example.org", "rcpt_to": list(envelope)},
        )
        if verdicts:
            RawDelivery.objects.filter(pk=delivery.pk).update(verdicts=verdicts)
        react()
        delivery.refresh_from_db()
        return delivery

    return send_raw


def mail(sender, to="support@demo.test", *, subject="Re: My lamp flickers", text="Hi.", **headers):
    mail.count = getattr(mail, "count", 0) + 1
    lines = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Message-ID": f"<attack.{mail.count}@evil.test>",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{head}\r\n{text}\r\n".encode()


def token_for(ticket, person):
    return make_reply_address("support@demo.test", ticket_id=ticket.pk, participant=person)


@pytest.fixture
def answered(ticket, alice, react):
    """Carol's ticket with an answer of Alice that has left."""
    answer = actions.reply(ticket, actor=alice, body="Try another bulb.")
    actions.mark_sent(actions.start_sending(answer.pk), external_id="<x>", provider_code="250")
    ticket.refresh_from_db()
    return answer


def untouched(ticket, was):
    """Nothing of the ticket, its requester or what leaves has changed."""
    now = Ticket.objects.get(pk=ticket.pk)
    assert now.customer_id == was.customer_id
    assert now.seq == was.seq
    assert now.messages.count() == was.messages.count()


class TestTicketTrick:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A18")])

    def test_a_forged_victim_with_the_attacker_in_copy_gains_nothing(self, case, send, inbox):
        """The attacker's own ticket, its reply address, the victim's name, the attacker in CC."""
        opened = send(mail("attacker@evil.test", subject="Hello"))
        ticket = Ticket.objects.get(pk=opened.ticket_id)

        trick = send(
            mail(
                "victim@corp.test",
                token_for(ticket, "attacker@evil.test"),
                subject="Verify your account",
                text="Your code is 481516.",
                Cc="attacker@evil.test",
            )
        )

        assert (trick.state, trick.reason_code) == ("quarantined", "stranger_with_token")
        assert trick.suspected_ticket_id == ticket.pk
        assert ticket.messages.count() == 1
        assert [c.name for c in Customer.objects.all()] == ["attacker"]
        assert Delivery.objects.count() == 0

    def test_being_in_copy_makes_nobody_a_participant(self, case, send, ticket, inbox):
        send(
            mail(
                "carol@example.org",
                token_for(ticket, "carol@example.org"),
                text="See my friend in copy.",
                Cc="eve@evil.test",
            )
        )
        said = ticket.messages.order_by("seq").last()
        assert said.addresses["cc"] == ["eve@evil.test"]

        joined = send(mail("eve@evil.test", In_Reply_To=said.external_id, text="Me too."))

        assert joined.state == "applied"
        assert joined.ticket_id != ticket.pk
        suggestion = Suggestion.objects.get(ticket=joined.ticket_id)
        assert (suggestion.other, suggestion.reason) == (ticket, "reference")


class TestGuesses:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A19")])

    @pytest.mark.parametrize("reach", [3, pytest.param(50, marks=pytest.mark.slow)])
    def test_numbers_around_a_ticket_open_requests_of_their_own(
        self, case, reach, send, ticket, answered
    ):
        number = ticket.number
        for step in range(-reach, reach + 1):
            n = max(number + step, 1)
            near = send(
                mail(
                    "eve@evil.test",
                    f"support+id{n}@demo.test",
                    subject=f"[#{n}] Re: #{n} my lamp",
                )
            )
            assert near.state == "applied"
            assert near.ticket_id != ticket.pk
        assert ticket.messages.count() == 2
        assert set(Suggestion.objects.filter(other=ticket).values_list("reason", flat=True)) == {
            "number"
        }

    @pytest.mark.slow
    def test_altered_tokens_and_ids_are_none(self, case, send, ticket, answered):
        token = token_for(ticket, "eve@evil.test")
        local, _, domain = token.partition("@")
        guesses = [
            f"{local[:at]}{_other(local[at])}{local[at + 1 :]}@{domain}"
            for at in range(len("support+r."), len(local), 3)
        ]
        own = make_message_id(answered.pk, "support@demo.test")
        ids = [own.replace(".", f".{n:x}", 1) for n in range(1, 4)]
        ids += [own[:-20] + _other(own[-20]) + own[-19:], f"<{ticket.number + 1}@demo.test>"]
        for to in guesses:
            assert send(mail("eve@evil.test", to)).ticket_id != ticket.pk
        for named in [own, *ids]:
            sent = send(mail("eve@evil.test", In_Reply_To=named, References=f"{named} {own}"))
            assert sent.ticket_id != ticket.pk
        assert ticket.messages.count() == 2

    @pytest.mark.parametrize(
        "legacy",
        [
            "support+conv-{pk}@demo.test",
            "support+{number}@demo.test",
            "support+r.{pk}@demo.test",
            "support+{pk}@demo.test",
        ],
    )
    def test_forms_of_other_programs_mean_nothing(self, case, legacy, send, ticket):
        to = legacy.format(pk=ticket.pk.hex, number=ticket.number)
        assert send(mail("carol2@example.org", to)).ticket_id != ticket.pk


def _other(letter):
    return "a" if letter != "a" else "b"


class TestLeakedToken:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A20")])

    def test_a_stranger_with_a_right_token_stays_outside(self, case, send, ticket, answered, react):
        was = Ticket.objects.get(pk=ticket.pk)
        deliveries = Delivery.objects.count()

        leaked = send(mail("bella@example.org", token_for(ticket, "carol@example.org")))

        assert (leaked.state, leaked.reason_code) == ("quarantined", "stranger_with_token")
        assert leaked.suspected_ticket_id == ticket.pk
        untouched(ticket, was)
        assert Delivery.objects.count() == deliveries
        assert [c.name for c in Customer.objects.all()] == ["Carol Ashworth"]

    @pytest.mark.parametrize("where", ["To", "Cc", "Delivered-To", "X-Original-To", "envelope"])
    def test_wherever_the_token_stands(self, case, where, send, ticket):
        token = token_for(ticket, "carol@example.org")
        headers = {} if where == "envelope" else {where: token}
        envelope = [token] if where == "envelope" else []
        raw = mail("bella@example.org", **headers)
        assert send(raw, envelope=envelope).reason_code == "stranger_with_token"


class TestVerificationMail:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A21")])

    def test_a_code_for_an_account_is_flagged_and_answered_by_nobody(self, case, send, inbox):
        sent = send(mail("no-reply@slack.example", subject="Your code", text="123456"))

        message = Message.objects.get(pk=sent.message_id)
        assert message.is_automatic
        assert message.ticket.waiting_since is None
        assert Delivery.objects.count() == 0


class TestImpersonation:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A22")])

    @pytest.mark.parametrize("dmarc", ["", "none", "temperror"])
    def test_a_colleague_without_proof_is_none(self, case, dmarc, send, ticket, alice, answered):
        was = Ticket.objects.get(pk=ticket.pk)
        verdicts = {"dmarc": dmarc} if dmarc else {}
        own = make_message_id(answered.pk, "support@demo.test")

        by_token = send(mail(alice.email, token_for(ticket, alice.email)), **verdicts)
        by_id = send(mail(alice.email, In_Reply_To=own), **verdicts)

        assert [d.reason_code for d in (by_token, by_id)] == ["agent_unproven"] * 2
        untouched(ticket, was)

    def test_not_even_a_passed_check_makes_an_id_or_anothers_token_enough(
        self, case, send, ticket, alice, answered
    ):
        own = make_message_id(answered.pk, "support@demo.test")
        by_id = send(mail(alice.email, In_Reply_To=own), dmarc="pass")
        by_token = send(mail(alice.email, token_for(ticket, "carol@example.org")), dmarc="pass")
        assert [d.reason_code for d in (by_id, by_token)] == ["agent_unproven"] * 2

    def test_a_failed_check_is_the_end_of_it(self, case, send, ticket, alice):
        sent = send(mail(alice.email, token_for(ticket, alice.email)), dmarc="fail")
        assert sent.reason_code == "dmarc_fail"
        assert sent.suspected_ticket_id == ticket.pk

    def test_who_lost_the_right_is_refused(self, case, send, ticket, alice, mallory, light):
        for person in (mallory, light):
            sent = send(mail(person.email, token_for(ticket, person.email)), dmarc="pass")
            assert sent.reason_code == "agent_without_access"
        User.objects.filter(pk=alice.pk).update(is_active=False)
        sent = send(mail(alice.email, token_for(ticket, alice.email)), dmarc="pass")
        assert sent.reason_code == "agent_without_access"
        assert ticket.messages.count() == 1

    def test_a_proven_colleague_answers_without_what_the_program_quoted(
        self, case, send, ticket, alice
    ):
        text = "Please unplug it.\r\n\r\nOn Mon, 1 Jun 2026, Perchwood wrote:\r\n> internal secret"
        sent = send(mail(alice.email, token_for(ticket, alice.email), text=text), dmarc="pass")

        assert sent.state == "applied"
        answer = Message.objects.get(pk=sent.message_id)
        assert (answer.author, answer.kind, answer.body) == (alice, "public", "Please unplug it.")
        assert answer.addresses["to"] == ["carol@example.org"]
        ticket.refresh_from_db()
        assert ticket.assignee == alice

    def test_a_colleagues_holiday_note_answers_nobody(self, case, send, ticket, alice):
        raw = mail(alice.email, token_for(ticket, alice.email), Auto_Submitted="auto-replied")
        sent = send(raw, dmarc="pass")
        assert (sent.state, sent.reason_code) == ("dismissed", "agent_automatic")
        assert ticket.messages.count() == 1


CONFUSED = {
    "two addresses in one": "alice@example.org <bob@evil.test>",
    "angle first": "<alice@example.org>bob@evil.test",
    "comment": "alice@example.org)bob@evil.test",
    "two addresses": "alice@example.org, bob@evil.test",
    "group": "a: b@x.test;",
    "encoded address": "=?utf-8?q?alice=40example.org?=",
    "two at signs": "a@b@c.test",
    "homoglyph": "alice@ex\u0430mple.org",
    "nothing": "",
    "no address": "Alice",
    "route": "<@evil.test:alice@example.org>",
}


class TestSenderConfusion:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A23")])

    @pytest.mark.parametrize("sender", CONFUSED.values(), ids=CONFUSED)
    def test_who_can_be_read_in_two_ways_is_nobody(self, case, sender, send, inbox):
        sent = send(mail(sender))
        assert (sent.state, sent.reason_code) == ("quarantined", "sender_unclear")
        assert not Ticket.objects.exists()
        assert not Customer.objects.exists()

    def test_two_from_lines(self, case, send, inbox):
        raw = b"From: alice@example.org\r\n" + mail("bob@evil.test")
        assert send(raw).reason_code == "sender_unclear"

    def test_a_zero_byte(self, case, send, inbox):
        raw = mail("alice@example.org").replace(b"alice@", b"alice\0@", 1)
        assert send(raw).reason_code == "sender_unclear"

    def test_our_own_address(self, case, send, ticket):
        raw = mail("support@demo.test", token_for(ticket, "support@demo.test"))
        assert send(raw).reason_code == "own_address"

    def test_sender_and_reply_to_decide_nothing_in_a_thread(self, case, send, ticket):
        raw = mail(
            "eve@evil.test",
            token_for(ticket, "carol@example.org"),
            Sender="carol@example.org",
            Reply_To="carol@example.org",
        )
        assert send(raw).reason_code == "stranger_with_token"
        led = mail(
            "carol@example.org",
            token_for(ticket, "carol@example.org"),
            Reply_To="eve@evil.test",
        )
        message = Message.objects.get(pk=send(led).message_id)
        assert "reply_to" not in message.addresses


class TestSuppression:
    pytestmark = pytest.mark.parametrize("case", [pytest.param(0, id="A26")])

    def test_an_id_sent_before_hides_nothing(self, case, send, inbox):
        named = {"Message_ID": "<the-next-one@example.org>"}
        first = send(mail("eve@evil.test", text="I was first.", **named))
        second = send(mail("carol@example.org", text="It is urgent.", **named))

        assert first.state == second.state == "applied"
        assert first.message_id != second.message_id
        assert Message.objects.get(pk=second.message_id).body == "It is urgent."

    def test_nor_do_the_same_words_of_somebody_else(self, case, send, inbox, mail_in):
        """Whoever guesses id and words is still another sender."""
        words = {"external_id": "<guess@example.org>"}
        first = mail_in(inbox, "eve@evil.test", "Hi", "ok", **words)
        second = mail_in(inbox, "carol@example.org", "Hi", "ok", **words)
        assert first != second

    @pytest.mark.parametrize("changed", ["eve@evil.test", "carol@example.org, eve@evil.test", ""])
    def test_nor_does_a_copy_from_another_that_came_first(self, case, changed, send, inbox):
        named = {"Message_ID": "<copied@example.org>"}
        first = send(mail(changed, text="It is urgent.", **named))
        second = send(mail("carol@example.org", text="It is urgent.", **named))

        assert first != second
        assert Message.objects.get(pk=second.message_id).customer.identities.get().value == (
            "carol@example.org"
        )

    def test_one_mail_to_two_inboxes_is_a_request_at_each(self, case, send, inbox, billing_inbox):
        raw = mail("carol@example.org", "support@demo.test, billing@demo.test", subject="Both")
        one, two = send(raw), send(raw, to=billing_inbox)
        assert one.ticket_id != two.ticket_id
        assert Ticket.objects.count() == 2

    def test_a_token_counts_at_its_own_inbox_alone(self, case, send, ticket, billing_inbox):
        token = token_for(ticket, "carol@example.org")
        raw = mail("carol@example.org", f"{token}, billing@demo.test")
        assert send(raw, envelope=[token]).ticket_id == ticket.pk
        other = send(raw, to=billing_inbox, envelope=["billing@demo.test"])
        assert other.ticket_id != ticket.pk
        assert ticket.messages.count() == 2

    def test_what_was_deleted_does_not_hold_back_another_mail(self, case, send, inbox, supervisor):
        named = {"Message_ID": "<the-next-one@example.org>"}
        first = send(mail("eve@evil.test", text="I was first.", **named))
        message = Message.objects.get(pk=first.message_id)
        actions.delete_message(message, actor=supervisor, reason="Attack.")
        second = send(mail("carol@example.org", text="It is urgent.", **named))
        assert second.state == "applied"
