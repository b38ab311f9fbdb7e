"""Values of the fields admins added to tickets."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from customers.actions import assign_values
from customers.models import CustomField
from customers.queries import check_values, fields_of
from tickets.actions.base import Actor, lock, record_on
from tickets.models import Ticket


@transaction.atomic
def set_custom_fields(ticket: Ticket, values: Mapping[str, Any], *, actor: Actor) -> Ticket:
    """Set the named fields and leave the others; None or "" empties one, unless it is required.
    Refuses with ``Invalid`` whose ``field`` is the code of the first in error."""
    fields = fields_of(CustomField.Owner.TICKET)
    checked = check_values(fields, values)
    ticket = lock(ticket)
    if changed := assign_values(ticket, fields, checked):
        ticket.save(update_fields=["custom", "custom_private"])
        record_on(ticket, "ticket.fields_changed", actor=actor, fields=changed)
    return ticket
