"""What a row of a list shows beside the ticket's own columns."""

from collections.abc import Hashable, Iterable
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, OuterRef, QuerySet, Value, When

from accounts.models import User
from core.prepared import PreparedQuery
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


# A statement is planned for a number of rows; what is asked for is filled up to the next of them.
_SIZES = (10, 51)


def load_rows(ids: Iterable[UUID], user: User) -> list[Ticket]:
    """In this order. Whoever asks has seen to it that the user may see them."""
    wanted = list(dict.fromkeys(ids))
    found: dict[UUID, Ticket] = {}
    for start in range(0, len(wanted), _SIZES[-1]):
        part = wanted[start : start + _SIZES[-1]]
        size = next(size for size in _SIZES if size >= len(part))
        filled = [*part, *part[-1:] * (size - len(part))]
        found |= {ticket.pk: ticket for ticket in _ROWS.fetch([user.pk, *filled])}
    return [found[pk] for pk in wanted if pk in found]


def _build_rows(user: UUID, *ids: UUID, shape: Hashable) -> "QuerySet[Ticket]":
    return with_row_details(Ticket.objects.filter(pk__in=ids), user)


def with_row_details(tickets: TicketQuerySet, user: User | UUID) -> "QuerySet[Ticket]":
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


_ROWS = PreparedQuery(_build_rows)
