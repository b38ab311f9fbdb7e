"""Tickets without words, for lists of a million: true in number, status, team, age and history.

They have a subject, a customer and their events, but neither messages nor search entries.
"""

import gc
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context

from django.db import connection, transaction

from accounts.models import User
from core import clock
from core.ids import new_id
from customers.models import Customer
from helpdesk.volume.lives import DAYS, House, Rows, choose_end, make_event
from tickets.models import Category, Priority, Ticket

KIND = "thin"  # the type of these tickets, by which they are counted
PER_COMMIT = 2000
_PRIORITIES = [Priority.NORMAL] * 8 + [Priority.HIGH, Priority.LOW]


def load_thin(tickets: int, *, house: House, processes: int = 1) -> Iterator[int]:
    """Add what is missing to that number; yield how many each commit has added.

    Preconditions: customers are there; with several processes, no transaction is open.
    """
    missing = range(Ticket.objects.filter(type=KIND).count(), tickets)
    customers = list(Customer.objects.order_by("pk")[:5000])
    starts = range(missing.start, missing.stop, PER_COMMIT)
    batches = [range(start, min(start + PER_COMMIT, tickets)) for start in starts]
    write = partial(write_batch, house=house, customers=customers)
    if processes == 1 or len(batches) < 2:
        yield from map(write, batches)
        return
    connection.close()
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        yield from pool.map(write, batches)


def write_batch(numbers: range, *, house: House, customers: list[Customer]) -> int:
    gc.freeze()
    try:
        rng = random.Random(numbers.start)  # noqa: S311  the same tickets everywhere
        rows = Rows()
        # A few customers per commit, so that few keys are asked for.
        known = rng.sample(customers, min(100, len(customers)))
        for number in numbers:
            tell(number, rng.choice(known), house, rows, rng)
        with transaction.atomic():
            rows.save()
    finally:
        gc.unfreeze()
    return len(rows.tickets)


def tell(number: int, customer: Customer, house: House, rows: Rows, rng: random.Random) -> None:
    at = clock.now() - timedelta(days=DAYS * rng.random() ** 1.5, minutes=1)
    inbox = rng.choice(house.inboxes)
    status = house.statuses[Category.NEW]
    ticket = Ticket(
        id=new_id(),
        customer=customer,
        inbox=inbox,
        subject=f"Request {number} about an order",
        status=status,
        category=status.category,
        priority=rng.choice(_PRIORITIES),
        type=KIND,
        team_id=inbox.team_id,
        created_at=at,
        last_at=at,
        waiting_since=at,
    )
    rows.tickets.append(ticket)
    rows.events.append(
        make_event("ticket.opened", ticket, at, customer, ticket, inbox=str(inbox.pk))
    )
    agent = rng.choice(house.agents[inbox.team_id])
    end(ticket, choose_end((clock.now() - at) / timedelta(days=1), rng), agent, house, rows)


def end(ticket: Ticket, category: str, agent: User, house: House, rows: Rows) -> None:
    at: datetime = ticket.created_at + timedelta(seconds=50)
    if category == Category.NEW:
        return
    change = {"from": ticket.status.code, "to": house.statuses[category].code}
    ticket.status, ticket.category = house.statuses[category], category
    ticket.assignee, ticket.waiting_since = agent, at if category == Category.OPEN else None
    if ticket.is_resolved:
        ticket.resolved_at = at
    if category == Category.CLOSED:
        ticket.closed_at = at
    rows.events.append(make_event("ticket.status_changed", ticket, at, agent, ticket, **change))
