"""An answer, a confirmation or a notice as the mail that leaves."""

from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from connectors.messages import Address, OutboundAttachment, OutboundMessage
from connectors.models import Brand
from connectors.queries import (
    make_message_id,
    make_reply_address,
    make_subject_token,
    markdown_to_html,
    markdown_to_text,
    pictures_in,
    text_to_html,
)
from core import files
from core.fields import warm_keys
from tickets.models import Message, SideConversation, Ticket
from tickets.queries.doors import mail_door
from tickets.queries.follow import follow_link

_KEPT_REFERENCES = 20
PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_DELIMITER = "-- "  # RFC 3676 4.3


def outbound_of(message: Message) -> OutboundMessage:
    """Build it from the stored message alone, so that every try yields the same mail."""
    if message.kind == Message.Kind.SIDE:
        return _side_outbound(message)
    ticket = Ticket.objects.select_related("customer", "inbox__brand", "team").get(
        pk=(message.extras or {}).get("written_in") or message.ticket_id
    )
    inbox = mail_door(ticket, message.thread)
    own_address = inbox.address or "helpdesk@localhost"
    recipient = message.addresses["to"][0]
    carried = carried_by(message)
    text = _sign(_with_carried(message, carried), _signature_for(message, ticket))
    text = _with_follow_link(text, message, ticket)
    in_reply_to, references = _references(ticket, message, own_address)
    is_automatic = message.is_automatic and not carried
    attachments = [one for said in (message, *carried) for one in attachments_of(said)]
    return OutboundMessage(
        idempotency_key=str(message.pk),
        message_id=make_message_id(message.pk, own_address),
        sender=Address(sender_name(message, inbox.brand), own_address),
        reply_to=Address(
            _name_of(inbox.brand),
            make_reply_address(own_address, ticket_id=ticket.pk, participant=recipient),
        ),
        to=[Address(_name_for(recipient, ticket, message), recipient)],
        cc=[Address("", address) for address in message.addresses.get("cc", [])],
        bcc=[Address("", address) for address in message.addresses.get("bcc", [])],
        subject=_acknowledged(ticket, message) if is_automatic else _subject(ticket),
        text=markdown_to_text(text),
        html=_html_of(text, attachments),
        in_reply_to=in_reply_to,
        references=references,
        attachments=[attachment for _pk, attachment in attachments],
        automatic=is_automatic or bool(message.author and message.author.is_bot),
    )


def carried_by(message: Message) -> list[Message]:
    """Answers said elsewhere that this mail carries after somebody who has left, in their order."""
    wanted = (message.extras or {}).get("carries", [])
    if not wanted:
        return []
    said = Message.objects.filter(pk__in=wanted, ticket=message.ticket_id, withdrawn_at=None)
    found = list(said.select_related("ticket__inbox", "author").order_by("seq"))
    warm_keys(found)
    return found


def _with_carried(message: Message, carried: list[Message]) -> str:
    return "\n\n".join([message.body, *(said.body for said in carried if said.body.strip())])


def _side_outbound(message: Message) -> OutboundMessage:
    """To a third party: nothing in it leads to the customer's thread or speaks of it."""
    sides = SideConversation.objects.select_related("ticket__inbox__brand", "ticket__team")
    side = sides.get(messages=message)
    ticket = side.ticket
    own_address = mail_door(ticket).address or "helpdesk@localhost"
    recipient = message.addresses["to"][0]
    reply_to = make_reply_address(own_address, ticket_id=side.pk, participant=recipient)
    text = _sign(message.body, _signature_for(message, ticket))
    in_reply_to, references, is_first = _references_in(side, message, own_address)
    attachments = attachments_of(message)
    return OutboundMessage(
        idempotency_key=str(message.pk),
        message_id=make_message_id(message.pk, own_address),
        sender=Address(sender_name(message, ticket.inbox.brand), own_address),
        reply_to=Address(_name_of(ticket.inbox.brand), reply_to),
        to=[Address("", recipient)],
        cc=[Address("", address) for address in message.addresses.get("cc", [])],
        subject=side.subject if is_first else f"Re: {side.subject}",
        text=markdown_to_text(text),
        html=_html_of(text, attachments),
        in_reply_to=in_reply_to,
        references=references,
        attachments=[attachment for _pk, attachment in attachments],
    )


def _references_in(
    side: SideConversation, message: Message, own_address: str
) -> tuple[str, list[str], bool]:
    earlier = side.messages.filter(at__lt=message.at, withdrawn_at=None).order_by("at", "seq")
    chain = [
        said.external_id if said.is_inbound else make_message_id(said.pk, own_address)
        for said in earlier.select_related("ticket")
    ]
    names = [name for name in chain if name]
    kept = names if len(names) <= _KEPT_REFERENCES else [names[0], *names[-_KEPT_REFERENCES:]]
    return (names[-1] if names else ""), kept, not chain


def notice_of(user: User, ticket: Ticket, *, notice_id: UUID, kind: str) -> OutboundMessage:
    """A few words of ours on a ticket, for a colleague; none of the customer's."""
    inbox = mail_door(ticket)
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
    if kind == "mention":
        return _("You were mentioned in ticket %(number)s")
    if kind == "due_soon":
        return _("A promise in ticket %(number)s is about to be broken")
    if kind == "overdue":
        return _("A promise in ticket %(number)s was broken")
    if kind == "side":
        return _("A third party answered in ticket %(number)s")
    return _("There is something new on ticket %(number)s")


def _name_of(brand: Brand) -> str:
    return brand.sender_name or brand.name


def sender_name(message: Message, brand: Brand) -> str:
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


def _with_follow_link(text: str, message: Message, ticket: Ticket) -> str:
    link = follow_link(ticket, message)
    if not link:
        return text
    with override(message.language or ticket.language or settings.LANGUAGE_CODE):
        words = _("Follow your request here:")
    return f"{text}\n\n{words} {link}"


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


def _references(ticket: Ticket, message: Message, own_address: str) -> tuple[str, list[str]]:
    """The newest message of the customer, and the whole chain: first and last twenty."""
    chain, last_in = [], ""
    for earlier in _said_before(ticket, message):
        own = make_message_id(earlier.pk, own_address)
        name = earlier.external_id if earlier.is_inbound else own
        if name:
            chain.append(name)
        if earlier.is_inbound and earlier.external_id:
            last_in = earlier.external_id
    kept = chain if len(chain) <= _KEPT_REFERENCES else [chain[0], *chain[-_KEPT_REFERENCES:]]
    return last_in, kept


def _said_before(ticket: Ticket, message: Message) -> "QuerySet[Message]":
    """In time. What the customers of merged tickets wrote is left out: its names are theirs."""
    home = Q(pk=message.ticket_id) | Q(merged_into=message.ticket_id)
    others = Ticket.objects.filter(home).exclude(customer=ticket.customer_id).values("customer")
    said = Message.objects.filter(ticket=message.ticket_id, kind="public", withdrawn_at=None)
    before = said.filter(Q(at__lt=message.at) | Q(at=message.at, seq__lt=message.seq))
    return before.exclude(customer__in=others).select_related("ticket").order_by("at", "seq")


def attachments_of(message: Message) -> list[tuple[UUID, OutboundAttachment]]:
    """With their ids. A picture its author put into the text has a content id."""
    shown = set(pictures_in(message.body))
    domain = (message.ticket.inbox.address or "").rpartition("@")[2] or "helpdesk"
    found = []
    for attachment in message.attachments.select_related("blob", "ticket"):
        kind = attachment.blob.sniffed_type
        is_picture = attachment.pk in shown and kind in PICTURES
        with files.open_stream(attachment.blob_id) as stream:
            content = stream.read()
        cid = f"{attachment.pk.hex}@{domain}" if is_picture else ""
        found.append(
            (attachment.pk, OutboundAttachment(attachment.filename, kind, content, content_id=cid))
        )
    return found


def _html_of(text: str, attachments: list[tuple[UUID, OutboundAttachment]]) -> str:
    cids = {pk: attachment.content_id for pk, attachment in attachments if attachment.content_id}
    return markdown_to_html(text, picture=lambda pk: f"cid:{cids[pk]}" if pk in cids else "")
