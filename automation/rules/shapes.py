"""What a rule is made of, and what is told of it once it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Protocol

MOST_DEEP = 5
MOST_CONDITIONS = 50
# A chain of rules that lead to one another is cut behind so many.
LONGEST_CHAIN = 5


class Kind(StrEnum):
    """What a fact is, which decides what may be asked of it."""

    CHOICE = "choice"  # one code, or none
    NUMBER = "number"
    TEXT = "text"
    TAGS = "tags"  # a set of words
    MOMENT = "moment"  # asked for its age
    FLAG = "flag"
    CHANCES = "chances"  # code → how likely


# What is asked, by kind. Those of CHANGES look at what the event has changed.
OPS: dict[Kind, tuple[str, ...]] = {
    Kind.CHOICE: ("any", "none", "empty", "filled", "changed", "changed_to", "was"),
    Kind.NUMBER: ("equals", "greater", "less", "empty", "filled", "changed", "was"),
    Kind.TEXT: ("contains", "lacks", "equals", "matches", "empty"),
    Kind.TAGS: ("any", "every", "none", "empty", "changed", "added", "removed"),
    Kind.MOMENT: ("older", "newer", "older_working", "newer_working", "empty", "filled"),
    Kind.FLAG: ("yes", "no"),
    Kind.CHANCES: ("at_least",),
}
CHANGES = frozenset({"changed", "changed_to", "was", "added", "removed"})
VALUELESS = frozenset({"empty", "filled", "changed", "yes", "no"})


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a rule may ask about. ``changes``: events say what it was before."""

    code: str
    kind: Kind
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """One condition."""

    fact: str
    kind: Kind
    op: str
    value: Any = None


class Way(StrEnum):
    ALL = "all"
    ANY = "any"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Group:
    """``ALL`` of nothing holds, ``ANY`` of nothing does not. ``NOT``: none of the parts holds."""

    way: Way
    parts: "tuple[Node, ...]"


Node = Ask | Group


class Facts(Protocol):
    """A ticket as it is at one moment; each fact is looked up when it is first asked for."""

    def value(self, fact: str) -> Any: ...

    def before(self, fact: str) -> Any:
        """What it was before the event; the same as now where that did not change it."""

    def is_changed(self, fact: str) -> bool: ...

    def age(self, fact: str, *, working: bool) -> timedelta | None:
        """How long ago that moment is; negative for one ahead, None where there is none."""


@dataclass(frozen=True, slots=True)
class Told:
    """One condition as it was found. ``saw`` holds codes and numbers only, never what somebody
    said."""

    place: str  # "0.2": the third part of the first
    fact: str
    op: str
    value: Any
    holds: bool
    saw: Any = None

    def as_json(self) -> dict[str, Any]:
        return {
            "place": self.place,
            "fact": self.fact,
            "is": self.op,
            "value": self.value,
            "holds": self.holds,
            "saw": self.saw,
        }


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to an event: the first event of the chain, and how many rules ran since, each named
    with the ticket it ran on."""

    root: str
    depth: int = 0
    rules: tuple[str, ...] = ()
    run: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"root": self.root, "depth": self.depth, "rules": list(self.rules), "run": self.run}

    @classmethod
    def of(cls, event: str, details: Mapping[str, Any]) -> "Cause":
        """Of an event that nothing of ours has led to, it is the event itself."""
        raw = details.get("cause")
        if not isinstance(raw, dict) or not raw.get("root"):
            return cls(event)
        rules = tuple(map(str, raw.get("rules", ())))
        return cls(str(raw["root"]), int(raw.get("depth", 0)), rules, str(raw.get("run", "")))

    def after(self, rule: str, ticket: str, *, run: str) -> "Cause":
        return Cause(self.root, self.depth + 1, (*self.rules, f"{rule} {ticket}"), run)


class Stop(StrEnum):
    AGAIN = "again"  # it ran for this cause already
    TOO_DEEP = "too_deep"


def stop_of(rule: str, ticket: str, cause: Cause) -> Stop | None:
    """Why a rule whose conditions hold must not run, if so."""
    if f"{rule} {ticket}" in cause.rules:
        return Stop.AGAIN
    if cause.depth >= LONGEST_CHAIN:
        return Stop.TOO_DEEP
    return None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a rule does."""

    do: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """``EVENT``: one of ``events``. ``TIME``: ``minutes`` after (negative: before) the moment
    ``since``. ``SCHEDULE``: on ``days`` at ``at`` in ``zone``."""

    kind: str
    events: tuple[str, ...] = ()
    since: str = ""
    minutes: int = 0
    working: bool = False
    days: tuple[str, ...] = ()
    at: str = ""
    zone: str = "UTC"
