"""A real conversation as a test: what was said, without who said it, and how it ended."""

from typing import Any

from bots.dialogue.shapes import Call, Flow, Frame, State
from bots.evaluation.scripts import MOST_TURNS
from bots.evaluation.stand_ins import StandIns
from bots.models import Bot, Dialogue, HandOff, Tool
from bots.queries.bots import live_flows
from connectors.queries import fold_quotes
from core.fields import warm_keys
from core.registry import channels
from tickets.models import Message, Ticket

_MOST_LETTERS = 1000


def find_dialogue(ticket: Ticket) -> Dialogue | None:
    dialogues = Dialogue.objects.filter(ticket=ticket).select_related(
        "bot", "ticket__customer", "thread__inbox"
    )
    return dialogues.order_by("-began_at").first()


def read_conversation(dialogue: Dialogue) -> dict[str, Any]:
    """In the shape of ``bots.evaluation.scripts.Script``; to be looked at before it is kept."""
    messages = list(
        Message.objects.filter(thread=dialogue.thread_id, kind=Message.Kind.PUBLIC)
        .filter(withdrawn_at=None, redacted_at=None)
        .select_related("author", "ticket")
        .order_by("pk")
    )
    warm_keys(messages)
    handoff = dialogue.handoffs.order_by("at").first()
    state = State.from_json(dialogue.kept)
    stand_ins = StandIns(_names(dialogue, messages))
    said = [one for one in messages if one.is_inbound and _is_before(one, handoff)]
    turns = [_words(one, dialogue) for one in said][:MOST_TURNS]
    return {
        "name": "",
        "language": state.language if state.language.startswith("zh") else "en",
        "turns": [stand_ins.tell(text) for text in turns if text],
        "customer": {"tier": dialogue.ticket.customer.tier.code},
        "expect": _expected(dialogue, handoff, len(turns)),
        "results": stand_ins.tell_all(_results(dialogue.bot, state)),
    }


def _names(dialogue: Dialogue, messages: list[Message]) -> list[str]:
    authors = [one.author.name for one in messages if one.author]
    return list(dict.fromkeys([dialogue.ticket.customer.name, *authors]))


def _is_before(message: Message, handoff: HandOff | None) -> bool:
    """What was said to people is no test of a bot."""
    return handoff is None or message.at <= handoff.at


def _words(message: Message, dialogue: Dialogue) -> str:
    is_mail = dialogue.thread.inbox.kind not in channels
    text = fold_quotes(message.body)[0] if is_mail else message.body
    return " ".join(text.split())[:_MOST_LETTERS]


def _expected(dialogue: Dialogue, handoff: HandOff | None, turns: int) -> dict[str, Any]:
    end = {"handoff": handoff.reason} if handoff else {"solved": True}
    changed = [
        one["tool"]
        for turn in dialogue.turns.all()
        for one in turn.trace.get("tools", ())
        if one.get("done")
    ]
    writes = Tool.objects.filter(bot=dialogue.bot, reads_only=False, name__in=changed)
    names = sorted(writes.values_list("name", flat=True))
    return end | {"within": max(turns, 1)} | ({"changes": names} if names else {})


def _results(bot: Bot, state: State) -> dict[str, Any]:
    """What tools answered, as far as it is still known."""
    flows = {slug: live.flow for slug, live in live_flows(bot).items()}
    frames = [*([state.last] if state.last else []), *state.frames]
    found: dict[str, Any] = {}
    for frame in frames:
        flow = flows.get(frame.flow)
        found |= _results_in(frame, flow) if flow else {}
    return found


def _results_in(frame: Frame, flow: Flow) -> dict[str, Any]:
    calls = {step.into: step.tool for step in flow.steps if isinstance(step, Call)}
    return {calls[into]: data for into, data in frame.data.items() if into in calls}
