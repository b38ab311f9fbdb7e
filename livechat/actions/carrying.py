"""What goes on by mail: answers nobody was there to read, and a transcript."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from connectors.messages import Address, OutboundMessage
from connectors.models import Inbox
from connectors.queries import make_message_id, make_reply_address, text_to_html
from core import blind
from core.clock import now
from core.events import record
from core.ids import new_id
from customers.models import Identity
from livechat.actions.queue import take
from livechat.errors import NothingToSend
from livechat.models import Chat, Transcript, Visitor
from livechat.queries.chats import known_address
from livechat.queries.thread import has_left, load_changes, proved_addresses
from tickets.actions.base import record_on
from tickets.actions.search import index_message
from tickets.models import Delivery, Message, Thread, Ticket
from tickets.queries.doors import mail_door


def door_of(chat: Chat) -> Inbox | None:
    """The mailbox the widget names, else the first of its brand."""
    named = chat.widget.mail_inbox
    door = named if named and named.is_active else mail_door(chat.ticket)
    return door if door.address else None


def is_unread(chat: Chat, message: UUID) -> bool:
    seq = (
        Message.objects.filter(pk=message, withdrawn_at=None).values_list("seq", flat=True).first()
    )
    return seq is not None and seq > max(chat.visitor_seen_seq, chat.mailed_seq)


@transaction.atomic
def mail_unread(chat: Chat) -> Message | None:
    """All answers the visitor has left without reading, as one mail that leads back into the
    ticket. None where there is nothing to say, or nobody to say it to."""
    chat, ticket = take(chat)
    address, door = known_address(chat.visitor), door_of(chat)
    unread = _unread(chat, ticket)
    if not (unread and address and door):
        return None
    message = _carry(ticket, chat, unread, address=address, door=door)
    chat.mailed_seq = max(said.seq for said in unread)
    chat.save(update_fields=["mailed_seq"])
    return message


def _unread(chat: Chat, ticket: Ticket) -> list[Message]:
    said = Message.objects.filter(
        ticket=ticket,
        thread=chat.thread_id,
        direction=Message.Direction.OUT,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        seq__gt=max(chat.visitor_seen_seq, chat.mailed_seq),
        withdrawn_at=None,
        redacted_at=None,
    )
    return [m for m in said.select_related("delivery").order_by("seq") if has_left(m)]


def _carry(
    ticket: Ticket, chat: Chat, unread: list[Message], *, address: str, door: Inbox
) -> Message:
    language = chat.visitor.locale or ticket.language
    message = Message(
        id=new_id(),
        ticket=ticket,
        thread=_mail_thread(ticket, door, address),
        direction=Message.Direction.OUT,
        classification=Message.Classification.AUTO_REPLY,
        body=_words(language),
        addresses={"from": door.address or "", "to": [address], "cc": []},
        extras={"carries": [str(said.pk) for said in unread]},
        language=language,
        at=now(),
    )
    event = record_on(
        ticket, "message.carried", actor=None, message=message.pk, chat=chat.pk, count=len(unread)
    )
    message.seq = message.touched_seq = event.seq or 0
    message.save(force_insert=True)
    index_message(message, ticket)
    Delivery.objects.create(message=message, not_before=now())
    return message


def _mail_thread(ticket: Ticket, door: Inbox, address: str) -> Thread:
    index = blind.email_index(address)
    held = Identity.objects.filter(
        customer=ticket.customer_id, kind="email", value_index=index, valid_to=None
    )
    identity = held.first()
    known = Thread.objects.filter(inbox=door, identity=identity, messages__ticket=ticket).first()
    return known or Thread.objects.create(inbox=door, identity=identity)


def _words(language: str) -> str:
    with translation.override(language or "en"):
        return "\n\n".join(
            [
                _("You left our chat before this answer came. Here it is:"),
                _("Simply answer this mail. What you write appears in the chat, too."),
            ]
        )


# The transcript


def ask_transcript(chat: Chat, *, visitor: Visitor, address: str, language: str) -> None:
    """To an address that is proved; to any other only after a person has answered here, so that
    nobody has us send their own words to strangers."""
    proved = map(blind.normalise_email, proved_addresses(visitor))
    is_proved = blind.normalise_email(address) in proved
    if not is_proved and chat.accepted_at is None:
        raise NothingToSend(_("There is nothing to send yet."))
    with transaction.atomic():
        event = record(
            "chat.transcript_asked",
            subject=chat,
            actor=None,
            visitor=visitor.pk,
            is_proved=is_proved,
            language=language,
        )
        Transcript.objects.create(id=event.pk, visitor=visitor, address=address, created_at=now())


def build_transcript(
    chat: Chat, visitor: Visitor, *, mail_id: UUID
) -> tuple[OutboundMessage, Inbox] | None:
    """Every word the visitor may see, as plain text. ``mail_id`` is the id of what asked for it."""
    asked = Transcript.objects.filter(pk=mail_id, visitor=visitor).first()
    door = door_of(chat)
    if asked is None or door is None or door.address is None:
        return None
    address = asked.address
    brand = chat.widget.inbox.brand
    name = brand.sender_name or brand.name
    text = "\n\n".join([_("Your chat with %(name)s") % {"name": name}, *_lines(chat, visitor)])
    mail = OutboundMessage(
        idempotency_key=str(mail_id),
        message_id=make_message_id(mail_id, door.address),
        sender=Address(name, door.address),
        reply_to=Address(
            name, make_reply_address(door.address, ticket_id=chat.ticket_id, participant=address)
        ),
        to=[Address("", address)],
        subject=_("Your chat with %(name)s") % {"name": name},
        text=text,
        html=text_to_html(text),
        automatic=True,
        is_notice=True,
    )
    return mail, door


def forget_transcript(pk: UUID) -> None:
    Transcript.objects.filter(pk=pk).delete()


def _lines(chat: Chat, visitor: Visitor) -> list[str]:
    after, lines = 0, []
    while True:
        found = load_changes(chat, visitor, after=after)
        lines += [_line(row) for row in found.rows if not row["withdrawn"]]
        if not found.more or found.next <= after:
            return lines
        after = found.next


def _line(row: dict[str, object]) -> str:
    at = datetime.fromisoformat(str(row["at"])).strftime("%Y-%m-%d %H:%M UTC")
    if row["from"] == "system":
        return f"[{at}] {row['text']}"
    who = _("You") if row["from"] == "visitor" else str(row["name"])
    files = row["files"]
    names = [f"[{file['name']}]" for file in files] if isinstance(files, list) else []
    return f"[{at}] {who}: {' '.join([str(row['text']), *names]).strip()}"
