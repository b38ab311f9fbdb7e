"""What visitors do in a chat: begin it, say something, read, ask for a person, end it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from core import registry
from core.clock import now
from core.errors import Invalid
from core.events import after_commit, together
from core.ids import new_id
from core.prepared import PreparedQuery
from core.registry import asked_first, first_answerer
from customers.actions import record_consent
from customers.models import Customer, Identity
from livechat.actions.files import take_files
from livechat.actions.queue import (
    call_people,
    end,
    end_if_closed,
    enter_queue,
    stay_with_bot,
    take,
)
from livechat.actions.visitors import customer_of, note_page
from livechat.errors import BadEmail, ChatEnded, MissingField, NoticeChanged
from livechat.models import Chat, Visitor
from livechat.queries.chats import chats_of
from livechat.queries.config import MAX_TEXT, current_notice
from livechat.queries.passing import forget_typing, tell
from livechat.queries.staff import is_after_hours, is_open
from livechat.queries.thread import home_of
from tickets.actions.addresses import check_email
from tickets.actions.base import default_status, lock, record_on
from tickets.actions.change import enter_status
from tickets.actions.write import add_inbound, create_ticket
from tickets.errors import EmptyMessage
from tickets.models import Category, Message, Thread, Ticket

if TYPE_CHECKING:
    from django.db.models import QuerySet

_SUBJECT = 80


@dataclass(frozen=True, slots=True)
class Opening:
    """The first words, and what the form before them was told."""

    client_id: UUID
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""
    page: str = ""
    referrer: str = ""
    files: Sequence[UUID] = ()


def _build_whole_visitor(pk: UUID, *, shape: None) -> "QuerySet[Visitor]":
    locked = Visitor.objects.select_for_update(of=("self",)).filter(pk=pk)
    return locked.select_related(
        "widget__inbox__brand", "widget__inbox__calendar", "widget__notice", "customer__tier"
    )


def _build_visitor(pk: UUID, *, shape: None) -> "QuerySet[Visitor]":
    return Visitor.objects.select_for_update().only("pk").filter(pk=pk)


def _build_chat(pk: UUID, *, shape: None) -> "QuerySet[Chat]":
    locked = Chat.objects.select_for_update(of=("self",)).filter(pk=pk)
    return locked.select_related(
        "widget__inbox__calendar", "ticket__inbox", "visitor__customer", "thread"
    )


def _build_said(client_id: UUID, *, shape: None) -> "QuerySet[Message]":
    return Message.objects.filter(client_id=client_id).select_related("ticket")


def _build_going_on(visitor: UUID, *, shape: None) -> "QuerySet[Chat]":
    return Chat.objects.filter(visitor=visitor).exclude(state=Chat.State.ENDED)[:1]


_WHOLE_VISITOR = PreparedQuery(_build_whole_visitor)
_GOING_ON = PreparedQuery(_build_going_on)
_VISITOR, _CHAT = PreparedQuery(_build_visitor), PreparedQuery(_build_chat)
_SAID = PreparedQuery(_build_said)


@transaction.atomic
@together()
def begin_chat(visitor: Visitor, opening: Opening, *, language: str) -> Chat:
    """The same opening twice is one chat; with one going on, its words are said there."""
    visitor = _WHOLE_VISITOR.get(visitor.pk)
    if known := _find_said(opening.client_id, visitor):
        return Chat.objects.get(thread=known.thread_id)
    _check_words(opening.text, opening.files)
    going_on = _GOING_ON.first(visitor.pk)
    if going_on and not end_if_closed(going_on):
        say(
            going_on,
            visitor=visitor,
            client_id=opening.client_id,
            text=opening.text,
            files=opening.files,
        )
        return Chat.objects.get(pk=going_on.pk)
    email = _check_form(visitor, opening)
    _check_notice(visitor, opening, language)
    visitor.locale = language
    visitor.save(update_fields=["locale"])
    customer = customer_of(visitor, name=_name_in(opening), email=email)
    _agree(visitor, customer, language)
    if visitor.widget.asks_page and opening.page:
        note_page(visitor, page=opening.page, referrer=opening.referrer)
    return _open(visitor, customer, opening, language)


def _open(visitor: Visitor, customer: Customer, opening: Opening, language: str) -> Chat:
    inbox = visitor.widget.inbox
    subject = opening.fields.get("topic") or _subject_of(opening.text)
    ticket = create_ticket(
        customer, inbox=inbox, subject=subject, actor=customer, language=language
    )
    identity = Identity.objects.filter(customer=customer, kind="email", valid_to=None).first()
    thread = Thread.objects.create(inbox=inbox, identity=identity, last_in_at=now())
    chat = Chat(
        id=new_id(),
        widget=visitor.widget,
        visitor=visitor,
        ticket=ticket,
        thread=thread,
        state=Chat.State.ENDED,
        began_at=now(),
        visitor_here_at=now(),
    )
    if not is_open(visitor.widget) and _bot_for(chat) is None:
        chat.ended_at, chat.ended_by = now(), Chat.EndedBy.SYSTEM
        chat.disposition = Chat.OFFLINE
    chat.save(force_insert=True)
    said = _add(
        ticket, chat, visitor, opening.client_id, opening.text, opening.files, opening.fields
    )
    _look_for_somebody(chat, ticket)
    _ask_first(chat, said)
    return chat


def _ask_first(chat: Chat, said: Message) -> None:
    """At once and not as a reaction to the message: somebody waits for the answer."""
    if chat.state == Chat.State.BOT:
        for ask in asked_first.values():
            ask(chat.widget.inbox_id, said.pk)


def _look_for_somebody(chat: Chat, ticket: Ticket) -> None:
    """A bot where the inbox has one, else people while they work; both are locked."""
    bot = _bot_for(chat)
    if bot is not None:
        stay_with_bot(chat, ticket, bot)
    elif is_open(chat.widget):
        enter_queue(chat, ticket, event="chat.queued")


def _bot_for(chat: Chat) -> Any | None:
    """It works outside hours, too, where an admin lets it; not where chats were closed by hand."""
    widget = chat.widget
    is_late = is_after_hours(widget)
    if not (is_late or is_open(widget)):
        return None
    return first_answerer(widget.inbox_id, chat.thread_id, after_hours=is_late)


def _subject_of(text: str) -> str:
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if len(first) > _SUBJECT:
        cut = first[:_SUBJECT].rsplit(" ", 1)[0]
        first = f"{cut}…"
    return first or _("Chat")


def _name_in(opening: Opening) -> str:
    return " ".join(opening.fields.get("name", "").split())[:120]


def _check_form(visitor: Visitor, opening: Opening) -> str:
    """What is required, and the address if one was typed. Whom we know by proof is asked nothing
    they have proved."""
    email = opening.fields.get("email", "").strip()
    for asked in visitor.widget.fields:
        name = str(asked.get("name", ""))
        is_known = visitor.verified_at is not None and name in ("name", "email")
        given = opening.text if name == "text" else opening.fields.get(name, "")
        if asked.get("required") and not is_known and not given.strip():
            raise MissingField(_("Please fill this in."), field=name)
    if not email:
        return ""
    try:
        return check_email(email)
    except Invalid as refusal:
        raise BadEmail(refusal.reason, field="email") from None


def _check_notice(visitor: Visitor, opening: Opening, language: str) -> None:
    """Nobody agrees to words they were not shown."""
    notice = current_notice(visitor.widget, language)
    if notice and opening.notice != str(notice.pk):
        raise NoticeChanged(_("The notice has changed. Please read it again."))


def _agree(visitor: Visitor, customer: Customer, language: str) -> None:
    notice = current_notice(visitor.widget, language)
    if notice:
        record_consent(
            customer,
            purpose=notice.purpose,
            action="granted",
            channel="chat",
            actor=None,
            notice=notice,
            proof={"visitor": str(visitor.pk)},
        )


# Saying something


@transaction.atomic
@together()
def say(
    chat: Chat, *, visitor: Visitor, client_id: UUID, text: str, files: Sequence[UUID] = ()
) -> tuple[Message, bool]:
    """The message, and whether it is new: the same client id again is the message we have.

    What ended by itself goes on with the next word; what somebody ended is over.
    """
    _hold_visitor(chat)
    ticket = lock(Ticket(pk=home_of(chat)))
    if known := _find_said(client_id, visitor):
        return known, False
    _check_words(text, files)
    chat = _take(chat)
    if ticket.category == Category.CLOSED or chat.ended_by in (
        Chat.EndedBy.AGENT,
        Chat.EndedBy.VISITOR,
    ):
        raise ChatEnded(_("This chat has ended."))
    message = _add(ticket, chat, visitor, client_id, text, files)
    if ticket.is_resolved or ticket.is_waiting:
        enter_status(ticket, default_status(Category.OPEN), actor=message.customer)
    if not chat.is_open:
        _go_on(chat, ticket)
    _ask_first(chat, message)
    return message, True


def _hold_visitor(chat: Chat) -> None:
    """Before the ticket, as in ``begin_chat``: else one tab could begin a chat while in another an
    ended one goes on, and a visitor has one at a time."""
    _VISITOR.get(chat.visitor_id)


def _go_on(chat: Chat, ticket: Ticket, *, with_person: bool = False) -> None:
    others = Chat.objects.filter(visitor=chat.visitor_id).exclude(state=Chat.State.ENDED)
    if others.exists():
        return
    chat.disposition = ""
    if with_person:
        enter_queue(chat, ticket, event="chat.queued")
    else:
        _look_for_somebody(chat, ticket)


def _take(chat: Chat) -> Chat:
    return _CHAT.get(chat.pk)


def _find_said(client_id: UUID, visitor: Visitor) -> Message | None:
    """Somebody else's client id is nobody's business."""
    known = _SAID.first(client_id)
    if known is None:
        return None
    is_theirs = chats_of(visitor).filter(thread=known.thread_id).exists()
    if not is_theirs or not known.is_inbound:
        raise Invalid(_("This was sent already."), field="client_id")
    return known


def _add(
    ticket: Ticket,
    chat: Chat,
    visitor: Visitor,
    client_id: UUID,
    text: str,
    files: Sequence[UUID],
    form: Mapping[str, str] | None = None,
) -> Message:
    customer = visitor.customer
    told = {name: value for name, value in (form or {}).items() if value}
    message = add_inbound(
        ticket,
        chat.thread,
        customer=customer,
        actor=customer,
        body=text.strip(),
        client_id=client_id,
        extras={"form": told} if told else None,
    )
    take_files(message, visitor, files)
    after_commit(forget_typing, ticket.pk)
    Chat.objects.filter(pk=chat.pk).update(visitor_here_at=now(), left_at=None)
    Thread.objects.filter(pk=chat.thread_id).update(last_in_at=now())
    return message


def _check_words(text: str, files: Sequence[UUID]) -> None:
    if not text.strip() and not files:
        raise EmptyMessage(_("The message is empty."), field="text")
    if len(text) > MAX_TEXT:
        reason = _("The message is longer than %(n)s characters.") % {"n": f"{MAX_TEXT:,}"}
        raise Invalid(reason, field="text")


# Reading, a person, the end


def note_read(chat: Chat, *, seen: int, got: int) -> None:
    """How far the visitor has read, and how far it has reached them; never backwards, never beyond
    what there is. Agents' pages are told, nothing is recorded."""
    ticket = Ticket.objects.only("seq").get(pk=home_of(chat))
    seen, got = min(seen, ticket.seq), min(max(seen, got), ticket.seq)
    if seen <= chat.visitor_seen_seq and got <= chat.visitor_got_seq:
        return
    Chat.objects.filter(pk=chat.pk).update(
        visitor_seen_seq=Greatest(F("visitor_seen_seq"), Value(seen)),
        visitor_got_seq=Greatest(F("visitor_got_seq"), Value(got)),
        visitor_here_at=now(),
        left_at=None,
    )
    after_commit(tell, home_of(chat))


@transaction.atomic
def ask_for_person(chat: Chat, *, visitor: Visitor) -> Chat:
    """Always reachable. Who waits already, waits; of an ended chat the queue begins anew."""
    _hold_visitor(chat)
    ticket = lock(Ticket(pk=home_of(chat)))
    chat = _take(chat)
    is_with_bot = chat.state == Chat.State.BOT
    if chat.is_open and not is_with_bot:
        return chat
    if ticket.category == Category.CLOSED:
        raise ChatEnded(_("This chat has ended."))
    record_on(
        ticket,
        "chat.person_wanted",
        actor=visitor.customer,
        chat=chat.pk,
        thread=chat.thread_id,
    )
    if is_with_bot:
        call_people(chat, ticket)
    elif is_open(chat.widget):
        _go_on(chat, ticket, with_person=True)
    return chat


@transaction.atomic
def leave_chat(chat: Chat, *, visitor: Visitor) -> Chat:
    ticket = lock(Ticket(pk=home_of(chat)))
    chat = _take(chat)
    if chat.is_open:
        end(chat, ticket, by=Chat.EndedBy.VISITOR, actor=visitor.customer)
    return chat


@transaction.atomic
def rate_chat(chat: Chat, *, score: int, comment: str) -> Chat:
    """How it was, asked at the end. The newest answer counts."""
    if not 1 <= score <= 5:
        raise Invalid(_("Choose one to five."), field="score")
    chat, ticket = take(chat)
    chat.score, chat.comment = score, comment.strip()[:2000]
    chat.save(update_fields=["score", "comment"])
    record_on(ticket, "chat.rated", actor=ticket.customer, chat=chat.pk, score=score)
    for told in registry.ratings.values():
        told(ticket, score=score, comment=chat.comment)
    return chat
