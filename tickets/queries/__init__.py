"""Reading tickets: lists, one ticket with its timeline, changes since, and search."""

from tickets.queries.lists import (
    VIEWS,
    ListPage,
    ListRequest,
    list_tickets,
    list_with_counts,
)
from tickets.queries.outgoing import OUTGOING, count_outgoing, list_outgoing
from tickets.queries.search import Hit, SearchPage, find_tickets, search
from tickets.queries.thread import (
    Changes,
    TicketPage,
    TimelineItem,
    load_changes,
    load_ticket,
)

__all__ = [
    "OUTGOING",
    "VIEWS",
    "Changes",
    "Hit",
    "ListPage",
    "ListRequest",
    "SearchPage",
    "TicketPage",
    "TimelineItem",
    "count_outgoing",
    "find_tickets",
    "list_outgoing",
    "list_tickets",
    "list_with_counts",
    "load_changes",
    "load_ticket",
    "search",
]
