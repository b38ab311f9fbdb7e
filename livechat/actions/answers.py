"""What tickets ask of a chat: see ``core.registry.Channel``."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core.clock import now
from core.events import after_commit, is_history, record
from core.live import publish
from core.prepared import PreparedQuery
from core.registry import AfterHours, Moved, Standing
from livechat.actions.queue import call_people, give, let_go, stay_with_bot, take
from livechat.models import Chat
from livechat.queries.chats import known_address
from livechat.queries.rooms import chat_room, seen_room
from livechat.queries.staff import (
    back_at,
    is_after_hours,
    list_present,
    may_take,
    tends_now,
)
from livechat.queries.thread import home_of, proved_addresses
from tickets.models import Message, Ticket

# How far a visitor has read, and we have mailed: numbers of the ticket that holds the words.
_MARKS = ("visitor_seen_seq", "visitor_got_seq", "mailed_seq")
# What a visitor may know of; of a note not even that it was written.
TOLD = {
    "message.received",
    "message.replied",
    "message.withdrawn",
    "message.redacted",
    "message.deleted",
    "delivery.sent",
    "ticket.merged",
    "chat.joined",
    "chat.waits",
    "chat.handed_on",
    "chat.ended",
}


def _take_by_answering(chat: Chat, message: Message) -> None:
    """Whoever answers one who waits has taken the chat, without a word on it; the ticket is
    locked. Not while it is offered to somebody else, and not by who would lose it at once."""
    author = message.author
    waits = (Chat.State.BOT, Chat.State.QUEUED, Chat.State.OFFERED)
    if author is None or author.is_bot or chat.state not in waits:
        return
    chat = Chat.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=chat.pk)
    is_unoffered = chat.state in (Chat.State.BOT, Chat.State.QUEUED)
    is_free = is_unoffered or chat.offered_to_id == author.pk
    if is_free and chat.state != Chat.State.ENDED and tends_now(author):
        give(chat, message.ticket, author)


def _renumber_marks(chat: Chat, moved: Sequence[Moved]) -> None:
    """What was seen or mailed stays so: each mark is now that of the last words it covered."""
    for mark in _MARKS:
        reached = getattr(chat, mark)
        covered = [one.after for one in moved if one.before <= reached]
        setattr(chat, mark, max(covered, default=0))
    chat.save(update_fields=_MARKS)


def _build_answered(thread: UUID, *, shape: None) -> "QuerySet[Chat]":
    return Chat.objects.select_related("widget").filter(thread=thread)


def _build_standing(thread: UUID, *, shape: None) -> "QuerySet[Chat]":
    related = "widget__inbox__calendar", "visitor__customer", "ticket"
    return Chat.objects.select_related(*related).filter(thread=thread)


_ANSWERED, _STANDING = PreparedQuery(_build_answered), PreparedQuery(_build_standing)


def _proved_in(chat: Chat) -> list[str]:
    is_theirs = chat.visitor.customer_id == chat.ticket.customer_id
    return proved_addresses(chat.visitor) if is_theirs else []


class ChatChannel:
    """An answer has arrived once it is committed: the widget reads it from here."""

    def rooms_for(self, ticket: UUID, event: str) -> list[str]:
        return [chat_room(ticket)] if event in TOLD else []

    def note_answer(self, message: Message, *, leaves_at: datetime) -> bool:
        chat = _ANSWERED.first(message.thread_id) if message.thread_id else None
        if chat is None:
            return False
        wait = timedelta(seconds=chat.widget.leaves_after_seconds)
        if not is_history():
            if leaves_at <= now():
                _take_by_answering(chat, message)
            record(
                "chat.answer_waits",
                subject=chat,
                actor=None,
                message=message.pk,
                not_before=leaves_at + wait,
            )
        return leaves_at <= now()

    def send(self, message: UUID) -> str:
        return ""  # its time has come: from now on the widget is shown it

    def note_read(self, ticket: UUID, seq: int) -> None:
        after_commit(publish, seen_room(ticket), seq)

    def note_moved(self, source: UUID, moved: Sequence[Moved]) -> None:
        threads = {one.thread for one in moved} - {None}
        chats = Chat.objects.select_for_update(of=("self",)).select_related("ticket")
        for chat in chats.filter(thread__in=threads).order_by("pk"):
            if home_of(chat) == source:
                _renumber_marks(chat, moved)

    def standing_of(self, thread: UUID) -> Standing:
        chat = _STANDING.get(thread)
        closed = None
        if is_after_hours(chat.widget):
            closed = AfterHours(back_at(chat.widget), bool(known_address(chat.visitor)))
        return Standing(chat.state == Chat.State.BOT, tuple(_proved_in(chat)), closed)

    def is_with_bot(self, thread: UUID) -> bool:
        return Chat.objects.filter(thread=thread, state=Chat.State.BOT).exists()

    def proved_addresses(self, thread: UUID) -> list[str]:
        return _proved_in(_STANDING.get(thread))

    def has_free_person(self, ticket: UUID) -> bool:
        """Outside working hours nobody is taken for free, whoever has a page open."""
        chats = Chat.objects.filter(ticket=ticket).select_related("widget__inbox__calendar")
        if (chat := chats.first()) and is_after_hours(chat.widget):
            return False
        found = Ticket.objects.get(pk=ticket)
        agents = list_present(now())
        return any(agent.room > 0 and may_take(agent.user, found) for agent in agents)

    def call_people(self, thread: UUID) -> None:
        chat, ticket = take(Chat.objects.select_related("ticket").get(thread=thread))
        if chat.state == Chat.State.BOT:
            call_people(chat, ticket)

    def talks_of(self, users: Collection[UUID]) -> dict[UUID, UUID]:
        chats = Chat.objects.filter(state=Chat.State.ACTIVE, agent__in=users)
        return {
            home_of(chat): chat.agent_id for chat in chats.select_related("ticket") if chat.agent_id
        }

    @transaction.atomic
    def look_for_another(self, ticket: UUID, *, of: UUID) -> bool:
        chats = Chat.objects.filter(state=Chat.State.ACTIVE, agent=of).select_related("ticket")
        found = next((chat for chat in chats if home_of(chat) == ticket), None)
        if found is None:
            return False
        chat, home = take(found)
        if chat.state != Chat.State.ACTIVE or chat.agent_id != of:
            return False
        let_go(chat, home, actor=None)
        return True

    def give_to_bot(self, thread: UUID, *, bot: User, actor: User) -> None:
        chat, ticket = take(Chat.objects.select_related("ticket").get(thread=thread))
        if chat.is_open:
            stay_with_bot(chat, ticket, bot)
