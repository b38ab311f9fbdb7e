"""A chat as its visitor may see it: what was said between them and us, and who came and went.

Notes, side conversations, other people's mails and answers that have not left are never read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from connectors.models import Inbox
from connectors.queries import fold_quotes, markdown_to_html
from core import blind
from core.clock import now
from core.downloads import SHOWN_INLINE
from core.fields import warm_keys
from core.hours import back_words
from core.models import Event
from core.prepared import PreparedQuery, prepared_cursor
from livechat.models import Chat, Visitor
from livechat.queries.files import sign_file
from tickets.models import Attachment, Delivery, Message, Ticket

PAGE = 200
# Events a visitor is told as a line of its own.
LINES = ("chat.joined", "chat.waits", "chat.handed_on", "chat.ended", "chat.person_wanted")
DELETED = "message.deleted"
_HEAD = """
SELECT greatest(
    (SELECT max(touched_seq) FROM tickets_message WHERE ticket_id = %(home)s AND kind = 'public'),
    (SELECT max(seq) FROM core_event WHERE ticket_id = %(own)s AND (
        (name = ANY(%(lines)s) AND details ->> 'chat' = %(chat)s)
        OR (name = 'message.deleted' AND details ->> 'kind' = 'public')
    )),
    0
)
"""


@dataclass(frozen=True, slots=True)
class Changes:
    rows: list[dict[str, Any]]
    next: int  # the ``after`` to ask with from here on
    more: bool
    head: int


def home_of(chat: Chat) -> UUID:
    """The ticket that holds the chat's words now; merging moves them."""
    return chat.ticket.merged_into_id or chat.ticket_id


def head_of(chat: Chat) -> int:
    """How far the chat is. May count what the visitor is not shown, but never less."""
    # What happened in a ticket that was merged has numbers of its own.
    own = None if chat.ticket.merged_into_id else chat.ticket_id
    with prepared_cursor() as cursor:
        given = {"home": home_of(chat), "own": own, "chat": str(chat.pk), "lines": list(LINES)}
        cursor.execute(_HEAD, given)
        return int(cursor.fetchone()[0])


def load_changes(chat: Chat, visitor: Visitor, *, after: int) -> Changes:
    """What was said, changed or happened since, in the order in which it did. What is committed
    while we read is left for the next time: of two numbers we might see the second alone."""
    head = head_of(chat)
    if 0 < after >= head:
        return Changes([], after, False, after)
    said = [message for message in _touched(chat, after) if message.touched_seq <= head]
    lines = list(_lines(chat, after)[: PAGE + 1])
    # Those of a ticket that was merged come at once, whatever their numbers were in it.
    numbered = [] if chat.ticket.merged_into_id else [e for e in lines if _seq(e) <= head]
    marks = sorted([*(m.touched_seq for m in said), *map(_seq, numbered)])
    until = marks[PAGE - 1] if len(marks) > PAGE else head
    shown = _only_shown([m for m in said if m.touched_seq <= until], chat, visitor)
    if not chat.ticket.merged_into_id:
        lines = [event for event in numbered if _seq(event) <= until]
    rows = [*shape_messages(shown, chat), *shape_lines(lines)]
    rows.sort(key=lambda row: row["at"])
    return Changes(rows, max(until, after), len(marks) > PAGE, max(head, after))


def _seq(event: Event) -> int:
    return event.seq or 0


def _touched(chat: Chat, after: int) -> list[Message]:
    """Of the chat itself, and mails, of which `_only_shown` keeps what is this visitor's."""
    messages = _touched_query.fetch((home_of(chat), chat.thread_id, after))
    warm_keys(messages)
    return messages


def _touched_messages(home: UUID, thread: UUID, after: int, *, shape: None) -> "QuerySet[Message]":
    of_chat = Q(thread=thread) | Q(thread__inbox__kind=Inbox.Kind.MAIL)
    said = {"kind": Message.Kind.PUBLIC, "classification": Message.Classification.PERSON}
    return (
        Message.objects.filter(of_chat, ticket=home, touched_seq__gt=after, **said)
        .select_related("ticket", "author", "delivery", "thread")
        .order_by("touched_seq")[: PAGE + 1]
    )


def message_of(pk: UUID) -> Message:
    """With what ``shape_messages`` shows of it."""
    return _message_query.get(pk)


def _message(pk: UUID, *, shape: None) -> "QuerySet[Message]":
    return Message.objects.filter(pk=pk).select_related("ticket", "author", "thread")


_touched_query, _message_query = PreparedQuery(_touched_messages), PreparedQuery(_message)


def _only_shown(messages: list[Message], chat: Chat, visitor: Visitor) -> list[Message]:
    mine = own_addresses(visitor, chat) if any(_is_mail(m, chat) for m in messages) else set()
    return [m for m in messages if has_left(m) and (not _is_mail(m, chat) or _is_of(m, mine))]


def _is_mail(message: Message, chat: Chat) -> bool:
    return message.thread_id != chat.thread_id


def _is_of(message: Message, addresses: set[str]) -> bool:
    """A mail from, or an answer to, an address of this visitor."""
    if message.is_inbound:
        named = [str(message.addresses.get("from", ""))]
    else:
        named = list(message.addresses.get("to", []))
    return bool({blind.normalise_email(address) for address in named if address} & addresses)


def has_left(message: Message) -> bool:
    if message.is_inbound:
        return True
    delivery = getattr(message, "delivery", None)
    if delivery is None:
        return True
    if message.withdrawn_at:  # shown as gone where it was shown before
        return bool(delivery.not_before <= message.withdrawn_at)
    is_out = delivery.state in (Delivery.State.SENT, Delivery.State.FAILED)
    return bool(is_out or delivery.not_before <= now())


def own_addresses(visitor: Visitor, chat: Chat) -> set[str]:
    """Those they have proved, and the one they typed. What they typed leads to mails of this very
    chat alone: where a merge brought other requests in, it shows nothing."""
    found = {blind.normalise_email(address) for address in proved_addresses(visitor)}
    if visitor.claimed_email and not _is_mixed(chat):
        found.add(blind.normalise_email(visitor.claimed_email))
    return found


def proved_addresses(visitor: Visitor) -> list[str]:
    """The oldest first. Another may have typed an address in the name of the same customer."""
    if not (visitor.verified_at and visitor.customer):
        return []
    held = visitor.customer.identities.filter(
        kind="email", valid_to=None, verified_at__isnull=False
    )
    return [str(identity.value) for identity in held.order_by("pk")]


def _is_mixed(chat: Chat) -> bool:
    if chat.ticket.merged_into_id:
        return True
    return Ticket.objects.filter(merged_into=chat.ticket_id).exists()


# Shapes


def shape_messages(messages: list[Message], chat: Chat) -> list[dict[str, Any]]:
    files = _files_of(messages)
    return [_shape_message(message, chat, files.get(message.pk, [])) for message in messages]


def _shape_message(message: Message, chat: Chat, files: list[Attachment]) -> dict[str, Any]:
    is_gone = bool(message.withdrawn_at or message.redacted_at)
    is_mail = _is_mail(message, chat)
    text = "" if is_gone else fold_quotes(message.body)[0] if is_mail else message.body
    shaped = {
        "id": str(message.pk),
        "seq": message.seq,
        "client_id": str(message.client_id) if message.is_inbound and message.client_id else None,
        "from": "visitor" if message.is_inbound else "agent",
        "name": shown_name(message.author),
        "text": text,
        "html": "" if message.is_inbound or is_gone else markdown_to_html(text),
        "at": message.at.isoformat(),
        "files": [] if is_gone else [shape_file(file, chat.widget.key) for file in files],
        "via": "mail" if is_mail else "chat",
        "state": "",
        "withdrawn": is_gone,
    }
    return shaped | offers_of(message)


def offers_of(message: Message) -> dict[str, Any]:
    """Quick replies and cards, which bots give along."""
    extras = message.extras or {}
    return {"quick": extras.get("quick", []), "cards": extras.get("cards", [])}


def _files_of(messages: Iterable[Message]) -> dict[UUID, list[Attachment]]:
    wanted = {message.pk: message for message in messages}
    files: dict[UUID, list[Attachment]] = {}
    found = (
        list(
            Attachment.objects.filter(message__in=wanted)
            .select_related("blob")
            .order_by("created_at", "id")
        )
        if wanted
        else []
    )
    for file in found:
        assert file.message_id  # noqa: S101  asked for by it
        file.ticket = wanted[file.message_id].ticket
        files.setdefault(file.message_id, []).append(file)
    warm_keys(found)
    return files


def shape_file(file: Attachment, key: str) -> dict[str, Any]:
    return {
        "id": str(file.pk),
        "name": file.filename,
        "type": file.blob.sniffed_type,
        "size": file.blob.size,
        "url": sign_file(file.pk, key),
        "picture": file.blob.sniffed_type in SHOWN_INLINE,
    }


def shown_name(user: User | None) -> str:
    """Customers are told the first name; of Chinese names all of it."""
    return user.name.split()[0] if user and user.name.strip() else ""


# Lines of the system


def _happened(chat: Chat) -> "QuerySet[Event]":
    lines = Q(name__in=LINES, details__chat=str(chat.pk))
    gone = Q(name=DELETED, details__kind=Message.Kind.PUBLIC)
    return Event.objects.filter(lines | gone, ticket_id=chat.ticket_id).order_by("seq")


def _lines(chat: Chat, after: int) -> "QuerySet[Event]":
    """Of a merged ticket those from before alone, and only to who reads from the beginning: their
    numbers mean nothing in the other ticket."""
    happened = _happened(chat)
    if after == 0:  # whoever reads for the first time misses nothing that is gone
        return happened.exclude(name=DELETED)
    return happened.none() if chat.ticket.merged_into_id else happened.filter(seq__gt=after)


def shape_lines(events: list[Event]) -> list[dict[str, Any]]:
    agents = {event.details.get("agent") for event in events} - {None}
    people = {str(user.pk): user for user in User.objects.filter(pk__in=agents)} if agents else {}
    return [_shape_line(event, people.get(event.details.get("agent", ""))) for event in events]


def _shape_line(event: Event, agent: User | None) -> dict[str, Any]:
    name = shown_name(agent)
    is_gone = event.name == DELETED
    return {
        "id": str(event.details["message"] if is_gone else event.pk),
        "seq": event.seq,
        "client_id": None,
        "from": "agent" if is_gone else "system",
        "name": name,
        "text": "" if is_gone else words_of_line(event, name),
        "html": "",
        "at": event.at.isoformat(),
        "files": [],
        "via": "chat",
        "state": event.name.partition(".")[2],
        "withdrawn": is_gone,
        "quick": [],
        "cards": [],
    }


def words_of_line(event: Event, name: str) -> str:
    match event.name:
        case "chat.joined":
            return _("%(name)s joined the chat") % {"name": name}
        case "chat.handed_on":
            return _("You are being handed on to a colleague")
        case "chat.waits":
            return _("You are back in the queue; somebody will be with you")
        case "chat.person_wanted":
            return _("You asked for a person")
    if "by_mail" in event.details:
        return _promise(event.details["back_at"], by_mail=event.details["by_mail"])
    if event.details.get("by") == Chat.EndedBy.AGENT and name:
        return _("%(name)s ended the chat") % {"name": name}
    if event.details.get("by") == Chat.EndedBy.VISITOR:
        return _("You ended the chat")
    return _("The chat has ended")


def _promise(back_at: str, *, by_mail: bool) -> str:
    """To whom the bot has handed over while nobody works."""
    told = {"back": back_words(datetime.fromisoformat(back_at) if back_at else None)}
    if by_mail:
        return _("Our people are back %(back)s and answer you by mail") % told
    return _("Our people are back %(back)s; their answer will stand here") % told
