"""A dialogue's next step: ``step(state, event, house) -> (state, effects)``.

Pure: the same three give the same two, and the state given is not touched. It raises for nothing
that customers, tools or the knowledge may say; every state it returns is one it can go on from.
"""

from bots.dialogue import words
from bots.dialogue.choosing import choose_flow, nearest_flows
from bots.dialogue.correcting import correct
from bots.dialogue.going import Going
from bots.dialogue.shapes import (
    Ask,
    AskKnowledge,
    Confirm,
    Effect,
    Event,
    Flow,
    Found,
    Frame,
    House,
    Said,
    State,
    ToolAnswered,
)
from bots.dialogue.speaking import QUESTION
from bots.dialogue.values import is_bare, value_for, values_of

# What was said once in a conversation need not be said again.
_KEPT_KINDS = ("order_number", "postcode")
_DEEPEST = 3
_MOST_TURNS = 40
_KEPT = 6
_SURE = 0.9
# Intents of small talk, should they have been taught.
_SMALL_INTENTS = {"greeting": "greeting", "thanks": "thanks", "goodbye": "bye"}
_UPSET, _ABUSIVE = -0.6, 0.85


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


class _Turn(Going):
    """What was said, and where it leads."""

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
        if words.wants_person(said.text):
            self.give("asked_for_person")
        elif words.is_dangerous(said.text):
            self.phrase("danger")
            self._keep_question(said)
            self.give("policy")
        elif words.is_insult(said.text) or said.meant.abuse >= _ABUSIVE:
            self.state.soothed = True
            self.phrase("calm")
            self.give("negative_mood")
        elif said.meant.intent == "talk_to_person" and said.meant.confidence >= _SURE:
            self.give("asked_for_person")
        elif self.house.goes_to_person:
            self._keep_question(said)
            self.give("vip")
        return self.state.phase == "handed"

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
        elif flow := self._choose(last, said):
            self.start(flow, said)
        elif last and self._reopens(last, said):
            return
        elif last and (words.yes_or_no(said.text) or self._is_afterthought(last, said)):
            state.last = last
            self._chat("got_it")
        else:
            self._ask_knowledge(said.text, said)

    def _choose(self, last: Frame | None, said: Said) -> Flow | None:
        """A bare value after a flow of its kind (“and PW-20735?”) is meant for that flow, and a
        remark after something was done begins nothing anew."""
        found = choose_flow(said, self.house)
        is_same = found is not None and last is not None and found.slug == last.flow
        if is_same and (not said.meant.intent or self._is_afterthought(last, said)):
            return None
        return found

    def _is_afterthought(self, last: Frame | None, said: Said) -> bool:
        """It asks for nothing and names nothing, after something was done."""
        was_done = last is not None and last.confirmed
        return (
            was_done and not words.is_question(said.text) and not any(map(str.isdigit, said.text))
        )

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

    def _takes_up(self, frame: Frame | None, said: Said) -> bool:
        """“No, the other order”, said after the flow had ended."""
        is_correction = frame is not None and words.is_correction(said.text)
        return is_correction and frame is not None and self._reopens(frame, said)

    def _reopens(self, frame: Frame, said: Said) -> bool:
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
        frame = Frame(flow.slug, question=said.text.strip()[:QUESTION])
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

    def _hear_value(self, said: Said) -> None:
        frame, flow, ask = self._asking()
        if frame is None or flow is None or not isinstance(ask, Ask):
            self._begin(said)
        elif words.is_never_mind(said.text):
            self._abandon()
        elif ask.kind != "choice" and self._corrects(flow, frame, said):
            self.run()
        elif value := self._value(ask, flow, said):
            frame.slots[ask.slot], frame.confirmed = value, False
            frame.at += 1
            self._fill_in(flow, frame, said)
            self.run()
        elif self._corrects(flow, frame, said) or self._fills_another(flow, frame, said):
            self.run()
        else:
            self._hear_something_else(said, flow)

    def _corrects(self, flow: Flow, frame: Frame, said: Said) -> bool:
        is_correction = words.is_correction(said.text)
        return is_correction and correct(flow, frame, said, self.state.mentions)

    def _fills_another(self, flow: Flow, frame: Frame, said: Said) -> bool:
        """A bare value for something that would have been asked for later."""
        before = dict(frame.slots)
        if is_bare(said.text):
            self._fill_in(flow, frame, said)
        return frame.slots != before

    def _value(self, ask: Ask, flow: Flow, said: Said) -> str:
        """Free text is whatever is said, unless it is plainly something else."""
        if ask.kind in ("text", "address") and (
            words.small_talk_in(said.text)
            or (words.is_question(said.text) and self._other_flow(said, flow))
        ):
            return ""
        return value_for(ask, said, is_asked=True)

    def _other_flow(self, said: Said, flow: Flow) -> Flow | None:
        found = None if is_bare(said.text) else choose_flow(said, self.house)
        return found if found and found.slug != flow.slug else None

    def _hear_something_else(self, said: Said, flow: Flow) -> None:
        """A digression, a question beside, small talk; else we ask once more, then give up."""
        if other := self._other_flow(said, flow):
            self.start(other, said)
        elif kind := words.small_talk_in(said.text) or (
            "thanks" if words.ends_with_thanks(said.text) else ""
        ):
            if kind in ("bye", "thanks"):
                self._abandon(phrase=kind)
            else:
                self._chat(kind)
                self.run(is_back=True)
        elif words.is_question(said.text):
            self._ask_knowledge(said.text, said)
        else:
            self._not_understood()

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

    def _ask_knowledge(self, text: str, said: Said) -> None:
        self._keep_question(said)
        self.state.offers = nearest_flows(said, self.house)
        self.state.phase, self.state.aside = "answering", True
        self.effects.append(AskKnowledge(text.strip()[:QUESTION]))
