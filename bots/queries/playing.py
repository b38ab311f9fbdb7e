"""A bot played against its tests: the engine, flows, understanding and knowledge of a real chat.
Tools answer what a test says they do, or as an example would; nothing is kept, nobody is written
to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from bots.dialogue.playing import play
from bots.dialogue.shapes import Call, Flow, Found, House, Said, ToolAnswered, UseTool
from bots.evaluation.scripts import MOST_TURNS, Outcome, Script, asked_for, judge, lines_of
from bots.models import Bot, Tool
from bots.queries.answers import Answer, find_answer
from bots.queries.bots import Speaker, load_house
from bots.queries.candidates import Candidate, flows_with
from bots.queries.output import clean_output
from bots.queries.rehearsal import made_up
from bots.queries.tools import take_outputs
from bots.queries.understanding import understand
from bots.understanding.shapes import Understanding
from customers.models import Tier
from knowledge.models import Reader

# Whoever speaks in a test is nobody.
_NOBODY = UUID("6f6b9f1c-51f7-4e6d-8a55-2f0a1a7d9c11")


class Heard:
    """What was understood and found already: a suite is played twice, and most of it is said in
    both."""

    def __init__(self) -> None:
        self.meant: dict[tuple[Any, ...], Understanding] = {}
        self.found: dict[tuple[str, str], Answer] = {}


class Stage:
    """For one candidate; without one for what is live."""

    def __init__(
        self, bot: Bot, candidate: Candidate | None = None, heard: Heard | None = None
    ) -> None:
        self.bot, self.heard = bot, heard or Heard()
        self.candidate = candidate or Candidate()
        self.flows = flows_with(bot, self.candidate.flows)
        self.tools = {tool.name: tool for tool in Tool.objects.filter(bot=bot)}
        self.reader = Reader(brand=bot.brand_id)
        self.tiers = {tier.code: tier for tier in Tier.objects.all()}

    def play(self, script: Script) -> Outcome:
        outcome = Outcome(script)
        house = self._house(script)
        results = {tool: _as_list(told) for tool, told in script.results.items()}
        for text in lines_of(script.turns, script.knows, lambda: outcome.state, house):
            outcome.talk.append(("customer", text))
            outcome.turns += 1
            self._turn(text, outcome, house, results)
            if outcome.reason or outcome.turns >= MOST_TURNS:
                break
        judge(outcome)
        return outcome

    def _house(self, script: Script) -> House:
        about = script.customer
        tier = self.tiers.get(str(about.get("tier") or "standard"))
        speaker = Speaker(
            customer=uuid5(_NOBODY, script.name),
            tier=tier.code if tier else "",
            is_guided=bool(tier and tier.guided_onboarding),
            proved=("customer@example.org",) if about.get("proved") else (),
            reader=self.reader,
        )
        is_free = bool(about.get("person_free"))
        return load_house(self.bot, speaker, is_person_free=is_free, flows=self.flows)

    def _turn(
        self, text: str, outcome: Outcome, house: House, results: dict[str, list[Any]]
    ) -> None:
        def use_tool(asked: UseTool, _number: int) -> ToolAnswered:
            return self._use_tool(asked, outcome, house, results)

        def ask(question: str, language: str) -> Found:
            answer = self._find(question, language)
            outcome.articles += [str(pk) for pk, _title, _url in answer.articles]
            return Found(" ".join(one.text for one in answer.sentences))

        meant = self._understand(text, outcome.state.language, asked_for(outcome.state, house))
        outcome.intents.append(meant.intent)
        played = play(outcome.state, Said(text, meant), house, use_tool=use_tool, ask=ask)
        outcome.state, outcome.reason = played.state, played.reason
        outcome.solved = (outcome.solved or played.solved) and not played.reason
        words = clean_output("\n".join(one.text for one in played.said), self.bot)
        outcome.talk.append(("bot", words))

    def _use_tool(
        self, asked: UseTool, outcome: Outcome, house: House, results: dict[str, list[Any]]
    ) -> ToolAnswered:
        """As in a real chat, what changes something needs a yes and the proof."""
        tool = self.tools.get(asked.tool)
        is_allowed = tool and (tool.reads_only or (asked.is_confirmed and house.is_proved))
        if tool is None or not is_allowed:
            return ToolAnswered(False)
        if told := results.get(asked.tool):
            given = told.pop(0) if len(told) > 1 else told[0]
        else:
            given = made_up(tool, _calling(tool.name, house))
        if given is None:
            return ToolAnswered(False)
        if not tool.reads_only:
            outcome.changed.append(asked.tool)
        return ToolAnswered(True, take_outputs(tool.outputs, given))

    def _understand(self, text: str, language: str, expects: str) -> Understanding:
        key = (text, language, expects, self.candidate.model)
        if key not in self.heard.meant:
            self.heard.meant[key] = understand(
                text,
                language=language or None,
                expects="" if expects == "confirm" else expects,
                brand=self.bot.brand_id,
                model=self.candidate.model,
            )
        return self.heard.meant[key]

    def _find(self, question: str, language: str) -> Answer:
        key = (question, language)
        if key not in self.heard.found:
            self.heard.found[key] = find_answer(question, reader=self.reader, language=language)
        return self.heard.found[key]


def _as_list(told: Any) -> list[Any]:
    """None within it is a tool that did not answer."""
    return list(told) if isinstance(told, list) else [told]


def _calling(tool: str, house: House) -> Flow:
    """The flow that asks about what it answers."""
    flows: Mapping[str, Flow] = house.flows
    for flow in flows.values():
        if any(isinstance(step, Call) and step.tool == tool for step in flow.steps):
            return flow
    return Flow("", {}, (), {}, ())
