"""Nothing is missed and nothing comes twice while transactions overlap. These tests commit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Flag

import pytest
from django.db import connection, transaction

from automation.actions import webhooks as actions
from automation.actions.webhook_lines import spread
from automation.actions.webhook_sender import Sender
from automation.models import Webhook, WebhookDelivery, WebhookFeed
from core.clock import now
from core.models import Event
from tests.automation.test_webhooks_lines import OK, Carrier
from tests.horizon import settle
from tickets.actions import add_note, set_priority, set_tags

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def webhook(ticket, admin):
    settle()
    return actions.save_webhook(None, actor=admin, name="ERP", url="https://93.184.216.34/in")


def names():
    rows = WebhookDelivery.objects.order_by("place")
    return list(rows.values_list("name", flat=True))


def spread_all():
    settle()
    while spread():
        pass


def test_it_is_told_of_what_happens_from_then_on(webhook, ticket, alice):
    spread_all()
    assert names() == []
    add_note(ticket, actor=alice, body="x")
    set_tags(ticket, actor=alice, tags=["a"])
    spread_all()
    spread_all()
    assert names() == ["message.noted", "ticket.tagged"]


def test_what_happens_while_it_is_off_does_not_come_into_its_line(webhook, ticket, alice, admin):
    actions.switch_webhook(webhook, is_on=False, actor=admin)
    add_note(ticket, actor=alice, body="x")
    settle()
    actions.switch_webhook(webhook, is_on=True, actor=admin)
    set_tags(ticket, actor=alice, tags=["a"])
    spread_all()
    assert names() == ["ticket.tagged"]

    assert actions.replay_since(webhook, now() - timedelta(minutes=5), actor=admin) >= 2
    # Everything of the last minutes, in the order in which it happened.
    assert names()[-2:] == ["message.noted", "ticket.tagged"]
    assert names().count("ticket.tagged") == 1


def test_what_is_not_committed_holds_the_line_back(webhook, ticket, billing_ticket, alice, wei):
    """Its number in the feed lies before what others have committed since."""
    with transaction.atomic():
        set_tags(billing_ticket, actor=wei, tags=["slow"])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(in_own_connection, add_note, ticket, actor=alice, body="x").result()
            pool.submit(in_own_connection, spread).result()
        assert names() == []
    spread_all()
    rows = WebhookDelivery.objects.order_by("place")
    assert [row.event.ticket_id for row in rows] == [billing_ticket.pk, ticket.pk]


def test_of_a_ticket_its_own_order_holds_where_transactions_overlapped(
    webhook, ticket, billing_ticket, alice, wei, admin
):
    """Whoever began first came second to the ticket."""
    began, go_on = Flag(), Flag()

    def begin_early():
        with transaction.atomic():
            set_tags(billing_ticket, actor=wei, tags=["early"])
            began.set()
            assert go_on.wait(20)
            set_priority(ticket, actor=admin, priority=40)

    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(in_own_connection, begin_early)
        assert began.wait(20)
        add_note(ticket, actor=alice, body="x")
        go_on.set()
        early.result()
    spread_all()
    rows = WebhookDelivery.objects.order_by("place").select_related("event")
    told = [row.event for row in rows if row.event.ticket_id == ticket.pk]
    assert [event.seq for event in told] == sorted(event.seq for event in told)
    assert told[0].xid > told[1].xid  # so the feed alone would have told it the other way round


def in_own_connection(act, *given, **more):
    try:
        return act(*given, **more)
    finally:
        connection.close()


def test_many_at_once_put_in_and_send_each_once(webhook, ticket, alice):
    for number in range(40):
        set_tags(ticket, actor=alice, tags=[str(number)])
    settle()
    carrier = Carrier(OK)
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(in_own_connection, Sender(carry=carrier).run) for _ in range(3)]
        [run.result() for run in runs]
    Sender(carry=carrier).run()

    events = Event.objects.filter(ticket_id=ticket.pk, name="ticket.tagged").order_by("seq")
    assert carrier.ids == [str(pk) for pk in events.values_list("pk", flat=True)]


def test_the_feed_of_the_api_takes_names_and_a_limit(ticket, alice, api):
    add_note(ticket, actor=alice, body="x")
    set_tags(ticket, actor=alice, tags=["a"])
    set_tags(ticket, actor=alice, tags=["b"])
    settle()
    client, seen, after = api(alice), [], ""
    while True:
        given = {"after": after, "limit": 1, "name": "ticket.tagged,message.noted"}
        page = client.get("/api/v1/events/", given).json()
        if not page["results"]:
            break
        [event] = page["results"]
        seen.append(event["name"])
        after = page["next"]
    assert seen == ["message.noted", "ticket.tagged", "ticket.tagged"]
    assert client.get("/api/v1/events/", {"limit": "x"}).status_code == 400


def test_nobodys_feed_stands_at_the_beginning(webhook):
    assert WebhookFeed.objects.get().xid > 0 and Webhook.objects.get().is_on
