"""Going through a flow: from step to step, until somebody has to be waited for."""

import re

from bots.dialogue.conditions import holds
from bots.dialogue.listing import listed_for, named_in
from bots.dialogue.manners import leans_back
from bots.dialogue.shapes import (
    Answer,
    Ask,
    AskKnowledge,
    Branch,
    Call,
    Confirm,
    End,
    Flow,
    Found,
    Frame,
    HandOver,
    Jump,
    Retry,
    Say,
    Solved,
    Speak,
    Step,
    ToolAnswered,
    Unanswered,
    UseTool,
)
from bots.dialogue.speaking import QUESTION, Speaking
from bots.dialogue.texts import fill

_MOST_STEPS = 300
_MOST_ASKED = 2
_MOST_SHOWN = 4


class Going(Speaking):
    """What follows of a step, of a tool's result and of what the knowledge says."""

    def run(self, *, is_again: bool = False, is_back: bool = False) -> None:
        """On to the next step that waits for somebody."""
        for _count in range(_MOST_STEPS):
            if not self.state.frames and not self.take_next():
                return
            frame, _flow, asked = self._asking()
            if frame is None or asked is None:
                break  # the flow is another one by now
            if self._take(frame, asked, is_again, is_back):
                return
            if isinstance(asked, End) and self.state.frames:
                is_back = True
        self.give("failure")

    def take_next(self) -> bool:
        """What else was asked for in the same message. Whether a flow was begun; the phase says
        whether the knowledge is waited for."""
        raise NotImplementedError  # the engine knows, which is made of this

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
        listed = listed_for(asked, frame)
        if value := self._only_one(frame, asked, listed):
            frame.slots[asked.slot] = value
            frame.at += 1
            return False
        frame.asked[asked.slot] = frame.asked.get(asked.slot, 0) + (not is_back)
        texts = asked.again if is_again and asked.again else asked.texts
        if is_back:
            self.phrase("back")
        labels = (self._pick(choice).partition(",")[0] for choice in asked.choices.values())
        quick = tuple(label.replace("，", "、").partition("、")[0].strip() for label in labels)
        self._speak(self._fill(texts), quick=quick or tuple(listed.values())[:_MOST_SHOWN])
        self.state.phase, self.state.slot = "asking", asked.slot
        return True

    def _only_one(self, frame: Frame, asked: Ask, listed: dict[str, str]) -> str:
        """Nobody is asked which, where there is but one or one was named; those that were taken
        for wrong are left out."""
        wrong = frame.doubted.get(asked.slot)
        left = {value: label for value, label in listed.items() if value != wrong}
        return next(iter(left)) if len(left) == 1 else named_in(frame.question, left)

    def _confirm(self, frame: Frame, asked: Confirm, is_back: bool) -> bool:
        if frame.confirmed:
            frame.at += 1
            return False
        if _deed(frame, self.house.flows[frame.flow]) in self.state.done:
            self.phrase("done_already")
            self._end(frame)
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
        values.setdefault("language", self.state.language or self.house.languages[0])
        inputs = {name: fill(template, values) for name, template in asked.inputs.items()}
        self.state.phase = "calling"
        self.effects.append(UseTool(asked.tool, inputs, frame.confirmed))
        return True

    def _answer(self, frame: Frame, asked: Answer) -> bool:
        question = self._fill(asked.question) if asked.question else frame.question
        self.state.phase, self.state.aside = "answering", False
        self.effects.append(AskKnowledge(question[:QUESTION]))
        return True

    def _retry(self, frame: Frame, asked: Retry) -> bool:
        """Once; whoever gives two numbers that we do not find is helped by a person."""
        if frame.retries:
            self.give("failure")
            return True
        self._speak(self._fill(asked.texts))
        frame.doubted = {slot: frame.slots[slot] for slot in asked.slots if frame.slots.get(slot)}
        wrong = {frame.slots.pop(slot, "") for slot in asked.slots}
        for named in self.state.mentions.values():
            named[:] = [value for value in named if value not in wrong]
        frame.retries, frame.at, frame.confirmed = 1, 0, False
        frame.data.clear()
        return False

    def _end(self, frame: Frame) -> None:
        self.state.frames.pop()
        self.state.last, self.state.settled = frame, True
        self.effects.append(Solved(frame.flow))

    def take_result(self, result: ToolAnswered) -> None:
        frame, flow, asked = self._asking()
        if frame is None or not isinstance(asked, Call):
            self.state.phase = "idle"
            return
        self.state.tried.append(asked.tool)
        if result.is_done:
            frame.data[asked.into] = dict(result.outputs)
            if asked.tool in self.house.writes:
                self.state.done.append(_deed(frame, self.house.flows[frame.flow]))
            frame.at += 1
            self.run()
        elif asked.failed:
            frame.at = asked.failed
            self.run()
        elif flow and any(ask.listed.startswith(f"{asked.into}.") for ask in flow.asks().values()):
            frame.at += 1  # it was only to spare a question
            self.run()
        else:
            self.give("failure")

    def take_answer(self, found: Found) -> None:
        frame, _flow, asked = self._asking()
        is_aside, self.state.aside = self.state.aside, False
        self.state.tried.append("knowledge")
        last, self.state.last = self.state.last, None
        if found.text:
            if new := self._without_said(found.text):
                self._speak(new, cards=found.cards)
            elif found.cards:
                self.effects.append(Speak("", cards=found.cards))
            self._go_on_after_answer(is_aside)
        elif not is_aside and frame and isinstance(asked, Answer) and asked.none:
            frame.at = asked.none
            self.run()
        elif is_aside and frame:
            self._miss_aside(frame)
        elif len(self.state.frames) > 1:
            self.state.frames.pop()
            self._miss_aside(self.state.frames[-1])
        elif not (is_aside and last and self.says_again(last)):
            self._find_out(is_aside)

    def says_again(self, last: Frame) -> bool:
        """What is not understood but leans on the answer just given: that answer, once more and
        only once, where nothing is changed by it."""
        flow = self.house.flows.get(last.flow)
        if flow is None or self.state.repeated or last.confirmed:
            return False
        if isinstance(flow.steps[0], HandOver):
            return False
        self.state.repeated = True
        self.go_again(last)
        return True

    def go_again(self, frame: Frame) -> None:
        frame.at, frame.confirmed = 0, False
        frame.asked.clear()
        frame.data.clear()
        self.state.frames = [frame]
        self.run()

    def _miss_aside(self, frame: Frame) -> None:
        """What was asked beside is not known; the matter itself is not given up for it, once."""
        question = self.state.questions[-1] if self.state.questions else ""
        self.effects.append(Unanswered(question, "nothing_found"))
        if frame.asked.get("beside", 0):
            self.give("low_confidence")
            return
        frame.asked["beside"] = 1
        self.phrase("cannot_say")
        self.run(is_back=True)

    def _go_on_after_answer(self, is_aside: bool) -> None:
        if self.state.frames and not is_aside:
            self.state.frames[-1].at += 1
            self.run()
        elif self.state.frames:
            self.run(is_back=True)
        else:
            self.state.clarified, self.state.settled = False, True
            self.effects.append(Solved(""))
            self.run()

    def _find_out(self, is_aside: bool) -> None:
        """One question back, then a person."""
        state = self.state
        question = state.questions[-1] if state.questions else ""
        if is_aside and not state.widened and len(state.questions) > 1 and leans_back(question):
            state.widened, state.aside, state.phase = True, True, "answering"
            self.effects.append(AskKnowledge(f"{state.questions[-2]} {question}"[:QUESTION]))
            return
        if state.clarified or not is_aside:
            self.effects.append(Unanswered(question, "nothing_found"))
            self.give("low_confidence")
            return
        state.clarified, state.phase = True, "clarifying"
        named = [self.house.flows[slug] for slug in state.offers if slug in self.house.flows]
        titles = tuple(self._pick(flow.titles) for flow in named) or self._titles(3)
        self.phrase("clarify", quick=(*titles, self._say("person")))

    def explain_again(self) -> None:
        """Asked about what is asked for: said in other words."""
        self.run(is_again=True)

    def _without_said(self, text: str) -> str:
        """Sentences that a flow has said just now are not said again."""
        known = "".join(filter(str.isalnum, "".join(self.state.said))).lower()
        kept = [
            one
            for one in re.split(r"(?<=[.!?])\s+|(?<=[。！？])", text)
            if "".join(filter(str.isalnum, one)).lower() not in known
        ]
        return " ".join(kept)

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


def _deed(frame: Frame, flow: Flow) -> str:
    """What a flow would do, in one line: with the same values it would do the same again."""
    asks = flow.asks()
    values = sorted(
        f"{n}={v}" for n, v in frame.slots.items() if n in asks and not asks[n].is_noted
    )
    return " ".join([frame.flow, *values])
