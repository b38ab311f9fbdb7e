"""What is still to be done in a ticket, point by point."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.errors import Invalid
from core.ids import new_id
from tickets.actions.base import lock, record_on
from tickets.models import ChecklistItem, Ticket

MOST_ITEMS = 100
MOST_LETTERS = 300


@transaction.atomic
def add_item(ticket: Ticket, *, actor: User, text: str) -> ChecklistItem:
    ticket = lock(ticket)
    if ticket.checklist.count() >= MOST_ITEMS:
        raise Invalid(_("At most %(n)d points.") % {"n": MOST_ITEMS}, field="text")
    last = ticket.checklist.aggregate(last=Max("position"))["last"]
    item = ChecklistItem.objects.create(
        id=new_id(), ticket=ticket, text=_check_text(text), position=(last or 0) + 1
    )
    record_on(ticket, "checklist.added", actor=actor, item=item.pk)
    return item


def _check_text(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise Invalid(_("Write what is to be done."), field="text")
    return text[:MOST_LETTERS]


@transaction.atomic
def tick_item(item: ChecklistItem, *, actor: User, is_done: bool) -> ChecklistItem:
    ticket, item = _take(item)
    if (item.done_at is not None) != is_done:
        item.done_at, item.done_by = (now(), actor) if is_done else (None, None)
        item.save(update_fields=["done_at", "done_by"])
        name = "checklist.ticked" if is_done else "checklist.unticked"
        record_on(ticket, name, actor=actor, item=item.pk)
    return item


@transaction.atomic
def rename_item(item: ChecklistItem, *, actor: User, text: str) -> ChecklistItem:
    ticket, item = _take(item)
    item.text = _check_text(text)
    item.save(update_fields=["text"])
    record_on(ticket, "checklist.renamed", actor=actor, item=item.pk)
    return item


@transaction.atomic
def remove_item(item: ChecklistItem, *, actor: User) -> None:
    ticket, item = _take(item)
    pk = item.pk
    item.delete()
    record_on(ticket, "checklist.removed", actor=actor, item=pk)


@transaction.atomic
def order_items(ticket: Ticket, *, actor: User, ids: Sequence[UUID]) -> None:
    """As named; what is not named, because somebody has just added it, stands at the end."""
    ticket = lock(ticket)
    items = {item.pk: item for item in ticket.checklist.all()}
    named = [items.pop(pk) for pk in dict.fromkeys(ids) if pk in items]
    for position, item in enumerate([*named, *items.values()], 1):
        ChecklistItem.objects.filter(pk=item.pk).update(position=position)
    record_on(ticket, "checklist.ordered", actor=actor)


def _take(item: ChecklistItem) -> tuple[Ticket, ChecklistItem]:
    """Under the lock of the ticket it hangs on, which a merge may have changed."""
    ticket = lock(Ticket(pk=item.ticket_id))
    found = ChecklistItem.objects.filter(pk=item.pk).first()
    if found is None:
        raise Invalid(_("Somebody has removed this point."))
    found.ticket = ticket if found.ticket_id == ticket.pk else lock(Ticket(pk=found.ticket_id))
    return found.ticket, found
