"""What rules may ask about and follow, with the words and the values to choose from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Team, User
from automation.rules.shapes import Fact, Kind
from connectors.models import Inbox
from core import registry
from core.fields import warm_keys
from customers.models import CustomField, Organisation, Tier
from customers.queries import fields_of
from tickets.models import Category, Priority, Status
from tickets.queries.types import active_types

Options = list[tuple[str, str]]
FIELD = "field:"
_MOST = 200
_TICKET = gettext_lazy("Ticket")
_SAID = gettext_lazy("What was said")
_CUSTOMER = gettext_lazy("Customer")
_TIME = gettext_lazy("Time")


@dataclass(frozen=True, slots=True)
class Offered:
    """``is_past``: what it was at an earlier moment is known; of the others today's value is taken
    in a back-test."""

    fact: Fact
    name: str | Promise
    group: str | Promise
    options: Callable[[], Options] | None = None
    is_past: bool = True


def _statuses() -> Options:
    return [(row.code, _(row.name)) for row in Status.objects.all()]


def _ids(rows: Iterable[Any]) -> Options:
    return [(str(row.pk), str(row.name)) for row in rows]


def people() -> Options:
    found = User.objects.filter(is_active=True, kind=User.Kind.PERSON)
    return _ids(found.order_by("name")[: _MOST * 5])


def teams() -> Options:
    return _ids(Team.objects.order_by("name"))


def priorities() -> Options:
    return [(str(value), str(label)) for value, label in reversed(Priority.choices)]


def types() -> Options:
    return [(kind.code, kind.name) for kind in active_types()]


def _organisations() -> Options:
    rows = list(Organisation.objects.order_by("pk")[:_MOST])
    warm_keys(rows)
    return sorted(_ids(rows), key=lambda pair: pair[1].lower())


def _intents() -> Options:
    return [pair for names in registry.intent_names for pair in names()]


ACTORS = [
    ("customer", gettext_lazy("the customer")),
    ("person", gettext_lazy("somebody who works here")),
    ("bot", gettext_lazy("a bot")),
    ("rule", gettext_lazy("a rule")),
    ("system", gettext_lazy("the system")),
]


def _offer(
    code: str,
    kind: Kind,
    name: str | Promise,
    group: str | Promise,
    options: Callable[[], Options] | None = None,
    *,
    changes: bool = False,
    is_past: bool = True,
) -> Offered:
    return Offered(Fact(code, kind, changes), name, group, options, is_past)


_FIXED = (
    _offer("status", Kind.CHOICE, gettext_lazy("the status"), _TICKET, _statuses, changes=True),
    _offer(
        "category",
        Kind.CHOICE,
        gettext_lazy("the meaning of the status"),
        _TICKET,
        lambda: [(str(value), str(label)) for value, label in Category.choices],
        changes=True,
    ),
    _offer(
        "priority", Kind.NUMBER, gettext_lazy("the priority"), _TICKET, priorities, changes=True
    ),
    _offer("type", Kind.CHOICE, gettext_lazy("the type"), _TICKET, types, changes=True),
    _offer("team", Kind.CHOICE, gettext_lazy("the team"), _TICKET, teams, changes=True),
    _offer("assignee", Kind.CHOICE, gettext_lazy("the assignee"), _TICKET, people, changes=True),
    _offer("tags", Kind.TAGS, gettext_lazy("the tags"), _TICKET, changes=True),
    _offer(
        "inbox",
        Kind.CHOICE,
        gettext_lazy("the inbox"),
        _TICKET,
        lambda: _ids(Inbox.objects.order_by("name")),
    ),
    _offer(
        "channel",
        Kind.CHOICE,
        gettext_lazy("the channel"),
        _TICKET,
        lambda: [(str(value), str(label)) for value, label in Inbox.Kind.choices],
    ),
    _offer("reopened", Kind.NUMBER, gettext_lazy("the number of reopenings"), _TICKET),
    _offer(
        "actor",
        Kind.CHOICE,
        gettext_lazy("who did it"),
        _TICKET,
        lambda: [(code, str(name)) for code, name in ACTORS],
    ),
    _offer("subject", Kind.TEXT, gettext_lazy("the subject"), _SAID, is_past=False),
    _offer("text", Kind.TEXT, gettext_lazy("the customer’s message"), _SAID),
    _offer("sender", Kind.TEXT, gettext_lazy("the sender’s address"), _SAID),
    _offer(
        "language",
        Kind.CHOICE,
        gettext_lazy("the language"),
        _SAID,
        lambda: [(code, str(name)) for code, name in settings.LANGUAGES],
        is_past=False,
    ),
    _offer("intent", Kind.CHANCES, gettext_lazy("what they want"), _SAID, _intents, is_past=False),
    _offer(
        "tier",
        Kind.CHOICE,
        gettext_lazy("the tier"),
        _CUSTOMER,
        lambda: [(tier.code, str(tier)) for tier in Tier.objects.all()],
    ),
    _offer(
        "organisation",
        Kind.CHOICE,
        gettext_lazy("the organisation"),
        _CUSTOMER,
        _organisations,
        is_past=False,
    ),
    _offer("earlier", Kind.NUMBER, gettext_lazy("the number of earlier tickets"), _CUSTOMER),
    _offer("opened", Kind.MOMENT, gettext_lazy("opened"), _TIME),
    _offer("waiting", Kind.MOMENT, gettext_lazy("waiting for us"), _TIME),
    _offer("last", Kind.MOMENT, gettext_lazy("the last message"), _TIME),
    _offer("resolved", Kind.MOMENT, gettext_lazy("resolved"), _TIME),
    _offer("slack", Kind.NUMBER, gettext_lazy("minutes left to the next promise"), _TIME),
    _offer("in_hours", Kind.FLAG, gettext_lazy("within working hours"), _TIME, is_past=False),
)
_FIELD_KINDS = {
    CustomField.Kind.TEXT: Kind.TEXT,
    CustomField.Kind.LONG_TEXT: Kind.TEXT,
    CustomField.Kind.URL: Kind.TEXT,
    CustomField.Kind.NUMBER: Kind.NUMBER,
    CustomField.Kind.YES_NO: Kind.FLAG,
    CustomField.Kind.CHOICE: Kind.CHOICE,
    CustomField.Kind.CHOICES: Kind.TAGS,
}

EVENTS: dict[str, str | Promise] = {
    "ticket.opened": gettext_lazy("a ticket is opened"),
    "message.received": gettext_lazy("a customer writes"),
    "message.replied": gettext_lazy("an answer is given"),
    "message.noted": gettext_lazy("a note is written"),
    "ticket.status_changed": gettext_lazy("the status changes"),
    "ticket.resolved": gettext_lazy("a ticket is resolved"),
    "ticket.reopened": gettext_lazy("a ticket is reopened"),
    "ticket.assigned": gettext_lazy("a ticket is assigned"),
    "ticket.moved": gettext_lazy("a ticket goes to another team"),
    "ticket.priority_changed": gettext_lazy("the priority changes"),
    "ticket.type_changed": gettext_lazy("the type changes"),
    "ticket.tagged": gettext_lazy("the tags change"),
    "ticket.fields_changed": gettext_lazy("a field changes"),
    "sla.warned": gettext_lazy("a promise is about to be broken"),
    "sla.breached": gettext_lazy("a promise is broken"),
    "bot.handed_over": gettext_lazy("a bot hands over"),
    "chat.ended": gettext_lazy("a chat ends"),
    "delivery.failed": gettext_lazy("an answer cannot be delivered"),
}
MOMENTS: dict[str, str | Promise] = {
    "opened": gettext_lazy("the ticket was opened"),
    "waiting": gettext_lazy("the customer has been waiting"),
    "last": gettext_lazy("the last message"),
    "resolved": gettext_lazy("it was resolved"),
    "due": gettext_lazy("the next promise is due"),
}
OP_NAMES: dict[Kind, dict[str, str | Promise]] = {
    Kind.CHOICE: {
        "any": gettext_lazy("is"),
        "none": gettext_lazy("is not"),
        "empty": gettext_lazy("is empty"),
        "filled": gettext_lazy("is not empty"),
        "changed": gettext_lazy("has changed"),
        "changed_to": gettext_lazy("has changed to"),
        "was": gettext_lazy("has changed from"),
    },
    Kind.NUMBER: {
        "equals": gettext_lazy("is"),
        "greater": gettext_lazy("is above"),
        "less": gettext_lazy("is below"),
        "empty": gettext_lazy("is empty"),
        "filled": gettext_lazy("is not empty"),
        "changed": gettext_lazy("has changed"),
        "was": gettext_lazy("has changed from"),
    },
    Kind.TEXT: {
        "contains": gettext_lazy("contains"),
        "lacks": gettext_lazy("does not contain"),
        "equals": gettext_lazy("is exactly"),
        "matches": gettext_lazy("matches the expression"),
        "empty": gettext_lazy("is empty"),
    },
    Kind.TAGS: {
        "any": gettext_lazy("have one of"),
        "every": gettext_lazy("have all of"),
        "none": gettext_lazy("have none of"),
        "empty": gettext_lazy("are empty"),
        "changed": gettext_lazy("have changed"),
        "added": gettext_lazy("have gained"),
        "removed": gettext_lazy("have lost"),
    },
    Kind.MOMENT: {
        "older": gettext_lazy("for at least"),
        "newer": gettext_lazy("for less than"),
        "older_working": gettext_lazy("for at least, in working time,"),
        "newer_working": gettext_lazy("for less than, in working time,"),
        "empty": gettext_lazy("not at all"),
        "filled": gettext_lazy("at all"),
    },
    Kind.FLAG: {
        "yes": pgettext_lazy("a condition", "yes"),
        "no": pgettext_lazy("a condition", "no"),
    },
    Kind.CHANCES: {"at_least": gettext_lazy("is likely at least to be")},
}


def offered_facts() -> dict[str, Offered]:
    """By code. Fields with personal values are none: what a rule saw is kept."""
    found = {one.fact.code: one for one in _FIXED}
    for field in fields_of(CustomField.Owner.TICKET):
        kind = _FIELD_KINDS.get(CustomField.Kind(field.kind))
        if kind and not field.is_personal:
            code = f"{FIELD}{field.code}"
            found[code] = Offered(
                Fact(code, kind), field.name, gettext_lazy("Fields"), _choices_of(field), False
            )
    return found


def _choices_of(field: CustomField) -> Callable[[], Options] | None:
    pairs = [(str(one["code"]), str(one["name"])) for one in field.options]
    return (lambda: pairs) if pairs else None


def known_facts() -> dict[str, Fact]:
    return {code: one.fact for code, one in offered_facts().items()}
