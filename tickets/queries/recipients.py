"""Whom an answer may go to, and who gets copies of it unless somebody says otherwise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.queries import own_addresses
from core import blind
from core.fields import warm_keys
from customers.models import Identity
from tickets.models import Message, Ticket
from tickets.queries.evidence import recipients_of
from tickets.queries.newest import address_of, is_trusted, mark_others


@dataclass(frozen=True, slots=True)
class Recipients:
    to: str = ""
    others: list[str] = field(default_factory=list)  # to whom it could go instead
    cc: list[str] = field(default_factory=list)  # as the last message had them


def recipients_for(
    messages: Sequence[Message], *, inbox_address: str, own: Iterable[str]
) -> Recipients:
    """From the public messages of a ticket in their order and the customer's ``own`` addresses.

    Whom a mail of unproved origin names gets nothing: it would lead our answer to strangers.
    """
    said = [m for m in messages if _counts(m)]
    written_to = {_norm(a) for m in said if not m.is_inbound for a in recipients_of(m)}
    believed = [
        m for m in said if not m.is_inbound or is_trusted(m) or _norm(address_of(m)) in written_to
    ]
    senders = [address_of(m) for m in believed if m.is_inbound and address_of(m)]
    customers = list(own)
    to = senders[-1] if senders else next(iter(customers), "")
    named = [a for m in believed for a in recipients_of(m)]
    ours = _ours([*senders, *customers, *named], inbox_address)
    everybody = _unique([to, *reversed(senders), *customers, *named], without=ours)
    last = believed[-1] if believed else None
    copies = _copies_of(last) if last else []
    return Recipients(
        to=to,
        others=[address for address in everybody if _norm(address) != _norm(to)],
        cc=_unique(copies, without=ours | {_norm(to)}),
    )


def _counts(message: Message) -> bool:
    return (
        message.kind == Message.Kind.PUBLIC
        and not message.is_automatic
        and not message.is_others
        and message.withdrawn_at is None
    )


def _copies_of(message: Message) -> list[str]:
    return recipients_of(message) if message.is_inbound else list(message.addresses.get("cc", []))


def _ours(addresses: list[str], inbox_address: str) -> set[str]:
    """Those that lead back to us. Other inboxes are asked for only where it could be one."""
    own = {_without_plus(inbox_address)}
    strange = {_without_plus(address) for address in addresses} - own
    if len(strange) > 1:
        own |= {_without_plus(address) for address in own_addresses()}
    return {_norm(address) for address in addresses if _without_plus(address) in own}


def participants_of(ticket: Ticket) -> list[str]:
    """Everybody an answer may be addressed to; asked again when it is sent."""
    found = recipients_of_ticket(ticket)
    return [found.to, *found.others] if found.to else found.others


def recipients_of_ticket(ticket: Ticket) -> Recipients:
    messages = list(
        Message.objects.filter(ticket=ticket.pk, kind=Message.Kind.PUBLIC, withdrawn_at=None)
        .select_related("ticket")
        .order_by("at", "seq")
    )
    identities = list(
        Identity.objects.filter(
            customer=ticket.customer_id, kind=Identity.Kind.EMAIL, valid_to=None
        ).order_by("pk")
    )
    warm_keys(messages, identities)
    mark_others(messages, ticket.pk)
    return recipients_for(
        messages,
        inbox_address=ticket.inbox.address or "",
        own=[identity.value for identity in identities],
    )


def is_participant(ticket: Ticket, address: str) -> bool:
    return _norm(address) in {_norm(known) for known in participants_of(ticket)}


def _unique(addresses: Iterable[str], *, without: set[str]) -> list[str]:
    found = {_norm(a): a for a in reversed(list(addresses)) if a and _norm(a) not in without}
    return list(reversed(found.values()))


def _norm(address: str) -> str:
    return blind.normalise_email(address)


def _without_plus(address: str) -> str:
    local, at, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
