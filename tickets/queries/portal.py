"""A customer's requests, as the customer may see them: no notes, nothing not yet sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404

from connectors.models import Brand, Inbox
from core import blind
from core.clock import now
from core.fields import warm_keys
from core.models import Event
from customers.models import Customer
from customers.queries import ShownField, read_values, show_values
from tickets.models import Attachment, Category, Delivery, Message, Ticket, TicketQuerySet
from tickets.queries.evidence import recipients_of
from tickets.queries.types import fields_of_ticket, find_type

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
    type: str  # as customers are told it
    fields: list[ShownField]  # what they were asked and have answered


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
    found = requests_of(customer, brand).select_related(
        "status", "customer", "merged_into__status", "merged_into__assignee"
    )
    # Merged with another of the same customer: that one is in the list, if it is in this portal's.
    found = found.exclude(
        merged_into__customer=F("customer"),
        merged_into__inbox__brand=brand,
        merged_into__spam_at=None,
    )
    if is_open is not None:
        # What was merged is closed itself and as far as the other one is.
        found = found.alias(goes_on=Coalesce("merged_into__category", "category"))
        done = Q(goes_on__in=[Category.RESOLVED, Category.CLOSED])
        found = found.filter(~done if is_open else done)
    start = (page - 1) * PAGE
    rows = list(found.order_by("-last_at", "-id")[start : start + PAGE + 1])
    warm_keys(rows)
    return [_as_it_goes_on(row) for row in rows[:PAGE]], len(rows) > PAGE


def load_request(customer: Customer, brand: Brand, pk: UUID) -> RequestPage:
    tickets = requests_of(customer, brand)
    ticket = get_object_or_404(
        tickets.select_related(
            "status",
            "customer",
            "assignee",
            "inbox",
            "merged_into__status",
            "merged_into__assignee",
        ),
        pk=pk,
    )
    home = tickets.filter(merged=ticket, customer=ticket.customer)
    if ticket.merged_into_id and home.exists():
        return load_request(customer, brand, ticket.merged_into_id)
    messages = shown_messages(ticket)
    return RequestPage(ticket, messages, _steps(_as_it_goes_on(ticket)), *_told(ticket))


def _told(ticket: Ticket) -> tuple[str, list[ShownField]]:
    found = find_type(ticket.type) if ticket.type else None
    fields = fields_of_ticket(ticket.type, for_customers=True)
    shown = [one for one in show_values(fields, read_values(ticket)) if one.text]
    return (found.customer_name or found.name if found else ""), shown


def _as_it_goes_on(ticket: Ticket) -> Ticket:
    """A request merged into that of another customer is as far as that one is."""
    if ticket.merged_into:
        for name in ("status", "category", "assignee", "resolved_at", "closed_at"):
            setattr(ticket, name, getattr(ticket.merged_into, name))
    return ticket


def shown_messages(ticket: Ticket) -> list[Message]:
    """What the customer said and was told. What others wrote into the ticket is not shown: a code
    that some service mailed to our address must not reach whoever asked for it."""
    said = Q(direction=Message.Direction.IN, customer=ticket.customer)
    told = Q(direction=Message.Direction.OUT) & (
        Q(delivery=None)
        | Q(delivery__state__in=[Delivery.State.SENT, Delivery.State.FAILED])
        | Q(delivery__not_before__lte=now())
    )
    home = ticket.merged_into or ticket
    messages = list(
        home.messages.filter(
            said | told,
            kind=Message.Kind.PUBLIC,
            classification=Message.Classification.PERSON,
            withdrawn_at=None,
            redacted_at=None,
        )
        .select_related("ticket", "author", "customer")
        .order_by("at", "seq")
    )
    warm_keys([ticket], messages)
    messages = [message for message in messages if _is_for(message, ticket)]
    files: dict[UUID, list[Attachment]] = {message.pk: [] for message in messages}
    attached = Attachment.objects.filter(message__in=files).select_related("blob").order_by("id")
    for file in attached:
        file.ticket = home
        if file.message_id:
            files[file.message_id].append(file)
    for message in messages:
        message.ticket = home
        message.files = files[message.pk]
    warm_keys(attached)
    return messages


def _is_for(message: Message, ticket: Ticket) -> bool:
    """Of what was merged, each customer sees what was said to them, and no word of the other's."""
    if message.is_inbound:
        return True  # their own
    written_for = (message.extras or {}).get("written_for")
    if written_for or not ticket.merged_into:
        return written_for in (None, str(ticket.customer_id))
    return bool(_addresses_of(ticket) & set(map(blind.normalise_email, recipients_of(message))))


def _addresses_of(ticket: Ticket) -> set[str]:
    held = ticket.customer.identities.filter(kind="email", valid_to=None)
    return {blind.normalise_email(identity.value) for identity in held}


def find_file(customer: Customer, brand: Brand, pk: UUID) -> Attachment:
    """A file of a message that is shown to this customer."""
    file = get_object_or_404(
        Attachment.objects.select_related("blob", "ticket__customer"),
        pk=pk,
        pk__in=_files_within(requests_of(customer, brand)),
    )
    here = Q(pk=file.ticket_id) | Q(merged_into=file.ticket_id)
    mine = requests_of(customer, brand).filter(here).select_related("customer", "merged_into")
    shown = {message.pk for ticket in mine for message in shown_messages(ticket)}
    if file.message_id not in shown:
        raise Http404
    return file


def _files_within(requests: TicketQuerySet) -> "QuerySet[Attachment, UUID]":
    homes = Q(ticket__in=requests) | Q(ticket__in=requests.values("merged_into"))
    return Attachment.objects.filter(homes).values_list("pk", flat=True)


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
