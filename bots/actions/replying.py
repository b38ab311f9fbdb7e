"""A bot's turn: what is worked out outside of any transaction, and what is written in one.

A message is dealt with once. Whoever works on a dialogue remembers how often it had been dealt
with; who was overtaken meanwhile writes nothing and looks again. The answer carries a client id
made of the message it answers.
"""

import logging
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from django.db import DatabaseError
from django.db.models import QuerySet

from bots.actions.evaluation_trials import note_entry
from bots.actions.handing_over import hand_over
from bots.actions.learning import note_unanswered
from bots.actions.tools import Carrier, call_tool
from bots.dialogue.playing import Played, play
from bots.dialogue.shapes import Found, House, Said, State, ToolAnswered, UseTool
from bots.models import Bot, Dialogue, Tool, Turn
from bots.queries.answers import Answer, find_answer
from bots.queries.bots import mails_of
from bots.queries.output import clean_output
from bots.queries.scenes import Scene, find_scene, is_for_person
from bots.queries.understanding import understand
from bots.understanding.shapes import Understanding
from core.clock import now
from core.errors import HelpdeskError
from core.lanes import Lease
from core.prepared import PreparedQuery, prepared_cursor
from core.registry import channels
from tickets.actions.base import lock
from tickets.actions.write import write_reply
from tickets.models import Message, Ticket

log = logging.getLogger("helpdesk.bots")

_MOST_TRIES = 8
# Names the answers: the same message has the same answer, whoever works it out.
_ANSWERS = UUID("5f0c8a3e-6b1d-4c0e-9f64-0a2f4f8b7d11")


class Overtaken(Exception):
    """Another worker has dealt with it; nothing of ours may be written."""


@dataclass(slots=True)
class Worked:
    """What a turn comes to, still nowhere written."""

    played: Played
    meant: Understanding | None = None
    trace: dict[str, Any] = field(default_factory=dict)
    milliseconds: int = 0
    mode: str = str(Bot.Mails.ANSWER)

    @property
    def text(self) -> str:
        return "\n\n".join(speak.text for speak in self.played.said if speak.text)


def answer_message(message: UUID, lease: Lease) -> None:
    """All that waits in the thread up to this message, one after the other. What comes later is
    asked about by itself."""
    for _try in range(_MOST_TRIES):
        scene = find_scene(message)
        if scene is None:
            break
        is_last = scene.message.pk == message
        worked = work_out(scene)
        try:
            with lease.finish() if is_last else lease.keep():
                write_turn(scene, worked)
        except Overtaken:
            continue
        except HelpdeskError as refusal:
            # Nobody to write to, or a ticket that was closed meanwhile: people see it all the same.
            log.warning("A bot's answer was refused: %s", refusal.code)
            break
        if is_last:
            return
    with lease.finish():
        return


# Working it out


def work_out(scene: Scene, *, carry: Carrier | None = None) -> Worked:
    """Never raises for what was said: whatever breaks, a person takes over."""
    began = time.monotonic()
    worked = Worked(Played(State.from_json(scene.kept)))
    try:
        if scene.must_give:
            worked.played.give(scene.house, scene.must_give)
        else:
            _go_through(scene, worked, carry)
    except DatabaseError:
        raise  # the database's trouble: tried again
    except Exception as error:
        # A bug of ours must not leave a customer without an answer.
        log.exception("A dialogue could not go on.", exc_info=error)
        worked = Worked(Played(State.from_json(scene.kept)))
        worked.played.give(scene.house, "failure")
    if scene.is_mail:
        worked.mode = _mode_of(scene, worked)
    worked.milliseconds = int((time.monotonic() - began) * 1000)
    return worked


def _mode_of(scene: Scene, worked: Worked) -> str:
    """What an admin chose for mails of this intent. A mail nobody vouches for is never answered,
    and where the bot has nothing to say, it says nothing."""
    played = worked.played
    flow = scene.house.flows.get(played.flow)
    intent = worked.meant.intent if worked.meant else ""
    names = (intent, played.flow, *(flow.intents if flow else ()))
    mode = mails_of(scene.bot, next((name for name in names if name in scene.bot.mails), "*"))
    if played.state.phase == "clarifying":
        played.reason = "low_confidence"
        played.state.phase, played.state.reason = "handed", played.reason
    if played.reason:
        played.said = []
    if mode == Bot.Mails.ANSWER and not scene.is_trusted:
        mode = Bot.Mails.SUGGEST
    is_empty = mode == Bot.Mails.SUGGEST and not played.said
    return str(Bot.Mails.OFF if is_empty else mode)


def _go_through(scene: Scene, worked: Worked, carry: Carrier | None) -> None:
    state = worked.played.state
    meant = understand(
        scene.text,
        language=state.language or scene.message.language or None,
        expects=_kind_of(scene.house, state),
        brand=scene.bot.brand_id,
        model=scene.model,
    )
    worked.meant = meant
    worked.trace["scores"] = [list(pair) for pair in meant.candidates[:5]]
    worked.trace["entities"] = [[one.kind, one.value] for one in meant.entities]
    worked.played = play(
        state,
        Said(scene.text, meant, scene.files),
        scene.house,
        use_tool=partial(_use_tool, scene, worked, carry),
        ask=partial(_ask, scene, worked),
    )


def _kind_of(house: House, state: State) -> str:
    """Of what was asked for just now."""
    flow = house.flows.get(state.frames[-1].flow) if state.frames else None
    asked = flow.asks().get(state.slot) if flow and state.slot else None
    return asked.kind if asked else ""


def _use_tool(
    scene: Scene, worked: Worked, carry: Carrier | None, asked: UseTool, number: int
) -> ToolAnswered:
    """What changes something needs, here too, the yes and the proof: the flow alone is not
    believed."""
    tool = _TOOL.first(scene.bot.pk, asked.tool)
    is_allowed = tool is not None and (
        tool.reads_only or (asked.is_confirmed and bool(scene.speaker.proved))
    )
    if tool is None or not is_allowed:
        return ToolAnswered(False)
    answered = call_tool(
        tool,
        asked.inputs,
        customer=scene.speaker.customer,
        proved=list(scene.speaker.proved),
        key=uuid5(scene.message.pk, f"{asked.tool}:{number}"),
        carry=carry,
    )
    worked.trace.setdefault("tools", []).append(
        {"tool": asked.tool, "inputs": dict(asked.inputs), "done": answered.is_done}
    )
    return answered


def _build_tool(bot: UUID, name: str, *, shape: None) -> "QuerySet[Tool]":
    return Tool.objects.filter(bot=bot, name=name)


_TOOL = PreparedQuery(_build_tool)


def _ask(scene: Scene, worked: Worked, question: str, language: str) -> Found:
    answer = find_answer(question, reader=scene.speaker.reader, language=language)
    worked.trace["knowledge"] = {
        "question": question,
        "passages": [str(one) for said in answer.sentences for one in said.passages],
        "confidence": answer.confidence,
        "trace": answer.trace,
    }
    return found_in(answer)


def found_in(answer: Answer) -> Found:
    text = " ".join(sentence.text for sentence in answer.sentences)
    cards = tuple((title, url) for _pk, title, url in answer.articles[:3] if url)
    return Found(text, cards)


# Writing it down


def write_turn(scene: Scene, worked: Worked) -> Turn:
    """In the transaction that also moves the dialogue on. Raises ``Overtaken``."""
    only_suggests = worked.mode != Bot.Mails.ANSWER
    ticket = lock(Ticket(pk=scene.ticket.pk))
    dialogue = _take_dialogue(scene, ticket)
    if scene.trial and not only_suggests:
        note_entry(scene.trial, dialogue)
    # Whatever gives it to a person is an event of the ticket.
    has_happened = ticket.seq != scene.ticket.seq
    if has_happened and is_for_person(ticket, dialogue, scene.thread):
        return _leave_to_person(scene, dialogue)
    answer = None
    said = clean_output(worked.text, scene.bot)
    if said and not only_suggests:
        answer = _say(scene, worked, ticket, said)
    turn = _keep_turn(scene, worked, dialogue, answer, "" if worked.mode == Bot.Mails.OFF else said)
    _move_on(scene, worked, dialogue, answered=answer is not None)
    if worked.played.reason and not only_suggests:
        hand_over(
            dialogue, reason=worked.played.reason, state=worked.played.state, cause=scene.message
        )
    for one in worked.played.unanswered:
        note_unanswered(
            one.question,
            dialogue=dialogue.pk,
            language=worked.played.state.language,
            intent=worked.meant.intent if worked.meant else "",
            reason=one.reason,
        )
    return turn


def _take_dialogue(scene: Scene, ticket: Ticket) -> Dialogue:
    """As the scene found it; one that begins is written with the turn. The ticket is locked."""
    with prepared_cursor() as cursor:
        cursor.execute(_FENCE, [scene.thread.pk])
        found = cursor.fetchone()
    if (found[0] if found else None) != scene.fence:
        raise Overtaken
    dialogue = scene.dialogue or Dialogue(thread=scene.thread, kept={})
    dialogue.ticket, dialogue.bot = ticket, scene.bot
    return dialogue


_FENCE = "SELECT fence FROM bots_dialogue WHERE thread_id = %s FOR UPDATE"


def _leave_to_person(scene: Scene, dialogue: Dialogue) -> Turn:
    """A person has come in: from here on nothing is said, and nothing is forgotten."""
    dialogue.state = Dialogue.State.PERSON
    _note_dealt_with(scene, dialogue)
    _save(dialogue, "state")
    return Turn(dialogue=dialogue, message=scene.message)


def _note_dealt_with(scene: Scene, dialogue: Dialogue) -> None:
    dialogue.fence = (scene.fence or 0) + 1
    dialogue.last_message, dialogue.last_at = scene.message.pk, now()


def _save(dialogue: Dialogue, *changed: str) -> None:
    """What it keeps was worked with: it is written only where it is to go on from there."""
    always = ("ticket", "bot", "fence", "last_message", "last_at")
    dialogue.save(update_fields=None if dialogue._state.adding else [*always, *changed])


def _say(scene: Scene, worked: Worked, ticket: Ticket, said: str) -> Message:
    extras: dict[str, Any] = {}
    if quick := next((one.quick for one in reversed(worked.played.said) if one.quick), ()):
        extras["quick"] = [{"text": text} for text in dict.fromkeys(quick) if text]
    cards = [card for one in worked.played.said for card in one.cards]
    if cards:
        extras["cards"] = [{"title": title, "url": url} for title, url in dict.fromkeys(cards)]
    body = said if _is_chat(scene) else said + _sources(cards)
    return write_reply(
        ticket,
        actor=scene.bot.user,
        body=body,
        client_id=uuid5(_ANSWERS, str(scene.message.pk)),
        extras=extras or None,
        still_waits=bool(worked.played.reason),
    )


def _is_chat(scene: Scene) -> bool:
    return scene.thread.inbox.kind in channels


def _sources(cards: list[tuple[str, str]]) -> str:
    """A mail has no cards: the articles stand below, as links to our own help centre."""
    lines = [f"- [{title}]({url})" for title, url in dict.fromkeys(cards)]
    return "\n\n" + "\n".join(lines) if lines else ""


def _keep_turn(
    scene: Scene, worked: Worked, dialogue: Dialogue, answer: Message | None, said: str
) -> Turn:
    meant = worked.meant
    turn = Turn(
        dialogue=dialogue,
        message=scene.message,
        answer=answer,
        intent=meant.intent if meant else "",
        confidence=meant.confidence if meant else 0.0,
        model=meant.version if meant else 0,
        flow=worked.played.flow[:40],
        version=scene.versions.get(worked.played.flow, 0),
        said=said,
        is_suggestion=worked.mode == Bot.Mails.SUGGEST,
        trace=worked.trace,
        milliseconds=worked.milliseconds,
        at=now(),
    )
    turn.save(force_insert=True)
    return turn


def _move_on(scene: Scene, worked: Worked, dialogue: Dialogue, *, answered: bool) -> None:
    _note_dealt_with(scene, dialogue)
    changed = ["answers", "solved_at"]
    if worked.mode == Bot.Mails.ANSWER:
        dialogue.kept = worked.played.state.as_json()
        changed.append("kept")
    dialogue.answers += answered
    if worked.played.solved:
        dialogue.solved_at = now()
    _save(dialogue, *changed)
