"""What a mail costs the database, from the door to the thread."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from connectors.actions import store_raw
from connectors.models import RawDelivery
from connectors.queries import make_reply_address
from core.lanes import run_lane
from core.models import Reaction
from tickets import actions

pytestmark = pytest.mark.django_db(transaction=True)


def mail(number, to="support@demo.test"):
    return (
        f"From: Carol <carol@example.org>\r\nTo: {to}\r\nSubject: Lamp {number}\r\n"
        f"Message-ID: <cost.{number}@example.org>\r\n\r\nIt is dark, {number}.\r\n"
    ).encode()


def said_for(inbox, raw, number):
    """What is said to the database from taking a mail to its message, and nothing after it."""
    with CaptureQueriesContext(connection) as said:
        delivery = store_raw(
            inbox,
            raw=raw,
            source="smtp",
            external_id=f"<cost.{number}@example.org>",
            envelope={"mail_from": "carol@example.org", "rcpt_to": []},
        )
        [reading] = Reaction.objects.filter(name="tickets.reactions.read_delivery")
        run_lane(reading.pk)
    assert RawDelivery.objects.get(pk=delivery.pk).state == "applied"
    return [query["sql"] for query in said]


@pytest.mark.parametrize("kind", ["first", "answer"])
def test_a_mail_costs_two_commits_and_a_bounded_number_of_queries(kind, inbox, ticket, react):
    """One to keep it before it is acknowledged, one for the reader's lease, one for all effects."""
    react()
    own = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    said = said_for(inbox, mail(1, own if kind == "answer" else "support@demo.test"), 1)

    assert sum(sql == "COMMIT" for sql in said) == 2
    assert sum(sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")) for sql in said) <= 45


def test_a_long_thread_costs_an_answer_no_more(inbox, ticket, alice, react):
    own = make_reply_address(
        "support@demo.test", ticket_id=ticket.pk, participant="carol@example.org"
    )
    react()
    short = len(said_for(inbox, mail(1, own), 1))
    for number in range(10):
        actions.reply(ticket, actor=alice, body=f"Answer {number}.")
    assert len(said_for(inbox, mail(2, own), 2)) <= short + 6  # it reopens
