"""Complaints as somebody may see them, what they say together, and what may be one."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from core.clock import now
from core.events import is_history
from core.fields import warm_keys
from core.registry import felt
from surveys.figures import NOTHING, Figure, share
from surveys.models import COMPLAINT, Cause, Complaint, ComplaintPolicy
from tickets.models import Category, Message, Ticket

PERIODS = (30, 90, 365)
ANGRY = -50
_MOST = 200
_ENDS = (Category.RESOLVED, Category.CLOSED)


def policy() -> ComplaintPolicy:
    return ComplaintPolicy.objects.first() or ComplaintPolicy()


def visible_complaints(user: User) -> "QuerySet[Complaint]":
    """Of tickets they may open that still are complaints."""
    return _counted(Ticket.objects.visible_to(user)).select_related(
        "ticket__customer__tier", "ticket__assignee", "ticket__team", "cause__parent"
    )


def _counted(tickets: "QuerySet[Ticket]") -> "QuerySet[Complaint]":
    found = tickets.filter(type=COMPLAINT, spam_at=None, merged_into=None)
    return Complaint.objects.filter(ticket__in=found)


def list_complaints(user: User, *, is_open: bool) -> list[Complaint]:
    """Those nobody has acknowledged come first, the one that is longest overdue above all."""
    found = visible_complaints(user).filter(closed_at__isnull=is_open)
    waiting_first = (F("acknowledged_at").asc(nulls_first=True), "due_at")
    ordered = found.order_by(*(waiting_first if is_open else ("-closed_at",)))
    rows = list(ordered[:_MOST])
    warm_keys(rows, [row.ticket for row in rows], [row.ticket.customer for row in rows])
    return rows


def late_complaints() -> "QuerySet[Complaint]":
    """Of which nobody was told yet."""
    late = _counted(Ticket.objects.all()).filter(due_at__lt=now(), warned_at=None)
    return late.filter(acknowledged_at=None, closed_at=None).order_by("due_at")


def why_not_closed(ticket: Ticket, category: str) -> str:
    """A complaint ends with its cause and its remedy; what is told of the past has ended."""
    if ticket.type != COMPLAINT or category not in _ENDS or ticket.is_resolved or is_history():
        return ""
    found = Complaint.objects.select_related("ticket").filter(ticket=ticket).first()
    if found and found.is_put_right:
        return ""
    return _("This is a complaint: name its cause and its remedy first.")


def find_acknowledgement(complaint: Complaint) -> Message | None:
    """The first answer of a person that has left since, and did not come back."""
    said = Message.objects.filter(
        ticket=complaint.ticket_id,
        kind=Message.Kind.PUBLIC,
        direction=Message.Direction.OUT,
        classification=Message.Classification.PERSON,
        author__kind=User.Kind.PERSON,
        withdrawn_at=None,
        at__gte=complaint.since,
    )
    arrived = Q(delivery=None) | Q(delivery__state="sent")
    return said.filter(arrived).select_related("delivery").order_by("at", "seq").first()


def sounds_angry(ticket: UUID) -> bool:
    return any(mood <= ANGRY for moods in felt.values() for mood in moods(ticket))


# Figures


@dataclass(frozen=True, slots=True)
class CauseLine:
    cause: Cause
    count: int
    share: Figure


@dataclass(frozen=True, slots=True)
class ComplaintFigures:
    days: int
    least: int
    rate: Figure  # per 100 conversations
    in_time: Figure  # of those acknowledged or overdue
    put_right: Figure  # closed with cause and remedy
    causes: list[CauseLine]
    count: int


def load_figures(user: User, *, days: str, least: int) -> ComplaintFigures:
    """Of conversations that began within so many days, whenever they were complained of."""
    wanted = int(days) if days in map(str, PERIODS) else PERIODS[0]
    moment = now()
    visible = Ticket.objects.visible_to(user).filter(spam_at=None, merged_into=None)
    began = visible.filter(created_at__gt=moment - timedelta(days=wanted))
    conversations = began.count()
    rows = Complaint.objects.filter(ticket__in=began.filter(type=COMPLAINT)).order_by()
    decided = Q(acknowledged_at__isnull=False) | Q(due_at__lt=moment)
    counts = rows.aggregate(
        all=Count("pk"),
        decided=Count("pk", filter=decided),
        in_time=Count("pk", filter=Q(acknowledged_at__lte=F("due_at"))),
        closed=Count("pk", filter=Q(closed_at__isnull=False)),
    )
    by_cause = rows.filter(cause__isnull=False).values_list("cause").annotate(n=Count("pk"))
    named = dict(by_cause)
    causes = Cause.objects.select_related("parent").in_bulk(list(named))
    known = sum(named.values())
    lines = [CauseLine(causes[pk], n, share(n, known)) for pk, n in named.items()]
    return ComplaintFigures(
        days=wanted,
        least=least,
        rate=share(counts["all"], conversations) if conversations else NOTHING,
        in_time=share(counts["in_time"], counts["decided"]),
        put_right=share(counts["closed"], counts["all"]),
        causes=sorted(lines, key=lambda one: (-one.count, str(one.cause))),
        count=counts["all"],
    )
