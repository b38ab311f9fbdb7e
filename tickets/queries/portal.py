"""A customer's requests, as the customer may see them: no notes, nothing not yet sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from connectors.models import Brand, Inbox
from core.clock import now
from core.fields import warm_keys
from core.models import Event
from customers.models import Customer
from tickets.models import Attachment, Category, Delivery, Message, Ticket, TicketQuerySet

PAGE = 30
_USUAL_DAYS, _USUAL_ENOUGH, _USUAL_KEPT = 30, 10, 600


@dataclass(frozen=True, slots=True)
class Step:
    name: str  # received | owned | answered | solved
    state: str  # done | now | ""
    at: datetime | None = None
    who: str = ""


@dataclass(frozen=True, slots=True)
class RequestPage:
    ticket: Ticket
    messages: list[Message]
    steps: list[Step]


def find_brand(slug: str) -> Brand:
    return get_object_or_404(Brand, slug=slug)


def first_brand() -> Brand:
    return get_object_or_404(Brand.objects.exclude(slug=None).order_by("id")[:1])


def inbox_of(brand: Brand) -> Inbox | None:
    """The door through which the brand's customers write; answers leave by it as mail."""
    doors = Inbox.objects.filter(brand=brand, kind=Inbox.Kind.MAIL, is_active=True)
    return doors.select_related("brand").order_by("id").first()


def requests_of(customer: Customer, brand: Brand) -> TicketQuerySet:
    return Ticket.objects.visible_to_customer(customer).filter(inbox__brand=brand)


def list_requests(
    customer: Customer, brand: Brand, *, page: int = 1, is_open: bool | None = None
) -> tuple[list[Ticket], bool]:
    """One page, newest activity first, and whether there are more."""
    found = requests_of(customer, brand).select_related("status", "customer")
    if is_open is not None:
        done = Q(category__in=[Category.RESOLVED, Category.CLOSED])
        found = found.filter(~done if is_open else done)
    start = (page - 1) * PAGE
    rows = list(found.order_by("-last_at", "-id")[start : start + PAGE + 1])
    warm_keys(rows)
    return rows[:PAGE], len(rows) > PAGE


def load_request(customer: Customer, brand: Brand, pk: UUID) -> RequestPage:
    tickets = requests_of(customer, brand)
    ticket = get_object_or_404(
        tickets.select_related("status", "customer", "assignee", "inbox"), pk=pk
    )
    return RequestPage(ticket, shown_messages(ticket), _steps(ticket))


def shown_messages(ticket: Ticket) -> list[Message]:
    """What the customer said and was told. What others wrote into the ticket is not shown: a code
    that some service mailed to our address must not reach whoever asked for it."""
    said = Q(direction=Message.Direction.IN, customer=ticket.customer)
    told = Q(direction=Message.Direction.OUT) & (
        Q(delivery=None)
        | Q(delivery__state__in=[Delivery.State.SENT, Delivery.State.FAILED])
        | Q(delivery__not_before__lte=now())
    )
    messages = list(
        ticket.messages.filter(
            said | told,
            kind=Message.Kind.PUBLIC,
            classification=Message.Classification.PERSON,
            withdrawn_at=None,
            redacted_at=None,
        )
        .select_related("author", "customer")
        .order_by("seq")
    )
    files: dict[UUID, list[Attachment]] = {message.pk: [] for message in messages}
    attached = Attachment.objects.filter(message__in=files).select_related("blob").order_by("id")
    for file in attached:
        file.ticket = ticket
        if file.message_id:
            files[file.message_id].append(file)
    for message in messages:
        message.ticket = ticket
        message.files = files[message.pk]
    warm_keys([ticket], messages, attached)
    return messages


def find_file(customer: Customer, brand: Brand, pk: UUID) -> Attachment:
    """A file of a message that is shown to this customer."""
    file = get_object_or_404(
        Attachment.objects.select_related("blob", "ticket__customer"),
        pk=pk,
        ticket__in=requests_of(customer, brand),
    )
    if file.message_id not in {message.pk for message in shown_messages(file.ticket)}:
        raise Http404
    return file


def _steps(ticket: Ticket) -> list[Step]:
    owned_at = (
        Event.objects.filter(ticket_id=ticket.pk, name="ticket.assigned")
        .order_by("-seq")
        .values_list("at", flat=True)
        .first()
    )
    who = ticket.assignee.name.split()[0] if ticket.assignee else ""
    solved = ticket.resolved_at
    reached = [
        Step("received", "done", ticket.created_at),
        Step("owned", "done" if who else "", owned_at if who else None, who),
        Step("answered", "done" if ticket.first_replied_at else "", ticket.first_replied_at),
        Step("solved", "done" if solved else "", solved),
    ]
    last = max(index for index, step in enumerate(reached) if step.state)
    if solved:
        return [step for step in reached if step.at]
    return [
        Step(step.name, _state(index, last), step.at, step.who)
        for index, step in enumerate(reached)
    ]


def _state(index: int, last: int) -> str:
    if index == last:
        return "now"
    return "done" if index < last else ""


def usual_answer_time(brand: Brand) -> timedelta | None:
    """The median time to a first answer in the last month; none while there are too few."""
    key = f"usual-answer:{brand.pk}"
    if (kept := cache.get(key)) is not None:
        return kept or None
    since = now() - timedelta(days=_USUAL_DAYS)
    answered = Ticket.objects.filter(
        inbox__brand=brand, created_at__gt=since, first_replied_at__isnull=False, spam_at=None
    ).order_by("-created_at")[:1000]
    waited = F("first_replied_at") - F("created_at")
    times = sorted(answered.annotate(waited=waited).values_list("waited", flat=True))
    usual = times[len(times) // 2] if len(times) >= _USUAL_ENOUGH else timedelta()
    cache.set(key, usual, _USUAL_KEPT)
    return usual or None
