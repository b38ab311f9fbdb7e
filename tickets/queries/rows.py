"""What a row of a list shows beside the ticket's own columns."""

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, Value, When

from accounts.models import User
from tickets.models import ReadMark, Ticket, TicketQuerySet


def with_row_details(tickets: TicketQuerySet, user: User) -> "QuerySet[Ticket]":
    """What a row shows: names, status, and whether somebody else wrote since I looked."""
    read = ReadMark.objects.filter(
        ticket=OuterRef("pk"), user=user, seq__gte=OuterRef("last_message_seq")
    )
    unread = Case(
        When(Exists(read), then=Value(False)), default=Value(True), output_field=BooleanField()
    )
    related = ("customer__tier", "status", "assignee", "inbox", "team")
    return tickets.select_related(*related).annotate(is_unread=unread)
