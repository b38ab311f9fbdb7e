"""A forwarded message as the mail that leaves."""

from django.utils import timezone
from django.utils.translation import gettext as _

from connectors.messages import Address, OutboundMessage
from connectors.queries import make_message_id, markdown_to_html, markdown_to_text, text_to_html
from core.fields import warm_keys
from tickets.models import Message, Ticket
from tickets.queries.doors import mail_door
from tickets.queries.newest import address_of
from tickets.queries.outbound import attachments_of, sender_name

_RULE = "-" * 10


def is_forward(message: Message) -> bool:
    return message.kind == Message.Kind.NOTE and bool(message.addresses.get("forwarded_to"))


def forward_of(message: Message) -> OutboundMessage:
    """No address of it leads into the ticket, and no reference tells of its thread."""
    ticket = Ticket.objects.select_related("inbox__brand", "customer").get(pk=message.ticket_id)
    original = Message.objects.select_related("ticket", "author", "customer").get(
        pk=(message.extras or {})["forwarded"]
    )
    warm_keys([ticket], [original])
    own_address = mail_door(ticket).address or "helpdesk@localhost"
    quoted = "\n".join([*_head(original, ticket), "", original.body])
    words = message.body.strip()
    return OutboundMessage(
        idempotency_key=str(message.pk),
        message_id=make_message_id(message.pk, own_address),
        sender=Address(sender_name(message, ticket.inbox.brand), own_address),
        reply_to=Address("", own_address),
        to=[Address("", address) for address in message.addresses["forwarded_to"]],
        subject=f"Fwd: {ticket.subject}",
        text="\n\n".join(filter(None, [markdown_to_text(words), quoted])),
        html="\n".join(filter(None, [markdown_to_html(words) if words else "", _box(quoted)])),
        attachments=[attachment for _pk, attachment in attachments_of(message)],
    )


def _head(original: Message, ticket: Ticket) -> list[str]:
    at = timezone.localtime(original.at).strftime("%Y-%m-%d %H:%M %Z")
    sender = address_of(original) if original.is_inbound else ticket.inbox.address or ""
    name = original.author.name if original.author else ""
    name = name or (original.customer.name if original.customer else "")
    rows = [(_("From"), f"{name} <{sender}>"), (_("Date"), at), (_("Subject"), ticket.subject)]
    title = _("Forwarded message")
    return [f"{_RULE} {title} {_RULE}", *(f"{label}: {value}" for label, value in rows)]


def _box(quoted: str) -> str:
    return f"<blockquote>{text_to_html(quoted)}</blockquote>"
