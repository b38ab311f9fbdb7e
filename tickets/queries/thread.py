"""One ticket with everything its page shows. Budget: 8 queries, session and user included."""

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Literal
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    Exists,
    OuterRef,
    QuerySet,
    Subquery,
    UUIDField,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, JSONObject
from django.http import Http404

from accounts.models import User
from accounts.queries import Reach, reach_of, stand_in_for
from core.fields import Ciphertext, warm_keys
from core.models import Event
from core.prepared import PreparedQuery
from core.registry import silent_events
from customers.models import ConsentEvent, Customer, Identity, Purpose
from customers.queries import Consent, consent_from
from tickets.models import (
    Attachment,
    Follow,
    Message,
    ReadMark,
    Suggestion,
    Ticket,
)
from tickets.queries.around import (
    checklist_counts,
    is_others,
    merged_rows,
    other_customers,
    side_counts,
    undoable_moves,
)

# Events that are messages themselves, or too quiet for the timeline.
_SILENT = {
    "ticket.opened",
    "message.received",
    "message.replied",
    "message.noted",
    "message.forwarded",
    "message.carried",
    "delivery.hastened",
    "message.acknowledged",
    "delivery.sent",
    "delivery.ambiguous",
    "delivery.partly_refused",
    "delivery.deferred",
    "delivery.retried",
    "message.moved",
    "side.opened",
    "checklist.added",
    "checklist.ticked",
    "checklist.unticked",
    "checklist.renamed",
    "checklist.removed",
    "checklist.ordered",
}
EARLIER = 6
SUGGESTED = 3
CHANGES_LIMIT = 200


@dataclass(slots=True)
class TimelineItem:
    kind: Literal["message", "event"]
    seq: int
    message: Message | None = None
    event: Event | None = None
    actor: User | Customer | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        """In time: what came from another ticket has a new number here, but an older date."""
        happened = self.message or self.event
        assert happened is not None  # noqa: S101  an item is one or the other
        return happened.at, self.seq


@dataclass(slots=True)
class TicketPage:
    ticket: Ticket
    items: list[TimelineItem]
    identities: list[Identity]
    consents: list[Consent]
    earlier: list[Ticket]
    suggestions: list[Ticket]
    read_seq: int
    people: dict[UUID, User] = field(default_factory=dict)


@dataclass(slots=True)
class Changes:
    head: int
    ticket: Ticket
    items: list[TimelineItem]
    events: list[Event]
    messages: list[Message]
    suggestions: list[Ticket]
    more: bool
    people: dict[UUID, User] = field(default_factory=dict)


def find_ticket(user: User, pk: UUID, *, with_panel: bool = False) -> Ticket:
    """The permission check is the fetch: what is not visible does not exist."""
    ids, reach = reach_of(user)
    found = _TICKET.fetch([pk, *ids], shape=(reach, with_panel))
    if not found:
        raise Http404("No such ticket.")
    return found[0]


def _build_ticket(pk: UUID, *ids: UUID, shape: tuple[Reach, bool]) -> "QuerySet[Ticket]":
    user, with_panel = stand_in_for(ids, shape[0]), shape[1]
    tickets = Ticket.objects.visible_to(user).select_related(
        "customer__tier",
        "customer__organisation",
        "status",
        "assignee",
        "inbox",
        "team",
        "merged_into",
    )
    read = ReadMark.objects.filter(ticket=OuterRef("pk"), user=user)
    tickets = tickets.annotate(
        read_seq=Subquery(read.values("seq")[:1]),
        suggestion_rows=_suggestion_rows(user),
        is_followed=Exists(Follow.objects.filter(ticket=OuterRef("pk"), user=user)),
        checklist_counts=checklist_counts(),
        side_counts=side_counts(),
        merged_rows=merged_rows(),
        undoable=undoable_moves(),
    )
    if with_panel:
        tickets = tickets.annotate(
            identity_rows=_identity_rows(),
            earlier_rows=_earlier_rows(user),
            consent_rows=_consent_rows(),
        )
    return tickets.filter(pk=pk)


_TICKET = PreparedQuery(_build_ticket)


def load_ticket(user: User, pk: UUID) -> TicketPage:
    ticket: Any = find_ticket(user, pk, with_panel=True)
    events = _EVENTS.fetch([pk, 0])
    messages = messages_of(ticket)
    identities = [hydrate(Identity, row) for row in ticket.identity_rows]
    earlier = [hydrate(Ticket, row) for row in ticket.earlier_rows]
    suggestions = suggestions_of(ticket)
    people = _people_in(events, messages)
    warm_keys([ticket], messages, identities, earlier, suggestions, _files_in(messages))
    return TicketPage(
        ticket=ticket,
        items=_timeline(ticket, messages, events, people),
        identities=identities,
        consents=[_consent_from(row) for row in ticket.consent_rows],
        earlier=earlier,
        suggestions=suggestions,
        read_seq=ticket.read_seq or 0,
        people=people,
    )


def _build_events(pk: UUID, after: int, *, shape: int | None) -> "QuerySet[Event]":
    """The ticket's events with the names of the colleagues they speak of, in one query; at most
    ``shape`` of them."""
    return (
        Event.objects.filter(ticket_id=pk, seq__gt=after)
        .annotate(assignee_id=_person_in("assignee"), previous_id=_person_in("previous"))
        .annotate(
            actor_name=_name_of("actor_id"),
            assignee_name=_name_of("assignee_id"),
            previous_name=_name_of("previous_id"),
        )
        .order_by("seq")[:shape]
    )


_EVENTS = PreparedQuery(_build_events)


def _person_in(detail: str) -> Case:
    # Only this event is known to keep a colleague's id there.
    return Case(
        When(name="ticket.assigned", then=Cast(KT(f"details__{detail}"), UUIDField())),
        output_field=UUIDField(),
    )


def _name_of(reference: str) -> Subquery:
    return Subquery(User.objects.filter(pk=OuterRef(reference)).values("name")[:1])


def load_changes(user: User, pk: UUID, after: int) -> Changes:
    """What happened since: new events, and touched messages in their current state."""
    ticket = find_ticket(user, pk)
    events = _EVENTS.fetch([pk, after], shape=CHANGES_LIMIT + 1)
    more = len(events) > CHANGES_LIMIT
    events = events[:CHANGES_LIMIT]
    head = events[-1].seq if more and events else max(ticket.seq, after)
    touched = messages_of(ticket, touched_after=after, touched_until=head) if events else []
    people = _people_in(events, touched)
    suggestions = suggestions_of(ticket)
    warm_keys([ticket], touched, suggestions, _files_in(touched))
    return Changes(
        head=head or 0,
        ticket=ticket,
        items=_timeline(ticket, touched, events, people),
        events=events,
        messages=touched,
        suggestions=suggestions,
        more=more,
        people=people,
    )


def messages_of(
    ticket: Ticket,
    *,
    said_after: int = 0,
    touched_after: int = 0,
    touched_until: int | None = None,
    only: UUID | None = None,
) -> list[Message]:
    """Messages in order, with author, sending and files, in one query."""
    ends = [end for end in (touched_until, only) if end is not None]
    shape = (touched_until is not None, only is not None)
    rows: list[Any] = _MESSAGES.fetch([ticket.pk, said_after, touched_after, *ends], shape=shape)
    for message in rows:
        message.ticket = ticket
        message.files = [_file_from(row, message) for row in message.file_rows]
        message.delivery_or_none = getattr(message, "delivery", None)
    return rows


def _build_messages(
    pk: UUID, said_after: int, touched_after: int, *ends: Any, shape: tuple[bool, bool]
) -> "QuerySet[Message]":
    # Side conversations are read by `queries.sides` alone.
    messages = Message.objects.filter(
        ticket=pk, seq__gt=said_after, touched_seq__gt=touched_after
    ).exclude(kind=Message.Kind.SIDE)
    if shape[0]:
        messages = messages.filter(touched_seq__lte=ends[0])
    if shape[1]:
        messages = messages.filter(pk=ends[-1])
    return (
        messages.select_related("author", "customer", "delivery")
        .annotate(file_rows=_file_rows())
        .order_by("seq")
    )


_MESSAGES = PreparedQuery(_build_messages)


def _file_rows() -> ArraySubquery:
    files = Attachment.objects.filter(message=OuterRef("pk")).order_by("pk")
    row = JSONObject(
        id="pk",
        blob_id="blob_id",
        filename=Ciphertext("filename"),
        cid=Ciphertext("cid"),
        content_type="content_type",
        disposition="disposition",
        size="blob__size",
        sniffed_type="blob__sniffed_type",
    )
    return ArraySubquery(files.values(row=row))


def _file_from(row: dict[str, Any], message: Message) -> Attachment:
    """An attachment read along with its message; bytea comes as PostgreSQL's hex text."""
    row = dict(row)
    size, sniffed = row.pop("size"), row.pop("sniffed_type")
    file: Attachment = hydrate(Attachment, row)
    file.message = message
    file.ticket = message.ticket
    file.size, file.sniffed_type = size, sniffed
    return file


def hydrate(model: type[Any], row: dict[str, Any]) -> Any:
    """A model instance from a JSON row, as if it had been read from its table."""
    names, values = [], []
    for column in model._meta.concrete_fields:  # in their order, as from_db expects
        if column.attname not in row:
            continue
        value = row[column.attname]
        if isinstance(value, str) and value.startswith("\\x") and hasattr(column, "open_value"):
            value = column.from_db_value(bytes.fromhex(value[2:]), None, None)
        else:
            value = column.to_python(value)
        names.append(column.attname)
        values.append(value)
    return model.from_db("default", names, values)


# The customer panel comes along with the ticket, as JSON rows.


def _identity_rows() -> ArraySubquery:
    rows = Identity.objects.filter(customer=OuterRef("customer_id"), valid_to=None).order_by("pk")
    row = JSONObject(
        id="pk",
        kind="kind",
        value=Ciphertext("value"),
        verified_at="verified_at",
        customer_id="customer_id",
    )
    return ArraySubquery(rows.values(row=row))


def _earlier_rows(user: User) -> ArraySubquery:
    rows = (
        Ticket.objects.visible_to(user)
        .filter(customer=OuterRef("customer_id"), spam_at__isnull=True, merged_into=None)
        .exclude(pk=OuterRef("pk"))
        .order_by("-last_at")[:EARLIER]
    )
    row = JSONObject(
        id="pk",
        number="number",
        subject=Ciphertext("subject"),
        category="category",
        last_at="last_at",
        customer_id="customer_id",
    )
    return ArraySubquery(rows.values(row=row))


def _suggestion_rows(user: User) -> ArraySubquery:
    """Other tickets it may belong to, each with the suggestion that says so."""
    open_ones = Suggestion.objects.filter(ticket=OuterRef(OuterRef("pk")), dismissed_at=None)
    this_one = open_ones.filter(other=OuterRef("pk"))
    rows = (
        Ticket.objects.visible_to(user)
        .filter(pk__in=open_ones.values("other"), spam_at__isnull=True, merged_into=None)
        .annotate(suggestion=this_one.values("pk")[:1], because=this_one.values("reason")[:1])
        .order_by("-last_at")[:SUGGESTED]
    )
    row = JSONObject(
        id="pk",
        number="number",
        subject=Ciphertext("subject"),
        customer_id="customer_id",
        suggestion="suggestion",
        because="because",
    )
    return ArraySubquery(rows.values(row=row))


def suggestions_of(ticket: Any) -> list[Ticket]:
    found = []
    for row in ticket.suggestion_rows:
        other = hydrate(Ticket, row)
        other.suggestion, other.suggested_because = row["suggestion"], row["because"]
        found.append(other)
    return found


def _consent_rows() -> ArraySubquery:
    latest = ConsentEvent.objects.filter(
        customer=OuterRef(OuterRef("customer_id")), purpose=OuterRef("pk")
    ).order_by("-at", "-id")
    rows = Purpose.objects.annotate(
        action=Subquery(latest.values("action")[:1]),
        decided_at=Subquery(latest.values("at")[:1]),
        expires=Subquery(latest.values("expires_at")[:1]),
    )
    fields = ("code", "name", "basis", "action", "decided_at", "expires")
    return ArraySubquery(rows.values(row=JSONObject(**{name: name for name in fields})))


def _consent_from(row: dict[str, Any]) -> Consent:
    moments = {
        name: datetime.fromisoformat(row[name]) if row[name] else None
        for name in ("decided_at", "expires")
    }
    return consent_from(SimpleNamespace(**row | moments))


def _files_in(messages: list[Message]) -> list[Attachment]:
    return [file for message in messages for file in message.files]


def _people_in(events: list[Event], messages: list[Message]) -> dict[UUID, User]:
    """Colleagues the timeline speaks of, by id."""
    people = {m.author.pk: m.author for m in messages if m.author}
    for event in events:
        for role in ("actor", "assignee", "previous"):
            pk, name = getattr(event, f"{role}_id"), getattr(event, f"{role}_name")
            if name and pk not in people:
                people[pk] = User(pk=pk, name=name)
    return people


def _timeline(
    ticket: Ticket, messages: list[Message], events: list[Event], people: dict[UUID, User]
) -> list[TimelineItem]:
    others = other_customers(ticket)
    for message in messages:
        message.is_others = is_others(message, others)
    said = [
        TimelineItem("message", m.seq, message=m, actor=m.author or m.customer) for m in messages
    ]
    happened = [
        TimelineItem("event", event.seq or 0, event=event, actor=_actor_of(event, ticket, people))
        for event in events
        if event.name not in _SILENT and event.name not in silent_events
    ]
    return sorted([*said, *happened], key=lambda item: item.order)


def _actor_of(event: Event, ticket: Ticket, people: dict[UUID, User]) -> User | Customer | None:
    if event.actor_kind == Event.ActorKind.CUSTOMER:
        return ticket.customer
    return people.get(event.actor_id) if event.actor_id else None
