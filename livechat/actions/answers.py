"""What tickets ask of a chat: see ``core.registry.Channel``."""

from datetime import datetime, timedelta
from uuid import UUID

from core.clock import now
from core.events import after_commit, is_history, record
from core.live import publish
from livechat.models import Chat
from livechat.queries.rooms import chat_room, seen_room
from tickets.models import Message

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


class ChatChannel:
    """An answer has arrived once it is committed: the widget reads it from here."""

    def rooms_for(self, ticket: UUID, event: str) -> list[str]:
        return [chat_room(ticket)] if event in TOLD else []

    def note_answer(self, message: Message, *, leaves_at: datetime) -> bool:
        chat = Chat.objects.select_related("widget").filter(thread=message.thread_id).first()
        if chat is None:
            return False
        wait = timedelta(seconds=chat.widget.leaves_after_seconds)
        if not is_history():
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
