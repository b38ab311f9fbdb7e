"""A dialogue's next step: ``step(state, event, house) -> (state, effects)``.

Pure: the same three give the same two, and the state given is not touched. It raises for nothing
that customers, tools or the knowledge may say; every state it returns is one it can go on from.
"""

from collections.abc import Mapping
from typing import Any

from bots.dialogue import words
from bots.dialogue.choosing import choose_flow, nearest_flows
from bots.dialogue.conditions import holds
from bots.dialogue.correcting import correct
from bots.dialogue.phrases import PHRASES, pick
from bots.dialogue.shapes import (
    Answer,
    Ask,
    AskKnowledge,
    Branch,
    Call,
    Confirm,
    Effect,
    End,
    Event,
    Flow,
    Found,
    Frame,
    GiveToPerson,
    HandOver,
    House,
    Jump,
    Retry,
    Said,
    Say,
    Solved,
    Speak,
    State,
    Step,
    ToolAnswered,
    Unanswered,
    UseTool,
)
from bots.dialogue.texts import fill, values_in
from bots.dialogue.values import value_for, values_of

_MOST_STEPS = 300
# What was said once in a conversation need not be said again.
_KEPT_KINDS = ("order_number", "postcode")
_MOST_ASKED = 2
_DEEPEST = 3
_MOST_TURNS = 40
_KEPT = 6
_QUESTION = 240
_SURE = 0.9
# Intents of small talk, should they have been taught.
_SMALL_INTENTS = {"greeting": "greeting", "thanks": "thanks", "goodbye": "bye"}
_UPSET, _UNHAPPY, _ABUSIVE = -0.6, -0.4, 0.85


def step(state: State, event: Event, house: House) -> tuple[State, list[Effect]]:
    turn = _Turn(State.from_json(state.as_json()), house)
    match event:
        case Said():
            turn.hear(event)
        case ToolAnswered() if turn.state.phase == "calling":
            turn.take_result(event)
        case Found() if turn.state.phase == "answering":
            turn.take_answer(event)
    return turn.state, turn.effects


class _Turn:
    def __init__(self, state: State, house: House) -> None:
        self.state, self.house = state, house
        self.effects: list[Effect] = []
        self.mood = 0.0

    # What was said

    def hear(self, said: Said) -> None:
        state = self.state
        if state.phase == "handed":
            return
        state.turns += 1
        self.mood = said.meant.mood
        self._note(said)
        if self._leads_to_person(said):
            return
        if state.turns > _MOST_TURNS:
            self.give("low_confidence")
        elif state.phase == "asking":
            self._hear_value(said)
        elif state.phase == "confirming":
            self._hear_yes_or_no(said)
        else:
            self._begin(said)

    def _note(self, said: Said) -> None:
        """The language, and what was named: nobody is asked what they have said."""
        state = self.state
        is_telling = len(said.text.split()) >= 3 or not said.text.isascii() or not state.language
        if said.meant.language and is_telling:
            state.language = said.meant.language
        for ask in self._all_asks(*_KEPT_KINDS):
            is_asked = state.phase == "asking" and ask.kind == self._kind_asked()
            if ask.kind == "postcode" and not is_asked:
                named = [value] if (value := value_for(ask, said, is_asked=False)) else []
            else:
                named = values_of(ask.kind, said.text, said.meant.entities, like=ask.like)
            held = state.mentions.setdefault(ask.kind, [])
            held.extend(value for value in named if value not in held)
            del held[:-_KEPT]

    def _kind_asked(self) -> str:
        _frame, _flow, asked = self._asking()
        return asked.kind if isinstance(asked, Ask) else ""

    def _all_asks(self, *kinds: str) -> list[Ask]:
        asks = [ask for flow in self.house.flows.values() for ask in flow.asks().values()]
        return list({(ask.kind, ask.like): ask for ask in asks if ask.kind in kinds}.values())

    def _leads_to_person(self, said: Said) -> bool:
        is_meant = said.meant.intent == "talk_to_person" and said.meant.confidence >= _SURE
        if words.wants_person(said.text) or is_meant:
            self.give("asked_for_person")
        elif words.is_dangerous(said.text):
            self.phrase("danger")
            self._keep_question(said)
            self.give("policy")
        elif words.is_insult(said.text) or said.meant.abuse >= _ABUSIVE:
            self.state.soothed = True
            self.phrase("calm")
            self.give("negative_mood")
        elif self.house.goes_to_person:
            self._keep_question(said)
            self.give("vip")
        return self.state.phase == "handed"

    def _keep_question(self, said: Said) -> None:
        questions = self.state.questions
        questions.append(said.text.strip()[:_QUESTION])
        del questions[:-_KEPT]

    # Nothing is going on

    def _begin(self, said: Said) -> None:
        state = self.state
        was_clarifying, state.phase = state.phase == "clarifying", "idle"
        state.frames, last, state.last = [], state.last, None
        if kind := self._small_talk(said):
            state.last = last
            self._chat(kind)
        elif words.is_never_mind(said.text):
            self.phrase("all_right")
        elif self._takes_up(last, said) or (was_clarifying and self._hear_offer(said)):
            return
        elif flow := choose_flow(said, self.house):
            self.start(flow, said)
        else:
            self._ask_knowledge(said.text, said)

    def _small_talk(self, said: Said) -> str:
        meant = said.meant
        is_sure = meant.confidence >= _SURE and not meant.entities and len(said.text) <= 60
        by_meaning = _SMALL_INTENTS.get(meant.intent, "") if is_sure else ""
        return words.small_talk_in(said.text) or by_meaning

    def _chat(self, kind: str) -> None:
        if kind == "greeting" and not self.state.greeted:
            self.state.greeted = True
            self.phrase("greeting", quick=self._titles(4))
            if self.house.is_guided and self.house.starters:
                self.phrase("welcome_new", cards=self.house.starters)
        else:
            self.phrase("how" if kind == "greeting" else kind)

    def _titles(self, most: int) -> tuple[str, ...]:
        flows = [flow for flow in self.house.flows.values() if flow.intents][:most]
        return tuple(self._pick(flow.titles) for flow in flows)

    def _takes_up(self, frame: Frame | None, said: Said) -> bool:
        """“No, the other order”, said after the flow had ended."""
        if frame is None or not words.is_correction(said.text):
            return False
        flow = self.house.flows.get(frame.flow)
        if flow is None or not correct(flow, frame, said, self.state.mentions):
            return False
        self.state.frames = [frame]
        self.run()
        return True

    def _hear_offer(self, said: Said) -> bool:
        offers, self.state.offers = self.state.offers, []
        answer = words.yes_or_no(said.text)
        if answer and len(offers) == 1 and (flow := self.house.flows.get(offers[0])):
            self.start(flow, said)
            return True
        if answer is False and len(said.text) < 12:
            self.give("low_confidence")
            return True
        return False

    def start(self, flow: Flow, said: Said) -> None:
        """On top of what goes on, which is come back to."""
        self._keep_question(said)
        if self._is_for_people(flow, said):
            return
        frame = Frame(flow.slug, question=said.text.strip()[:_QUESTION])
        self._fill_in(flow, frame, said)
        if len(self.state.frames) >= _DEEPEST:
            self.state.frames.clear()
        self.state.frames.append(frame)
        self.state.clarified = False
        self.run()

    def _is_for_people(self, flow: Flow, said: Said) -> bool:
        mood = "upset" if said.meant.mood <= _UPSET else "calm"
        rows = [self.house.limits.get(name, {}) for name in (*flow.intents, flow.slug, "*")]
        row = next((row for row in rows if mood in row), {})
        if row.get(mood) != "person":
            return False
        self.give("policy" if row.get("calm") == "person" else "negative_mood")
        return True

    def _fill_in(self, flow: Flow, frame: Frame, said: Said) -> None:
        for slot, ask in flow.asks().items():
            value = value_for(ask, said, is_asked=False)
            mentioned = self.state.mentions.get(ask.kind, [])
            if not value and ask.kind in _KEPT_KINDS and len(mentioned) == 1:
                value = mentioned[0]
            if value and slot not in frame.slots:
                frame.slots[slot] = value

    # Something was asked

    def _hear_value(self, said: Said) -> None:
        frame, flow, ask = self._asking()
        if frame is None or flow is None or not isinstance(ask, Ask):
            self._begin(said)
        elif words.is_never_mind(said.text):
            self._abandon()
        elif words.is_correction(said.text) and correct(flow, frame, said, self.state.mentions):
            self.run()
        elif value := self._value(ask, flow, said):
            frame.slots[ask.slot], frame.confirmed = value, False
            frame.at += 1
            self._fill_in(flow, frame, said)
            self.run()
        else:
            self._hear_something_else(said, flow)

    def _asking(self) -> tuple[Frame | None, Flow | None, Step | None]:
        frame = self.state.frames[-1] if self.state.frames else None
        flow = self.house.flows.get(frame.flow) if frame else None
        if frame is None or flow is None or not 0 <= frame.at < len(flow.steps):
            return frame, None, None
        return frame, flow, flow.steps[frame.at]

    def _value(self, ask: Ask, flow: Flow, said: Said) -> str:
        """Free text is whatever is said, unless it is plainly something else."""
        if ask.kind in ("text", "address") and (
            words.small_talk_in(said.text)
            or (words.is_question(said.text) and self._other_flow(said, flow))
        ):
            return ""
        return value_for(ask, said, is_asked=True)

    def _other_flow(self, said: Said, flow: Flow) -> Flow | None:
        found = choose_flow(said, self.house)
        return found if found and found.slug != flow.slug else None

    def _hear_something_else(self, said: Said, flow: Flow) -> None:
        """A digression, a question beside, small talk; else we ask once more, then give up."""
        if other := self._other_flow(said, flow):
            self.start(other, said)
        elif kind := words.small_talk_in(said.text):
            if kind in ("bye", "thanks"):
                self._abandon(phrase=kind)
            else:
                self._chat(kind)
                self.run(is_back=True)
        elif words.is_question(said.text):
            self._ask_knowledge(said.text, said)
        else:
            self._not_understood()

    def _not_understood(self) -> None:
        frame, _flow, asked = self._asking()
        name = asked.slot if isinstance(asked, Ask) else "?"
        if frame is None or frame.asked.get(name, 0) >= _MOST_ASKED:
            self.give("low_confidence")
            return
        is_first = isinstance(asked, Ask) and bool(asked.again)
        if not is_first:
            self.phrase("again")
        self.run(is_again=True)

    def _abandon(self, phrase: str = "all_right") -> None:
        self.state.frames.clear()
        self.state.phase, self.state.slot = "idle", ""
        self.phrase(phrase)

    def _hear_yes_or_no(self, said: Said) -> None:
        frame, flow, asked = self._asking()
        if frame is None or flow is None or not isinstance(asked, Confirm):
            self._begin(said)
            return
        answer = words.yes_or_no(said.text)
        if answer is not True and correct(flow, frame, said, self.state.mentions):
            self.run()
        elif answer is True:
            frame.confirmed, frame.at = True, frame.at + 1
            self.run()
        elif answer is False or words.is_never_mind(said.text):
            self._decline(frame, asked)
        else:
            self._hear_something_else(said, flow)

    def _decline(self, frame: Frame, asked: Confirm) -> None:
        if asked.no:
            frame.at = asked.no
            self.run()
        else:
            self._abandon("nothing_done")

    # The knowledge, beside the flows

    def _ask_knowledge(self, text: str, said: Said) -> None:
        self._keep_question(said)
        self.state.offers = nearest_flows(said, self.house)
        self.state.phase, self.state.aside = "answering", True
        self.effects.append(AskKnowledge(text.strip()[:_QUESTION]))

    def take_answer(self, found: Found) -> None:
        frame, _flow, asked = self._asking()
        is_aside, self.state.aside = self.state.aside, False
        self.state.tried.append("knowledge")
        if found.text:
            self._speak(found.text, cards=found.cards)
            self._go_on_after_answer(is_aside)
        elif not is_aside and frame and isinstance(asked, Answer) and asked.none:
            frame.at = asked.none
            self.run()
        elif is_aside and frame:
            self.state.phase = "asking"
            self._not_understood()
        else:
            self._find_out(is_aside)

    def _go_on_after_answer(self, is_aside: bool) -> None:
        if self.state.frames and not is_aside:
            self.state.frames[-1].at += 1
            self.run()
        elif self.state.frames:
            self.run(is_back=True)
        else:
            self.state.phase, self.state.clarified = "idle", False
            self.effects.append(Solved(""))

    def _find_out(self, is_aside: bool) -> None:
        """One question back, then a person."""
        state = self.state
        question = state.questions[-1] if state.questions else ""
        if state.clarified or not is_aside:
            self.effects.append(Unanswered(question, "nothing_found"))
            self.give("low_confidence")
            return
        state.clarified, state.phase = True, "clarifying"
        named = [self.house.flows[slug] for slug in state.offers if slug in self.house.flows]
        titles = tuple(self._pick(flow.titles) for flow in named) or self._titles(3)
        self.phrase("clarify", quick=(*titles, self._say("person")))

    # Going through a flow

    def take_result(self, result: ToolAnswered) -> None:
        frame, _flow, asked = self._asking()
        if frame is None or not isinstance(asked, Call):
            self.state.phase = "idle"
            return
        self.state.tried.append(asked.tool)
        if result.is_done:
            frame.data[asked.into] = dict(result.outputs)
            frame.at += 1
            self.run()
        elif asked.failed:
            frame.at = asked.failed
            self.run()
        else:
            self.give("failure")

    def run(self, *, is_again: bool = False, is_back: bool = False) -> None:
        """On to the next step that waits for somebody."""
        for _count in range(_MOST_STEPS):
            if not self.state.frames:
                self.state.phase, self.state.slot = "idle", ""
                return
            frame, _flow, asked = self._asking()
            if frame is None or asked is None:
                break  # the flow is another one by now
            if self._take(frame, asked, is_again, is_back):
                return
            if isinstance(asked, End) and self.state.frames:
                is_back = True
        self.give("failure")

    def _take(self, frame: Frame, asked: Step, is_again: bool, is_back: bool) -> bool:
        """Whether it is to be waited for."""
        match asked:
            case Ask():
                return self._ask(frame, asked, is_again, is_back)
            case Confirm():
                return self._confirm(frame, asked, is_back)
            case Call():
                return self._call(frame, asked)
            case Answer():
                return self._answer(frame, asked)
            case Say():
                quick = tuple(self._pick(texts) for texts in asked.quick)
                self._speak(self._fill(asked.texts), quick=quick)
                frame.at += 1
            case HandOver():
                if asked.texts:
                    self._speak(self._fill(asked.texts))
                self.give(asked.reason)
                return True
            case Retry():
                return self._retry(frame, asked)
            case Branch():
                is_so = holds(asked.condition, frame, self._facts())
                frame.at = frame.at + 1 if is_so else asked.otherwise
            case Jump():
                frame.at = asked.to
            case End():
                self._end(frame)
        return False

    def _ask(self, frame: Frame, asked: Ask, is_again: bool, is_back: bool) -> bool:
        is_needless = asked.unless is not None and holds(asked.unless, frame, self._facts())
        if is_needless or frame.slots.get(asked.slot):
            frame.at += 1
            return False
        frame.asked[asked.slot] = frame.asked.get(asked.slot, 0) + (not is_back)
        texts = asked.again if is_again and asked.again else asked.texts
        if is_back:
            self.phrase("back")
        labels = (self._pick(choice).partition(",")[0] for choice in asked.choices.values())
        quick = tuple(label.replace("，", "、").partition("、")[0].strip() for label in labels)
        self._speak(self._fill(texts), quick=quick)
        self.state.phase, self.state.slot = "asking", asked.slot
        return True

    def _confirm(self, frame: Frame, asked: Confirm, is_back: bool) -> bool:
        if frame.confirmed:
            frame.at += 1
            return False
        frame.asked["?"] = frame.asked.get("?", 0) + (not is_back)
        self._speak(self._fill(asked.texts), quick=(self._say("yes"), self._say("no")))
        self.state.phase, self.state.slot = "confirming", ""
        return True

    def _call(self, frame: Frame, asked: Call) -> bool:
        """What changes something is done for who has proved who they are and said yes to it."""
        if asked.tool in self.house.writes and not (frame.confirmed and self.house.is_proved):
            self.give("policy")
            return True
        values = frame.slots | {
            f"{name}.{key}": str(value)
            for name, result in frame.data.items()
            for key, value in result.items()
        }
        inputs = {name: fill(template, values) for name, template in asked.inputs.items()}
        self.state.phase = "calling"
        self.effects.append(UseTool(asked.tool, inputs, frame.confirmed))
        return True

    def _answer(self, frame: Frame, asked: Answer) -> bool:
        question = self._fill(asked.question) if asked.question else frame.question
        self.state.phase, self.state.aside = "answering", False
        self.effects.append(AskKnowledge(question[:_QUESTION]))
        return True

    def _retry(self, frame: Frame, asked: Retry) -> bool:
        """Once; whoever gives two numbers that we do not find is helped by a person."""
        if frame.retries:
            self.give("failure")
            return True
        self._speak(self._fill(asked.texts))
        wrong = {frame.slots.pop(slot, "") for slot in asked.slots}
        for named in self.state.mentions.values():
            named[:] = [value for value in named if value not in wrong]
        frame.retries, frame.at, frame.confirmed = 1, 0, False
        frame.data.clear()
        return False

    def _end(self, frame: Frame) -> None:
        self.state.frames.pop()
        self.state.last = frame
        self.effects.append(Solved(frame.flow))

    def _facts(self) -> Mapping[str, Any]:
        return {
            "proved": self.house.is_proved,
            "tier": self.house.tier,
            "language": self.state.language,
            "new": self.house.is_guided,
            "mood": "bad" if self.mood <= _UNHAPPY else "good",
        }

    # Speaking

    def give(self, reason: str) -> None:
        state = self.state
        state.soothed = True  # who is passed on has been heard; more of it would be too much
        self.phrase(f"hand_over.{reason}" if self._has(f"hand_over.{reason}") else "hand_over")
        state.phase, state.reason, state.slot = "handed", reason, ""
        self.effects.append(GiveToPerson(reason))

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
        return fill(self._pick(texts), {"name": self.house.name})

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

    def _fill(self, texts: Mapping[str, str]) -> str:
        frame = self.state.frames[-1] if self.state.frames else Frame("")
        facts = {**self.house.facts, "name": self.house.name}
        values = values_in(frame, facts, self.state.language)
        return fill(self._pick(texts), values)

    def _pick(self, texts: Mapping[str, str]) -> str:
        """A language nobody wrote for is answered in the first one there is."""
        return pick(texts, self.state.language or self.house.languages[0])
