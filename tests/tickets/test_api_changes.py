"""Following what happens: the changes of one ticket, and the feed of all events."""

import base64
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.actions import add_user
from core.models import Event
from customers.actions import record_consent
from tests.horizon import settle
from tickets import actions, queries

EVENTS = "/api/v1/events/"


def changes(client, ticket, after=0):
    answer = client.get(f"/api/v1/tickets/{ticket.pk}/changes/", {"after": after})
    assert answer.status_code == 200
    return answer.json()


# One ticket


def test_changes_hold_each_event_once_and_messages_as_they_are_now(ticket, alice, api):
    client = api(alice)
    start = changes(client, ticket)
    sent = actions.reply(ticket, actor=alice, body="Oops")
    actions.withdraw(sent, actor=alice)

    since = changes(client, ticket, start["head"])

    ticket.refresh_from_db()
    assert since["head"] == since["ticket"]["seq"] == ticket.seq
    assert [e["seq"] for e in since["events"]] == list(range(start["head"] + 1, ticket.seq + 1))
    assert [(m["id"], m["body"]) for m in since["messages"]] == [(str(sent.pk), "")]
    assert since["more"] is False


def test_nothing_new_is_an_empty_answer_with_the_same_head(ticket, alice, api):
    head = changes(api(alice), ticket)["head"]
    again = changes(api(alice), ticket, head)

    assert (again["events"], again["messages"], again["head"]) == ([], [], head)


def test_many_changes_come_in_pages_without_a_gap(ticket, alice, api, monkeypatch):
    monkeypatch.setattr(queries.thread, "CHANGES_LIMIT", 3)
    for number in range(8):
        actions.add_note(ticket, actor=alice, body=f"Note {number}")
    client, seqs, notes, after, more = api(alice), [], [], 0, True
    while more:
        assert len(seqs) < 100, "the pages never end"
        page = changes(client, ticket, after)
        seqs += [event["seq"] for event in page["events"]]
        notes += [m["body"] for m in page["messages"] if m["kind"] == "note"]
        after, more = page["head"], page["more"]

    ticket.refresh_from_db()
    assert seqs == list(range(1, ticket.seq + 1))
    assert notes == [f"Note {number}" for number in range(8)]


def test_events_hold_ids_never_words(ticket, alice, api):
    actions.add_note(ticket, actor=alice, body="Psst, kaleidoscope")
    told = str(changes(api(alice), ticket)["events"])

    assert "kaleidoscope" not in told
    assert "carol" not in told.lower()


# All events. The feed stays behind running transactions, so that these tests must commit.


def read_feed(client, after=""):
    settle()
    return read_feed_now(client, after)


def read_feed_now(client, after=""):
    answer = client.get(EVENTS, {"after": after})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_feed_is_in_order_and_goes_on_where_it_ended(ticket, alice, api):
    client = api(alice)
    first = read_feed(client)
    names = [event["name"] for event in first["results"]]
    assert names == ["ticket.opened", "message.received"]

    actions.add_note(ticket, actor=alice, body="Hm.")
    actions.move_to_status(ticket, actor=alice, status="resolved")
    then = read_feed(client, first["next"])

    assert [event["name"] for event in then["results"]] == ["message.noted", "ticket.resolved"]
    assert {event["ticket"] for event in then["results"]} == {str(ticket.pk)}
    end = read_feed(client, then["next"])
    assert (end["results"], end["next"]) == ([], then["next"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_the_feed_comes_in_pages_that_miss_and_repeat_nothing(
    ticket, alice, supervisor, api, monkeypatch
):
    for number in range(70):
        actions.set_priority(ticket, actor=alice, priority=10 if number % 2 else 30)
    for number in range(70):
        with transaction.atomic():
            actions.set_priority(ticket, actor=alice, priority=40 if number % 2 else 20)
            actions.set_tags(ticket, actor=alice, tags=[str(number)])
    client, seen, after = api(supervisor), [], ""
    while page := read_feed(client, after):
        assert len(seen) < 1000, "the feed never ends"
        seen += [event["id"] for event in page["results"]]
        if not page["results"]:
            break
        after = page["next"]

    in_order = Event.objects.order_by("xid", "pk").values_list("pk", flat=True)
    assert seen == [str(pk) for pk in in_order]
    assert len(seen) > 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_everybody_is_told_of_the_tickets_they_see_alone(
    ticket, billing_ticket, alice, wei, mallory, supervisor, carol, api
):
    record_consent(carol, purpose="marketing", action="granted", channel="phone", actor=alice)

    def told(user):
        return read_feed(api(user))["results"]

    assert {event["ticket"] for event in told(alice)} == {str(ticket.pk)}
    assert {event["ticket"] for event in told(wei)} == {str(billing_ticket.pk)}
    assert told(mallory) == []
    by_supervisor = told(supervisor)
    assert {str(ticket.pk), str(billing_ticket.pk), None} == {e["ticket"] for e in by_supervisor}
    assert "consent.recorded" in {event["name"] for event in by_supervisor}


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_what_commits_late_is_not_missed(ticket, alice, bob, api):
    """An older transaction that still runs keeps younger events waiting; then both are told."""
    client = api(alice)
    start = read_feed(client)["next"]
    noted, commit = Flag(), Flag()

    def note_slowly():
        try:
            with transaction.atomic():
                add_user("slow@demo.test", name="Slow", role="agent")
                noted.set()
                assert commit.wait(timeout=10)
                actions.add_note(ticket, actor=alice, body="Slow")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(note_slowly)
        assert noted.wait(timeout=10)
        quick = actions.add_note(ticket, actor=bob, body="Quick")
        during = read_feed_now(client, start)
        commit.set()
        slow.result(timeout=10)
    after = read_feed(client, during["next"] or start)

    assert during["results"] == []
    assert [event["seq"] for event in after["results"]] == [quick.seq + 1, quick.seq]


@pytest.mark.parametrize(
    "text", ["x", "5", "5.x", *(f"{xid}.{UUID(int=7)}" for xid in (-1, 2**64, "9" * 5000))]
)
def test_a_cursor_of_ones_own_making_is_refused(alice, api, text):
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    for wrong in (cursor, "é", "%%%", "\0"):
        answer = api(alice).get(EVENTS, {"after": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
