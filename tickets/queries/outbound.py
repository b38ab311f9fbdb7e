"""An answer, a confirmation or a notice as the mail that leaves."""

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from connectors.messages import Address, OutboundAttachment, OutboundMessage
from connectors.models import Brand
from connectors.queries import (
    make_message_id,
    make_reply_address,
    make_subject_token,
    text_to_html,
)
from core import files
from tickets.models import Message, Ticket

_KEPT_REFERENCES = 20
_DELIMITER = "-- "  # RFC 3676 4.3


def outbound_of(message: Message) -> OutboundMessage:
    """Build it from the stored message alone, so that every try yields the same mail."""
    ticket = Ticket.objects.select_related("customer", "inbox__brand", "team").get(
        pk=message.ticket_id
    )
    inbox = ticket.inbox
    own_address = inbox.address or "helpdesk@localhost"
    recipient = message.addresses["to"][0]
    text = _sign(message.body, _signature_for(message, ticket))
    in_reply_to, references = _references(ticket, message)
    return OutboundMessage(
        idempotency_key=str(message.pk),
        message_id=make_message_id(message.pk, own_address),
        sender=Address(_sender_name(message, inbox.brand), own_address),
        reply_to=Address(
            _name_of(inbox.brand),
            make_reply_address(own_address, ticket_id=ticket.pk, participant=recipient),
        ),
        to=[Address(_name_for(recipient, ticket, message), recipient)],
        cc=[Address("", address) for address in message.addresses.get("cc", [])],
        subject=_acknowledged(ticket, message) if message.is_automatic else _subject(ticket),
        text=text,
        html=text_to_html(text),
        in_reply_to=in_reply_to,
        references=references,
        attachments=_attachments(message),
        automatic=message.is_automatic,
    )


def notice_of(user: User, ticket: Ticket, *, notice_id: UUID, kind: str) -> OutboundMessage:
    """A few words of ours on a ticket, for a colleague; none of the customer's."""
    inbox = ticket.inbox
    own_address = inbox.address or "helpdesk@localhost"
    with override(user.language or settings.LANGUAGE_CODE):
        said = _words_of_notice(kind) % {"number": f"#{ticket.number}"}
        how = _("Your answer to this mail goes to the customer.")
    text = f"{said}\n\n{settings.PUBLIC_URL}/tickets/{ticket.pk}/\n\n{how}"
    return OutboundMessage(
        idempotency_key=str(notice_id),
        message_id=make_message_id(notice_id, own_address),
        sender=Address(_name_of(inbox.brand), own_address),
        reply_to=Address(
            "", make_reply_address(own_address, ticket_id=ticket.pk, participant=user.email)
        ),
        to=[Address(user.name, user.email)],
        subject=f"{make_subject_token(ticket.number)} {said}",
        text=text,
        html=text_to_html(text),
        automatic=True,
        is_notice=True,
    )


def _words_of_notice(kind: str) -> str:
    if kind == "assigned":
        return _("Ticket %(number)s was assigned to you")
    return _("There is something new on ticket %(number)s")


def _name_of(brand: Brand) -> str:
    return brand.sender_name or brand.name


def _sender_name(message: Message, brand: Brand) -> str:
    return f"{message.author.name} ({_name_of(brand)})" if message.author else _name_of(brand)


def _signature_for(message: Message, ticket: Ticket) -> str:
    """The author's own, else the team's, else the brand's."""
    own = message.author.signature if message.author else ""
    of_team = ticket.team.signature if ticket.team and message.author else ""
    return (own.strip() or of_team.strip() or ticket.inbox.brand.signature).strip()


def _sign(body: str, signature: str) -> str:
    """The signature stands in the mail alone, not in the thread, and never twice."""
    if not signature or body.rstrip().endswith(signature):
        return body
    return f"{body.rstrip()}\n\n{_DELIMITER}\n{signature}"


def _acknowledged(ticket: Ticket, message: Message) -> str:
    """Ours alone: the subject of the customer may be an attacker's advertisement."""
    with override(message.language or settings.LANGUAGE_CODE):
        said = _("We have received your message")
    return f"{make_subject_token(ticket.number)} {said}"


def _name_for(recipient: str, ticket: Ticket, message: Message) -> str:
    if message.is_automatic:
        return ""  # whoever filled in the name need not be who is written to
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
