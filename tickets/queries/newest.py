"""The newest of a ticket's messages that an answer looks at; asked at every answer."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from core.prepared import PreparedQuery
from tickets.models import Message, Thread, Ticket
from tickets.queries.evidence import written_to


def newest_thread(ticket: Ticket) -> Thread | None:
    """Where the ticket was last spoken in, with its inbox: an answer goes there."""
    message = _IN_THREAD.first(ticket.pk)
    return message.thread if message else None


def newest_correspondent(ticket: Ticket) -> str:
    """The address of whoever wrote last, as far as answers may go there; else nothing."""
    for message in _FROM_PERSON.fetch([ticket.pk]):
        message.ticket = ticket
        address = address_of(message)
        if address and (is_trusted(message) or written_to([ticket.pk], address)):
            return address
    return ""


def mark_others(messages: Iterable[Message], ticket: UUID) -> None:
    """Say of each whether it is by or for another customer, whose ticket was merged into this."""
    others = {str(customer) for customer in _other_customers(ticket)}
    for message in messages if others else ():
        written_for = (message.extras or {}).get("written_for", "")
        message.is_others = str(message.customer_id) in others or written_for in others


def address_of(message: Message) -> str:
    return str(message.addresses.get("reply_to") or message.addresses.get("from") or "")


def is_trusted(message: Message) -> bool:
    """The customer's own, or proved by the sender's domain. What an admin released or filed here
    by hand must not lead the next answer to a stranger."""
    return message.customer_id == message.ticket.customer_id or not message.is_unverified


def spoken_in_threads(ticket: UUID) -> "QuerySet[Message]":
    """The thread of the first of these is where an answer goes. People's words come before what was
    sent by itself, and a thread in which a merged ticket's other customer speaks is theirs, with
    our answers in it."""
    said = Message.objects.filter(ticket=ticket, kind=Message.Kind.PUBLIC).exclude(thread=None)
    foreign = Message.objects.filter(
        ticket=ticket, customer__in=_other_customers(ticket), thread__isnull=False
    )
    by_person = Q(classification=Message.Classification.PERSON)
    return (
        said.exclude(thread__in=foreign.values("thread"))
        .alias(is_by_person=by_person)
        .order_by("-is_by_person", "-at", "-seq")
    )


def _build_in_thread(ticket: UUID, *, shape: None) -> "QuerySet[Message]":
    return spoken_in_threads(ticket).select_related("thread__inbox").only("thread")[:1]


def _build_from_person(ticket: UUID, *, shape: None) -> "QuerySet[Message]":
    return (
        Message.objects.filter(ticket=ticket, direction=Message.Direction.IN)
        .filter(classification=Message.Classification.PERSON, kind=Message.Kind.PUBLIC)
        .exclude(customer__in=_other_customers(ticket))
        .only("ticket", "customer", "is_unverified", "addresses")
        .order_by("-at", "-seq")[:10]
    )


def _other_customers(ticket: UUID) -> "QuerySet[Ticket, UUID]":
    """Whose tickets were merged into this one: an answer reaches them only where somebody says
    so. The ticket's own customer is never among them."""
    own = Ticket.objects.filter(pk=ticket).values("customer")
    merged = Ticket.objects.filter(merged_into=ticket).exclude(customer__in=own)
    return merged.values_list("customer", flat=True)


_IN_THREAD = PreparedQuery(_build_in_thread)
_FROM_PERSON = PreparedQuery(_build_from_person)
