"""What triage is made from: tickets as people left them, the version that is live, its guesses."""

import threading
import time
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from automation.models import SkillRule, Triaged, TriageGuess, TriageModel, TriageRule
from automation.triage.features import features_of
from core.fields import warm_keys
from tickets.models import Category, Message, Priority, Ticket

if TYPE_CHECKING:
    from automation.triage.learning import Example
    from automation.triage.model import Learned

# The newest so many are learned from and tried.
MOST = 5000
_AT_ONCE = 500
_FRESH_SECONDS = 5.0
LEARNED_FIELDS = (Triaged.TYPE, Triaged.PRIORITY, Triaged.SKILL)
# Those that change the ticket; the others are only shown.
SETTABLE = (Triaged.TYPE, Triaged.PRIORITY, Triaged.SKILL)


def rules() -> dict[str, TriageRule]:
    """By field; what nobody has set up is suggested and never set by itself."""
    known = {row.field: row for row in TriageRule.objects.all()}
    return {field: known.get(field) or TriageRule(field=field) for field in Triaged.values}


def skill_tags() -> set[str]:
    """Tags by which a ticket needs a skill: to guess the skill is to guess the tag."""
    named = SkillRule.objects.exclude(tag="").values_list("tag", flat=True)
    return set(named)


def values_of(ticket: Ticket, tags: Iterable[str]) -> dict[str, str]:
    """What people made of it, as far as that says something."""
    values = {Triaged.PRIORITY.value: Priority(ticket.priority).name.lower()}
    if ticket.type:
        values[Triaged.TYPE] = ticket.type
    if needed := sorted(set(ticket.tags) & set(tags)):
        values[Triaged.SKILL] = needed[0]
    return values


def words_of(ticket: Ticket) -> str:
    """Subject and first words of the customer."""
    said = _first_words([ticket.pk]).get(ticket.pk)
    return f"{ticket.subject}\n{said.body if said else ''}"


def _first_words(tickets: Iterable[UUID]) -> dict[UUID, Message]:
    said = Message.objects.filter(
        ticket__in=list(tickets),
        kind=Message.Kind.PUBLIC,
        direction=Message.Direction.IN,
        withdrawn_at=None,
        redacted_at=None,
    )
    rows = list(said.select_related("ticket").order_by("ticket", "seq").distinct("ticket"))
    warm_keys(rows)
    return {row.ticket_id: row for row in rows}


def load_examples() -> "list[Example]":
    """The oldest first. What was set by itself and nobody looked at teaches nothing: it would only
    make us surer of what we thought before."""
    example = import_module("automation.triage.learning").Example
    done = Ticket.objects.filter(
        category__in=[Category.RESOLVED, Category.CLOSED],
        assignee__isnull=False,
        spam_at=None,
        merged_into=None,
    )
    ids = list(done.order_by("-created_at").values_list("pk", flat=True)[:MOST])
    tags, own = skill_tags(), _set_by_itself()
    found = []
    for start in range(0, len(ids), _AT_ONCE):
        part = list(Ticket.objects.filter(pk__in=ids[start : start + _AT_ONCE]))
        said = _first_words([ticket.pk for ticket in part])
        warm_keys(part)
        for ticket in part:
            words = said.get(ticket.pk)
            text = f"{ticket.subject}\n{words.body if words else ''}"
            values = {
                field: value
                for field, value in values_of(ticket, tags).items()
                if (ticket.pk, field) not in own
            }
            found.append((ticket.created_at, example(features_of(text), values)))
    return [one for _at, one in sorted(found, key=lambda pair: pair[0])]


def _set_by_itself() -> set[tuple[UUID, str]]:
    applied = TriageGuess.objects.filter(state=TriageGuess.State.APPLIED)
    return set(applied.values_list("ticket_id", "field"))


class _Held:
    """The live version, looked after every few seconds at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._looked, self._database, self._number = 0.0, "", 0
        self._fields: dict[str, Learned] = {}

    def fields(self) -> "tuple[int, dict[str, Learned]]":
        with self._lock:
            name = str(connection.settings_dict["NAME"])
            if time.monotonic() - self._looked > _FRESH_SECONDS or self._database != name:
                self._load()
                self._looked, self._database = time.monotonic(), name
            return self._number, self._fields

    def _load(self) -> None:
        live = TriageModel.objects.filter(is_live=True)
        number = live.values_list("number", flat=True).first() or 0
        if number == self._number and self._database:
            return
        row = live.first()
        self._number, self._fields = number, {}
        if row and row.weights:
            self._fields = import_module("automation.triage.model").from_bytes(row.weights)


_held = _Held()
live_fields = _held.fields
forget_live = _held.forget


def guesses_of(ticket: Ticket) -> list[TriageGuess]:
    """Those that still say something: open ones, what was set by itself, and what is only shown."""
    shown = TriageGuess.objects.filter(ticket=ticket).exclude(state=TriageGuess.State.REFUSED)
    kept = shown.exclude(state=TriageGuess.State.TAKEN)
    order = list(Triaged.values)
    return sorted(kept, key=lambda one: order.index(one.field))


def list_versions() -> list[TriageModel]:
    return list(TriageModel.objects.defer("weights").select_related("asked_by")[:20])
