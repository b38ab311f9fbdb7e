"""A dialogue's next step: ``step(state, event, house) -> (state, effects)``.

Pure: the same three give the same two, and the state given is not touched. It raises for nothing
that customers, tools or the knowledge may say; every state it returns is one it can go on from.
"""

from bots.dialogue import manners, words
from bots.dialogue.beginning import KEPT_KINDS, SURE, Beginning
from bots.dialogue.choosing import choose_flow
from bots.dialogue.correcting import correct
from bots.dialogue.listing import listed_for, named_in
from bots.dialogue.shapes import (
    Ask,
    Confirm,
    Effect,
    Event,
    Flow,
    Found,
    Frame,
    House,
    Said,
    Solved,
    State,
    ToolAnswered,
)
from bots.dialogue.speaking import QUESTION
from bots.dialogue.values import is_bare, value_for, values_of

_MOST_TURNS = 40
_KEPT = 6
_MOST_DECLINED = 2
_ABUSIVE = 0.85
_PERSON = 0.85  # so likely a person is meant without a word that says so
# A no that is so long, and so surely another matter, is that matter.
_TOLD, _SURELY = 8, 0.8
# So unlikely what goes on has become.
_HARDLY = 0.15
_AGAIN = 30  # letters, at most, of what is wanted said once more


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


class _Turn(Beginning):
    """What was said, and where it leads."""

    def hear(self, said: Said) -> None:
        state = self.state
        if state.phase == "handed":
            return
        state.turns += 1
        state.said, state.widened = [], False
        self.mood = said.meant.mood
        self._note(said)
        if self._leads_to_person(said) or self._declines(said):
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
        for ask in self._all_asks(*KEPT_KINDS):
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
        elif self._insults(said):
            self.state.soothed = True
            self.phrase("calm")
            self.give("negative_mood")
        elif self._means_person(said):
            self.give("asked_for_person")
        elif self.house.goes_to_person:
            self._keep_question(said)
            self.give("vip")
        return self.state.phase == "handed"

    def _means_person(self, said: Said) -> bool:
        """Where a value is asked for, words of the house's own speak for one more clearly. A
        question that leans on the answer before (“and how many people bring it?”) is none."""
        if manners.orders_machine(said.text):
            return False
        if words.small_talk_in(said.text) == "who" or words.is_of_own_people(said.text):
            return False
        is_beside = words.is_question(said.text) and manners.leans_back(said.text)
        if said.meant.intent != "talk_to_person" or (self.state.last and is_beside):
            return False
        is_asked = self.state.phase in ("asking", "confirming")
        return said.meant.confidence >= (SURE if is_asked else _PERSON)

    def _insults(self, said: Said) -> bool:
        """By words, or by its sound where nothing else is wanted."""
        if manners.orders_machine(said.text):
            return False
        sounds = said.meant.abuse >= _ABUSIVE and said.meant.intent in ("", "complaint")
        return manners.is_insult(said.text) or (sounds and not manners.is_at_self(said.text))

    def _declines(self, said: Said) -> bool:
        """Orders given to the machine are declined in a sentence, and what goes on goes on; who
        gives nothing else is left to people."""
        state = self.state
        if not manners.orders_machine(said.text):
            return False
        state.declined += 1
        if state.declined > _MOST_DECLINED:
            self._keep_question(said)
            self.give("policy")
            return True
        self.phrase("not_that")
        state.settled = state.clarified = True
        if state.phase == "clarifying":
            state.phase = "idle"
        return True

    def _hear_value(self, said: Said) -> None:
        frame, flow, ask = self._asking()
        if frame is None or flow is None or not isinstance(ask, Ask):
            self._begin(said)
        elif words.is_never_mind(said.text) or _gives_up(ask, said.text):
            self._abandon()
        elif other := self._clearer(frame, flow, said):
            self.state.frames.pop()
            self.start(other, said)
        elif ask.kind != "choice" and self._corrects(flow, frame, said):
            self.run()
        elif value := self._value(ask, flow, said):
            frame.slots[ask.slot], frame.confirmed = value, False
            frame.is_guess = False
            frame.at += 1
            if ask.kind in KEPT_KINDS and not is_bare(said.text):
                frame.question = f"{frame.question} {said.text.strip()}"[:QUESTION]
            self._fill_in(flow, frame, said)
            self._restore(frame, ask)
            self.run()
        elif (
            self._mends(flow, frame, ask, said)
            or self._corrects(flow, frame, said)
            or self._fills_another(flow, frame, said)
        ):
            self.run()
        else:
            self._hear_something_else(said, flow)

    def _clearer(self, frame: Frame, flow: Flow, said: Said) -> Flow | None:
        """What it really is, where what goes on was begun on a guess."""
        now = dict(said.meant.candidates)
        is_less = max((now.get(one, 0.0) for one in flow.intents), default=0.0) < _HARDLY
        is_told = words.is_question(said.text) or manners.asks_for_something(said.text)
        is_plain = said.meant.confidence >= SURE and (is_told or words.is_correction(said.text))
        return self._other_flow(said, flow) if frame.is_guess and is_less and is_plain else None

    def _restore(self, frame: Frame, given: Ask) -> None:
        """Of number and postcode one was wrong: where another number is given, the postcode was
        right, and need not be said again."""
        if given.slot in frame.doubted and frame.slots[given.slot] != frame.doubted[given.slot]:
            for slot, value in frame.doubted.items():
                frame.slots.setdefault(slot, value)
        if given.slot in frame.doubted:
            frame.doubted = {}

    def _mends(self, flow: Flow, frame: Frame, asked: Ask, said: Said) -> bool:
        """The other one of those that may have been wrong is put right."""
        for slot, ask in flow.asks().items():
            old = frame.doubted.get(slot, "")
            if slot == asked.slot or not old:
                continue
            found = values_of(ask.kind, said.text, said.meant.entities, like=ask.like)
            if value := next((one for one in found if one != old), ""):
                frame.slots |= frame.doubted | {slot: value}
                frame.doubted = {}
                return True
        return False

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
        frame = self.state.frames[-1]
        return value_for(ask, said, is_asked=True) or named_in(said.text, listed_for(ask, frame))

    def _other_flow(self, said: Said, flow: Flow) -> Flow | None:
        found = None if is_bare(said.text) else choose_flow(said, self.house)
        return found if found and found.slug != flow.slug else None

    def _hear_something_else(self, said: Said, flow: Flow) -> None:
        """A digression, a question beside, small talk; else we ask once more, then give up."""
        frame, _flow, asked = self._asking()
        kind = asked.kind if isinstance(asked, Ask) else ""
        if frame and frame.doubted and manners.insists(said.text):
            self.give("failure")
            return
        if kind in KEPT_KINDS and manners.knows_not(said.text):
            self._not_understood()
            return
        if kind and manners.asks_about_slot(kind, said.text):
            self.explain_again()
            return
        if other := self._other_flow(said, flow):
            if words.drops(said.text):
                self.state.frames.clear()
            elif frame and frame.is_guess and said.meant.confidence >= _SURELY:
                self.state.frames.pop()
            self.start(other, said)
        elif kind := words.small_talk_in(said.text) or (
            "thanks" if words.ends_with_thanks(said.text) else self._farewell(said)
        ):
            if kind in ("bye", "thanks"):
                self._abandon(phrase=kind)
            elif kind == "got_it":
                self._not_understood()
            else:
                self._chat(kind)
                self.run(is_back=True)
        elif words.is_question(said.text):
            self._ask_knowledge(said.text, said)
        else:
            self._not_understood()

    def _farewell(self, said: Said) -> str:
        """While a yes is waited for, words that only sound like one (“go on then”) are none."""
        if self.state.phase == "confirming":
            return ""
        return "bye" if self._small_talk(said, settled=False) == "bye" else ""

    def _abandon(self, phrase: str = "all_right") -> None:
        self.state.frames.clear()
        self.state.phase, self.state.slot = "idle", ""
        self.phrase(phrase)

    def _hear_yes_or_no(self, said: Said) -> None:
        frame, flow, asked = self._asking()
        if frame is None or flow is None or not isinstance(asked, Confirm):
            self._begin(said)
            return
        question = self._fill(asked.texts)
        is_same = words.echoes(said.text, question) or _says_it_again(said, flow)
        answer = True if is_same else words.yes_or_no(said.text)
        if answer is not True and correct(flow, frame, said, self.state.mentions):
            self.run()
        elif answer is True:
            frame.confirmed, frame.at = True, frame.at + 1
            self.run()
        elif answer is False and words.is_of_both(said.text, question):
            self._not_understood()
        elif answer is False and self._asks_beside(said, flow):
            self._hear_something_else(said, flow)
        elif answer is False or words.is_never_mind(said.text):
            self._decline(frame, asked)
            self._begin_instead(said, flow)
        else:
            self._hear_something_else(said, flow)

    def _asks_beside(self, said: Said, flow: Flow) -> bool:
        """“Before I say yes, can I pay later with PayPal?”: words of a no in a question about
        something else are none."""
        is_question = words.is_question(said.text) and not words.leads_with_no(said.text)
        is_plain = said.meant.confidence >= _SURELY and not words.is_never_mind(said.text)
        return is_question and is_plain and self._other_flow(said, flow) is not None

    def _begin_instead(self, said: Said, flow: Flow) -> None:
        """“No, cancel it altogether”: a no, and another matter in the same breath."""
        other = self._other_flow(said, flow)
        is_plain = said.meant.confidence >= _SURELY and len(said.text) >= _TOLD
        if other and is_plain and self.state.phase == "idle":
            self.start(other, said)

    def _decline(self, frame: Frame, asked: Confirm) -> None:
        if asked.no:
            frame.at = asked.no
            self.run()
        else:
            self._abandon("nothing_done")
            self.effects.append(Solved(frame.flow))


def _says_it_again(said: Said, flow: Flow) -> bool:
    """“嗯嗯撤”: in a few words just what was asked for, and nothing against it."""
    is_same = said.meant.intent in flow.intents and said.meant.confidence >= SURE
    is_short = len(said.text) <= (_AGAIN if said.text.isascii() else _AGAIN // 3)
    is_plain = manners.is_plain_order(said.text) and not words.is_correction(said.text)
    return is_same and is_short and is_plain and words.yes_or_no(said.text) is None


def _gives_up(ask: Ask, text: str) -> bool:
    """“No wait, leave it as it is”, where a no is no answer to what was asked."""
    least = _TOLD if text.isascii() else 4
    return ask.kind != "choice" and len(text) >= least and words.says_no_more(text)
