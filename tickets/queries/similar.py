"""Requests like this one, by the words customers used. The words themselves are nowhere in the
database: a question is hashed like the index it is held against."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.search import SearchRank
from django.db.models import F, QuerySet

from accounts.models import User
from core import fulltext
from core.fields import warm_keys
from core.search import BlindQuery
from core.words import EMPTY, TOKEN, normalise
from tickets.models import Category, Message, MessageIndex, Ticket

_MOST_WORDS = 12
# Of the passages that have any of the words, the newest so many are looked at.
_NEWEST = 600
_SOLVED = (Category.RESOLVED, Category.CLOSED)


@dataclass(frozen=True, slots=True)
class Similar:
    ticket: Ticket
    question: Message
    score: float


def find_solved(text: str, *, user: User | None, limit: int = 10) -> list[Similar]:
    """Solved tickets in which a customer wrote much the same, the likest first. ``user`` sees
    theirs alone; ``None`` is the program itself, which shows nothing of it as it is."""
    query = any_word_of(text)
    if not query:
        return []
    rows = list(_matches(query, user)[: limit * 4])
    messages = {one.pk: one for one in _questions([pk for pk, _ in rows])}
    warm_keys(messages.values())
    found: dict[UUID, Similar] = {}
    for pk, score in rows:
        if message := messages.get(pk):
            found.setdefault(message.ticket_id, Similar(message.ticket, message, score))
    return list(found.values())[:limit]


def any_word_of(text: str) -> str:
    """As a tsquery; nothing where there is no word to look for."""
    words: dict[str, None] = {}
    for token in TOKEN.finditer(normalise(text)):
        if run := token[1]:
            pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
            words.update(dict.fromkeys(pair for pair in pairs if pair not in EMPTY))
        elif token[0] not in EMPTY:
            words[token[0]] = None
    asked = [fulltext.tsquery(f'"{word}"') for word in list(words)[:_MOST_WORDS]]
    return " | ".join(f"({one})" for one in asked if one)


def _matches(query: str, user: User | None) -> "QuerySet[MessageIndex, tuple[UUID, float]]":
    tickets = Ticket.objects.all() if user is None else Ticket.objects.visible_to(user)
    solved = tickets.filter(category__in=_SOLVED, spam_at=None, merged_into=None)
    newest = (
        MessageIndex.objects.filter(tsv=BlindQuery(query), ticket__in=solved.values("pk"))
        .order_by("-at")
        .values("pk")[:_NEWEST]
    )
    ranked = MessageIndex.objects.filter(pk__in=newest).annotate(
        rank=SearchRank(F("tsv"), BlindQuery(query))
    )
    return ranked.order_by("-rank", "-at").values_list("pk", "rank")


def _questions(messages: list[UUID]) -> "QuerySet[Message]":
    """What customers themselves wrote."""
    return Message.objects.filter(
        pk__in=messages,
        kind=Message.Kind.PUBLIC,
        direction=Message.Direction.IN,
        withdrawn_at=None,
    ).select_related("ticket__customer", "customer")


def answers_to(tickets: list[Ticket]) -> dict[UUID, list[Message]]:
    """What people who work here wrote to the customers, the first answer first; no bot."""
    found = (
        Message.objects.filter(
            ticket__in=tickets,
            kind=Message.Kind.PUBLIC,
            direction=Message.Direction.OUT,
            author__isnull=False,
            withdrawn_at=None,
        )
        .select_related("ticket__customer", "author")
        .order_by("ticket", "seq")
    )
    answers = list(found)
    warm_keys(answers)
    grouped: dict[UUID, list[Message]] = {}
    for message in answers:
        grouped.setdefault(message.ticket_id, []).append(message)
    return grouped
