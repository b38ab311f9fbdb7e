"""How a message begins something: a matter or several, more of the one before, small talk, or what
only the knowledge may know."""

from bots.dialogue import acts, manners, words
from bots.dialogue.choosing import (
    asked_flow,
    asks_for_order,
    choose_flow,
    flow_for,
    is_example,
    lookup_flow,
    nearest_flows,
)
from bots.dialogue.correcting import correct
from bots.dialogue.going import Going
from bots.dialogue.listing import listed_for, named_in
from bots.dialogue.shapes import AskKnowledge, Flow, Frame, Said, Unheard
from bots.dialogue.speaking import QUESTION
from bots.dialogue.values import is_bare, looks_like_code, value_for, values_of
from bots.understanding.clauses import leave_denied

# What was said once in a conversation need not be said again.
KEPT_KINDS = ("order_number", "postcode")
_TAKEN_OVER = (*KEPT_KINDS, "code", "product")
_ASPECTS = ("choice", "choices")
_DEEPEST = 3
SURE = 0.9
# From so likely on a person is meant, and a part of a message is a matter of its own.
PERSON, _PART = 0.75, 0.8
# A matter that is so likely is one, even where a remark was to be expected.
_CLEARLY = 0.75
# Below it the likeliest matter is taken up only where the order that it needs is known.
_LIKELY = 0.35
# Below it what is begun is a guess.
_PLAINLY = 0.8
# Of the matter before; then a question that leans on it is about it.
_ALSO = 0.05
_BESIDE = 0.15
_HALF = 0.5  # of what is likelier
_SHORT = 40  # letters of a question that names nothing of its own
# What is said to a question back must be clearer than what was asked about.
_AFTER_ASKING, _FAR_AHEAD = 0.65, 0.3
# Intents of small talk, should they have been taught.
_SMALL_INTENTS = {"greeting": "greeting", "thanks": "thanks", "goodbye": "bye"}
# Of these no article is asked as a part of a message.
_NOT_KNOWN = {*_SMALL_INTENTS, "complaint", "talk_to_person", "other_matter"}
_UPSET = -0.6


class Beginning(Going):
    """What is said while nothing is asked for."""

    def _begin(self, said: Said) -> None:
        state = self.state
        was_clarifying, state.phase = state.phase == "clarifying", "idle"
        state.frames, last, state.last = [], state.last, None
        settled, state.settled = state.settled, False
        state.agenda.clear()
        self.before, least = last, _AFTER_ASKING if was_clarifying else 0.0
        if kind := self._small_talk(said, settled):
            state.last, state.settled = last, settled
            self._chat(kind)
        elif words.is_never_mind(said.text):
            self.phrase("all_right")
        elif (was_clarifying and self._hear_offer(said)) or (last and self._more(last, said)):
            return
        elif self._is_remark(last, said, settled):
            state.last, state.settled = last, settled
            self._chat("got_it")
        elif matters := self._matters(said):
            self._take_all(matters, said)
        elif flow := self._looked_up(said) or self._choose(last, said, least=least):
            self.start(flow, said)
        elif last and self._reopens(last, said):
            return
        elif last and words.yes_or_no(said.text):
            state.last, state.settled = last, settled
            self._chat("got_it")
        elif flow := self._likely(said):
            self.start(flow, said)
        elif was_clarifying and not said.meant.intent and not words.is_question(said.text):
            self._keep_question(said)
            self.give("low_confidence")
        elif last and settled and self._leans_on_answer(said):
            self.says_again(last)
        else:
            # Should the knowledge not have it either, what leans on the last answer may be in it.
            is_about_last = last and settled and self._may_lean(said)
            state.last = last if is_about_last else None
            self._ask_knowledge(said.text, said)

    def _leans_on_answer(self, said: Said) -> bool:
        if manners.asks_how(said.text):
            return not self.state.repeated
        is_known = said.meant.intent not in ("", "talk_to_person")
        return not is_known and not self.state.repeated and manners.seeks_yes(said.text)

    def _may_lean(self, said: Said) -> bool:
        is_else = said.meant.intent == "other_matter"
        return not is_else and words.is_question(said.text) and manners.points_back(said.text)

    def _is_remark(self, last: Frame | None, said: Said, settled: bool) -> bool:
        """What is said after an answer and wants none itself."""
        meant = said.meant
        if words.is_question(said.text) or is_example(said.text, self.house):
            return False
        if last and last.confirmed:
            # Something was done: “it is only the colour I do not like”.
            is_plain = not any(map(str.isdigit, said.text))
            is_asking = manners.asks_for_something(said.text)
            is_weak = meant.confidence < SURE or manners.gives_reason(said.text)
            return is_plain and not is_asking and is_weak
        flow = flow_for(meant.intent, self.house)
        is_heavy = flow is not None and flow.weight(self.house.writes) > 1
        least = SURE if is_heavy or acts.has_closing(said.text) else _CLEARLY
        is_else = bool(meant.intent) and meant.intent not in _SMALL_INTENTS
        is_well = is_heavy and manners.says_it_is_well(said.text)
        is_plan = acts.has_closing(said.text) and manners.tells_plan(said.text)
        is_clear = is_else and meant.confidence >= least and not (is_well or is_plan)
        is_opinion = acts.has_closing(said.text) and manners.is_opinion(said.text)
        is_plain = manners.is_remark(said.text) or is_opinion or self._only_closes(said)
        is_news = manners.says_it_is_found(said.text) and not said.meant.confidence >= SURE
        return settled and (is_news or (is_plain and not is_clear))

    def _only_closes(self, said: Said) -> bool:
        """“Oh, it is a cheaper one, that's why, ta”: thanks, and nothing that is likely."""
        is_asking = manners.asks_for_something(said.text) or looks_like_code(said.text)
        is_weak = said.meant.confidence < _AFTER_ASKING
        return acts.has_closing(said.text) and is_weak and not is_asking

    def _choose(self, last: Frame | None, said: Said, *, least: float) -> Flow | None:
        """A remark after something was done begins nothing anew; a question that leans on the one
        before is about the same."""
        if last and manners.is_fragment(said.text):
            return None
        second = next((chance for _intent, chance in said.meant.candidates[1:2]), 0.0)
        is_asking = words.is_question(said.text) or manners.asks_for_something(said.text)
        is_ahead = is_asking and said.meant.confidence - second >= _FAR_AHEAD
        if least and not is_asking:
            least = _PLAINLY
        is_guess = bool(said.meant.intent) and said.meant.confidence < least and not is_ahead
        found = None if is_guess else choose_flow(said, self.house)
        if last and self._is_still_of(last, found, said):
            return self.house.flows.get(last.flow)
        is_same = found is not None and last is not None and found.slug == last.flow
        is_nothing_new = not said.meant.intent and not looks_like_code(said.text)
        if is_same and (is_nothing_new or self._is_afterthought(last, said)):
            return None
        return found

    def _is_still_of(self, last: Frame, found: Flow | None, said: Said) -> bool:
        """“So which day is it?” after an order was looked up is about that order, not about days
        in general; and what is hardly understood by itself is about what was just spoken of."""
        flow = self.house.flows.get(last.flow)
        if flow is None:
            return False
        if self._completes(last, flow, found, said):
            return True
        if found is None and not said.meant.intent and _aspects_in(flow, said):
            return words.is_question(said.text)
        is_of_others = manners.asks_for_others(said.text) and len(said.text) <= _SHORT
        if not (manners.points_back(said.text) or is_of_others):
            return False
        if not words.is_question(said.text):
            return False
        best = max((dict(said.meant.candidates).get(one, 0) for one in flow.intents), default=0)
        if found is None:
            named = [one for one, _chance in said.meant.candidates if one not in _SMALL_INTENTS]
            return bool(named) and named[0] in flow.intents
        least = max(_ALSO, said.meant.confidence * _HALF)
        return bool(last.data) and best >= least and not asks_for_order(found)

    def _looked_up(self, said: Said) -> Flow | None:
        if is_bare(said.text):
            return lookup_flow(self.state.offers, self.house)
        return asked_flow(said, self.house)

    def _completes(self, last: Frame, flow: Flow, found: Flow | None, said: Said) -> bool:
        """“And a cushion?”, “so with 460 it would do, right?”: by itself neither is a matter."""
        if last.confirmed or flow.is_for_people or (found and said.meant.confidence >= SURE):
            return False
        leans = (manners.is_elliptical, manners.seeks_yes_plainly, manners.asks_how)
        if any(one(said.text) for one in leans):
            return True
        best = max((dict(said.meant.candidates).get(one, 0) for one in flow.intents), default=0)
        is_weak = said.meant.confidence < _AFTER_ASKING and best >= _BESIDE
        return is_weak and words.is_question(said.text) and manners.leans_back(said.text)

    def _likely(self, said: Said) -> Flow | None:
        """Not sure enough by itself; but the order it would ask for is there, so that it costs the
        customer nothing."""
        for intent, chance in said.meant.candidates[:1]:
            flow = flow_for(intent, self.house) if chance >= _LIKELY else None
            asks = flow.asks().values() if flow else ()
            for ask in asks:
                if ask.kind != "order_number":
                    continue
                is_named = values_of(ask.kind, said.text, said.meant.entities, like=ask.like)
                known = self.state.mentions.get(ask.kind)
                if is_named or (known and manners.points_back(said.text)):
                    return flow
        return None

    def _continues(self, last: Frame, said: Said) -> bool:
        """A bare value that the flow would have taken had it been said earlier, or did take: then
        its answer is said again."""
        flow = self.house.flows.get(last.flow)
        if flow is None or not is_bare(said.text):
            return False
        named = {slot: value_for(ask, said, is_asked=True) for slot, ask in flow.asks().items()}
        kept = {slot: named[slot] for slot in _kept_slots(flow) if named[slot]}
        if not kept or any(last.slots.get(slot, value) != value for slot, value in kept.items()):
            return False
        last.slots |= kept
        if last.confirmed:
            # It is done already, with just these.
            self.state.last, self.state.settled = last, True
            self._chat("got_it")
        else:
            self.go_again(last)
        return True

    def _matters(self, said: Said) -> list[list[str]]:
        """Several that are asked for in one message: flow, or none where the knowledge is asked,
        and words of each."""
        chosen: dict[str, list[str]] = {}
        for text, intent, confidence in said.meant.parts:
            flow = flow_for(intent, self.house)
            is_asking = words.is_question(text) or manners.asks_for_something(text)
            is_asking = is_asking or manners.orders_something(text) or _names_place(flow, text)
            is_whole = intent == said.meant.intent and said.meant.confidence >= _PART
            if (confidence < _PART and not is_whole) or not is_asking or intent in _NOT_KNOWN:
                continue
            if flow is None or not flow.is_for_people:
                chosen.setdefault(intent, [flow.slug if flow else "", text])
        return list(chosen.values()) if len(chosen) > 1 else []

    def _take_all(self, matters: list[list[str]], said: Said) -> None:
        """One after the other, unless one of them is for people."""
        self._keep_question(said)
        for slug, _text in matters:
            if slug and self._is_for_people(self.house.flows[slug], said):
                return
        self.state.agenda, self.state.clarified = matters, False
        self.run()

    def take_next(self) -> bool:
        state = self.state
        while state.agenda:
            slug, text = state.agenda.pop(0)
            flow = self.house.flows.get(slug)
            if flow:
                frame = Frame(slug, question=text[:QUESTION])
                self._fill_in(flow, frame, Said(text, Unheard()))
                state.frames.append(frame)
                return True
            if not slug:
                state.phase, state.aside = "answering", True
                self.effects.append(AskKnowledge(text[:QUESTION]))
                return False
        state.phase, state.slot = "idle", ""
        return False

    def _is_afterthought(self, last: Frame | None, said: Said) -> bool:
        """It asks for nothing and names nothing, after something was done."""
        was_done = last is not None and last.confirmed
        return (
            was_done and not words.is_question(said.text) and not any(map(str.isdigit, said.text))
        )

    def _small_talk(self, said: Said, settled: bool) -> str:
        """By words, or by meaning: after an answer thanks and goodbyes are what is to be
        expected."""
        meant = said.meant
        is_sure = meant.confidence >= (PERSON if settled else SURE)
        is_small = is_sure and not meant.entities and len(said.text) <= 60
        by_meaning = _SMALL_INTENTS.get(meant.intent, "") if is_small else ""
        if words.is_question(said.text) or manners.asks_for_something(said.text):
            by_meaning = ""
        return words.small_talk_in(said.text) or by_meaning

    def _chat(self, kind: str) -> None:
        if kind == "greeting" and not self.state.greeted:
            self.state.greeted = True
            self.phrase("greeting", quick=self._titles(4))
            if self.house.is_guided and self.house.starters:
                self.phrase("welcome_new", cards=self.house.starters)
        else:
            self.phrase("how" if kind == "greeting" else kind)

    def _more(self, last: Frame, said: Said) -> bool:
        """Of the matter that has ended: something else put in, or given later."""
        return self._takes_up(last, said) or self._continues(last, said)

    def _takes_up(self, frame: Frame, said: Said) -> bool:
        """“No, the other order”, said after the flow had ended."""
        return words.is_correction(said.text) and self._reopens(frame, said)

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
        self._take_over(flow, frame, said)
        frame.is_guess = said.meant.confidence < _PLAINLY and not is_example(said.text, self.house)
        if len(self.state.frames) >= _DEEPEST:
            self.state.frames.clear()
        self.state.frames.append(frame)
        self.state.clarified = False
        self.run(is_again=manners.seeks_number(said.text))

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
            if not value and self.before:
                value = named_in(said.text, listed_for(ask, self.before))
            if not value and ask.kind in KEPT_KINDS and len(mentioned) == 1:
                value = mentioned[0]
            if value and slot not in frame.slots:
                frame.slots[slot] = value

    def _take_over(self, flow: Flow, frame: Frame, said: Said) -> None:
        """The same matter again is about the same thing, unless another one is named."""
        before = self.before
        if before is None or before.flow != frame.flow or manners.asks_for_others(said.text):
            return
        is_elliptical = manners.is_elliptical(said.text)
        for slot, ask in flow.asks().items():
            if is_elliptical and ask.kind in _ASPECTS and ask.is_noted and slot in before.slots:
                # “And on a table?”: what was asked of the one is asked of the other.
                frame.slots.setdefault(slot, before.slots[slot])
            # A code was answered; only what points at it is about it still.
            is_spent = ask.kind == "code" and not manners.points_back(said.text)
            if ask.kind in _TAKEN_OVER and slot in before.slots and not is_spent:
                frame.slots.setdefault(slot, before.slots[slot])

    def _ask_knowledge(self, text: str, said: Said) -> None:
        self._keep_question(said)
        self.state.offers = nearest_flows(said, self.house)
        self.state.phase, self.state.aside = "answering", True
        self.effects.append(AskKnowledge(leave_denied(text).strip()[:QUESTION]))


def _kept_slots(flow: Flow) -> list[str]:
    return [slot for slot, ask in flow.asks().items() if ask.kind in KEPT_KINDS]


def _aspects_in(flow: Flow, said: Said) -> bool:
    """Something of what the flow notes by itself is said."""
    asks = [one for one in flow.asks().values() if one.is_noted and one.kind in _ASPECTS]
    return any(value_for(one, said, is_asked=False) for one in asks)


def _names_place(flow: Flow | None, text: str) -> bool:
    """“The set should go to 4 Quay Street”: where a matter needs an address, that is a wish."""
    asks = flow.asks().values() if flow else ()
    said = Said(text, Unheard())
    return any(one.kind == "address" and value_for(one, said, is_asked=False) for one in asks)
