"""From the bot to people, with all that need not be asked again; and back, when one says so."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import workspace
from bots.dialogue.shapes import State
from bots.errors import NotHandedOver
from bots.models import Dialogue, HandOff
from bots.queries.handoffs import summary_lines
from core.clock import now
from core.registry import channels
from tickets.actions import add_note, assign
from tickets.actions.base import lock, record_on
from tickets.models import Message, Ticket

_NOTES = UUID("b0d6a1de-2f0b-4f7c-8a06-3b3f2f1d9a52")
_MOST = 8


def hand_over(dialogue: Dialogue, *, reason: str, state: State, cause: Message) -> HandOff:
    """In the caller's transaction, the ticket locked. A note tells colleagues what is known, and
    where it is a chat, people are looked for."""
    handoff = HandOff(
        dialogue=dialogue, reason=reason, flow=_flow_of(state), told=_told(state), at=now()
    )
    handoff.save(force_insert=True)
    dialogue.state = Dialogue.State.PERSON
    dialogue.save(update_fields=["state"])
    ticket = dialogue.ticket
    record_on(ticket, "bot.handed_over", actor=dialogue.bot.user, reason=reason, flow=handoff.flow)
    _write_note(dialogue, handoff, ticket, cause)
    channel = channels.get(dialogue.thread.inbox.kind)
    if channel:
        channel.call_people(dialogue.thread_id)
    return handoff


def _flow_of(state: State) -> str:
    frame = state.frames[-1] if state.frames else state.last
    return frame.flow if frame else ""


def _told(state: State) -> dict[str, Any]:
    slots: dict[str, str] = {}
    for frame in [*([state.last] if state.last else []), *state.frames]:
        slots.update(frame.slots)
    return {
        "questions": state.questions[-_MOST:],
        "slots": slots,
        "tried": list(dict.fromkeys(state.tried)),
        "language": state.language,
    }


def _write_note(dialogue: Dialogue, handoff: HandOff, ticket: Ticket, cause: Message) -> None:
    with translation.override(workspace().language or settings.LANGUAGE_CODE):
        title = _("%(bot)s handed this over") % {"bot": dialogue.bot.name}
        lines = [f"**{title}**", *_as_list(summary_lines(handoff))]
    add_note(
        ticket,
        actor=dialogue.bot.user,
        body="\n\n".join([lines[0], "\n".join(lines[1:])]),
        client_id=uuid5(_NOTES, str(cause.pk)),
    )


def _as_list(lines: Iterable[tuple[str, str]]) -> list[str]:
    return [f"- {name}: {_plain(value)}" for name, value in lines]


def _plain(value: str) -> str:
    """What a customer said, as words within our own list."""
    marks = str.maketrans(dict.fromkeys("\n\r[]()<>*_`#|!", " "))
    return " ".join(value.translate(marks).split())[:500]


@transaction.atomic
def note_person_wanted(ticket: Ticket, *, thread: UUID) -> None:
    """The customer pressed the button for a person; the chat waits for one already."""
    ticket = lock(ticket)
    dialogues = Dialogue.objects.select_for_update(of=("self",)).select_related(
        "bot__user", "thread__inbox", "ticket__inbox"
    )
    dialogue = dialogues.filter(thread=thread, state=Dialogue.State.BOT).first()
    said = Message.objects.filter(thread=thread, direction=Message.Direction.IN).order_by("-pk")
    cause = said.first()
    if dialogue is None or cause is None:
        return
    dialogue.ticket = ticket
    dialogue.fence += 1
    state = State.from_json(dialogue.kept)
    state.phase, state.reason = "handed", "asked_for_person"
    dialogue.kept = state.as_json()
    dialogue.save()
    hand_over(dialogue, reason=HandOff.Reason.ASKED_FOR_PERSON, state=state, cause=cause)


@transaction.atomic
def give_back(dialogue: Dialogue, *, actor: User) -> Dialogue:
    """The bot goes on with the next message; what it knew it still knows."""
    ticket = lock(Ticket(pk=dialogue.ticket_id))
    dialogue = (
        Dialogue.objects.select_for_update(of=("self",))
        .select_related("bot__user", "thread__inbox", "ticket")
        .get(pk=dialogue.pk)
    )
    if dialogue.state != Dialogue.State.PERSON:
        raise NotHandedOver(_("The bot has this conversation already."))
    if ticket.assignee_id:
        ticket = assign(ticket, actor=actor, assignee=None)
    _close_handoff(dialogue, actor)
    before = State.from_json(dialogue.kept)
    fresh = State(language=before.language, mentions=before.mentions, greeted=True, turns=0)
    newest = Message.objects.filter(thread=dialogue.thread_id, direction=Message.Direction.IN)
    last = newest.order_by("-pk").first()
    dialogue.state, dialogue.kept, dialogue.answers = Dialogue.State.BOT, fresh.as_json(), 0
    dialogue.fence += 1
    dialogue.last_message = last.pk if last else dialogue.last_message
    dialogue.save()
    record_on(ticket, "bot.given_back", actor=actor)
    channel = channels.get(dialogue.thread.inbox.kind)
    if channel:
        channel.give_to_bot(dialogue.thread_id, bot=dialogue.bot.user, actor=actor)
    return dialogue


def _close_handoff(dialogue: Dialogue, actor: User) -> None:
    """Also where a person had come in by themselves, so that what they said before counts no
    more."""
    open_one = HandOff.objects.filter(dialogue=dialogue, given_back_at=None).first()
    handoff = open_one or HandOff(dialogue=dialogue, reason=HandOff.Reason.POLICY, told={})
    handoff.given_back_at, handoff.given_back_by = now(), actor
    handoff.save()
