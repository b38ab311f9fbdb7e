"""What `make bench` prints as statements, commits and bytes, held to its budget on every run."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.actions import create_token
from accounts.models import User
from bench.counting import counting
from connectors.actions import store_raw
from connectors.models import Inbox, RawDelivery
from core import lanes
from core.crypto import data_keys
from core.models import Reaction
from tests.conftest import write_in
from tickets import actions
from tickets.models import Message, Ticket
from tickets.queries import VIEWS

STATEMENTS = 8
LIST_BYTES = 80 * 1024
CHANGES = 8
# Storing, and applying.
MAIL_COMMITS = 2
MAIL = (
    b"From: Carla <carla@customer.example>\r\nTo: support@demo.test\r\nSubject: Broken lamp\r\n"
    b"Message-ID: <1@customer.example>\r\nDate: Sat, 21 Nov 2026 10:00:00 +0000\r\n\r\n"
    b"The shade is cracked on one side.\r\n"
)

whole = pytest.mark.django_db(transaction=True)  # where commits are commits


@pytest.fixture
def full_page(inbox: Inbox, alice: User, bob: User) -> Ticket:
    """Two pages of requests, every other row with all a row can show, and a thread with answers."""
    for number in range(60):
        message = write_in(
            inbox,
            f"customer{number}@example.org",
            f"Order PW-{100_000 + number} of twelve reading lamps has not arrived here yet",
            "The delivery is late again, and nobody answers the telephone. What is going on?",
            name=f"Cornelia Ashworth-Brown {number}",
        )
        if number % 2:
            actions.assign(message.ticket, actor=alice, assignee=bob)
            actions.set_tags(message.ticket, actor=alice, tags=["delivery", "late"])
            actions.set_priority(message.ticket, actor=alice, priority=30)
    actions.reply(message.ticket, actor=alice, body="It was sent again today.")
    actions.add_note(message.ticket, actor=bob, body="The courier lost it.")
    return message.ticket


@pytest.fixture
def desk(alice: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(alice)


def cold(client: Client, path: str) -> tuple[int, int]:
    """Statements and bytes, with no data key known; the first request has loaded the rest."""
    client.get(path)
    data_keys.forget()
    with counting() as count:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(count.statements), len(answer.content)


@pytest.mark.django_db
def test_pages_take_eight_statements_and_a_list_eighty_kilobytes(
    full_page: Ticket, desk: Client
) -> None:
    for view in VIEWS:
        statements, size = cold(desk, f"/tickets/?view={view}")
        assert statements <= STATEMENTS, view
        assert size <= LIST_BYTES, view
    assert cold(desk, f"/tickets/{full_page.pk}/")[0] <= STATEMENTS
    for text in ("delivery", "100003", '"late again"', "Cornelia", "nothing like this"):
        assert cold(desk, f"/search/?q={quote(text)}")[0] <= STATEMENTS, text


@pytest.fixture
def commits() -> Iterator[Callable[..., int]]:
    def count_commits(act: Callable[[], Any]) -> int:
        with counting() as count:
            act()
        return count.commits

    yield count_commits


def post(token: str, path: str, body: dict[str, Any]) -> None:
    client = Client(headers={"Authorization": f"Token {token}", "Idempotency-Key": "once"})
    answer = client.post(f"/api/v1{path}", body, content_type="application/json")
    assert answer.status_code == 201


@whole
def test_creating_a_ticket_is_one_commit(
    inbox: Inbox, alice: User, commits: Callable[..., int]
) -> None:
    token = create_token(alice)
    body = {"subject": "Lamp", "body": "It flickers.", "customer": {"email": "p@example.org"}}
    assert commits(lambda: post(token, "/tickets/", body)) == 1
    assert Ticket.objects.count() == 1


@whole
def test_an_answer_is_one_commit(ticket: Ticket, alice: User, commits: Callable[..., int]) -> None:
    token = create_token(alice)
    path = f"/tickets/{ticket.pk}/replies/"
    assert commits(lambda: post(token, path, {"body": "On its way."})) == 1


@whole
def test_a_mail_is_stored_and_applied_in_few_commits(
    inbox: Inbox, commits: Callable[..., int]
) -> None:
    """Until it is a message in a ticket; what then follows from that is counted elsewhere."""

    def receive() -> None:
        store_raw(inbox, raw=MAIL, source="smtp", external_id="<1@customer.example>", envelope={})
        row = Reaction.objects.get(event__name="delivery.received")
        lanes.run_lane(row.pk) if row.lane else lanes.drain(row.xid)

    assert commits(receive) <= MAIL_COMMITS
    assert RawDelivery.objects.get().state == "applied"
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_where_nothing_is_promised_and_no_rule_is_on_little_follows_a_change(
    ticket: Ticket, alice: User
) -> None:
    """What is due, whether a rule or a promise could follow, who is to be told, and its end."""
    for row in Reaction.objects.filter(lane=""):
        lanes.drain(row.xid)
    actions.set_priority(ticket, actor=alice, priority=30)
    actions.set_tags(ticket, actor=alice, tags=["late"])
    actions.reply(ticket, actor=alice, body="On its way.")
    xids = set(Reaction.objects.filter(lane="").values_list("xid", flat=True))
    with counting() as count:
        for xid in xids:
            lanes.drain(xid)
    assert len(count.statements) <= CHANGES, count.statements
    assert not Reaction.objects.filter(lane="").exists()


@whole
def test_the_counter_sees_what_it_is_to_count(
    ticket: Ticket, alice: User, commits: Callable[..., int]
) -> None:
    """Two transactions and a write outside of any are three commits."""

    def change_three_times() -> None:
        actions.add_note(ticket, actor=alice, body="One.")
        actions.add_note(ticket, actor=alice, body="Two.")
        Ticket.objects.filter(pk=ticket.pk).update(language="en")

    assert commits(change_three_times) == 3
