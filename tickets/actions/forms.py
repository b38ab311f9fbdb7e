"""Statuses, and ticket types with the fields they ask for."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import HelpdeskError, Invalid
from core.events import record
from core.ids import new_id
from customers.models import CustomField
from tickets.models import Category, Status, Ticket, TicketType


class StillUsed(HelpdeskError):
    code = "still_used"


@transaction.atomic
def add_status(
    *, category: str, name: str, customer_name: str, is_default: bool = False, actor: User
) -> Status:
    """A further step within one of the fixed categories."""
    if category not in Category.values:
        raise Invalid(_("Choose what the status means."), field="category")
    last = Status.objects.aggregate(last=Max("position"))["last"] or 0
    if is_default:
        Status.objects.filter(category=category, is_default=True).update(is_default=False)
    status = Status.objects.create(
        code=_free_code(Status, name, 50),
        category=category,
        name=name,
        customer_name=customer_name,
        position=last + 1,
        is_default=is_default,
    )
    record("status.added", subject=status, actor=actor, status=status.code, category=category)
    return status


@transaction.atomic
def change_status(
    status: Status, *, name: str, customer_name: str, is_default: bool, actor: User
) -> Status:
    """The category never changes: it decides what open tickets mean."""
    status = Status.objects.select_for_update().get(pk=status.pk)
    if status.is_default and not is_default:
        reason = _("Each meaning needs a usual status. Make another one the usual one instead.")
        raise Invalid(reason, field="is_default")
    if is_default and not status.is_default:
        Status.objects.filter(category=status.category, is_default=True).update(is_default=False)
    values = {"name": name, "customer_name": customer_name, "is_default": is_default}
    _save(status, values, "status.changed", actor, status=status.code)
    return status


@transaction.atomic
def delete_status(status: Status, *, actor: User) -> None:
    if status.is_default:
        raise StillUsed(_("This is the usual status of its meaning; it has to stay."))
    if Ticket.objects.filter(status=status).exists():
        raise StillUsed(_("Tickets have this status. Give them another one first."))
    record("status.removed", subject=status, actor=actor, status=status.code)
    status.delete()


# Ticket types


@transaction.atomic
def add_type(*, actor: User, fields: Iterable[CustomField] = (), **values: Any) -> TicketType:
    """``values``: name, customer_name, description, is_offered, is_active."""
    last = TicketType.objects.aggregate(last=Max("position"))["last"] or 0
    code = _free_code(TicketType, values["name"], 20)
    added = TicketType.objects.create(code=code, position=last + 1, **values)
    added.fields.set(fields)
    record("ticket_type.added", subject=added, actor=actor, type=code)
    return added


@transaction.atomic
def change_type(
    type: TicketType, *, actor: User, fields: Iterable[CustomField], **values: Any
) -> TicketType:
    """The code stays: tickets keep it."""
    type = TicketType.objects.select_for_update().get(pk=type.pk)
    before = set(type.fields.values_list("code", flat=True))
    chosen = list(fields)
    after = {field.code for field in chosen}
    type.fields.set(chosen)
    asks = {"fields_given": sorted(after - before), "fields_taken": sorted(before - after)}
    _save(type, values, "ticket_type.changed", actor, force=before != after, type=type.code, **asks)
    return type


@transaction.atomic
def move_type(type: TicketType, *, up: bool, actor: User) -> None:
    """One place up or down among the types."""
    order = list(TicketType.objects.select_for_update().order_by("position", "name"))
    at = next(index for index, row in enumerate(order) if row.pk == type.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(order):
        return
    order[at], order[other] = order[other], order[at]
    for position, row in enumerate(order):
        row.position = position
    TicketType.objects.bulk_update(order, ["position"])
    record("ticket_type.moved", subject=type, actor=actor, type=type.code)


def _save(
    row: Any, values: dict[str, Any], event: str, actor: User, *, force: bool = False, **told: Any
) -> None:
    changed = [key for key, value in values.items() if getattr(row, key) != value]
    for key in changed:
        setattr(row, key, values[key])
    if changed:
        row.save(update_fields=changed)
    if changed or force:
        record(event, subject=row, actor=actor, changed=changed, **told)


def _free_code(model: type[Status] | type[TicketType], name: str, length: int) -> str:
    """From the name; a name without Latin letters gets one of our own making."""
    wanted = slugify(name)[: length - 4].strip("-") or new_id().hex[-8:]
    taken = set(
        model._default_manager.filter(code__startswith=wanted).values_list("code", flat=True)
    )
    numbered = (f"{wanted}-{number}" for number in range(2, len(taken) + 3))
    return wanted if wanted not in taken else next(code for code in numbered if code not in taken)
