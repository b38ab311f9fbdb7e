"""The spam folder: who is blocked, what agents' marks teach, and that both can be undone."""

import pytest

from connectors.actions import block_sender, judge_words, unblock_sender
from connectors.messages import Address
from connectors.models import SenderBlock, SpamWord
from connectors.queries import is_blocked, looks_like_spam, make_reply_address
from connectors.queries.spam import TOTAL, word_index
from core.errors import Invalid
from core.models import Event
from tickets import actions
from tickets.actions.base import rooms_of
from tickets.errors import AlreadyThere
from tickets.models import Ticket

PILLS = "Cheap pills and watches, click here now to win"
LAMPS = "My lamp flickers since the delivery, please help with the order"


def totals():
    row = SpamWord.objects.filter(word_index=word_index(TOTAL)).first()
    return (row.spam, row.wanted) if row else (0, 0)


def counts_of(word):
    row = SpamWord.objects.filter(word_index=word_index(word)).first()
    return (row.spam, row.wanted) if row else (0, 0)


def answer(ticket, alice, react):
    said = actions.reply(ticket, actor=alice, body="Here is how.")
    actions.mark_sent(actions.start_sending(said.pk), external_id="<x>", provider_code="250")
    react()


# Blocking


@pytest.mark.parametrize(
    ("blocked", "sender", "is_hit"),
    [
        ("Spam@Evil.test", "spam@evil.TEST", True),
        ("spam@evil.test", "other@evil.test", False),
        ("evil.test", "any@evil.test", True),
        ("@evil.test", "any@mail.evil.test", True),
        ("evil.test", "any@notevil.test", False),
        ("bücher.test", "x@xn--bcher-kva.test", True),
    ],
)
def test_an_address_or_a_whole_domain_is_blocked(blocked, sender, is_hit, alice):
    block_sender(blocked, actor=alice)
    assert is_blocked(sender) == is_hit


@pytest.mark.parametrize(
    "value", ["", "@", "evil", "a b@c", "support@demo.test", "demo.test", "alice@demo.test"]
)
def test_nonsense_and_our_own_addresses_cannot_be_blocked(value, inbox, alice):
    with pytest.raises(Invalid):
        block_sender(value, actor=alice)


def test_blocked_twice_is_once_and_unblocked_is_unblocked(alice):
    first, again = (block_sender("evil.test", actor=alice) for _ in range(2))
    assert first == again
    unblock_sender(first, actor=alice)
    assert not is_blocked("x@evil.test")
    names = Event.objects.values_list("name", flat=True)
    assert [n for n in names if n.startswith("sender.")] == ["sender.blocked", "sender.unblocked"]


def test_mail_of_a_blocked_sender_lies_in_the_folder_and_disturbs_nobody(inbox, alice, mail_in):
    block_sender("evil.test", actor=alice)
    ticket = mail_in(inbox, "x@evil.test", "Hi", "Buy.").ticket
    assert ticket.spam_at
    assert rooms_of(ticket) == [f"ticket:{ticket.pk}"]


def test_an_answer_of_a_blocked_sender_stays_out_of_the_thread(ticket, inbox, alice, mail_in):
    block_sender("carol@example.org", actor=alice)
    to = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    more = mail_in(inbox, "carol@example.org", "Re: lamp", "More", to=[Address("", to)])
    assert more.ticket != ticket
    assert more.ticket.spam_at


def test_blocking_from_a_ticket_puts_it_away_too(ticket, alice):
    block = actions.block_sender_of_ticket(ticket, actor=alice, whole=True)
    assert (block.kind, block.value) == ("domain", "example.org")
    assert Ticket.objects.get(pk=ticket.pk).spam_at


# Marks and what they teach


def test_a_mark_counts_its_words_and_an_undo_takes_them_back(ticket, alice):
    actions.mark_spam(ticket, actor=alice)
    assert totals() == (1, 0)
    assert counts_of("dark") == (1, 0)
    with pytest.raises(AlreadyThere):
        actions.mark_spam(ticket, actor=alice)

    actions.unmark_spam(ticket, actor=alice)
    assert totals() == (0, 1)
    assert counts_of("dark") == (0, 1)
    assert Ticket.objects.get(pk=ticket.pk).spam_at is None
    with pytest.raises(AlreadyThere):
        actions.unmark_spam(ticket, actor=alice)

    actions.mark_spam(ticket, actor=alice)
    assert totals() == (1, 0)


def test_what_was_answered_was_wanted_and_counts_once(ticket, alice, react):
    answer(ticket, alice, react)
    answer(ticket, alice, react)
    assert totals() == (0, 1)

    actions.mark_spam(ticket, actor=alice)
    assert totals() == (1, 0)


def test_an_answer_after_a_judgement_teaches_nothing_more(ticket, alice, react):
    actions.mark_spam(ticket, actor=alice)
    actions.unmark_spam(ticket, actor=alice)
    answer(ticket, alice, react)
    assert totals() == (0, 1)


def test_taking_back_what_the_block_alone_decided_teaches_that_it_was_wanted(inbox, alice, mail_in):
    block_sender("evil.test", actor=alice)
    ticket = mail_in(inbox, "x@evil.test", "Hi", "Buy.").ticket
    assert totals() == (0, 0)
    actions.unmark_spam(ticket, actor=alice)
    assert totals() == (0, 1)


@pytest.mark.slow
def test_the_folder_learns_from_twenty_of_each_kind_and_not_before(inbox, alice, mail_in, react):
    for n in range(19):
        judge_words(subject=f"Win {n}", text=PILLS, sender=f"s{n}@pills.test", spam=1)
        judge_words(subject=f"Lamp {n}", text=LAMPS, sender=f"c{n}@example.org", wanted=1)
    spam = mail_in(inbox, "s@pills.test", "Win", PILLS).ticket
    assert spam.spam_at is None
    actions.mark_spam(spam, actor=alice)
    answer(mail_in(inbox, "c3@example.org", "Lamp", LAMPS).ticket, alice, react)
    assert totals() == (20, 20)

    assert mail_in(inbox, "new@pills.test", "Win more", PILLS).ticket.spam_at
    assert mail_in(inbox, "new@example.org", "Lamp", LAMPS).ticket.spam_at is None
    assert mail_in(inbox, "x@new.test", "Hello", "Something new.").ticket.spam_at is None
    # Whom we have answered is never put away by words.
    assert mail_in(inbox, "c3@example.org", "Fwd: Win", PILLS).ticket.spam_at is None
    assert looks_like_spam(subject="Win", text=PILLS, sender="a@pills.test")


def test_no_word_is_kept(ticket, alice):
    actions.mark_spam(ticket, actor=alice)
    kept = b"".join(bytes(row.word_index) for row in SpamWord.objects.all())
    assert b"lamp" not in kept
    assert SenderBlock.objects.count() == 0
