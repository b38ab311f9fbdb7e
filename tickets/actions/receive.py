"""A message from outside: whose is it, where does it belong, and may it go there?"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from connectors.messages import InboundMessage
from connectors.models import Inbox
from connectors.queries import read_message_id, read_reply_address, reply_token_fits
from core import blind
from core.clock import now
from core.ids import new_id
from customers.actions import identify_by_email
from customers.models import Customer, Identity
from tickets.actions.base import default_status, lock
from tickets.actions.change import enter_status
from tickets.actions.files import attach
from tickets.actions.write import add_inbound, create_ticket
from tickets.errors import Quarantined
from tickets.language import guess_language
from tickets.models import Category, Message, Thread, Ticket


def external_index(value: str) -> bytes:
    return blind.handle_index("message-id", value)


@transaction.atomic
def receive_message(
    inbox: Inbox, inbound: InboundMessage, *, recipients: Sequence[str] = ()
) -> Message:
    """Put a message where it belongs, or raise ``Quarantined`` with the reason.

    The same message again (same id and words in the same inbox) is the one we have.
    ``recipients`` are those of the envelope, which a blind copy names alone.
    """
    _check_sender(inbound)
    if known := _find_known(inbox, inbound):
        return known
    ticket = _find_ticket(inbox, inbound, recipients)
    if inbound.classification == Message.Classification.BOUNCE and ticket is None:
        raise Quarantined("A delivery report that belongs to no message of ours.")
    if ticket and _is_bounce(inbound):
        # The postmaster of some server is nobody's customer.
        return _append(ticket, _latest_thread(ticket), None, inbound)
    customer, identity = identify_by_email(inbound.sender.email, name=inbound.sender.name)
    subject = inbound.subject.strip() or "(no subject)"
    if ticket is None:
        language = guess_language(f"{subject} {inbound.text[:500]}")
        ticket = create_ticket(
            customer, inbox=inbox, subject=subject, actor=customer, language=language
        )
        thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    else:
        thread = _thread_of(ticket, inbox, identity)
    return _append(ticket, thread, customer, inbound)


def _check_sender(inbound: InboundMessage) -> None:
    if inbound.classification == Message.Classification.OWN:
        raise Quarantined("It claims to come from one of our own addresses.")
    if not inbound.sender.email or inbound.sender_problem:
        raise Quarantined(inbound.sender_problem or "It names no sender.")


def _find_known(inbox: Inbox, inbound: InboundMessage) -> Message | None:
    """The same message by another way, e.g. fetched after it was pushed. Other words under the
    same id are another message: nobody can suppress a mail by sending its id first."""
    candidates = Message.objects.filter(
        external_index=external_index(inbound.external_id), ticket__inbox=inbox
    ).select_related("ticket")
    return next((m for m in candidates if m.body == body_of(inbound)), None)


def body_of(inbound: InboundMessage) -> str:
    """The words of the message; a mail that has none still says so in the thread."""
    return inbound.text.strip() or ("" if inbound.html or inbound.attachments else "(no text)")


def _find_ticket(inbox: Inbox, inbound: InboundMessage, recipients: Sequence[str]) -> Ticket | None:
    """By evidence: a signed reply address, then our own and stored Message-IDs."""
    ticket = _by_reply_address(inbound, recipients) or _by_message_id(inbox, inbound)
    if ticket is None or ticket.category == Category.CLOSED:
        return None
    if ticket.category == Category.RESOLVED and ticket.resolved_at:
        too_late = (now() - ticket.resolved_at).days >= inbox.reopen_days
        if too_late and inbound.classification == Message.Classification.PERSON:
            return None
    return ticket


def _by_reply_address(inbound: InboundMessage, recipients: Sequence[str]) -> Ticket | None:
    named = [address.email for address in [*inbound.to, *inbound.cc]]
    for address in dict.fromkeys([*named, *recipients]):
        token = read_reply_address(address)
        if token is None:
            continue
        ticket = Ticket.objects.filter(pk=token.ticket_id).first()
        if ticket is None:
            return None
        ticket = lock(ticket)
        if not reply_token_fits(token, inbound.sender.email) and not _takes_part(
            ticket, inbound.sender.email
        ):
            raise Quarantined("A stranger used the reply address of somebody else.")
        return ticket
    return None


def _by_message_id(inbox: Inbox, inbound: InboundMessage) -> Ticket | None:
    """Guessed or leaked ids give nobody access: the sender must already take part."""
    references = [inbound.in_reply_to, *reversed(inbound.references)]
    for reference in dict.fromkeys(filter(None, references)):
        for found in _messages_called(reference, inbox):
            if _takes_part(found.ticket, inbound.sender.email) or _is_bounce(inbound):
                return lock(found.ticket)
    return None


def _messages_called(reference: str, inbox: Inbox) -> list[Message]:
    messages = Message.objects.filter(ticket__inbox=inbox).select_related("ticket")
    if own := read_message_id(reference):
        return list(messages.filter(pk=own))
    return list(messages.filter(external_index=external_index(reference))[:5])


def _is_bounce(inbound: InboundMessage) -> bool:
    return inbound.classification == Message.Classification.BOUNCE


def _takes_part(ticket: Ticket, email: str) -> bool:
    """The customer by any of their addresses, or somebody we have written to in this ticket."""
    index = blind.email_index(email)
    holders = Identity.objects.filter(kind=Identity.Kind.EMAIL, value_index=index, valid_to=None)
    if holders.filter(customer=ticket.customer_id).exists():
        return True
    outbound = ticket.messages.filter(
        direction=Message.Direction.OUT, kind=Message.Kind.PUBLIC, withdrawn_at=None
    ).select_related("ticket")
    written_to = {
        blind.normalise_email(address)
        for message in outbound
        for address in [*message.addresses.get("to", []), *message.addresses.get("cc", [])]
    }
    return blind.normalise_email(email) in written_to


def _thread_of(ticket: Ticket, inbox: Inbox, identity: Identity) -> Thread:
    thread = Thread.objects.filter(inbox=inbox, identity=identity, messages__ticket=ticket).first()
    return thread or Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())


def _latest_thread(ticket: Ticket) -> Thread | None:
    return Thread.objects.filter(messages__ticket=ticket).order_by("-messages__seq").first()


def _append(
    ticket: Ticket, thread: Thread | None, customer: Customer | None, inbound: InboundMessage
) -> Message:
    message_id: UUID = new_id()
    addresses = {
        "from": inbound.sender.email,
        "name": inbound.sender.name,
        "to": [a.email for a in inbound.to],
        "cc": [a.email for a in inbound.cc],
    }
    if inbound.reply_to and ticket.last_message_seq == 0:
        # Only whoever opens a request may say where the answers go: in a thread it would be a
        # way to lead our next answer to a stranger.
        addresses["reply_to"] = inbound.reply_to.email
    message = add_inbound(
        ticket,
        thread,
        customer=customer,
        actor=customer,
        id=message_id,
        body=body_of(inbound),
        html=inbound.html,
        addresses=addresses,
        classification=inbound.classification,
        external_id=inbound.external_id,
        external_index=external_index(inbound.external_id),
    )
    for file in inbound.attachments:
        attach(
            ticket,
            message,
            filename=file.filename or "file",
            content_type=file.content_type,
            content=file.content,
            disposition=file.disposition,
            cid=file.content_id,
        )
    if thread:
        Thread.objects.filter(pk=thread.pk).update(last_in_at=now())
    if not message.is_automatic and (ticket.is_resolved or ticket.is_waiting):
        enter_status(ticket, default_status(Category.OPEN), actor=customer)
    return message
