"""One turn to its end: steps, with what they ask of tools and of the knowledge in between."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bots.dialogue.engine import step
from bots.dialogue.phrases import PHRASES, pick
from bots.dialogue.shapes import (
    AskKnowledge,
    Effect,
    Event,
    Found,
    GiveToPerson,
    House,
    Said,
    Solved,
    Speak,
    State,
    ToolAnswered,
    Unanswered,
    UseTool,
)

_MOST_ROUNDS = 10
# The number counts the rounds of a turn, so that the same call has the same name each time.
ToolUse = Callable[[UseTool, int], ToolAnswered]
Asking = Callable[[str, str], Found]  # question and language


@dataclass(slots=True)
class Played:
    state: State
    said: list[Speak] = field(default_factory=list)
    reason: str = ""  # why it goes to a person
    solved: bool = False
    flow: str = ""
    unanswered: list[Unanswered] = field(default_factory=list)

    def give(self, house: House, reason: str) -> None:
        texts = PHRASES.get(f"hand_over.{reason}", PHRASES["hand_over"])
        self.said = [Speak(pick(texts, self.state.language or house.languages[0]))]
        self.state.phase, self.state.reason, self.reason = "handed", reason, reason


def play(state: State, said: Said, house: House, *, use_tool: ToolUse, ask: Asking) -> Played:
    played = Played(state)
    event: Event = said
    for number in range(_MOST_ROUNDS):
        played.state, effects = step(played.state, event, house)
        asked = _take(effects, played)
        match asked:
            case UseTool():
                event = use_tool(asked, number)
            case AskKnowledge():
                event = ask(asked.question, played.state.language or house.languages[0])
            case _:
                break
    else:
        played.give(house, "failure")
    if not played.flow and played.state.frames:
        played.flow = played.state.frames[-1].flow
    return played


def _take(effects: list[Effect], played: Played) -> UseTool | AskKnowledge | None:
    """What has to be answered before it goes on."""
    asked: UseTool | AskKnowledge | None = None
    for effect in effects:
        match effect:
            case Speak():
                played.said.append(effect)
            case GiveToPerson():
                played.reason = effect.reason
            case Solved():
                played.solved, played.flow = True, effect.flow or played.flow
            case Unanswered():
                played.unanswered.append(effect)
            case UseTool() | AskKnowledge():
                asked = effect
    return asked
