"""What makes outgoing mail trustworthy: order, doubt, refusals, signatures, keys, notices."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from io import StringIO

import dkim
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import F

from connectors.actions import lift_suppression, send_test_mail, suppress
from connectors.errors import PermanentSendError, TemporarySendError
from connectors.messages import SendResult
from connectors.models import AutomaticMail, Suppression
from connectors.queries import (
    make_message_id,
    read_reply_address,
    read_subject_token,
    reply_token_fits,
)
from core import clock, events, lanes
from core.models import Event, Reaction
from tickets import actions, reactions
from tickets.errors import CannotWithdraw, HeldBack
from tickets.models import Delivery


@pytest.fixture
def leave(react):
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
    """Answers what stands in `answers` for a text, else takes the mail; keeps what it saw."""

    class Server:
        def __init__(self):
            self.answers, self.taken = {}, []

        def send(self, outbound, *, inbox):
            words = outbound.text.split()[0]
            if answers := self.answers.get(words):
                raise answers.pop(0) if len(answers) > 1 else answers[0]
            self.taken.append(words)
            return SendResult(outbound.message_id, "250", refused=("dora@example.org",))

    server = Server()
    monkeypatch.setattr(reactions, "send_mail", server.send)
    return server


def delivery_of(message):
    return Delivery.objects.get(message=message)


LATER = TemporarySendError("Try later.", provider_code="451")


# Order


def test_a_later_answer_waits_for_the_one_that_is_being_retried(ticket, alice, server, leave):
    server.answers = {"One": [LATER, LATER, None]}
    first = actions.reply(ticket, actor=alice, body="One")
    second = actions.reply(ticket, actor=alice, body="Two")
    leave()
    assert server.taken == []
    assert delivery_of(second).attempts == 0
    assert delivery_of(first).not_before > clock.now() + timedelta(minutes=1)

    server.answers = {}
    leave(timedelta(minutes=10))
    leave(timedelta(minutes=12))
    assert server.taken == ["One", "Two"]


def test_what_failed_for_good_holds_nobody_back(ticket, alice, server, leave):
    server.answers = {"One": [PermanentSendError("No.", provider_code="550")]}
    actions.reply(ticket, actor=alice, body="One")
    actions.reply(ticket, actor=alice, body="Two")
    leave()
    leave(timedelta(minutes=2))
    assert server.taken == ["Two"]


def test_what_is_scheduled_for_another_day_holds_nobody_back(ticket, alice, server, leave):
    tomorrow = clock.now() + timedelta(days=1)
    actions.reply(ticket, actor=alice, body="One", not_before=tomorrow)
    actions.reply(ticket, actor=alice, body="Two")
    leave()
    assert server.taken == ["Two"]


def test_whoever_waits_is_called_when_the_answer_before_has_left(ticket, alice, server):
    said = [actions.reply(ticket, actor=alice, body=words) for words in ("One", "Two", "Three")]
    rows = {row.event.details["message"]: row for row in Reaction.objects.all() if row.lane}
    with clock.at(clock.now() + timedelta(minutes=1)):
        for message in reversed(said):
            lanes.run_lane(rows[str(message.pk)].pk)
            if message != said[0]:
                rows[str(message.pk)].refresh_from_db()
                assert rows[str(message.pk)].next_at > clock.now(), "it sleeps"
        assert server.taken == ["One"]
        for following, words in ((said[1], "Two"), (said[2], "Three")):
            lanes.run_lane(rows[str(following.pk)].pk)  # at once: nobody waits for the next look
            assert server.taken[-1] == words


def test_taking_an_answer_back_calls_the_next(ticket, alice, server):
    first, second = (actions.reply(ticket, actor=alice, body=words) for words in ("One", "Two"))
    row = Reaction.objects.get(event__details__message=str(second.pk), lane="send")
    with clock.at(clock.now() + timedelta(minutes=1)):
        lanes.run_lane(row.pk)
        assert server.taken == []
        actions.withdraw(first, actor=alice)
        lanes.run_lane(row.pk)
    assert server.taken == ["Two"]


def test_one_ticket_does_not_wait_for_another(
    ticket, billing_ticket, alice, supervisor, server, leave
):
    server.answers = {"One": [LATER]}
    actions.reply(ticket, actor=alice, body="One")
    actions.reply(billing_ticket, actor=supervisor, body="Two")
    leave()
    assert server.taken == ["Two"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_workers_racing_for_two_answers_keep_their_order(ticket, alice):
    said = [actions.reply(ticket, actor=alice, body=words) for words in ("One", "Two", "Three")]

    def start(message):
        try:
            with clock.at(clock.now() + timedelta(minutes=1)):
                return actions.start_sending(message.pk) is not None
        except HeldBack:
            return False
        finally:
            connection.close()

    for _ in range(5):
        Delivery.objects.update(state="scheduled", attempts=0)
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(start, reversed(said))) == [False, False, True]


# Doubt


def test_a_connection_lost_in_the_middle_is_listed_and_tried_again(ticket, alice, server, leave):
    server.answers = {"One": [TemporarySendError("Gone.", ambiguous=True)]}
    said = actions.reply(ticket, actor=alice, body="One")
    leave()
    delivery = delivery_of(said)
    assert (delivery.state, bool(delivery.ambiguous_at)) == ("scheduled", True)
    assert Event.objects.filter(name="delivery.ambiguous", ticket_id=ticket.pk).count() == 1
    with pytest.raises(CannotWithdraw):
        actions.withdraw(said, actor=alice)

    server.answers = {}
    leave(timedelta(minutes=10))
    delivery.refresh_from_db()
    assert (delivery.state, server.taken) == ("sent", ["One"])
    assert delivery.ambiguous_at, "it stays known"


def test_what_a_dead_worker_had_begun_is_ambiguous(ticket, alice, server, leave):
    said = actions.reply(ticket, actor=alice, body="One")
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert actions.start_sending(said.pk)  # and then it was killed
    leave(timedelta(minutes=5))
    delivery = delivery_of(said)
    assert (delivery.state, bool(delivery.ambiguous_at), delivery.attempts) == ("sent", True, 2)


def test_an_ordinary_sending_is_not_ambiguous(ticket, alice, server, leave):
    server.answers = {"One": [LATER, None]}
    said = actions.reply(ticket, actor=alice, body="One")
    leave()
    server.answers = {}
    leave(timedelta(minutes=10))
    assert (delivery_of(said).state, delivery_of(said).ambiguous_at) == ("sent", None)


def test_what_breaks_before_it_leaves_is_not_ambiguous(ticket, alice, server, leave, monkeypatch):
    said = actions.reply(ticket, actor=alice, body="One")
    monkeypatch.setattr(reactions, "outbound_of", lambda message: 1 / 0)
    leave()
    monkeypatch.undo()
    assert (delivery_of(said).state, delivery_of(said).ambiguous_at) == ("scheduled", None)


def test_what_can_never_be_built_is_shown_as_failed(ticket, alice, leave, monkeypatch):
    said = actions.reply(ticket, actor=alice, body="One")
    monkeypatch.setattr(reactions, "outbound_of", lambda message: 1 / 0)
    for hour in range(14):
        leave(timedelta(hours=2 * hour + 1))
    delivery = delivery_of(said)
    assert (delivery.state, delivery.problem) == ("failed", "internal error: ZeroDivisionError")
    assert not Reaction.objects.exists()


def test_a_database_away_for_a_moment_does_not_send_twice(
    ticket, alice, server, leave, monkeypatch
):
    said = actions.reply(ticket, actor=alice, body="One")
    noted = actions.mark_sent
    failures = [OperationalError("gone"), OperationalError("starting up")]

    def flaky(*args, **kwargs):
        if failures:
            raise failures.pop()
        return noted(*args, **kwargs)

    monkeypatch.setattr(actions, "mark_sent", flaky)
    monkeypatch.setattr(reactions.connection, "close", lambda: None)
    monkeypatch.setattr(reactions.time, "sleep", lambda seconds: None)
    leave()
    delivery = delivery_of(said)
    assert (delivery.state, server.taken, delivery.ambiguous_at) == ("sent", ["One"], None)


def test_a_lease_is_short_and_renewed_while_its_worker_lives(ticket, alice, monkeypatch):
    actions.reply(ticket, actor=alice, body="One")
    row = Reaction.objects.get(lane="send")
    seen = []

    def look(outbound, *, inbox):
        row.refresh_from_db()
        seen.append(row.lease_until - clock.now())
        return SendResult(outbound.message_id, "250")

    monkeypatch.setattr(reactions, "send_mail", look)
    with clock.at(clock.now() + timedelta(minutes=1)):
        lanes.run_lane(row.pk)
    assert timedelta(seconds=40) < seen[0] <= timedelta(seconds=45)


@pytest.mark.django_db(transaction=True)
def test_a_slow_server_does_not_cost_a_living_worker_its_lease(ticket, alice, monkeypatch):
    subscriber = events._by_name["tickets.reactions.deliver"]
    short = replace(subscriber, lease=timedelta(seconds=0.3))
    monkeypatch.setitem(events._by_name, subscriber.name, short)
    said = actions.reply(ticket, actor=alice, body="One")
    row = Reaction.objects.get(lane="send")
    Reaction.objects.update(next_at=clock.now())
    taken_over = []

    def crawl(outbound, *, inbox):
        first = Reaction.objects.get(pk=row.pk).lease_until
        reached = first
        for _ in range(200):
            reached = Reaction.objects.get(pk=row.pk).lease_until
            if reached > first:
                break
            threading.Event().wait(0.05)
        taken_over.append(reached > first)
        return SendResult(outbound.message_id, "250")

    monkeypatch.setattr(reactions, "send_mail", crawl)
    assert lanes.run_lane(row.pk)
    assert (taken_over, delivery_of(said).state) == ([True], "sent")


def test_a_worker_that_was_overtaken_before_it_began_sends_nothing(
    ticket, alice, server, monkeypatch
):
    said = actions.reply(ticket, actor=alice, body="One")
    row = Reaction.objects.get(lane="send")
    build = reactions.outbound_of

    def build_slowly(message):
        Reaction.objects.filter(pk=row.pk).update(fence=F("fence") + 1)
        return build(message)

    monkeypatch.setattr(reactions, "outbound_of", build_slowly)
    with clock.at(clock.now() + timedelta(minutes=1)):
        lanes.run_lane(row.pk)
    assert (server.taken, delivery_of(said).attempts) == ([], 0)


@pytest.mark.slow
def test_outgoing_lists_what_left_and_what_is_doubtful(ticket, alice, server, leave):
    server.answers = {
        "One": [TemporarySendError("Gone.", ambiguous=True)],
        "Two": [PermanentSendError("No.", provider_code="550")],
    }
    doubtful = actions.reply(ticket, actor=alice, body="One")
    leave()
    Delivery.objects.update(state="failed")
    failed = actions.reply(ticket, actor=alice, body="Two")
    actions.reply(ticket, actor=alice, body="Three")
    leave(timedelta(minutes=2))
    leave(timedelta(minutes=3))

    [row] = listed("--ambiguous")
    assert (row["message"], row["ambiguous"]) == (str(doubtful.pk), True)
    assert row["message_id"] == make_message_id(doubtful.pk, "support@demo.test")
    assert row["ticket"] == str(ticket.pk)
    assert [row["code"] for row in listed("--failed") if not row["ambiguous"]] == ["550"]
    assert len(listed()) == 3
    assert str(failed.pk) in {row["message"] for row in listed("--failed")}


def listed(*options):
    out = StringIO()
    call_command("outgoing", "--json", *options, stdout=out)
    return json.loads(out.getvalue())


def test_the_api_lists_the_same_for_those_who_watch_over_it(ticket, alice, admin, api, leave):
    said = actions.reply(ticket, actor=alice, body="One")
    leave()
    found = api(admin).get("/api/v1/outgoing/?state=sent").json()
    [row] = found["results"]
    assert (row["message"], row["state"], row["ambiguous"]) == (str(said.pk), "sent", False)
    assert found["next"] is None
    assert api(admin).get("/api/v1/outgoing/?ambiguous=true").json()["results"] == []
    assert api(admin).get(f"/api/v1/outgoing/?after={row['id']}").json()["results"] == []
    assert api(admin).get("/api/v1/outgoing/?state=x").status_code == 400
    assert api(alice).get("/api/v1/outgoing/").status_code == 403


# Refused and suppressed


def test_recipients_the_server_refused_are_kept(ticket, alice, server, leave):
    said = actions.reply(ticket, actor=alice, body="One", cc=["dora@example.org"])
    leave()
    assert (delivery_of(said).state, delivery_of(said).refused) == ("sent", ["dora@example.org"])
    event = Event.objects.get(name="delivery.partly_refused")
    assert event.details == {"message": str(said.pk), "recipients": 1}


def test_an_answer_to_a_suppressed_address_fails_at_once(ticket, alice, admin, leave, outbox):
    suppress("CAROL@example.org", reason="bounce", provider_code="5.1.1")
    said = actions.reply(ticket, actor=alice, body="One")
    leave()
    delivery = delivery_of(said)
    assert (delivery.state, delivery.provider_code) == ("failed", "suppressed")
    assert (delivery.is_retriable, outbox()) == (True, [])

    lift_suppression("carol@example.org", actor=admin)
    actions.retry_delivery(said, actor=alice)
    leave()
    assert delivery_of(said).state == "sent"
    assert len(outbox()) == 1


def test_a_suppressed_copy_is_left_out_and_named(ticket, alice, leave, outbox):
    suppress("dora@example.org", reason="bounce")
    said = actions.reply(
        ticket, actor=alice, body="One", cc=["dora@example.org", "dan@example.org"]
    )
    leave()
    assert str(outbox()[0]["Cc"]) == "dan@example.org"
    assert delivery_of(said).refused == ["dora@example.org"]


def test_an_address_is_suppressed_once(db):
    first = suppress("carol@example.org", reason="bounce")
    assert suppress(" Carol@EXAMPLE.org ", reason="complaint").pk == first.pk
    assert (Suppression.objects.count(), first.address) == (1, "carol@example.org")
    assert Event.objects.filter(name="address.suppressed").count() == 1


# Names, signatures, keys


def test_the_signature_of_the_nearest_is_used_once(ticket, alice, leave, outbox):
    brand = ticket.inbox.brand
    brand.signature, brand.sender_name = "Perchwood Ltd", "Perchwood Lamps"
    brand.save()
    said = [actions.reply(ticket, actor=alice, body="One")]
    alice.teams.update(signature="The lamp people")
    leave()
    alice.signature = "Alice\nof Perchwood"
    alice.save()
    said.append(actions.reply(ticket, actor=alice, body="Two"))
    said.append(actions.reply(ticket, actor=alice, body="Three\n\nAlice\nof Perchwood"))
    leave(timedelta(minutes=2))
    leave(timedelta(minutes=3))
    first, second, third = [
        mail.get_body(("plain",)).get_content().replace("\r\n", "\n").strip() for mail in outbox()
    ]
    first, second, third = (
        text.partition("\n\nFollow your request here:")[0] for text in (first, second, third)
    )
    assert first == "One\n\n-- \nThe lamp people"
    assert second == "Two\n\n-- \nAlice\nof Perchwood"
    assert third == "Three\n\nAlice\nof Perchwood"
    assert outbox()[0]["From"] == '"Alice Moreau (Perchwood Lamps)" <support@demo.test>'
    assert said[0].body == "One", "the thread shows what was said"


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_mails_of_a_brand_with_a_key_are_signed(inbox, ticket, alice, leave, settings, kind):
    out = StringIO()
    call_command(
        "dkim", "make", "Perchwood", "--domain", "Demo.test", "--selector", "s1", "--kind", kind,
        stdout=out,
    )  # fmt: skip
    name, _, published = out.getvalue().strip().partition(" IN TXT ")
    assert name == "s1._domainkey.demo.test."
    record = "".join(published.strip('"').split('" "')).encode()
    actions.reply(ticket, actor=alice, body="您好，灯", cc=["dan@example.org"])
    leave()
    [file] = settings.OUTBOX_DIR.glob("*.eml")
    raw = file.read_bytes()

    def ask(domain, timeout=5):
        return record if domain == b"s1._domainkey.demo.test." else None

    assert dkim.verify(raw, dnsfunc=ask)
    changed = raw.replace(b"Subject: Re: My", b"Subject: Re: Your")
    assert changed != raw
    assert not dkim.verify(changed, dnsfunc=ask)
    assert not dkim.verify(b"From: Eve <eve@evil.test>\r\n" + raw, dnsfunc=ask)


def test_a_brand_without_a_key_sends_unsigned(ticket, alice, leave, outbox):
    actions.reply(ticket, actor=alice, body="One")
    leave()
    assert outbox()[0]["DKIM-Signature"] is None


def test_a_broken_key_delays_and_does_not_lose(inbox, ticket, alice, leave):
    brand = inbox.brand
    brand.dkim_domain, brand.dkim_selector, brand.dkim_key = "demo.test", "s1", "no key"
    brand.save()
    said = actions.reply(ticket, actor=alice, body="One")
    leave()
    assert delivery_of(said).state == "scheduled"
    assert "DKIM" in delivery_of(said).problem


def test_dkim_says_what_is_wrong(inbox):
    with pytest.raises(CommandError, match="Perchwood"):
        call_command("dkim", "show", "Nobody")
    with pytest.raises(CommandError, match="signed"):
        call_command("dkim", "show", "Perchwood")


def test_the_test_button_sends_to_whoever_presses_it(inbox, admin, outbox):
    assert "outbox" in send_test_mail(inbox, actor=admin)
    [mail] = outbox()
    assert mail["To"].addresses[0].addr_spec == admin.email
    event = Event.objects.get(name="inbox.tested")
    assert (event.actor_id, event.details) == (admin.pk, {"answer": "250"})


def test_the_test_button_says_what_the_server_said(inbox, admin):
    inbox.credentials = {"smtp_url": "smtp://127.0.0.1:9"}
    inbox.save()
    with pytest.raises(TemporarySendError, match="cannot be reached"):
        send_test_mail(inbox, actor=admin)
    assert Event.objects.get(name="inbox.tested").details == {"answer": "send_deferred"}


# Notices


def test_whoever_is_given_a_ticket_by_a_colleague_gets_a_notice(ticket, alice, bob, leave, outbox):
    actions.assign(ticket, actor=alice, assignee=bob)
    leave()
    [mail] = outbox()
    assert mail["To"].addresses[0].addr_spec == bob.email
    assert mail["Auto-Submitted"] == "auto-generated"
    assert read_subject_token(mail["Subject"]) == ticket.number
    token = read_reply_address(mail["Reply-To"].addresses[0].addr_spec)
    assert token.ticket_id == ticket.pk
    assert reply_token_fits(token, bob.email)
    for words in ("lamp", "flickers", "dark", "Carol", "carol@example.org"):
        assert words not in str(mail)
    assert ticket.messages.count() == 1
    leave(timedelta(minutes=10))
    assert len(outbox()) == 1, "the news in the page does not send another"
    assert not Reaction.objects.exists()


def test_whoever_takes_a_ticket_gets_none(ticket, alice, leave, outbox):
    actions.assign(ticket, actor=alice, assignee=alice)
    leave()
    assert outbox() == []


def test_notices_are_not_more_than_one_an_hour(ticket, alice, bob, leave, outbox):
    actions.assign(ticket, actor=alice, assignee=bob)
    leave()
    actions.assign(ticket, actor=alice, assignee=None)
    actions.assign(ticket, actor=alice, assignee=bob)
    leave(timedelta(minutes=3))
    assert len(outbox()) == 1
    assert AutomaticMail.objects.count() == 1
