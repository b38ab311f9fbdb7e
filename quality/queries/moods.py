"""The line of moods along a conversation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from quality.models import Mood
from tickets.models import Ticket

MOST = 60
WIDTH, HEIGHT = 200, 40


@dataclass(frozen=True, slots=True)
class Felt:
    message: UUID
    mood: int
    at: datetime
    x: float
    y: float

    @property
    def words(self) -> str:
        return mood_words(self.mood)


@dataclass(frozen=True, slots=True)
class MoodLine:
    points: list[Felt]

    @property
    def path(self) -> str:
        return " ".join(f"{one.x:.1f},{one.y:.1f}" for one in self.points)

    @property
    def summary(self) -> str:
        first, last = self.points[0], self.points[-1]
        lowest = min(self.points, key=lambda one: one.mood)
        told = {"first": first.words, "last": last.words, "lowest": lowest.words}
        return _("Begins %(first)s, lowest %(lowest)s, ends %(last)s.") % told


def mood_words(mood: int) -> str:
    if mood <= -50:
        return _("very unhappy")
    if mood <= -25:
        return _("unhappy")
    if mood < 25:
        return _("neutral")
    return _("happy") if mood < 60 else _("very happy")


def load_line(ticket: Ticket) -> MoodLine | None:
    rows = list(Mood.objects.filter(ticket=ticket).order_by("-at")[:MOST])[::-1]
    if not rows:
        return None
    step = WIDTH / max(1, len(rows) - 1)
    return MoodLine(
        [
            Felt(one.message_id, one.mood, one.at, at * step, HEIGHT / 2 * (1 - one.mood / 100))
            for at, one in enumerate(rows)
        ]
    )


def moods_in(ticket: UUID) -> list[int]:
    """Of each message of the customer that was read, the oldest first."""
    found = Mood.objects.filter(ticket=ticket).order_by("-at").values_list("mood", flat=True)
    return list(found[:MOST])[::-1]
