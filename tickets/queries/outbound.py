"""An answer as the mail that leaves."""

from connectors.messages import Address, OutboundAttachment, OutboundMessage
from connectors.queries import make_message_id, make_reply_address, text_to_html
from core import files
from tickets.models import Message, Ticket

_KEPT_REFERENCES = 20


def outbound_of(message: Message) -> OutboundMessage:
    """Build it from the stored message alone, so that every try yields the same mail."""
    ticket = Ticket.objects.select_related("customer", "inbox__brand").get(pk=message.ticket_id)
    inbox = ticket.inbox
    own_address = inbox.address or "helpdesk@localhost"
    recipient = message.addresses["to"][0]
    sender_name = f"{message.author.name} ({inbox.brand})" if message.author else str(inbox.brand)
    text = "\n\n".join(filter(None, [message.body, inbox.brand.signature]))
    in_reply_to, references = _references(ticket, message)
    return OutboundMessage(
        idempotency_key=str(message.pk),
        message_id=make_message_id(message.pk, own_address),
        sender=Address(sender_name, own_address),
        reply_to=Address(
            str(inbox.brand),
            make_reply_address(own_address, ticket_id=ticket.pk, participant=recipient),
        ),
        to=[Address(_name_for(recipient, ticket, message), recipient)],
        cc=[Address("", address) for address in message.addresses.get("cc", [])],
        subject=_subject(ticket),
        text=text,
        html=text_to_html(text),
        in_reply_to=in_reply_to,
        references=references,
        attachments=_attachments(message),
    )


def _name_for(recipient: str, ticket: Ticket, message: Message) -> str:
    identities = ticket.customer.identities.filter(kind="email", valid_to=None)
    is_customers = any(identity.value == recipient for identity in identities)
    return ticket.customer.name if is_customers else ""


def _subject(ticket: Ticket) -> str:
    has_prefix = ticket.subject.lower().startswith(("re:", "re：", "回复", "回覆", "aw:"))
    return ticket.subject if has_prefix else f"Re: {ticket.subject}"


def _references(ticket: Ticket, message: Message) -> tuple[str, list[str]]:
    """The newest message of the customer, and the whole chain: first and last twenty."""
    before = ticket.messages.filter(seq__lt=message.seq, kind="public", withdrawn_at=None)
    chain, last_in = [], ""
    for earlier in before.select_related("ticket").order_by("seq"):
        own = make_message_id(earlier.pk, ticket.inbox.address or "helpdesk@localhost")
        name = earlier.external_id if earlier.is_inbound else own
        if name:
            chain.append(name)
        if earlier.is_inbound and earlier.external_id:
            last_in = earlier.external_id
    kept = chain if len(chain) <= _KEPT_REFERENCES else [chain[0], *chain[-_KEPT_REFERENCES:]]
    return last_in, kept


def _attachments(message: Message) -> list[OutboundAttachment]:
    found = []
    for attachment in message.attachments.select_related("blob", "ticket"):
        with files.open_stream(attachment.blob_id) as stream:
            content = stream.read()
        found.append(OutboundAttachment(attachment.filename, attachment.blob.sniffed_type, content))
    return found
