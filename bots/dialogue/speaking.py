"""Speaking: texts found, filled and said, in the customer's language and to their mood."""

from collections.abc import Mapping
from typing import Any

from bots.dialogue.phrases import PHRASES, pick
from bots.dialogue.shapes import (
    Effect,
    Flow,
    Frame,
    GiveToPerson,
    House,
    Said,
    Speak,
    State,
    Step,
)
from bots.dialogue.texts import fill, values_in

_KEPT = 6
QUESTION = 240  # letters kept of what was asked
_UNHAPPY = -0.4
_MUCH_WORDS, _MUCH_HAN = 8, 8


class Speaking:
    """What a turn says; the state it is given is its own."""

    def __init__(self, state: State, house: House) -> None:
        self.state, self.house = state, house
        self.effects: list[Effect] = []
        self.mood = 0.0
        self.before: Frame | None = None  # the flow that ended with the turn before

    def give(self, reason: str) -> None:
        state = self.state
        state.soothed = True  # who is passed on has been heard; more of it would be too much
        self.phrase(self._hand_over_phrase(reason))
        state.phase, state.reason, state.slot = "handed", reason, ""
        self.effects.append(GiveToPerson(reason))

    def _hand_over_phrase(self, reason: str) -> str:
        """Nobody is promised a colleague who is not there."""
        if self.house.is_closed:
            return "hand_over.closed" if self.house.by_mail else "hand_over.closed_here"
        return f"hand_over.{reason}" if self._has(f"hand_over.{reason}") else "hand_over"

    def phrase(
        self,
        name: str,
        *,
        quick: tuple[str, ...] = (),
        cards: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self._speak(self._say(name), quick=quick, cards=cards)

    def _has(self, name: str) -> bool:
        return name in self.house.phrases or name in PHRASES

    def _say(self, name: str) -> str:
        texts = self.house.phrases.get(name) or PHRASES.get(name, {})
        back = self._pick(self.house.back) if self.house.back else ""
        return fill(self._pick(texts), {"name": self.house.name, "back": back})

    def _speak(
        self,
        text: str,
        *,
        quick: tuple[str, ...] = (),
        cards: tuple[tuple[str, str], ...] = (),
    ) -> None:
        if not text.strip():
            return
        if self.mood <= _UNHAPPY and not self.state.soothed:
            self.state.soothed = True
            self.effects.append(Speak(self._say("sorry")))
        self.effects.append(Speak(text, quick, cards))
        self.state.said.append(text)

    def _fill(self, texts: Mapping[str, str]) -> str:
        frame = self.state.frames[-1] if self.state.frames else Frame("")
        facts = {**self.house.facts, "name": self.house.name}
        values = values_in(frame, facts, self.state.language)
        return fill(self._pick(texts), values)

    def _pick(self, texts: Mapping[str, str]) -> str:
        """A language nobody wrote for is answered in the first one there is."""
        return pick(texts, self.state.language or self.house.languages[0])

    def _titles(self, most: int) -> tuple[str, ...]:
        flows = [flow for flow in self.house.flows.values() if flow.intents][:most]
        return tuple(self._pick(flow.titles) for flow in flows)

    def _keep_question(self, said: Said) -> None:
        questions = self.state.questions
        questions.append(said.text.strip()[:QUESTION])
        del questions[:-_KEPT]

    def _facts(self) -> Mapping[str, Any]:
        return {
            "proved": self.house.is_proved,
            "tier": self.house.tier,
            "language": self.state.language,
            "new": self.house.is_guided,
            "described": _says_much(self.state.frames[-1].question) if self.state.frames else False,
            "mood": "bad" if self.mood <= _UNHAPPY else "good",
        }

    def _asking(self) -> tuple[Frame | None, Flow | None, Step | None]:
        frame = self.state.frames[-1] if self.state.frames else None
        flow = self.house.flows.get(frame.flow) if frame else None
        if frame is None or flow is None or not 0 <= frame.at < len(flow.steps):
            return frame, None, None
        return frame, flow, flow.steps[frame.at]


def _says_much(text: str) -> bool:
    """Whether the message with which a matter began tells what it is about, not only which."""
    letters = sum("\u3400" <= sign <= "\u9fff" for sign in text)
    return letters >= _MUCH_HAN or len(text.split()) >= _MUCH_WORDS
