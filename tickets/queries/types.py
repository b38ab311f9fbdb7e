"""Ticket types, and the fields each asks for.

A ticket field that belongs to no type is asked for in tickets of every type.
"""

from django.db.models import Prefetch, QuerySet

from customers.models import CustomField
from tickets.models import TicketType


def active_types() -> list[TicketType]:
    """Those in use, in their order, each with the fields of its own that are in use."""
    return list(_types())


def offered_types() -> list[TicketType]:
    """Those customers may choose in the portal."""
    return list(_types().filter(is_offered=True))


def _types() -> "QuerySet[TicketType]":
    own = CustomField.objects.filter(owner=CustomField.Owner.TICKET, is_active=True)
    return TicketType.objects.filter(is_active=True).prefetch_related(Prefetch("fields", own))


def find_type(code: str) -> TicketType | None:
    return _types().filter(code=code).first()


def fields_of_ticket(type: str, *, for_customers: bool = False) -> list[CustomField]:
    """The fields in use that a ticket of this type has (by code; "" for none), in their order."""
    fields = CustomField.objects.filter(owner=CustomField.Owner.TICKET, is_active=True)
    if for_customers:
        fields = fields.filter(is_for_customers=True)
    of_no_type = fields.filter(ticket_types=None)
    return list((of_no_type | fields.filter(ticket_types__code=type)).distinct())
