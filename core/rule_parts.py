"""What apps add to rules: things a rule may do, registered in ``core.registry.rule_actions``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RuleDone:
    """``changes``: facts of the ticket with what they were and became, in codes and ids. ``made``:
    ids of what undoing takes away again. Neither: it was as wanted already."""

    changes: Mapping[str, list[Any]] = field(default_factory=dict)
    made: tuple[str, ...] = ()
    has_acted: bool = False  # something left the house, or people were told


@dataclass(frozen=True, slots=True)
class RuleRunning:
    """On whose behalf an action is asked for."""

    rule: UUID
    run: UUID
    event: UUID | None = None  # what led to it


# Values are checked before a rule is kept, and again before they are used: what they name may be
# gone since.
@dataclass(frozen=True, slots=True)
class RuleAction:
    """``act(ticket, actor, value, running)`` is called in a transaction with the ticket locked, and
    may refuse with a ``HelpdeskError``; whatever it did is rolled back then.

    ``input`` is what its value is entered in: "" (none), "one", "many" (of ``options``), "text",
    "words" (with commas), "pair" (a choice and a text).
    """

    name: Any  # in words: "Set the priority to"
    right: str  # what whoever acts must be allowed to
    act: Callable[[Any, Any, Any, RuleRunning], RuleDone]
    input: str = ""
    options: Callable[[], list[tuple[str, str]]] | None = None
    # Takes back what ``made`` names, as far as that is still possible; says whether it was.
    take_back: Callable[[Any, Any, tuple[str, ...]], bool] | None = None
    # What it would change, by facts: (fact → value now, value) → fact → value then.
    foresee: Callable[[Callable[[str], Any], Any], dict[str, Any]] | None = None
    # Refuses with ValueError, in words, a value no rule can have.
    check: Callable[[Any], Any] | None = None
