"""`manage.py load_volume`: many tickets, as true as if they had been lived; fast pages on them."""

import io
import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from connectors.models import Inbox
from core import audit, clock, events
from core.crypto import data_keys
from core.fields import warm_keys
from core.models import Event, Reaction
from customers.models import Customer, Identity
from helpdesk.demo import loader as demo
from helpdesk.volume.loader import load
from tests.horizon import settle
from tickets.models import Category, Message, MessageIndex, Ticket

QUERIES = 8


def load_all(tickets: int, **options: int) -> int:
    return sum(load(tickets, **options))


def words_of(text: str) -> str:
    """A query for two words in a row, or for four Chinese characters."""
    found = re.search(r"[\u4e00-\u9fff]{4}|[A-Za-z]{5,} [A-Za-z]{5,}", text)
    return f'"{found[0]}"' if found else ""


@pytest.mark.django_db
def test_an_empty_house_gets_what_it_needs() -> None:
    assert load_all(30) == 30

    assert Ticket.objects.count() == 30
    assert Customer.objects.count() == 6
    assert Inbox.objects.count() == 1
    assert set(User.objects.values_list("groups__name", flat=True)) == {"agent"}
    assert not any(user.has_usable_password() for user in User.objects.all())


@pytest.mark.django_db
def test_the_doors_and_agents_there_are_are_used(inbox: Inbox, alice: User) -> None:
    load_all(30)

    assert set(Ticket.objects.values_list("inbox", flat=True)) == {inbox.pk}
    assigned = Ticket.objects.exclude(assignee=None).values_list("assignee", flat=True)
    assert set(assigned) == {alice.pk}


@pytest.mark.django_db
def test_what_is_there_is_not_made_again(inbox: Inbox, alice: User) -> None:
    assert [load_all(7), load_all(7), load_all(12)] == [7, 0, 5]
    assert load_all(12, seed=2) == 12

    assert Ticket.objects.count() == 24
    assert Identity.objects.count() == 6


@pytest.mark.slow
@pytest.mark.django_db
def test_tickets_differ_as_real_ones_do(inbox: Inbox, alice: User) -> None:
    load_all(400)

    tickets = list(Ticket.objects.annotate(said=Count("messages")))
    assert {ticket.category for ticket in tickets} == set(Category.values)
    assert {ticket.priority for ticket in tickets} == {10, 20, 30, 40}
    assert {"", "zh-hans", "zh-hant"} == {ticket.language for ticket in tickets}
    assert {ticket.assignee_id for ticket in tickets} == {alice.pk, None}
    assert len({tag for ticket in tickets for tag in ticket.tags}) > 20
    assert 2.5 < sum(ticket.said for ticket in tickets) / 400 < 3.5
    ages = [(clock.now() - ticket.last_at).days for ticket in tickets]
    assert min(ages) == 0
    assert max(ages) > 90
    assert max(ticket.last_at for ticket in tickets) <= clock.now()
    resolved = sum(ticket.is_resolved for ticket in tickets)
    assert 0.6 < resolved / 400 < 0.95


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_history_is_whole_and_nothing_reacts(inbox: Inbox, alice: User) -> None:
    load_all(250, processes=2)
    settle()
    audit.seal(everything=True, checkpoint=True)

    assert list(audit.verify()) == []
    assert not Reaction.objects.exclude(event__name="user.added").exists()
    for ticket in Ticket.objects.all()[:50]:
        told = Event.objects.filter(ticket_id=ticket.pk).order_by("seq")
        assert [event.seq for event in told] == list(range(1, ticket.seq + 1))
        times = [event.at for event in told]
        assert times == sorted(times)
        assert all(m.touched_seq <= ticket.seq for m in ticket.messages.all())


@pytest.mark.slow
@pytest.mark.django_db
def test_events_say_what_the_columns_say(inbox: Inbox, alice: User) -> None:
    load_all(200)

    for ticket in Ticket.objects.select_related("status"):
        told = list(Event.objects.filter(ticket_id=ticket.pk).order_by("seq"))
        statuses = [event.details["to"] for event in told if "to" in event.details]
        statuses = [code for code in statuses if isinstance(code, str)]
        assert (["new", *statuses])[-1] == ticket.status.code
        names = Counter(event.name for event in told)
        said = Counter(ticket.messages.values_list("kind", "direction"))
        assert names["message.received"] == said["public", "in"]
        assert names["message.replied"] == names["delivery.sent"] == said["public", "out"]
        assert names["message.noted"] == said["note", "out"]
        assert names["ticket.assigned"] == (ticket.assignee_id is not None)


@pytest.mark.django_db
def test_all_of_it_is_sealed_and_opens(inbox: Inbox, alice: User) -> None:
    load_all(40)
    data_keys.forget()

    messages = list(Message.objects.select_related("ticket__customer"))
    warm_keys(messages)
    assert all(message.body for message in messages)
    assert all(message.addresses for message in messages if not message.is_note)
    assert all(message.ticket.subject and message.ticket.customer.name for message in messages)
    assert MessageIndex.objects.count() == len(messages)


@pytest.mark.django_db
@pytest.mark.slow
def test_it_is_listed_found_and_shown(
    inbox: Inbox, alice: User, api: Callable[[User], Any], sign_in: Callable[[User], Client]
) -> None:
    load_all(60)
    program, browser = api(alice), sign_in(alice)

    listed = program.get("/api/v1/tickets/").json()
    assert len(listed["results"]) == 50
    for ticket in Ticket.objects.select_related("customer")[:20]:
        found = program.get("/api/v1/tickets/", {"q": ticket.customer.name}).json()["results"]
        assert str(ticket.pk) in {row["id"] for row in found}
        message = ticket.messages.latest("seq")
        if query := words_of(message.body):
            found = program.get("/api/v1/tickets/", {"q": query}).json()["results"]
            assert str(ticket.pk) in {row["id"] for row in found}, query
    assert browser.get(reverse("tickets:list")).status_code == 200
    assert browser.get(reverse("tickets:ticket", args=[ticket.pk])).status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_it_adds_to_the_demonstration() -> None:
    with events.through("cli"):
        demo.load("correct horse battery")
    told = Ticket.objects.count()
    output = io.StringIO()

    call_command("load_volume", tickets=500, stdout=output)

    assert "500 tickets added" in output.getvalue()
    assert told >= 400
    assert Ticket.objects.count() == told + 500
    assert list(audit.verify()) == []
    call_command("keys", "verify", stdout=output)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_pages_keep_their_budget_at_ten_thousand_tickets(
    inbox: Inbox,
    alice: User,
    bob: User,
    api: Callable[[User], Any],
    sign_in: Callable[[User], Client],
) -> None:
    output = io.StringIO()
    call_command("load_volume", tickets=10_000, stdout=output)
    print("\n" + output.getvalue().splitlines()[-1])
    assert list(audit.verify()) == []
    browser, program = sign_in(alice), api(alice)
    longest = Ticket.objects.order_by("-seq")[0].pk
    listing, page = reverse("tickets:list"), reverse("tickets:ticket", args=[longest])
    asked = {
        "list page": (browser, listing),
        "list page, all, by waiting": (browser, f"{listing}?view=all&sort=waiting"),
        "list page, mine": (browser, f"{listing}?view=mine"),
        "list page, urgent": (browser, f"{listing}?view=all&priority=urgent"),
        "list page, words": (browser, f"{listing}?view=all&q=delivery"),
        "ticket page": (browser, page),
        "changes": (browser, f"{page}changes/?after=1"),
        "search page": (browser, f"{reverse('tickets:search')}?q=delivery"),
        "API list": (program, "/api/v1/tickets/"),
        "API ticket": (program, f"/api/v1/tickets/{longest}/"),
        "API messages": (program, f"/api/v1/tickets/{longest}/messages/"),
        "API changes": (program, f"/api/v1/tickets/{longest}/changes/?after=0"),
    }
    budgets = {name: ask(client, path) for name, (client, path) in asked.items()}
    for name, (queries, cold, warm) in budgets.items():
        print(f"{name:28} {queries} queries, {cold:5.0f} ms at first, {warm:5.0f} ms then")
    over = {name: queries for name, (queries, *_) in budgets.items() if queries > QUERIES}
    assert over == {}


def ask(client: Any, path: str) -> tuple[int, float, float]:
    """Queries of the first time, when no data key is known, and its time and the third's."""
    client.get(path)  # what a process learns once: content types, templates
    data_keys.forget()
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        assert client.get(path).status_code == 200, path
        cold, count = time.perf_counter() - started, len(queries)
    started = time.perf_counter()
    client.get(path)
    return count, cold * 1000, (time.perf_counter() - started) * 1000
