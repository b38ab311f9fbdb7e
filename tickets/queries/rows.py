"""What a row of a list shows beside the ticket's own columns."""

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, Value, When

from accounts.models import User
from core.sharing import SharingIterable
from tickets.models import ReadMark, Ticket, TicketQuerySet

# Rows need no passwords, notes or notices; what is not read need not be carried and unpacked.
_COLUMNS = (
    *(column.name for column in Ticket._meta.concrete_fields),
    "customer__name",
    "customer__tier__code",
    "customer__tier__name",
    "status__code",
    "status__name",
    "assignee__name",
    "assignee__email",
    "inbox__kind",
    "inbox__name",
    "team__name",
)


def with_row_details(tickets: TicketQuerySet, user: User) -> "QuerySet[Ticket]":
    """What a row shows: names, status, and whether somebody else wrote since I looked."""
    read = ReadMark.objects.filter(
        ticket=OuterRef("pk"), user=user, seq__gte=OuterRef("last_message_seq")
    )
    unread = Case(
        When(Exists(read), then=Value(False)), default=Value(True), output_field=BooleanField()
    )
    rows = tickets.select_related("customer__tier", "status", "assignee", "inbox", "team")
    rows = rows.only(*_COLUMNS).annotate(is_unread=unread)
    rows._iterable_class = SharingIterable
    return rows
