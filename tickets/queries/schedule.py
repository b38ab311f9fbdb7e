"""Times people mean when they say "later", in the time zone of whoever reads them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from core.clock import now

MORNING, EVENING = time(9), time(20)
_SOON = timedelta(minutes=30)
FURTHEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Later:
    label: str
    at: datetime

    @property
    def value(self) -> str:
        """As a field of date and time writes it: without a zone, which is the reader's."""
        return self.at.strftime("%Y-%m-%dT%H:%M")


def later_choices(moment: datetime | None = None) -> list[Later]:
    local = timezone.localtime(moment or now())
    found = []
    tonight = _on(local, 0, EVENING)
    if tonight - local > _SOON:
        found.append(Later(_("Tonight"), tonight))
    found.append(Later(_("Tomorrow morning"), _on(local, 1, MORNING)))
    to_monday = (7 - local.weekday()) % 7 or 7
    if to_monday > 1:
        found.append(Later(_("Monday morning"), _on(local, to_monday, MORNING)))
    return found


def _on(local: datetime, days: int, at: time) -> datetime:
    """By the clock on the wall, also where the clocks change in between."""
    day = local.date() + timedelta(days=days)
    return datetime.combine(day, at, tzinfo=local.tzinfo)
