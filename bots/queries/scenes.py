"""What a bot finds when it is its turn: the message, who speaks, and where the dialogue stands.

Also the two questions that decide whether it may speak at all; they are asked again under the
ticket's lock.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import override

from bots.dialogue.shapes import House
from bots.models import Bot, Dialogue, HandOff, Trial, Turn
from bots.queries.bots import (
    Speaker,
    find_bot,
    find_speaker,
    has_free_person,
    is_trustworthy,
    load_house,
    wants_free_person,
)
from bots.queries.candidates import flows_with
from bots.queries.trials import is_in_share, trial_for
from connectors.queries import fold_quotes
from core.clock import now
from core.hours import back_words
from core.registry import channels
from tickets.models import Attachment, Message, Thread, Ticket

_MOST_LETTERS = 4000


@dataclass(frozen=True, slots=True)
class Scene:
    message: Message
    ticket: Ticket
    thread: Thread
    bot: Bot
    speaker: Speaker
    house: House
    text: str
    files: int
    fence: int
    kept: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    is_mail: bool = False
    is_trusted: bool = True  # nothing speaks against who wrote it
    must_give: str = ""  # a reason to hand over without listening
    trial: Trial | None = None  # which this dialogue is part of, on whichever side
    model: int | None = None  # an understanding other than the live one


def find_scene(message: UUID) -> Scene | None:
    """The oldest message of its thread that waits for the bot; None where none does, or where the
    bot is silent."""
    asked = _messages().filter(pk=message).first()
    if asked is None or asked.thread is None:
        return None
    bot = find_bot(asked.thread.inbox_id)
    if bot is None:
        return None
    dialogue = Dialogue.objects.select_related("ticket").filter(thread=asked.thread).first()
    waiting = _first_waiting(asked, dialogue)
    if waiting is None or waiting.thread is None:
        return None
    ticket = waiting.ticket
    if not _may_answer(bot, waiting, dialogue):
        return None
    return _set(bot, waiting, waiting.thread, ticket, dialogue)


def _messages() -> Any:
    return Message.objects.select_related(
        "ticket__customer__tier", "ticket__inbox", "thread__inbox__brand"
    )


def _first_waiting(asked: Message, dialogue: Dialogue | None) -> Message | None:
    """Ids rise with time, also through merges, which number the messages anew."""
    if dialogue is None or dialogue.last_message is None:
        return asked
    waiting = _messages().filter(
        thread=asked.thread,
        direction=Message.Direction.IN,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
        redacted_at=None,
        pk__gt=dialogue.last_message,
    )
    found: Message | None = waiting.order_by("pk").first()
    return found


def _may_answer(bot: Bot, message: Message, dialogue: Dialogue | None) -> bool:
    ticket = message.ticket
    is_said = message.is_inbound and message.kind == Message.Kind.PUBLIC
    is_gone = message.withdrawn_at or message.redacted_at or ticket.spam_at
    if not is_said or is_gone or message.is_automatic or message.thread is None:
        return False
    if Turn.objects.filter(message=message).exists():
        return False
    if is_for_person(ticket, dialogue, message.thread):
        return False
    return message.thread.inbox.kind in channels or not bot.is_paused


def is_for_person(ticket: Ticket, dialogue: Dialogue | None, thread: Thread) -> bool:
    """Whether a person has it. A bot never speaks then."""
    if ticket.assignee_id or ticket.merged_into_id:
        return True
    if dialogue and dialogue.state == Dialogue.State.PERSON:
        return True
    channel = channels.get(thread.inbox.kind)
    if channel and not channel.is_with_bot(thread.pk):
        return True
    return _has_answered(thread, dialogue)


def _has_answered(thread: Thread, dialogue: Dialogue | None) -> bool:
    """A person, since it was last given back."""
    said = Message.objects.filter(
        thread=thread, direction=Message.Direction.OUT, author__kind="person", withdrawn_at=None
    )
    back = (
        HandOff.objects.filter(dialogue=dialogue).exclude(given_back_at=None).first()
        if dialogue
        else None
    )
    return bool(said.filter(at__gt=back.given_back_at) if back else said)


def is_overdone(bot: Bot, ticket: Ticket, dialogue: Dialogue | None) -> bool:
    """Whether it has said so much that something must be wrong: two machines, or nobody helped."""
    if dialogue and dialogue.answers >= bot.per_thread:
        return True
    lately = Turn.objects.filter(
        dialogue__ticket__customer=ticket.customer_id,
        at__gt=now() - timedelta(hours=1),
        is_suggestion=False,
    )
    return lately.count() >= bot.per_hour


def _set(
    bot: Bot, message: Message, thread: Thread, ticket: Ticket, dialogue: Dialogue | None
) -> Scene | None:
    is_mail = thread.inbox.kind not in channels
    trial = trial_for(bot, dialogue)
    is_candidate = trial is not None and is_in_share(trial, ticket.customer_id)
    flows = flows_with(bot, trial.flows if trial and is_candidate else {})
    speaker = find_speaker(message, thread, bot)
    is_free = wants_free_person(bot, speaker.tier) and has_free_person(ticket, thread)
    kept: dict[str, Any] = dialogue.kept if dialogue else {}
    spoken = str(kept.get("language") or message.language)
    house = load_house(bot, speaker, is_person_free=is_free, flows=flows, language=spoken)
    must_give = "policy" if bot.is_paused else ""
    if is_overdone(bot, ticket, dialogue):
        if is_mail:
            return None
        must_give = "failure"
    text = fold_quotes(message.body)[0] if is_mail else message.body
    return Scene(
        message=message,
        ticket=ticket,
        thread=thread,
        bot=bot,
        speaker=speaker,
        house=_after_hours(house, thread),
        text=text[:_MOST_LETTERS],
        files=Attachment.objects.filter(message=message).count(),
        fence=dialogue.fence if dialogue else 0,
        kept=kept,
        versions={slug: live.version for slug, live in flows.items()},
        is_mail=is_mail,
        is_trusted=is_trustworthy(message),
        must_give=must_give,
        trial=trial,
        model=trial.model if trial and is_candidate else None,
    )


def _after_hours(house: House, thread: Thread) -> House:
    """Whom people would be looked for in vain is told when they are back."""
    channel = channels.get(thread.inbox.kind)
    closed = channel.after_hours(thread.pk) if channel else None
    if closed is None:
        return house
    back = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            back[code] = back_words(closed.back_at)
    return replace(house, is_closed=True, back=back, by_mail=closed.by_mail)
