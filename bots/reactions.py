"""What bots do when something was said."""

from datetime import timedelta
from uuid import UUID

from bots import actions
from bots.queries.bots import find_bot
from core.events import on, record
from core.lanes import Lease
from core.models import Event
from tickets.models import Message, Ticket

# After a kill an answer waits so long at most for another worker.
_LEASE = timedelta(seconds=15)


@on("message.received")
def consider(event: Event) -> None:
    """Cheap, for it follows every message: whether there is a bot that may answer it."""
    if event.details.get("classification") != Message.Classification.PERSON:
        return
    message = (
        Message.objects.filter(pk=event.details.get("message"))
        .select_related("thread")
        .only("pk", "thread__inbox_id")
        .first()
    )
    if message and message.thread and (bot := find_bot(message.thread.inbox_id)):
        record("bot.asked", subject=bot, actor=None, message=message.pk)


@on("bot.asked", lane="talk", lease=_LEASE)
def answer(event: Event, lease: Lease) -> None:
    with lease.held():
        actions.answer_message(UUID(event.details["message"]), lease)


@on("chat.person_wanted")
def note_person_wanted(event: Event) -> None:
    """By the button; the chat itself waits for people already."""
    if event.ticket_id and (thread := event.details.get("thread")):
        actions.note_person_wanted(Ticket(pk=event.ticket_id), thread=UUID(thread))
