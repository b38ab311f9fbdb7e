"""The newest of a ticket's messages that an answer looks at; asked at every answer."""

from uuid import UUID

from django.db.models import QuerySet

from core.prepared import PreparedQuery
from tickets.models import Message, Ticket


def newest_thread(ticket: Ticket) -> UUID | None:
    message = _IN_THREAD.first(ticket.pk)
    return message.thread_id if message else None


def newest_from_person(ticket: Ticket) -> Message | None:
    message = _FROM_PERSON.first(ticket.pk)
    if message:
        message.ticket = ticket
    return message


def _build_in_thread(ticket: UUID, *, shape: None) -> "QuerySet[Message]":
    in_threads = Message.objects.filter(ticket=ticket).exclude(thread=None)
    return in_threads.only("thread").order_by("-seq")[:1]


def _build_from_person(ticket: UUID, *, shape: None) -> "QuerySet[Message]":
    return (
        Message.objects.filter(ticket=ticket, direction=Message.Direction.IN)
        .filter(classification=Message.Classification.PERSON)
        .order_by("-seq")[:1]
    )


_IN_THREAD = PreparedQuery(_build_in_thread)
_FROM_PERSON = PreparedQuery(_build_from_person)
