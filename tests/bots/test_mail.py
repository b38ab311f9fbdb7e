"""Mails: suggested or answered as an admin chose per intent, and never in a loop."""

import pytest

from bots import actions
from bots.models import Bot, Dialogue, HandOff, Turn
from connectors.messages import Verdicts
from tests.conftest import write_in
from tickets import actions as tickets
from tickets.models import Message
from tickets.queries.outbound import outbound_of

ASKED = "Where is my order PW-20734? The postcode is BS6 5QA."


@pytest.fixture
def chooses(pip, admin):
    def choose(**mails):
        actions.change_bot(pip, actor=admin, mails=mails)

    return choose


def mail_in(inbox, text=ASKED, **fields):
    fields = {"verdicts": Verdicts(spf="pass", dkim="pass", dmarc="pass")} | fields
    return write_in(inbox, "june.fairweather@mail.example", "My order", text, **fields)


def answers_to(message):
    return message.ticket.messages.filter(author__kind="bot", kind="public")


def test_it_answers_by_itself_where_it_may_and_says_so_in_the_header(chooses, inbox, react):
    chooses(**{"*": "off", "order_status": "answer"})
    message = mail_in(inbox)
    react()

    answer = answers_to(message).get()
    assert "Swiftlane" in answer.body
    assert answer.addresses["to"] == ["june.fairweather@mail.example"]
    assert outbound_of(answer).automatic is True
    message.ticket.refresh_from_db()
    assert message.ticket.assignee_id is None


def test_it_only_suggests_where_it_was_told_so(chooses, inbox, react, alice, sign_in):
    chooses(**{"*": "suggest"})
    message = mail_in(inbox)
    react()

    assert not answers_to(message).exists()
    turn = Turn.objects.get()
    assert turn.is_suggestion and "Swiftlane" in turn.said
    page = sign_in(alice).get(f"/bots/tickets/{message.ticket_id}/").content.decode()
    assert "Swiftlane" in page and "Put it into the answer" in page


def test_it_leaves_mails_alone_where_nothing_was_chosen(chooses, inbox, react):
    chooses(**{"*": "off"})
    message = mail_in(inbox)
    react()

    assert not answers_to(message).exists() and not HandOff.objects.exists()
    assert not Turn.objects.filter(is_suggestion=True).exists()


@pytest.mark.parametrize("kind", ["auto_reply", "bulk"])
def test_it_never_answers_a_machine(chooses, inbox, react, kind):
    chooses(**{"*": "answer"})
    message = mail_in(inbox, classification=kind)
    react()

    assert not Turn.objects.exists() and not answers_to(message).exists()


def test_a_sender_nobody_vouches_for_is_only_suggested_an_answer(chooses, inbox, react):
    chooses(**{"*": "answer"})
    message = mail_in(inbox)
    Message.objects.filter(pk=message.pk).update(is_unverified=True)
    react()

    assert not answers_to(message).exists() and Turn.objects.get().is_suggestion


@pytest.mark.slow
def test_two_machines_do_not_talk_for_ever(chooses, inbox, react):
    chooses(**{"*": "answer"})
    Bot.objects.update(per_hour=2)
    for _ in range(5):
        mail_in(inbox)
        react()

    assert Message.objects.filter(author__kind="bot", kind="public").count() == 2


def test_a_mail_it_knows_nothing_about_waits_for_people_without_a_word(chooses, inbox, react):
    chooses(**{"*": "answer"})
    message = mail_in(inbox, text="Would you sponsor our chess club?")
    react()

    assert not answers_to(message).exists()
    assert HandOff.objects.get().reason == "low_confidence"
    message.ticket.refresh_from_db()
    assert message.ticket.waiting_since is not None
    assert "chess" in Message.objects.get(kind="note").body


def test_a_mail_that_passed_its_checks_proves_who_wrote_it(chooses, inbox, react, shop):
    chooses(**{"*": "answer"})
    mail_in(inbox, text="Where is my order PW-20734?")
    react()

    assert shop.asked[0][1]["customer"]["proved"] == ["june.fairweather@mail.example"]


def test_an_agent_who_answered_a_mail_has_it(chooses, inbox, react, alice):
    chooses(**{"*": "answer"})
    message = mail_in(inbox, text="Would you sponsor our chess club?")
    tickets.reply(message.ticket, actor=alice, body="No.")
    react()

    assert not Dialogue.objects.exists()
