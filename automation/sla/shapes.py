"""What a fold reads and what it returns. Times are instants in UTC, lengths working time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from automation.sla.hours import Hours

# What may start or end a clock; a status is "status:" with its category.
OPENED, ASKED, ANSWERED, BOT_ANSWERED = "opened", "asked", "answered", "bot_answered"
ASSIGNED = "assigned"
# What may pause every clock whatever its policy says: no promise holds for these.
PUT_ASIDE, TAKEN_UP = "put_aside", "taken_up"
STATUS = "status:"
RESOLVED = frozenset({"status:resolved", "status:closed"})
UNRESOLVED = frozenset(
    f"{STATUS}{name}" for name in ("new", "open", "waiting_customer", "waiting_third_party")
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a ticket and may matter to a clock. Of two at the same moment
    the one with the lower ``order`` came first."""

    at: datetime
    what: str
    order: int = 0
    why: str = ""  # of a ticket put aside: spam, merged

    @property
    def key(self) -> tuple[datetime, int]:
        return self.at, self.order


@dataclass(frozen=True, slots=True)
class Metric:
    """When a clock starts and ends.

    ``needs`` and ``unless``: what must, and what must not have happened before it starts.
    ``resumes``: after it ended the same clock goes on, as it does when a ticket is reopened; the
    time between does not count. ``repeats``: it may start again, as another cycle.
    ``calls_off``: ends it with no verdict.
    """

    code: str
    starts: frozenset[str]
    stops: frozenset[str]
    calls_off: frozenset[str] = frozenset()
    resumes: frozenset[str] = frozenset()
    needs: str = ""
    unless: str = ""
    repeats: bool = False


FIRST_RESPONSE = Metric(
    "first_response",
    starts=frozenset({ASKED}),
    stops=frozenset({ANSWERED}),
    calls_off=RESOLVED,
    unless=ANSWERED,
    repeats=True,
)
NEXT_RESPONSE = Metric(
    "next_response",
    starts=frozenset({ASKED}),
    stops=frozenset({ANSWERED}),
    calls_off=RESOLVED,
    needs=ANSWERED,
    repeats=True,
)
RESOLUTION = Metric(
    "resolution",
    starts=frozenset({OPENED, ASKED}),
    stops=RESOLVED,
    resumes=UNRESOLVED,
)
BUILT_IN = {metric.code: metric for metric in (FIRST_RESPONSE, NEXT_RESPONSE, RESOLUTION)}


@dataclass(frozen=True, slots=True)
class Target:
    metric: Metric
    length: timedelta
    warn: float = 0.8  # warn when so much of the time is used; 1 or more: never
    pauses: frozenset[str] = frozenset()  # categories of status in which it stands still


@dataclass(frozen=True, slots=True)
class Terms:
    """What a version of a policy promises one ticket, and by which hours."""

    version: str
    targets: Mapping[str, Target]
    hours: Hours
    why: str = ""  # why they hold from now on: priority, policy, …


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the explanation."""

    at: datetime
    what: str  # started, paused, resumed, due, stopped, reopened, called_off, terms
    why: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    metric: str
    cycle: int
    version: str
    target: timedelta
    state: State
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None  # none while it stands still with time left, or nobody ever works
    warn_at: datetime | None
    elapsed: timedelta
    pauses: tuple[tuple[datetime, datetime | None, str], ...] = ()
    steps: tuple[Step, ...] = field(default=())

    @property
    def share(self) -> float:
        """How much of the time is used."""
        return self.elapsed / self.target
