"""A48–A50: automatic mail never storms, relays or repeats what a stranger wrote.

Everything goes the real way: composed bytes are stored, parsed, filed, answered, composed again.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.db import connection

from connectors.actions import (
    Spending,
    add_brand,
    add_inbox,
    resume_inbox,
    spend_budget,
    store_raw,
    suppress,
)
from connectors.models import AutomaticMail, Inbox
from connectors.queries import read_subject_token
from core import clock
from core.models import Event, Reaction
from tickets.models import Message, Ticket

# The decision itself, as often as the attack comes; all ten thousand in the long tests.
TIMES = [100, pytest.param(10_000, marks=pytest.mark.slow)]
# Ahead of the real time, at which the database says that reactions are due.
START = clock.now() + timedelta(days=1)


@pytest.fixture
def post(react, settings):
    """Put bytes into an inbox and let everything follow; what leaves comes back as bytes."""
    seen = set()

    def deliver(inbox, raw, *, mail_from="someone@example.org"):
        number = RawCounter.next()
        store_raw(
            inbox,
            raw=raw,
            source="smtp",
            external_id=f"<{number}@wire>",
            envelope={"mail_from": mail_from, "rcpt_to": [inbox.address]},
        )
        react()
        return leaving()

    def leaving():
        files = [f for f in sorted(settings.OUTBOX_DIR.glob("*.eml")) if f.name not in seen]
        seen.update(file.name for file in files)
        return [file.read_bytes() for file in files]

    deliver.leaving = leaving
    return deliver


class RawCounter:
    count = 0

    @classmethod
    def next(cls):
        cls.count += 1
        return cls.count


def confirming(inbox, **fields):
    inbox.acknowledges = True
    for name, value in fields.items():
        setattr(inbox, name, value)
    inbox.save()
    return inbox


@pytest.fixture
def door(inbox):
    return confirming(inbox)


@pytest.fixture
def other_door(support):
    """The helpdesk of somebody else, played by a second brand."""
    inbox = add_inbox(
        brand=add_brand("Elmfield"), kind="mail", name="Elm", address="help@elm.test", team=support
    )
    return confirming(inbox)


def mail(sender="Carol <carol@example.org>", subject="Lamp", text="It flickers.", **headers):
    written = EmailMessage()
    written["From"], written["To"], written["Subject"] = sender, "support@demo.test", subject
    written["Message-ID"] = f"<{RawCounter.next()}@example.org>"
    for name, value in headers.items():
        del written[name.replace("_", "-")]
        written[name.replace("_", "-")] = value
    written.set_content(text)
    return written.as_bytes(policy=policy.SMTP)


def parsed(raw):
    return message_from_bytes(raw, policy=policy.default)


# The confirmation itself


def test_a_mail_that_opens_a_ticket_is_confirmed_once(door, post):
    [raw] = post(door, mail())
    ack, ticket = parsed(raw), Ticket.objects.get()

    assert ack["To"] == "carol@example.org"
    assert ack["From"] == "Perchwood <support@demo.test>"
    assert read_subject_token(ack["Subject"]) == ticket.number
    assert ack["Auto-Submitted"] == "auto-replied"
    assert ack["X-Auto-Response-Suppress"] == "All"
    assert ack["In-Reply-To"] == ack["References"]
    assert f"#{ticket.number}" in ack.get_body(("plain",)).get_content()

    kept = ticket.messages.get(direction="out")
    assert (kept.classification, kept.author, kept.delivery.state) == ("auto_reply", None, "sent")
    assert ticket.first_replied_at is None
    assert ticket.waiting_since is not None
    answer = mail(subject=f"Re: {ack['Subject']}", In_Reply_To=ack["Message-ID"])
    assert post(door, answer) == []
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It flickers.", "Thank you"),
        ("您好，我们的订单还没有发货，请问什么时候发货？谢谢", "感谢"),
        ("您好，我們的訂單還沒有發貨，請問什麼時候發貨？謝謝", "感謝"),
    ],
)
def test_it_speaks_the_language_of_the_customer(door, post, text, expected):
    [raw] = post(door, mail(subject=text[:12], text=text))
    assert expected in parsed(raw).get_body(("plain",)).get_content()


def test_it_says_what_the_admin_wrote(inbox, post):
    confirming(inbox, acknowledgement="Got it: {number}.")
    [raw] = post(inbox, mail())
    said = parsed(raw).get_body(("plain",)).get_content()
    own_words, _, link = said.replace("\r\n", "\n").strip().partition("\n\n")
    assert own_words == f"Got it: #{Ticket.objects.get().number}."
    assert "/follow/" in link


def test_no_inbox_confirms_unless_told_to(inbox, post):
    assert post(inbox, mail()) == []


# A48: loops


AUTOMATIC = {
    "null sender": ({}, ""),
    "vacation": ({"Auto-Submitted": "auto-replied (vacation)"}, "carol@example.org"),
    "suppressing": ({"X-Auto-Response-Suppress": "All"}, "carol@example.org"),
    "bulk": ({"Precedence": "bulk"}, "carol@example.org"),
    "list": ({"List-Id": "<lamps.example.org>"}, "lamps-bounces@example.org"),
    "loop": ({"X-Loop": "yes"}, "carol@example.org"),
}


@pytest.mark.parametrize("name", AUTOMATIC)
def test_a48_what_no_person_wrote_is_never_answered(door, post, name):
    headers, mail_from = AUTOMATIC[name]
    assert post(door, mail(**headers), mail_from=mail_from) == []
    assert Message.objects.filter(direction="in").count() <= 1


@pytest.mark.parametrize(
    "sender",
    [
        "mailer-daemon@example.org",
        "no-reply@example.org",
        "lamps-request@example.org",
        "owner-lamps@example.org",
        "support@demo.test",
        "support+tag@demo.test",
    ],
)
def test_a48_machines_and_we_ourselves_are_never_answered(door, post, sender):
    assert post(door, mail(sender=sender)) == []


ROUNDS = [8, pytest.param(1_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_a48_two_helpdesks_confirm_one_another_at_most_once_each(door, other_door, post, rounds):
    """The real way, with all marks of automatic mail in place."""
    assert play_ping_pong(door, other_door, post, rounds=rounds) <= 2


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.slow
def test_a48_nor_when_every_mark_is_lost_on_the_way(door, other_door, post, monkeypatch, rounds):
    """Each round brings a mail that looks like a person's, for an hour and more: only the budget
    is left to end it, as if either helpdesk were no inbox of ours."""
    monkeypatch.setattr("connectors.queries.deliveries.own_addresses", set)
    monkeypatch.setattr("connectors.actions.outgoing.own_addresses", set)
    assert play_ping_pong(door, other_door, post, rounds=rounds, keeps_marks=False) == 2


def play_ping_pong(door, other_door, post, *, rounds, keeps_marks=True):
    """What leaves one side arrives at the other; when all is quiet, each is written to again."""
    sent, queue = 0, []
    for number in range(rounds):
        queue = queue or [(door, mail("help@elm.test")), (other_door, mail("support@demo.test"))]
        inbox, raw = queue.pop(0)
        with clock.at(START + timedelta(seconds=number)):
            for answer in post(inbox, raw, mail_from="" if keeps_marks else "x@example.org"):
                sent += 1
                back = answer if keeps_marks else without_marks(answer)
                queue.append((other_door if inbox == door else door, back))
    return sent


def without_marks(raw):
    found = parsed(raw)
    for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence", "In-Reply-To"):
        del found[name]
    return found.as_bytes(policy=policy.SMTP)


@pytest.mark.slow
def test_a48_a_responder_that_marks_nothing_is_answered_within_its_budget(door, post):
    """A vacation responder that answers each confirmation with a fresh, innocent mail."""
    sent = 0
    for number in range(12):
        with clock.at(START + timedelta(minutes=4 * number)):
            sent += len(post(door, mail(subject=f"I am away {number}"), mail_from="carol@x.org"))
    assert sent == 1


def test_a48_the_day_of_an_address_ends_at_ten(door, db):
    granted = Counter(
        spend(door, "carol@example.org", START + timedelta(minutes=61 * number))
        for number in range(20)
    )
    assert granted == {Spending.GRANTED: 10, Spending.DAILY: 10}
    assert spend(door, "carol@example.org", START + timedelta(hours=26)) is Spending.GRANTED


def spend(inbox, address, moment, kind="ack"):
    with clock.at(moment):
        return spend_budget(inbox, address=address, kind=kind)


def test_a48_the_budget_counts_over_all_brands_and_spellings(door, other_door):
    assert spend(door, "carol@example.org", START) is Spending.GRANTED
    later = START + timedelta(minutes=59)
    assert spend(other_door, "Carol@EXAMPLE.org", later) is Spending.HOURLY
    assert spend(other_door, "carol+ticket-7@example.org", later) is Spending.HOURLY
    assert spend(other_door, "carol@example.org", later, kind="notice") is Spending.GRANTED
    assert spend(other_door, "dan@example.org", later) is Spending.GRANTED


@pytest.mark.django_db(transaction=True)
def test_a48_many_workers_at_once_spend_one_budget(door):
    def work(_):
        try:
            return spend_budget(Inbox.objects.get(), address="carol@example.org", kind="ack")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(work, range(24)))
    assert answers[Spending.GRANTED] == 1
    assert AutomaticMail.objects.count() == 1


# A49: a relay for words, a bomb for mailboxes


ATTACK = "BUY-CHEAP-PILLS"


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.slow
def test_a49_many_tickets_naming_one_victim_send_one_mail(door, post, times):
    leaves = 0
    for number in range(20):
        with clock.at(START + timedelta(seconds=number)):
            attack = mail(
                sender=f'"{ATTACK} {number}" <victim@example.org>',
                subject=f"{ATTACK} http://evil.test/{number}",
                text=f"{ATTACK} http://evil.test/{number}",
                Reply_To=f"{ATTACK} <other-victim@example.org>",
            )
            leaves += len(post(door, attack, mail_from="attacker@evil.test"))
    assert leaves == 1
    assert Ticket.objects.count() == 20
    within_the_hour = START + timedelta(minutes=50)
    answers = Counter(spend(door, "victim@example.org", within_the_hour) for _ in range(times))
    assert answers == {Spending.HOURLY: times}


def test_a49_no_word_of_the_attacker_stands_in_a_confirmation(door, post):
    attack = mail(
        sender=f'"{ATTACK}" <victim@example.org>',
        subject=f"{ATTACK} http://evil.test/",
        text=f"{ATTACK} http://evil.test/",
        Reply_To=f"{ATTACK} <other-victim@example.org>",
        Cc="third-victim@example.org",
    )
    [raw] = post(door, attack, mail_from="attacker@evil.test")
    ack = parsed(raw)
    everything = " ".join([*map(str, ack.values()), *(p.get_content() for p in leaves_of(ack))])

    assert ack["To"] == "victim@example.org"
    assert ack["Cc"] is None
    for words in (ATTACK, "evil.test", "other-victim", "third-victim"):
        assert words not in everything


def leaves_of(found):
    return [part for part in found.walk() if not part.is_multipart()]


@pytest.mark.parametrize("field", ["sender_problem", "dmarc"])
def test_a49_a_forged_sender_is_told_nothing(door, post, field, react, mail_in):
    said = mail_in(door, "victim@example.org", "Lamp", "It flickers.")
    changes = (
        {"sender_problem": "x"} if field == "sender_problem" else {"verdicts": {"dmarc": "fail"}}
    )
    Message.objects.filter(pk=said.pk).update(**changes)
    react()
    assert post.leaving() == []


def test_a49_spam_is_told_nothing(door, mail_in, react, post):
    ticket = mail_in(door, "victim@example.org", "Lamp", "It flickers.").ticket
    Ticket.objects.filter(pk=ticket.pk).update(spam_at=clock.now())
    react()
    assert post.leaving() == []


def test_a49_suppressed_addresses_are_told_nothing(door, post):
    suppress("Carol@example.org", reason="complaint")
    assert post(door, mail()) == []


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.slow
def test_a49_many_victims_trip_the_breaker(door, admin, react, mailoutbox, times):
    moments = (START + timedelta(milliseconds=50 * number) for number in range(times))
    answers = Counter(
        spend(door, f"victim{number}@example.org", moment) for number, moment in enumerate(moments)
    )
    assert answers == {Spending.GRANTED: 60, Spending.PAUSED: times - 60}
    door.refresh_from_db()
    assert door.paused_at
    assert Event.objects.filter(name="inbox.paused", subject_id=door.pk).count() == 1

    with clock.at(START + timedelta(minutes=20)):
        react()
    [warning] = mailoutbox
    assert warning.to == [admin.email]
    assert warning.extra_headers["Auto-Submitted"] == "auto-generated"
    assert "Support" in warning.subject
    assert not Reaction.objects.exists()


def test_a49_a_paused_inbox_still_lets_people_answer_until_an_admin_resumes(
    door, admin, alice, react, post
):
    Inbox.objects.filter(pk=door.pk).update(paused_at=START)
    with clock.at(START + timedelta(days=3)):
        assert post(door, mail()) == []
        resume_inbox(door, actor=admin)
    resumed = Event.objects.get(name="inbox.resumed")
    assert resumed.actor_id == admin.pk
    with clock.at(START + timedelta(days=4)):
        assert len(post(door, mail(sender="dan@example.org", subject="Other"))) == 1


def test_a49_after_the_pause_the_breaker_counts_anew(door, admin):
    for number in range(61):
        spend(door, f"victim{number}@example.org", START)
    with clock.at(START + timedelta(minutes=1)):
        resume_inbox(door, actor=admin)
    assert spend(door, "new@example.org", START + timedelta(minutes=2)) is Spending.GRANTED
    door.refresh_from_db()
    assert door.paused_at is None


def test_a49_one_inbox_in_a_storm_does_not_stop_another(door, other_door):
    for number in range(70):
        spend(door, f"victim{number}@example.org", START)
    assert spend(other_door, "carol@example.org", START) is Spending.GRANTED


# A50: sign-in mails


def test_a50_forgotten_passwords_send_at_most_three_mails_an_hour(client, alice, mailoutbox):
    for number in range(8):
        address = f"192.0.2.{number + 1}"
        for email in (alice.email, alice.email.upper()):
            client.post("/accounts/password/reset/", {"email": email}, REMOTE_ADDR=address)
    assert len(mailoutbox) == 3
