"""Whether a promise will probably be kept: a queue, and the pace at which it is worked off.

Nothing is guessed of the request itself. What is due sooner is taken to be done sooner.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from automation.sla.hours import Hours

# With fewer that came to an end lately nothing is said: no estimate is better than a wrong one.
ENOUGH = 10
LOOKS_BACK = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Risk:
    """Spans are seconds of the team's working time."""

    ahead: int  # promises of the same kind in the same team that are due sooner
    per_hour: float
    needs: int
    left: int
    is_at_risk: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def pace_of(ended: int, hours: Hours, *, at: datetime) -> float | None:
    """How many an hour of work, over the days looked back on."""
    worked = hours.elapsed(at - LOOKS_BACK, at) / timedelta(hours=1)
    return ended / worked if ended >= ENOUGH and worked > 0 else None


def estimate(*, ahead: int, per_hour: float, due: datetime, hours: Hours, at: datetime) -> Risk:
    """``ahead`` and one more have to be done until it is due."""
    needs = round((ahead + 1) / per_hour * 3600)
    left = round(hours.elapsed(at, due).total_seconds())
    return Risk(ahead, round(per_hour, 1 if per_hour >= 1 else 2), needs, left, needs > left)
