"""What a ticket's page says of the work around it, read along with the ticket in its one query."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from tickets.models import ChecklistItem, Message, Move, SideConversation, Ticket

UNDOABLE = 20


def merged_rows() -> ArraySubquery:
    rows = Ticket.objects.filter(merged_into=OuterRef("pk")).order_by("pk")
    return ArraySubquery(rows.values(row=JSONObject(number="number", customer="customer_id")))


def undoable_moves() -> ArraySubquery:
    """Merges and splits that can still be taken back, by the newest first."""
    here = Q(source=OuterRef("pk")) | Q(target=OuterRef("pk"))
    moves = Move.objects.filter(here, undone_at=None).order_by("-at")
    return ArraySubquery(moves.values("pk")[:UNDOABLE])


def checklist_counts() -> Subquery:
    items = ChecklistItem.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket")
    counted = items.annotate(total=Count("pk"), done=Count("done_at"))
    return Subquery(counted.values(row=JSONObject(total="total", done="done")))


def side_counts() -> Subquery:
    sides = SideConversation.objects.filter(ticket=OuterRef("pk")).order_by().values("ticket")
    is_open = Q(closed_at=None)
    counted = sides.annotate(total=Count("pk"), open=Count("pk", filter=is_open))
    return Subquery(counted.values(row=JSONObject(total="total", open="open")))


def other_customers(ticket: Any) -> set[str]:
    """Ids of customers whose tickets were merged into this one, as far as they are others."""
    found = {row["customer"] for row in ticket.merged_rows}
    return found - {str(ticket.customer_id)}


def is_others(message: Message, others: set[str]) -> bool:
    """By or for another customer than the ticket's, whose ticket was merged into it."""
    if not others:
        return False
    written_for = (message.extras or {}).get("written_for", "")
    return str(message.customer_id) in others or written_for in others
