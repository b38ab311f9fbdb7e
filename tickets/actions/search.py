"""The derived search table: keyed hashes of words, never the words (see ``core.fulltext``)."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Value

from core import fulltext
from core.fields import warm_keys
from core.search import BlindVector
from customers.models import Customer
from tickets.models import Message, MessageIndex, Ticket


def index_message(message: Message, ticket: Ticket) -> None:
    """For a message just written, in its transaction: what is committed is found at once."""
    MessageIndex.objects.create(message=message, **_entry(message, ticket, ticket.customer))


def vector_of(message: Message, ticket: Ticket, customer: Customer) -> str:
    """The text of the entry's tsvector."""
    # Subject and name stand in every message's entry, so that words of both match together.
    return fulltext.tsvector(
        [message.body, ticket.subject, customer.name],
        prefixes_of=[ticket.subject, customer.name],
    )


def _entry(message: Message, ticket: Ticket, customer: Customer) -> dict[str, object]:
    tsv = BlindVector(Value(vector_of(message, ticket, customer)))
    return {"ticket": ticket, "at": message.at, "tsv": tsv}


def index_again(ticket: Ticket, ids: Iterable[UUID]) -> None:
    """For messages that have come into the ticket from another one."""
    wanted = list(ids)
    messages = list(
        ticket.messages.select_related("ticket__customer").filter(pk__in=wanted, withdrawn_at=None)
    )
    warm_keys(messages, [ticket, ticket.customer])
    MessageIndex.objects.filter(message__in=wanted).delete()
    MessageIndex.objects.bulk_create(
        [MessageIndex(message=m, **_entry(m, ticket, ticket.customer)) for m in messages]
    )


def reindex_ticket(ticket: Ticket) -> int:
    messages = list(ticket.messages.select_related("ticket__customer").filter(withdrawn_at=None))
    warm_keys(messages, [ticket, ticket.customer])
    entries = [MessageIndex(message=m, **_entry(m, ticket, ticket.customer)) for m in messages]
    MessageIndex.objects.filter(ticket=ticket).delete()
    MessageIndex.objects.bulk_create(entries)
    return len(entries)


def reindex_customer(customer_id: UUID) -> None:
    for ticket in Ticket.objects.filter(customer=customer_id).select_related("customer"):
        reindex_ticket(ticket)
