"""Tickets without words: enough of them for lists, and still a true history."""

import pytest

from accounts.models import User
from connectors.models import Inbox
from core import audit
from helpdesk.volume.loader import load, prepare_house
from helpdesk.volume.thin import KIND, load_thin
from tests.horizon import settle
from tickets.models import Category, Ticket
from tickets.queries import ListRequest, list_tickets, list_with_counts


def add_thin(number: int) -> int:
    return sum(load_thin(number, house=prepare_house()))


@pytest.mark.django_db(transaction=True)
def test_thin_tickets_are_listed_counted_and_sealed(inbox: Inbox, alice: User) -> None:
    sum(load(10))

    assert [add_thin(120), add_thin(120), add_thin(150)] == [120, 0, 30]

    thin = Ticket.objects.filter(type=KIND)
    assert {ticket.category for ticket in thin} == set(Category.values)
    assert list_with_counts(alice, ListRequest())[1]["open"] == Ticket.objects.unresolved().count()
    page = list_tickets(alice, ListRequest(view="all", limit=200))
    assert len(page.rows) == 160
    assert all(ticket.subject and ticket.customer.name for ticket in page.rows)
    settle()
    audit.seal(everything=True, checkpoint=True)
    assert list(audit.verify()) == []
