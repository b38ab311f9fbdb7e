"""What a decision is made from, and what it says. Times are in seconds, weights in units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Relax(StrEnum):
    """What may be given up for somebody who waits; a required skill never is."""

    PREFERRED = "preferred"
    LANGUAGE = "language"
    LEVEL = "level"  # down to the least level a need names
    TEAM = "team"  # other teams may help


@dataclass(frozen=True, slots=True)
class Need:
    skill: str
    level: int = 1
    least: int = 1  # never below it, however long somebody waits
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class Request:
    """One ticket that waits for somebody."""

    id: UUID
    channel: str
    weight: int = 1
    needs: tuple[Need, ...] = ()
    language: str = ""
    lane: int = 0  # of its tier; the higher goes first
    slack: float | None = None  # until the nearest promise; below zero it is late
    waited: float = 0.0
    knows: Mapping[UUID, float] = field(default_factory=dict)  # agent → 0..1
    passed_by: frozenset[UUID] = frozenset()  # who had it or was asked, and is not asked again


@dataclass(frozen=True, slots=True)
class Candidate:
    id: UUID
    capacity: int
    limits: Mapping[str, int] = field(default_factory=dict)  # tickets of a channel at a time
    load: int = 0
    held: Mapping[str, int] = field(default_factory=dict)  # tickets by channel
    skills: Mapping[str, int] = field(default_factory=dict)  # skill → level
    languages: frozenset[str] = frozenset()
    away: str = ""  # why nothing comes to them now
    is_own: bool = True  # of the request's own team
    given: float = 0.0  # units that came to them within the window
    idle: float = 0.0  # since the last one came


@dataclass(frozen=True, slots=True)
class Weights:
    """Points of each part of a score at its best."""

    fair: float = 50.0
    room: float = 15.0
    skill: float = 15.0
    knows: float = 15.0
    idle: float = 5.0


@dataclass(frozen=True, slots=True)
class Policy:
    relaxes: tuple[tuple[float, Relax], ...] = (
        (120.0, Relax.PREFERRED),
        (300.0, Relax.LANGUAGE),
        (600.0, Relax.LEVEL),
        (900.0, Relax.TEAM),
    )
    # Whoever waits so long goes before every lane, the longest wait first.
    starves_after: float = 3600.0
    burst: float = 4.0  # units of deficit at which fairness has its full say
    weights: Weights = Weights()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one candidate: why not, or how well. ``parts`` holds points by name."""

    agent: UUID
    refused: str = ""  # away, passed_by, full, channel_full, skill, language, preferred, team
    about: str = ""  # the skill, language or kind of absence
    score: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    request: UUID
    chosen: UUID | None
    verdicts: tuple[Verdict, ...]
    given_up: tuple[Relax, ...] = ()
    why_none: str = ""  # nobody_can, nobody_there, nobody_free
