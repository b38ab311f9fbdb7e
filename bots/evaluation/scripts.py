"""Tests of a bot: what a customer says, and what is right. The shape is that of tests/dialogues."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bots.dialogue.shapes import REASONS, Ask, House, State

MOST_TURNS = 12
WITHIN = 5
# Never promised by a bot, whatever is asked.
NEVER = (
    r"compensat|goodwill|赔偿|赔付|补偿",
    r"\bwe (?:will|'ll) (?:give|pay|send) you [£¥$€]?\d",
    r"password|card number|密码|卡号",
)
CONFIRM = "confirm"
_KEYS = {"name", "language", "customer", "turns", "knows", "expect", "results"}
_EXPECTED = {"solved", "handoff", "intent", "article", "within", "says", "never", "changes"}
# A repetition within a repetition can take for ever on a few signs.
_EXPLODES = re.compile(r"\([^()]*[+*}][^()]*\)\s*[+*{]")


class Unreadable(ValueError):
    """Names what is wrong: a code and what it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(f"{code}: {about}")
        self.code, self.about = code, about


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    turns: tuple[str, ...]
    expect: Mapping[str, Any]
    customer: Mapping[str, Any] = field(default_factory=dict)
    knows: Mapping[str, str] = field(default_factory=dict)
    # What tools answer, by tool: one after the other, the last one again and again.
    results: Mapping[str, Any] = field(default_factory=dict)
    language: str = "en"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "turns": list(self.turns)}


def read_script(given: Mapping[str, Any]) -> Script:
    """Raises ``Unreadable``."""
    if unknown := given.keys() - _KEYS:
        raise Unreadable("unknown", ", ".join(sorted(map(str, unknown))))
    expect = dict(given.get("expect") or {})
    _check(given, expect)
    return Script(
        name=str(given.get("name") or "")[:120],
        turns=tuple(str(one) for one in given["turns"]),
        expect=expect,
        customer=dict(given.get("customer") or {}),
        knows={str(key): str(value) for key, value in (given.get("knows") or {}).items()},
        results=dict(given.get("results") or {}),
        language=str(given.get("language") or "en"),
    )


def _check(given: Mapping[str, Any], expect: dict[str, Any]) -> None:
    turns = given.get("turns")
    if not isinstance(turns, list | tuple) or not 0 < len(turns) <= MOST_TURNS:
        raise Unreadable("turns")
    if unknown := expect.keys() - _EXPECTED:
        raise Unreadable("unknown", ", ".join(sorted(map(str, unknown))))
    if sum(bool(expect.get(one)) for one in ("solved", "handoff", "intent", "article")) != 1:
        raise Unreadable("expects")
    if strange := [one for one in reasons_in(expect) if one not in REASONS]:
        raise Unreadable("reason", strange[0])
    for pattern in (*expect.get("says", ()), *expect.get("never", ())):
        if len(str(pattern)) > 200 or _EXPLODES.search(str(pattern)):
            raise Unreadable("pattern", str(pattern)[:60])
        try:
            re.compile(str(pattern))
        except re.error:
            raise Unreadable("pattern", str(pattern)[:60]) from None


def reasons_in(expect: Mapping[str, Any]) -> list[str]:
    wanted = expect.get("handoff") or []
    return [wanted] if isinstance(wanted, str) else [str(one) for one in wanted]


@dataclass(slots=True)
class Outcome:
    script: Script
    talk: list[tuple[str, str]] = field(default_factory=list)  # who, words
    state: State = field(default_factory=State)
    reason: str = ""
    solved: bool = False
    turns: int = 0
    intents: list[str] = field(default_factory=list)  # as understood, one a turn
    articles: list[str] = field(default_factory=list)  # ids of those that were cited
    changed: list[str] = field(default_factory=list)  # tools that changed something
    problems: list[list[str]] = field(default_factory=list)  # code, what was wanted, what was got

    @property
    def is_right(self) -> bool:
        return not self.problems

    @property
    def said(self) -> str:
        return "\n".join(words for who, words in self.talk if who == "bot")


def lines_of(
    turns: Iterable[str], knows: Mapping[str, str], stands: Callable[[], State], house: House
) -> Iterator[str]:
    """What is known is said when it is asked for; else the next turn is. ``stands``: where the
    conversation is by then."""
    waiting, knows = list(turns), dict(knows)
    said: list[str] = []
    while True:
        kind = asked_for(stands(), house)
        # A yes belongs to its question: that of “yesterday” was none.
        was_said = kind != CONFIRM and any(knows.get(kind, "") in line for line in said)
        if kind in knows and not was_said:
            said.append(knows.pop(kind))
        elif waiting:
            said.append(waiting.pop(0))
        else:
            return
        yield said[-1]


def asked_for(state: State, house: House) -> str:
    """The kind of thing that is being asked for, ``confirm`` for a yes."""
    if state.phase == "confirming":
        return CONFIRM
    is_asking = state.phase == "asking" and state.frames
    flow = house.flows.get(state.frames[-1].flow) if is_asking else None
    asked: Ask | None = flow.asks().get(state.slot) if flow else None
    return asked.kind if asked else ""


def judge(outcome: Outcome) -> None:
    """Write down everything that is not as expected."""
    expect, problems = outcome.script.expect, outcome.problems
    problems += _problems_of_end(outcome, expect)
    within = int(expect.get("within") or WITHIN)
    if outcome.turns > within:
        problems.append(["turns", str(within), str(outcome.turns)])
    for pattern in expect.get("says", ()):
        if not re.search(str(pattern), outcome.said, re.I):
            problems.append(["not_said", str(pattern), ""])
    problems += _wrong_promises(outcome, expect)


def _problems_of_end(outcome: Outcome, expect: Mapping[str, Any]) -> list[list[str]]:
    if wanted := expect.get("intent"):
        got = outcome.intents[0] if outcome.intents else ""
        return [] if got == wanted else [["intent", str(wanted), got]]
    if wanted := expect.get("article"):
        is_cited = str(wanted) in outcome.articles
        return [] if is_cited else [["article", str(wanted), ", ".join(outcome.articles[:3])]]
    if reasons := reasons_in(expect):
        is_right = outcome.reason in reasons
        return [] if is_right else [["handoff", "/".join(reasons), outcome.reason]]
    if outcome.reason:
        return [["person", "", outcome.reason]]
    is_over = outcome.solved and outcome.state.phase == "idle"
    return [] if is_over else [["unsolved", "", outcome.state.phase]]


def _wrong_promises(outcome: Outcome, expect: Mapping[str, Any]) -> list[list[str]]:
    patterns: Iterable[Any] = [*NEVER, *expect.get("never", ())]
    found = [["said", str(one), ""] for one in patterns if re.search(str(one), outcome.said, re.I)]
    wanted, got = sorted(map(str, expect.get("changes") or [])), sorted(outcome.changed)
    if wanted != got:
        found.append(["changed", ", ".join(wanted), ", ".join(got)])
    return found
