"""Who takes work now: what people said of themselves, and who stands in for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Presence, User
from core.clock import now

OUT_OF_OFFICE = "out_of_office"
# Reasons people choose from; out of office is set by its dates.
REASONS = {
    "break": _("Break"),
    "lunch": _("Lunch"),
    "meeting": _("Meeting"),
    "training": _("Training"),
    "focus": _("Quiet work"),
}
_MOST_STAND_INS = 5
# An open page speaks every 15 seconds; whose pages are silent so long has none.
PAGE_LOST_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Standing:
    """What colleagues are shown of somebody."""

    state: str
    reason: str
    since: datetime | None = None
    until: datetime | None = None
    stand_in: str = ""


def is_absent(user: User, *, at: datetime | None = None) -> bool:
    """Whether they are out of office then. Without an end it lasts until they say otherwise."""
    moment = at or now()
    if user.away_from is None or user.away_from > moment:
        return False
    return user.away_until is None or moment < user.away_until


def absent_now(moment: datetime) -> Q:
    is_open = Q(away_until=None) | Q(away_until__gt=moment)
    return Q(away_from__lte=moment) & is_open


def find_taker(user: User) -> User | None:
    """Who gets what is meant for them: themselves, or the first stand-in who is there. None if
    nobody is: then it stays with the team."""
    seen: set[UUID] = set()
    taker: User | None = user
    while taker is not None and is_absent(taker) and len(seen) < _MOST_STAND_INS:
        seen.add(taker.pk)
        taker = taker.stand_in
        if taker is not None and (taker.pk in seen or not taker.is_active):
            return None
    return None if taker is None or is_absent(taker) else taker


def standing_of(user: User) -> Standing:
    """Precondition for a list: ``presence`` and ``stand_in`` are read along."""
    if is_absent(user):
        stand_in = user.stand_in.name if user.stand_in else ""
        return Standing("away", OUT_OF_OFFICE, user.away_from, user.away_until, stand_in)
    presence: Presence | None = getattr(user, "presence", None)
    if presence is None:
        return Standing(Presence.State.ONLINE, "")
    if presence.seen_at and presence.seen_at < now() - PAGE_LOST_AFTER:
        return Standing(Presence.State.OFFLINE, "", presence.seen_at)
    return Standing(presence.state, presence.reason, presence.since)


def with_standing(users: "QuerySet[User]") -> "QuerySet[User]":
    return users.select_related("presence", "stand_in")


def list_stand_ins(user: User) -> Iterable[User]:
    """Colleagues of the same teams; who shares none with anybody may choose among all."""
    others = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("name")
    same = others.filter(teams__in=user.teams.all()).distinct()
    return same if same.exists() else others
