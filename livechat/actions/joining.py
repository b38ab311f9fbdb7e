"""A visitor turns out to be a customer we know: their chat becomes the customer's.

Never the other way round, and never more than what is surely theirs.
"""

from typing import Any

from django.db import transaction

from core import blind
from core.fields import encrypted_fields, reseal
from customers.models import Customer
from livechat.models import Chat, Visitor
from tickets.actions import reindex_ticket
from tickets.actions.base import lock, record_on
from tickets.models import Attachment, Message, Ticket


@transaction.atomic
def join_chats(visitor: Visitor, *, was: Customer, customer: Customer, address: str) -> int:
    """Move the tickets of the visitor's chats from the nameless customer they were. An ended one
    only where its visitor had named the very address that is proved now: somebody else may have
    sat at this browser before. Returns how many."""
    chats = Chat.objects.filter(visitor=visitor, ticket__customer=was).select_related("ticket")
    moved = 0
    for chat in chats.order_by("pk"):
        if chat.is_open or _named(visitor, address):
            _move(chat, was=was, customer=customer)
            moved += 1
    if moved and _is_empty(was):
        Customer.objects.filter(pk=was.pk).update(merged_into=customer)
    return moved


def _named(visitor: Visitor, address: str) -> bool:
    claimed = visitor.claimed_email
    same = blind.normalise_email(claimed) == blind.normalise_email(address)
    return bool(claimed and address) and same


def _move(chat: Chat, *, was: Customer, customer: Customer) -> None:
    ticket = lock(Ticket(pk=chat.ticket_id))
    if ticket.customer_id != was.pk or ticket.merged_into_id:
        return
    ticket.customer = customer
    reseal(ticket)
    ticket.save()
    said = Message.objects.filter(ticket=ticket)
    # What came by mail from elsewhere stays with whoever wrote it.
    said.filter(thread=chat.thread_id, customer=was).update(customer=customer)
    rows: list[Any] = [*said.all(), *Attachment.objects.filter(ticket=ticket)]
    for row in rows:
        row.ticket = ticket
        reseal(row)
        row.save()
    _reseal_chat(chat, ticket)
    record_on(ticket, "ticket.customer_changed", actor=customer, previous=was.pk)
    reindex_ticket(ticket)


def _reseal_chat(chat: Chat, ticket: Ticket) -> None:
    """As it is now, the ticket being locked: somebody may have taken the chat since it was read."""
    chat = Chat.objects.select_for_update().get(pk=chat.pk)
    chat.ticket = ticket
    reseal(chat)
    chat.save(update_fields=[field.name for field in encrypted_fields(Chat)])


def _is_empty(customer: Customer) -> bool:
    """Nobody's any more. An address that was only claimed stays reachable under its own name."""
    has_address = customer.identities.filter(valid_to=None).exists()
    return not has_address and not Ticket.objects.filter(customer=customer).exists()
