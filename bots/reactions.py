"""What bots do when something was said."""

from datetime import timedelta
from uuid import UUID

from bots import actions
from bots.actions.asking import ask
from bots.queries.bots import find_bot_for
from bots.queries.scenes import was_asked
from core.events import on
from core.lanes import Lease
from core.models import Event
from tickets.models import Message, Ticket

# After a kill an answer waits so long at most for another worker.
_LEASE = timedelta(seconds=15)


@on("message.received")
def consider(event: Event) -> None:
    """Cheap, for it follows every message: whether there is a bot that may answer it. Chats, where
    somebody waits, have asked theirs already."""
    if event.details.get("classification") != Message.Classification.PERSON:
        return
    message = UUID(event.details["message"])
    bot = find_bot_for(message)
    if bot and not was_asked(event, message):
        ask(bot, message)


@on("bot.asked", lane="talk", lease=_LEASE)
def answer(event: Event, lease: Lease) -> None:
    with lease.held():
        actions.answer_message(UUID(event.details["message"]), lease)


@on("chat.person_wanted")
def note_person_wanted(event: Event) -> None:
    """By the button; the chat itself waits for people already."""
    if event.ticket_id and (thread := event.details.get("thread")):
        actions.note_person_wanted(Ticket(pk=event.ticket_id), thread=UUID(thread))
