"""Tickets with all that the usual facts of rules need."""

from uuid import UUID

from django.db.models import QuerySet

from core.prepared import PreparedQuery
from tickets.models import Ticket

_OWN = [one.name for one in Ticket._meta.concrete_fields if one.name != "custom_private"]
# Of what is joined the facts alone; whoever asks for more has it looked up.
_JOINED = (
    *("status__code", "status__category"),
    *("inbox__kind", "inbox__brand"),
    *("customer__organisation", "customer__tier__code"),
)


def read_tickets() -> "QuerySet[Ticket]":
    """Those that rules look at: neither merged nor spam."""
    return _with_facts(Ticket.objects.filter(merged_into=None, spam_at=None))


def _with_facts(tickets: "QuerySet[Ticket]") -> "QuerySet[Ticket]":
    related = "status", "inbox", "customer__tier"
    return tickets.select_related(*related).only(*_OWN, *_JOINED)


def read_ticket(pk: UUID) -> Ticket | None:
    """If rules look at it."""
    return _TICKET.first(pk, shape="looked at")


def read_again(pk: UUID) -> Ticket:
    """A rule may have put it aside; those behind it still see it."""
    return _TICKET.get(pk, shape="")


def _build_ticket(pk: UUID, *, shape: str) -> "QuerySet[Ticket]":
    known = read_tickets() if shape else _with_facts(Ticket.objects.all())
    return known.filter(pk=pk)


_TICKET = PreparedQuery(_build_ticket)
