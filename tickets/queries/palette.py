"""A few tickets and customers by number or words, for somebody who is still typing."""

from dataclasses import dataclass

from accounts.models import User
from core.fields import warm_keys
from customers.models import Customer
from customers.queries import matching
from tickets.models import Ticket
from tickets.queries.search import find_tickets

TICKETS = 6
CUSTOMERS = 4


@dataclass(frozen=True, slots=True)
class Found:
    tickets: list[Ticket]
    customers: list[Customer]


def find_few(user: User, text: str) -> Found:
    """The newest few: whoever wants all of them goes to the search."""
    text = text.strip()
    if not text:
        return Found([], [])
    tickets = list(
        find_tickets(user, text)
        .filter(merged_into=None)
        .select_related("customer", "status")
        .order_by("-last_at", "-id")[:TICKETS]
    )
    customers = _people(user, text)
    warm_keys(tickets, [ticket.customer for ticket in tickets], customers)
    return Found(tickets, customers)


def _people(user: User, text: str) -> list[Customer]:
    people = matching(text)
    if people is None:
        return []
    found = Customer.objects.filter(people).values("pk")
    visible = Customer.objects.visible_to(user).filter(pk__in=found, merged_into=None)
    return list(visible.select_related("organisation")[:CUSTOMERS])
