"""What a bot finds when it is its turn: the message, who speaks, and where the dialogue stands.

Also the two questions that decide whether it may speak at all; they are asked again under the
ticket's lock.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import override

from bots.dialogue.shapes import House
from bots.models import Bot, Dialogue, HandOff, Trial, Turn
from bots.queries.bots import (
    Live,
    Speaker,
    find_at_work,
    has_free_person,
    is_trustworthy,
    load_house,
    proved_by_mail,
    speaker_of,
    wants_free_person,
)
from bots.queries.candidates import drafts_in
from bots.queries.trials import is_in_share, trial_for
from connectors.queries import fold_quotes
from core.clock import now
from core.hours import back_words
from core.models import Event
from core.prepared import PreparedQuery, prepared_cursor
from core.registry import Standing, channels
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
    dialogue: Dialogue | None = None  # None: it begins with this message
    fence: int | None = None  # the dialogue's
    kept: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    is_mail: bool = False
    is_trusted: bool = True  # nothing speaks against who wrote it
    must_give: str = ""  # a reason to hand over without listening
    trial: Trial | None = None  # which this dialogue is part of, on whichever side
    model: int | None = None  # an understanding other than the live one


def was_asked(event: Event, message: UUID) -> bool:
    """Whether a bot was asked about it in the event's own transaction."""
    with prepared_cursor() as cursor:
        cursor.execute(_WAS_ASKED, [str(event.xid), str(message)])
        return bool(cursor.fetchone()[0])


_WAS_ASKED = """
SELECT EXISTS (
  SELECT FROM core_event
  WHERE xid = %s::xid8 AND name = 'bot.asked' AND details ->> 'message' = %s
)
"""


def find_scene(message: UUID) -> Scene | None:
    """The oldest message of its thread that waits for the bot; None where none does, or where the
    bot is silent."""
    waiting: Any = _WAITING.first(message, now() - timedelta(hours=1))
    if waiting is None or waiting.thread is None:
        return None
    thread: Thread = waiting.thread
    found = find_at_work(thread.inbox_id)
    if found is None:
        return None
    bot, live = found
    dialogue: Dialogue | None = getattr(thread, "dialogue", None)
    is_mail = thread.inbox.kind not in channels
    if not _may_answer(bot, waiting, is_mail=is_mail):
        return None
    channel = channels.get(thread.inbox.kind)
    if channel:
        standing = channel.standing_of(thread.pk)
    else:
        standing = Standing(is_with_bot=True, proved=tuple(proved_by_mail(waiting)))
    if _has_person(waiting.ticket, dialogue) or not standing.is_with_bot or waiting.is_peoples:
        return None
    return _set(bot, live, waiting, standing, dialogue)


def _build_waiting(asked: UUID, since: datetime, *, shape: None) -> "QuerySet[Message]":
    """With all that decides whether it is answered. Ids rise with time, also through merges, which
    number the messages anew."""
    waits = Q(
        direction=Message.Direction.IN,
        kind=Message.Kind.PUBLIC,
        classification=Message.Classification.PERSON,
        withdrawn_at=None,
        redacted_at=None,
        pk__gt=F("thread__dialogue__last_message"),
    )
    is_first = Q(pk=asked, thread__dialogue__last_message=None)
    files = Attachment.objects.filter(message=OuterRef("pk")).order_by().values("message")
    turns = Turn.objects.filter(
        dialogue__ticket__customer=OuterRef("ticket__customer"),
        at__gt=since,
        is_suggestion=False,
    )
    lately = turns.order_by().values("dialogue__ticket__customer")
    return (
        Message.objects.filter(waits | is_first)
        .filter(thread=Subquery(Message.objects.filter(pk=asked).values("thread")))
        .select_related(
            "ticket__customer__tier",
            "ticket__inbox",
            "thread__inbox__brand",
            "thread__dialogue__ticket",
        )
        .annotate(
            is_dealt_with=Exists(Turn.objects.filter(message=OuterRef("pk"))),
            is_peoples=Exists(_by_people(OuterRef("thread"))),
            many_files=Coalesce(Subquery(files.annotate(n=Count("pk")).values("n")), 0),
            many_lately=Coalesce(Subquery(lately.annotate(n=Count("pk")).values("n")), 0),
        )
        .order_by("pk")[:1]
    )


def _by_people(thread: Any) -> "QuerySet[Message]":
    """What a person has said there, since it was last given back."""
    given_back = HandOff.objects.filter(dialogue__thread=OuterRef("thread"))
    given_back = given_back.exclude(given_back_at=None).order_by("-at", "-id")
    said = Message.objects.filter(
        thread=thread, direction=Message.Direction.OUT, author__kind="person", withdrawn_at=None
    )
    return said.annotate(back=Subquery(given_back.values("given_back_at")[:1])).filter(
        Q(back=None) | Q(at__gt=F("back"))
    )


_WAITING = PreparedQuery(_build_waiting)


def _may_answer(bot: Bot, message: Any, *, is_mail: bool) -> bool:
    is_said = message.is_inbound and message.kind == Message.Kind.PUBLIC
    is_gone = message.withdrawn_at or message.redacted_at or message.ticket.spam_at
    if not is_said or is_gone or message.is_automatic or message.is_dealt_with:
        return False
    return not (is_mail and bot.is_paused)


def is_for_person(ticket: Ticket, dialogue: Dialogue | None, thread: Thread) -> bool:
    """Whether a person has it. A bot never speaks then."""
    if _has_person(ticket, dialogue):
        return True
    channel = channels.get(thread.inbox.kind)
    if channel and not channel.is_with_bot(thread.pk):
        return True
    return _by_people(thread).exists()


def _has_person(ticket: Ticket, dialogue: Dialogue | None) -> bool:
    if ticket.assignee_id or ticket.merged_into_id:
        return True
    return dialogue is not None and dialogue.state == Dialogue.State.PERSON


def _is_overdone(bot: Bot, message: Any, dialogue: Dialogue | None) -> bool:
    """Whether it has said so much that something must be wrong: two machines, or nobody helped."""
    if dialogue and dialogue.answers >= bot.per_thread:
        return True
    return bool(message.many_lately >= bot.per_hour)


def _set(
    bot: Bot, live: Live, message: Any, standing: Standing, dialogue: Dialogue | None
) -> Scene | None:
    ticket, thread = message.ticket, message.thread
    is_mail = thread.inbox.kind not in channels
    trial = trial_for(live.trial, dialogue)
    is_candidate = trial is not None and is_in_share(trial, ticket.customer_id)
    flows = live.flows | drafts_in(trial.flows if trial and is_candidate else {})
    speaker = speaker_of(message, bot, standing.proved)
    is_free = wants_free_person(bot, speaker.tier) and has_free_person(ticket, thread)
    kept: dict[str, Any] = dialogue.kept if dialogue else {}
    house = load_house(
        bot,
        speaker,
        is_person_free=is_free,
        flows=flows,
        writes=live.writes,
        language=str(kept.get("language") or message.language),
    )
    must_give = "policy" if bot.is_paused else ""
    if _is_overdone(bot, message, dialogue):
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
        house=_after_hours(house, standing),
        text=text[:_MOST_LETTERS],
        files=message.many_files,
        dialogue=dialogue,
        fence=dialogue.fence if dialogue else None,
        kept=kept,
        versions={slug: one.version for slug, one in flows.items()},
        is_mail=is_mail,
        is_trusted=is_trustworthy(message),
        must_give=must_give,
        trial=trial,
        model=trial.model if trial and is_candidate else None,
    )


def _after_hours(house: House, standing: Standing) -> House:
    """Whom people would be looked for in vain is told when they are back."""
    closed = standing.closed
    if closed is None:
        return house
    back = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            back[code] = back_words(closed.back_at)
    return replace(house, is_closed=True, back=back, by_mail=closed.by_mail)
