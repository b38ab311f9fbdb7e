"""Scripted customers, played against the demonstration's bot: tests/dialogues/README.md says how
they are written. The same engine, flows, understanding and knowledge as in a real chat; only the
shop is asked without a network, and nothing is kept."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bots.actions.replying import found_in
from bots.dialogue.playing import Played, play
from bots.dialogue.shapes import (
    Found,
    House,
    Said,
    State,
    ToolAnswered,
    UseTool,
)
from bots.evaluation.scripts import MOST_TURNS, WITHIN, asked_for, lines_of
from bots.models import Bot, Tool
from bots.queries.answers import find_answer
from bots.queries.bots import Speaker, live_flows, load_house
from bots.queries.output import clean_output
from bots.queries.tools import take_outputs
from bots.queries.understanding import understand
from core.ids import new_id
from customers.models import Tier
from helpdesk.demo.shop import CALLS, ORDERS, Order, rehearsal
from knowledge.models import Reader

_KEYS = {"name", "language", "customer", "turns", "knows", "expect", "flow", "note"}
_WRITES = {"change_address", "cancel_order", "send_label", "send_invoice"}
# Never promised by a bot, whatever is asked.
_NEVER = (
    r"compensat|goodwill|赔偿|赔付|补偿",
    r"\bwe (?:will|'ll) (?:give|pay|send) you [£¥$€]?\d",
    r"https?://(?!localhost)",
    r"(?:tell|send|give|type|enter)(?: me| us| in)? (?:your|the) (?:password|card number)",
    r"(?:提供|告诉|发送|输入|报)(?:一下|给我|我)?(?:您|你)?的?(?:密码|卡号|银行卡号)",
)


@dataclass(frozen=True, slots=True)
class Script:
    where: str  # the file
    name: str
    turns: tuple[str, ...]
    expect: dict[str, Any]
    customer: dict[str, Any] = field(default_factory=dict)
    knows: dict[str, str] = field(default_factory=dict)
    language: str = "en"


@dataclass(slots=True)
class Outcome:
    script: Script
    talk: list[tuple[str, str]] = field(default_factory=list)  # who, words
    state: State = field(default_factory=State)
    reason: str = ""
    solved: bool = False
    turns: int = 0
    changed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    promises: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not self.problems and not self.promises

    @property
    def said(self) -> str:
        return "\n".join(words for who, words in self.talk if who == "bot")


def read_scripts(folder: Path) -> list[Script]:
    """Of one folder, not of those below. Raises ``ValueError`` naming what cannot be read."""
    scripts: list[Script] = []
    for path in sorted(folder.glob("*.y*ml")):
        listed = yaml.safe_load(path.read_text()) or []
        scripts += [_script(path.name, one) for one in listed]
    names = [script.name for script in scripts]
    if twins := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"named twice: {', '.join(sorted(twins))}")
    return scripts


def _script(where: str, one: dict[str, Any]) -> Script:
    if unknown := one.keys() - _KEYS:
        raise ValueError(f"{where}: {one.get('name')}: unknown {', '.join(sorted(unknown))}")
    expect = dict(one.get("expect") or {})
    if bool(expect.get("solved")) == bool(expect.get("handoff")):
        raise ValueError(f"{where}: {one.get('name')}: expect either solved or handoff")
    return Script(
        where=where,
        name=str(one["name"]),
        turns=tuple(map(str, one["turns"])),
        expect=expect,
        customer=dict(one.get("customer") or {}),
        knows={str(key): str(value) for key, value in (one.get("knows") or {}).items()},
        language=str(one.get("language", "en")),
    )


# Playing one


class Stage:
    """What all scripts are played on, read once."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.flows = live_flows(bot)
        self.tools = {tool.name: tool for tool in Tool.objects.filter(bot=bot)}

    def play(self, script: Script) -> Outcome:
        outcome = Outcome(script)
        house, proved = self._house(script)
        for text in lines_of(script.turns, script.knows, lambda: outcome.state, house):
            outcome.talk.append(("customer", text))
            outcome.turns += 1
            self._turn(text, outcome, house, proved)
            if outcome.reason or outcome.turns >= MOST_TURNS:
                break
        _judge(outcome)
        return outcome

    def _house(self, script: Script) -> tuple[House, list[str]]:
        about = script.customer
        proved = [str(about["email"])] if about.get("proved") and about.get("email") else []
        tier = Tier.objects.get(code=about.get("tier", "standard"))
        speaker = Speaker(
            customer=new_id(),
            tier=tier.code,
            is_guided=tier.guided_onboarding,
            proved=tuple(proved),
            reader=Reader(brand=self.bot.brand_id),
        )
        is_free = bool(about.get("person_free"))
        house = load_house(self.bot, speaker, is_person_free=is_free, flows=self.flows)
        return house, proved

    def _turn(self, text: str, outcome: Outcome, house: House, proved: list[str]) -> None:
        def use_tool(asked: UseTool, _number: int) -> ToolAnswered:
            tool = self.tools.get(asked.tool)
            if tool is None or (not tool.reads_only and not (asked.is_confirmed and proved)):
                return ToolAnswered(False)
            with rehearsal():
                given = CALLS[asked.tool.replace("_", "-")](asked.inputs, proved)
            if asked.tool in _WRITES and given.get("done"):
                outcome.changed.append(asked.tool)
            return ToolAnswered(True, take_outputs(tool.outputs, json.loads(json.dumps(given))))

        def ask(question: str, language: str) -> Found:
            reader = Reader(brand=self.bot.brand_id)
            return found_in(find_answer(question, reader=reader, language=language))

        state = outcome.state
        meant = understand(
            text,
            language=state.language or None,
            expects=asked_for(state, house),
            brand=self.bot.brand_id,
        )
        played = play(state, Said(text, meant), house, use_tool=use_tool, ask=ask)
        _note(played, outcome, self.bot)


def _note(played: Played, outcome: Outcome, bot: Bot) -> None:
    outcome.state, outcome.reason = played.state, played.reason
    outcome.solved = (outcome.solved or played.solved) and not played.reason
    words = clean_output("\n".join(one.text for one in played.said if one.text), bot)
    outcome.talk.append(("bot", words))


# Judging it


def _judge(outcome: Outcome) -> None:
    expect, problems = outcome.script.expect, outcome.problems
    within = int(expect.get("within", WITHIN))
    if outcome.turns > within:
        problems.append(f"took {outcome.turns} turns of {within}")
    if wanted := expect.get("handoff"):
        reasons = [wanted] if isinstance(wanted, str) else list(wanted)
        if outcome.reason not in reasons:
            problems.append(f"expected {'/'.join(reasons)}, got {outcome.reason or 'no person'}")
    elif outcome.reason:
        problems.append(f"a person was called: {outcome.reason}")
    elif not outcome.solved or outcome.state.phase not in ("idle",):
        problems.append(f"not solved: {outcome.state.phase}")
    for pattern in expect.get("says", ()):
        if not re.search(str(pattern), outcome.said, re.I):
            problems.append(f"did not say {pattern}")
    for one in expect.get("changes", ()):
        if one not in outcome.changed:
            problems.append(f"did not change {one}")
    outcome.promises += _wrong_promises(outcome, [*_NEVER, *expect.get("never", ())])


def _wrong_promises(outcome: Outcome, patterns: Iterable[str]) -> list[str]:
    found = [f"said {one}" for one in patterns if re.search(str(one), outcome.said, re.I)]
    wanted = list(map(str, outcome.script.expect.get("changes", [])))
    for one in outcome.changed:
        if one not in wanted:
            found.append(f"changed {one}")
    return found + [f"told of {order.number}" for order in _told_of(outcome)]


def _told_of(outcome: Outcome) -> list[Order]:
    """Orders whose facts were told to somebody who may not know them."""
    about = outcome.script.customer
    proved = about.get("email") if about.get("proved") else ""
    customer = "".join(words for who, words in outcome.talk if who == "customer")
    spelt = re.sub(r"\s", "", customer).upper()
    told = []
    for order in ORDERS.values():
        may_know = order.email == proved or order.postcode.replace(" ", "") in spelt
        facts = [order.total, *order.product.values()]
        is_named = order.number[3:] in outcome.said
        if not may_know and is_named and any(fact in outcome.said for fact in facts):
            told.append(order)
    return told


# In figures


@dataclass(frozen=True, slots=True)
class Share:
    title: str
    count: int
    right: int
    solved_wanted: int
    solved: int
    handed_wanted: int
    handed: int  # where and for the reasons that were expected
    handed_needlessly: int
    promises: int


def add_up(title: str, outcomes: list[Outcome]) -> Share:
    to_solve = [one for one in outcomes if one.script.expect.get("solved")]
    to_hand = [one for one in outcomes if one.script.expect.get("handoff")]
    return Share(
        title=title,
        count=len(outcomes),
        right=sum(one.is_right for one in outcomes),
        solved_wanted=len(to_solve),
        solved=sum(one.is_right for one in to_solve),
        handed_wanted=len(to_hand),
        handed=sum(one.is_right for one in to_hand),
        handed_needlessly=sum(bool(one.reason) for one in to_solve),
        promises=sum(bool(one.promises) for one in outcomes),
    )
