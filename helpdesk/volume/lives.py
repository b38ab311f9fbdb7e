"""The life of one ticket as rows, in the steps that ``tickets.actions`` would have taken."""

import random
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

from accounts.models import User
from connectors.models import Inbox
from core import clock, fulltext
from core.events import mac_of
from core.fields import Sealed
from core.ids import new_id
from core.models import Event
from customers.models import Customer, CustomerIndex, Identity, Tier
from helpdesk.volume.words import find_voice, pick
from tickets.actions.search import vector_of
from tickets.models import (
    Category,
    Delivery,
    Message,
    MessageIndex,
    Priority,
    ReadMark,
    Status,
    Thread,
    Ticket,
)
from tickets.queries.evidence import external_index

DAYS = 180
DOMAIN = "volume.example"
_MESSAGES = {1: 22, 2: 25, 3: 23, 4: 14, 5: 8, 6: 6, 9: 2}
# Days since the last word → how tickets of that age have ended.
_ENDS: list[tuple[float, dict[str, int]]] = [
    (1, {"new": 30, "open": 30, "waiting_customer": 25, "waiting_third_party": 3, "resolved": 12}),
    (7, {"new": 2, "open": 14, "waiting_customer": 30, "waiting_third_party": 9, "resolved": 45}),
    (30, {"open": 3, "waiting_customer": 6, "waiting_third_party": 3, "resolved": 88}),
    (1e9, {"open": 1, "waiting_customer": 1, "resolved": 4, "closed": 94}),
]
Turns = list[tuple[str, datetime]]


@dataclass(frozen=True, slots=True)
class House:
    """Who works here, and by which doors people come."""

    inboxes: list[Inbox]
    agents: dict[UUID | None, list[User]]
    statuses: dict[str, Status]
    tiers: list[Tier]


@dataclass(slots=True)
class Rows:
    """What one commit holds, by table, in an order that references allow."""

    customers: list[Customer] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    people: list[CustomerIndex] = field(default_factory=list)
    threads: list[Thread] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    words: list[MessageIndex] = field(default_factory=list)
    marks: list[ReadMark] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def save(self) -> None:
        """Precondition: inside a transaction."""
        for table in fields(self):
            if rows := getattr(self, table.name):
                copy_in(rows)


def copy_in(rows: list[Any]) -> None:
    """COPY, as inserting takes several times as long. What the database fills in is left out."""
    model = type(rows[0])
    columns = [
        column
        for column in model._meta.concrete_fields
        if not column.has_db_default() and not isinstance(column, models.AutoField)
    ]
    names = sql.SQL(", ").join(sql.Identifier(str(column.column)) for column in columns)
    table = sql.Identifier(model._meta.db_table)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table, names)
    # All of them first: sealing may ask for keys, and the connection is busy while it copies.
    values = [[_value_of(column, row) for column in columns] for row in rows]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for line in values:
            copy.write_row(line)


def _value_of(column: Any, row: models.Model) -> Any:
    value = column.pre_save(row, add=True)
    if isinstance(value, Sealed):
        return value.ciphertext
    return Jsonb(value) if isinstance(value, dict) else value


def write_customer(identity: Identity, rows: Rows) -> None:
    customer, at = identity.customer, identity.valid_from
    texts = [customer.name, identity.value]
    vector = fulltext.tsvector(texts, prefixes_of=texts)
    rows.customers.append(customer)
    rows.identities.append(identity)
    rows.people.append(CustomerIndex(customer=customer, tsv=vector))
    rows.events += [
        make_event("customer.added", customer, at),
        make_event("identity.added", identity, at, customer=str(customer.pk), kind=identity.kind),
    ]


def make_event(
    name: str,
    subject: models.Model,
    at: datetime,
    actor: User | Customer | None = None,
    ticket: Ticket | None = None,
    **details: Any,
) -> Event:
    """As ``core.events.record`` would, but to be saved with others."""
    kind = Event.ActorKind.CUSTOMER if isinstance(actor, Customer) else Event.ActorKind.USER
    if ticket:
        ticket.seq += 1
    event = Event(
        id=new_id(),
        name=name,
        at=at,
        actor_kind=kind if actor else Event.ActorKind.SYSTEM,
        actor_id=actor.pk if actor else None,
        subject_kind=subject._meta.label,
        subject_id=subject.pk,
        ticket_id=ticket.pk if ticket else None,
        seq=ticket.seq if ticket else None,
        via="cli",
        details=details,
    )
    event.mac = mac_of(event)
    return event


def choose_end(age: float, rng: random.Random) -> str:
    """How a ticket has ended whose last word is that many days old."""
    category: str = pick(next(ends for days, ends in _ENDS if age < days), rng)
    return category


class Life:
    """``key`` becomes the client id of the first message, by which the ticket is known again."""

    def __init__(
        self, identity: Identity, *, key: UUID, house: House, rows: Rows, rng: random.Random
    ) -> None:
        self.identity, self.customer = identity, identity.customer
        self.key, self.house, self.rows, self.rng = key, house, rows, rng
        self.voice = find_voice(self.customer.name, self.customer.locale, rng)
        self.inbox = rng.choice(house.inboxes)
        self.team_id = self.customer.tier.team_id or self.inbox.team_id
        agents = house.agents.get(self.team_id) or house.agents[self.inbox.team_id]
        self.agent = rng.choice(agents)

    def tell(self) -> None:
        turns = self.plan()
        self.open(turns[0][1])
        for role, at in turns:
            self.take(role, at)
            if at == turns[0][1]:
                self.sort_in(at + timedelta(seconds=40))
        self.end(*turns[-1])
        self.write()

    def plan(self) -> Turns:
        """Who speaks, and when: the last word before now, most of it in working hours."""
        roles = [("customer", "agent")[n % 2] for n in range(pick(_MESSAGES, self.rng))]
        if len(roles) > 2 and self.rng.random() < 0.3:
            roles[1:1] = ["note"]
        hours = {"customer": 7.0, "agent": 2.0, "note": 0.3}
        gaps = [timedelta(hours=self.rng.expovariate(1 / hours[role])) for role in roles]
        length = sum(gaps[1:], timedelta(minutes=5))
        at = clock.now() - length - timedelta(days=DAYS * self.rng.random() ** 1.5)
        if at.hour < 7 and self.rng.random() < 0.8:
            at -= timedelta(hours=self.rng.randint(7, 14))
        turns = []
        for role, gap in zip(roles, [timedelta(), *gaps[1:]], strict=True):
            at += gap
            turns.append((role, at))
        return turns

    # Steps

    def open(self, at: datetime) -> None:
        status, story = self.house.statuses[Category.NEW], self.voice.story
        self.thread = Thread(id=new_id(), inbox=self.inbox, identity=self.identity, created_at=at)
        self.ticket = Ticket(
            id=new_id(),
            customer=self.customer,
            inbox=self.inbox,
            subject=self.voice.subject,
            status=status,
            category=status.category,
            team_id=self.team_id,
            type=story["type"],
            language=self.voice.language if self.voice.language.startswith("zh") else "",
            created_at=at,
            last_at=at,
            waiting_since=at,
        )
        self.note("ticket.opened", at, self.customer, inbox=str(self.inbox.pk))

    def sort_in(self, at: datetime) -> None:
        if tags := self.voice.story["tags"]:
            self.ticket.tags = list(tags)
            self.note("ticket.tagged", at, None, added=list(tags), removed=[])
        priority = Priority[self.voice.story["priority"].upper()]
        if priority != self.ticket.priority:
            change = {"from": self.ticket.priority, "to": int(priority)}
            self.note("ticket.priority_changed", at, None, **change)
            self.ticket.priority = priority

    def note(self, name: str, at: datetime, actor: User | Customer | None, **details: Any) -> int:
        event = make_event(name, self.ticket, at, actor, self.ticket, **details)
        self.rows.events.append(event)
        return self.ticket.seq

    def take(self, role: str, at: datetime) -> None:
        message = Message(
            id=new_id(), ticket=self.ticket, thread=self.thread, body=self.voice.say(role, self.rng)
        )
        message.at, message.language = at, self.ticket.language
        match role:
            case "customer":
                self.hear(message)
            case "agent":
                self.answer(message)
            case _:
                message.kind = Message.Kind.NOTE
                self.place(message, "message.noted", self.agent)
        self.rows.messages.append(message)
        vector = vector_of(message, self.ticket, self.customer)
        self.rows.words.append(
            MessageIndex(message=message, ticket=self.ticket, at=message.at, tsv=vector)
        )

    def place(self, message: Message, name: str, actor: User | Customer, **details: Any) -> None:
        if isinstance(actor, User):
            message.direction, message.author = Message.Direction.OUT, actor
        else:
            message.direction, message.customer = Message.Direction.IN, actor
        details |= {"message": str(message.pk)}
        message.seq = message.touched_seq = self.note(name, message.at, actor, **details)
        self.ticket.last_at, self.ticket.last_message_seq = message.at, message.seq

    def hear(self, message: Message) -> None:
        message.client_id = self.key if self.ticket.last_message_seq == 0 else None
        message.addresses = {
            "from": self.identity.value,
            "name": self.customer.name,
            "to": [self.inbox.address],
            "cc": [],
        }
        message.external_id = f"<{message.pk.hex}@{DOMAIN}>"
        message.external_index = external_index(message.external_id)
        self.place(message, "message.received", self.customer, classification="person")
        self.thread.last_in_at = message.at
        self.ticket.waiting_since = self.ticket.waiting_since or message.at
        if self.ticket.is_waiting:
            self.enter(Category.OPEN, message.at, self.customer)

    def answer(self, message: Message) -> None:
        ticket, at = self.ticket, message.at
        message.addresses = {"to": [self.identity.value], "cc": []}
        self.place(message, "message.replied", self.agent)
        ticket.waiting_since, ticket.first_replied_at = None, ticket.first_replied_at or at
        self.own(at)
        if ticket.category != Category.WAITING_CUSTOMER:
            self.enter(Category.WAITING_CUSTOMER, at, self.agent)
        sent_at = at + timedelta(seconds=11)
        message.touched_seq = self.note("delivery.sent", sent_at, None, message=str(message.pk))
        self.rows.deliveries.append(
            Delivery(
                id=new_id(),
                message=message,
                state=Delivery.State.SENT,
                not_before=at + timedelta(seconds=10),
                attempts=1,
                provider_code="250",
                sent_at=sent_at,
            )
        )

    def own(self, at: datetime) -> None:
        if self.ticket.assignee is None:
            self.ticket.assignee = self.agent
            details = {"assignee": str(self.agent.pk), "previous": None}
            self.note("ticket.assigned", at, self.agent, **details)

    def enter(self, category: str, at: datetime, actor: User | Customer | None) -> None:
        ticket, target = self.ticket, self.house.statuses[category]
        change = {"from": ticket.status.code, "to": target.code}
        ticket.status, ticket.category = target, target.category
        if ticket.is_resolved:
            ticket.resolved_at = ticket.resolved_at or at
        ticket.closed_at = at if category == Category.CLOSED else None
        ticket.waiting_since = ticket.waiting_since or at if category == Category.OPEN else None
        resolved = category == Category.RESOLVED
        self.note("ticket.resolved" if resolved else "ticket.status_changed", at, actor, **change)

    # The end

    def end(self, last_role: str, at: datetime) -> None:
        at += timedelta(minutes=2)
        end = choose_end((clock.now() - at) / timedelta(days=1), self.rng)
        if end in (Category.RESOLVED, Category.CLOSED):
            self.own(at)
            self.enter(Category.RESOLVED, at, self.agent)
            if end == Category.CLOSED:
                self.enter(Category.CLOSED, min(at + timedelta(days=7), clock.now()), None)
        elif end == Category.WAITING_THIRD_PARTY:
            self.own(at)
            self.enter(end, at, self.agent)
        elif last_role == "customer" and self.ticket.category == Category.NEW and end != "new":
            # Somebody took it and has not answered yet.
            self.own(at)
            self.enter(Category.OPEN, at, self.agent)

    def write(self) -> None:
        self.rows.threads.append(self.thread)
        self.rows.tickets.append(self.ticket)
        reader = self.ticket.assignee
        if reader and (self.ticket.is_resolved or self.rng.random() < 0.6):
            mark = ReadMark(user=reader, ticket=self.ticket, seq=self.ticket.seq)
            self.rows.marks.append(mark)
