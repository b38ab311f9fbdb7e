"""What a dialogue is made of: the steps of a flow, where a conversation stands, what happened in
it, and what is to be done. Nothing here touches the database, the network or the clock."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

# By language; "en" or whichever comes first stands in for one that is missing.
Texts = Mapping[str, str]

REASONS = (
    "asked_for_person",
    "low_confidence",
    "negative_mood",
    "policy",
    "vip",
    "failure",
)
KINDS = (
    "order_number",
    "postcode",
    "address",
    "email",
    "phone",
    "date",
    "amount",
    "product",
    "number",
    "code",
    "choice",
    "choices",
    "text",
)


# Steps of a flow, one after the other; blocks are jumps


@dataclass(frozen=True, slots=True)
class Condition:
    """``refs`` are all asked: each is a name, the values it may have (none: any that is true), and
    whether it must not."""

    refs: tuple[tuple[str, tuple[str, ...], bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Ask:
    line: int
    slot: str
    kind: str
    texts: Texts
    again: Texts = field(default_factory=dict)
    choices: Mapping[str, Texts] = field(default_factory=dict)  # code → words, the label first
    unless: Condition | None = None
    like: str = ""  # how such a value looks, as in PW-00000
    listed: str = ""  # the result and its output that lists what it may be

    @property
    def is_noted(self) -> bool:
        """Taken from what was said and never asked for."""
        return self.unless is not None and not self.unless.refs


@dataclass(frozen=True, slots=True)
class Confirm:
    line: int
    texts: Texts
    no: int = 0  # where it goes on after a no


@dataclass(frozen=True, slots=True)
class Call:
    line: int
    tool: str
    into: str
    inputs: Mapping[str, str]
    failed: int = 0  # where it goes on should the tool fail; 0: with a person


@dataclass(frozen=True, slots=True)
class Answer:
    """From the knowledge: the customer's own words, or the question given here."""

    line: int
    question: Texts
    none: int = 0  # where it goes on should nothing be found; 0: with a person


@dataclass(frozen=True, slots=True)
class Say:
    line: int
    texts: Texts
    quick: tuple[Texts, ...] = ()


@dataclass(frozen=True, slots=True)
class HandOver:
    line: int
    reason: str
    texts: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Forgets slots and begins anew with them, once."""

    line: int
    slots: tuple[str, ...]
    texts: Texts


@dataclass(frozen=True, slots=True)
class Branch:
    line: int
    condition: Condition
    otherwise: int


@dataclass(frozen=True, slots=True)
class Jump:
    line: int
    to: int


@dataclass(frozen=True, slots=True)
class End:
    line: int


Step = Ask | Confirm | Call | Answer | Say | HandOver | Retry | Branch | Jump | End


@dataclass(frozen=True, slots=True)
class Flow:
    slug: str
    titles: Texts
    intents: tuple[str, ...]
    examples: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]

    def asks(self) -> dict[str, Ask]:
        return {step.slot: step for step in self.steps if isinstance(step, Ask)}

    @property
    def is_for_people(self) -> bool:
        """Nothing is asked or done before somebody takes over."""
        return isinstance(self.steps[0], HandOver)

    def weight(self, writes: frozenset[str]) -> int:
        """How much is begun with it: looking up nothing but facts is least, then what may change
        something, then what always ends with a person."""
        calls = {step.tool for step in self.steps if isinstance(step, Call)}
        if calls & writes:
            return 1
        return 0 if calls or any(isinstance(step, Say | Answer) for step in self.steps) else 2


# Where a conversation stands: explicit, and all of it in JSON


@dataclass(slots=True)
class Frame:
    """One flow that is being gone through."""

    flow: str
    at: int = 0
    slots: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    retries: int = 0
    doubted: dict[str, str] = field(default_factory=dict)  # of which one at least was wrong
    confirmed: bool = False
    question: str = ""  # the words with which it began
    is_guess: bool = False  # begun weakly: a clearer matter takes its place


PHASES = ("idle", "asking", "confirming", "calling", "answering", "clarifying", "handed")


@dataclass(slots=True)
class State:
    phase: str = "idle"
    frames: list[Frame] = field(default_factory=list)
    last: Frame | None = None  # the flow that ended with the turn before: it may be corrected
    slot: str = ""  # what is being asked for
    language: str = ""
    mentions: dict[str, list[str]] = field(default_factory=dict)
    offers: list[str] = field(default_factory=list)  # flows named in a clarifying question
    tried: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    agenda: list[list[str]] = field(default_factory=list)  # flow and words, to be taken up next
    clarified: bool = False
    settled: bool = False  # the turn before ended with an answer
    declined: int = 0
    said: list[str] = field(default_factory=list)  # by us in this turn
    widened: bool = False  # the knowledge was asked with the question before
    aside: bool = False  # the knowledge was asked beside the flow
    done: list[str] = field(default_factory=list)  # what was changed: flow and values
    repeated: bool = False  # the answer before was said again for a question that leant on it
    soothed: bool = False
    greeted: bool = False
    turns: int = 0
    reason: str = ""  # why it was handed over

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "State":
        """What cannot be read any more begins anew: a state of an older release stops nobody."""
        try:
            given = dict(kept or {})
            frames = [Frame(**one) for one in given.pop("frames", [])]
            last = given.pop("last", None)
            state = cls(**given, frames=frames, last=Frame(**last) if last else None)
        except (TypeError, ValueError):
            return cls()
        return state if state.phase in PHASES else cls()


# What happened


class Meant(Protocol):
    """What the understanding says of a text; see ``bots.understanding.shapes``."""

    @property
    def language(self) -> str: ...
    @property
    def intent(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def candidates(self) -> tuple[tuple[str, float], ...]: ...
    @property
    def parts(self) -> tuple[tuple[str, str, float], ...]: ...  # words, intent, confidence
    @property
    def entities(self) -> tuple[Any, ...]: ...
    @property
    def mood(self) -> float: ...
    @property
    def abuse(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nothing is known of a text but its words."""

    language: str = ""
    intent: str = ""
    confidence: float = 0.0
    candidates: tuple[tuple[str, float], ...] = ()
    parts: tuple[tuple[str, str, float], ...] = ()
    entities: tuple[Any, ...] = ()
    mood: float = 0.0
    abuse: float = 0.0


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    meant: Meant
    files: int = 0


@dataclass(frozen=True, slots=True)
class ToolAnswered:
    is_done: bool
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What the knowledge says; no text: nothing it would stand for."""

    text: str = ""
    cards: tuple[tuple[str, str], ...] = ()  # title, address


Event = Said | ToolAnswered | Found


# What is to be done


@dataclass(frozen=True, slots=True)
class Speak:
    text: str
    quick: tuple[str, ...] = ()
    cards: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UseTool:
    """Its result comes back as ``ToolAnswered``."""

    tool: str
    inputs: Mapping[str, str]
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class AskKnowledge:
    """Its result comes back as ``Found``."""

    question: str


@dataclass(frozen=True, slots=True)
class GiveToPerson:
    reason: str


@dataclass(frozen=True, slots=True)
class Solved:
    flow: str


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Feeds the gaps of the knowledge."""

    question: str
    reason: str


Effect = Speak | UseTool | AskKnowledge | GiveToPerson | Solved | Unanswered


@dataclass(frozen=True, slots=True)
class House:
    """All a dialogue may know besides: what is published, and who is speaking."""

    flows: Mapping[str, Flow]
    writes: frozenset[str] = frozenset()  # tools that change something
    phrases: Mapping[str, Texts] = field(default_factory=dict)
    languages: tuple[str, ...] = ("en", "zh-hans")
    name: str = "Bot"
    is_proved: bool = False
    tier: str = ""
    goes_to_person: bool = False  # a tier that people serve, and one of them is free
    is_guided: bool = False
    # Intent or "*" → mood (calm, upset) → answer or person.
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    starters: tuple[tuple[str, str], ...] = ()  # cards for those who are new
    facts: Mapping[str, str] = field(default_factory=dict)
    # Outside working hours: when people are back, in words, and whether they answer by mail then.
    is_closed: bool = False
    back: Texts = field(default_factory=dict)
    by_mail: bool = False
