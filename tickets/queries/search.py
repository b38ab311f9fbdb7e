"""Search over words, phrases, people and numbers. No clear word is in the database: queries are
hashed like the index, and snippets are cut after decryption."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from core import fulltext
from core.fields import warm_keys
from core.search import BlindQuery
from customers.models import Customer
from customers.queries import matching
from tickets.models import Message, MessageIndex, Ticket, TicketQuerySet
from tickets.queries.rows import with_row_details

_NUMBER = re.compile(r"^#?(\d{1,12})$")
PER_PAGE = 20
# A frequent word is followed through this many of its newest messages; the page says so.
NEWEST = 1000


@dataclass(slots=True)
class Hit:
    ticket: Ticket
    message: Message | None
    fragments: list[tuple[str, bool]]


@dataclass(slots=True)
class SearchPage:
    hits: list[Hit]
    customers: list[Customer]
    next: str
    is_bounded: bool = False


def find_tickets(user: User, text: str) -> TicketQuerySet:
    """Visible tickets a text speaks of, for the API's and the list's filter."""
    visible = Ticket.objects.visible_to(user)
    text = text.strip()
    # Each way has an index of its own; joined by OR, none of them would be used.
    ways: list[QuerySet[Any, Any]] = []
    if number := _NUMBER.match(text):
        ways.append(Ticket.objects.filter(number=int(number[1])).values("pk"))
    if query := fulltext.tsquery(text):
        ways.append(_newest_matches(user, query).values("ticket_id"))
    if people := matching(text):
        customers = Customer.objects.filter(people).values("pk")
        ways.append(Ticket.objects.filter(customer__in=customers).values("pk"))
    return visible.filter(pk__in=ways[0].union(*ways[1:], all=True)) if ways else visible.none()


def _newest_matches(user: User, query: str) -> "QuerySet[MessageIndex]":
    """Among what this user may see: the bound must not be used up by other teams' messages."""
    found = MessageIndex.objects.filter(tsv=BlindQuery(query))
    if not user.may("tickets.view_all_ticket"):
        found = found.filter(ticket__in=Ticket.objects.visible_to(user))
    return found.order_by("-at")[:NEWEST]


def _goes_further_back(user: User, text: str) -> bool:
    query = fulltext.tsquery(text)
    return query is not None and _newest_matches(user, query).count() == NEWEST


def search(user: User, text: str, *, after: str = "") -> SearchPage:
    """Tickets with the passage that matched, newest first, and the people found."""
    text = text.strip()
    if not text:
        return SearchPage([], [], "")
    start = int(after) if after.isascii() and after.isdigit() and len(after) < 6 else 0
    tickets = with_row_details(find_tickets(user, text), user).order_by("-last_at", "-id")
    rows = list(tickets[start : start + PER_PAGE + 1])
    more = len(rows) > PER_PAGE
    rows = rows[:PER_PAGE]
    messages = _matching_messages(text, [ticket.pk for ticket in rows])
    customers = _people(user, text) if not start else []
    warm_keys(rows, messages.values(), customers)
    hits = [_hit(ticket, messages.get(ticket.pk), text) for ticket in rows]
    if more:
        return SearchPage(hits, customers, str(start + PER_PAGE))
    return SearchPage(hits, customers, "", is_bounded=_goes_further_back(user, text))


def _matching_messages(text: str, tickets: list[UUID]) -> dict[UUID, Message]:
    """The newest matching message of each ticket."""
    query = fulltext.tsquery(text)
    if not query or not tickets:
        return {}
    matches = MessageIndex.objects.filter(ticket__in=tickets, tsv=BlindQuery(query))
    newest = matches.order_by("ticket", "-at").distinct("ticket").values("message")
    messages = Message.objects.filter(pk__in=newest, withdrawn_at=None).select_related("ticket")
    return {message.ticket_id: message for message in messages}


def _hit(ticket: Ticket, message: Message | None, text: str) -> Hit:
    fragments = fulltext.find_snippet(message.body, text) if message else []
    return Hit(ticket, message, fragments)


def _people(user: User, text: str) -> list[Customer]:
    people = matching(text)
    if people is None:
        return []
    customers = Customer.objects.visible_to(user).filter(
        pk__in=Customer.objects.filter(people).values("pk")
    )
    return list(customers.select_related("tier", "organisation")[:6])
