"""Who is there: presence with its reason, and being out of office."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Presence, User
from accounts.queries.presence import OUT_OF_OFFICE, REASONS, absent_now
from core.clock import now
from core.errors import Invalid
from core.events import record


@transaction.atomic
def set_presence(user: User, *, state: str, reason: str = "", actor: User | None) -> Presence:
    """What colleagues see beside the name. A reason is one of a list and only for being away."""
    if state not in Presence.State.values:
        raise Invalid(_("Choose online, away or offline."), field="state")
    if reason not in ("", OUT_OF_OFFICE, *REASONS):
        raise Invalid(_("Choose one of the reasons."), field="reason")
    reason = reason if state == Presence.State.AWAY else ""
    presence, is_new = Presence.objects.select_for_update().get_or_create(user=user)
    if actor == user:
        note_seen(user)
    if not is_new and (presence.state, presence.reason) == (state, reason):
        return presence
    was = presence.state
    presence.state, presence.reason, presence.since = state, reason, now()
    presence.save(update_fields=["state", "reason", "since"])
    record(
        "user.presence_changed",
        subject=user,
        actor=actor,
        rooms=[f"user:{user.pk}"],
        was=was,
        to=state,
        reason=reason,
    )
    return presence


@transaction.atomic
def plan_absence(
    user: User,
    *,
    since: datetime,
    until: datetime | None,
    stand_in: User | None,
    hands_over: bool,
    actor: User,
) -> User:
    """Out of office from then on; what is due already begins at once.

    ``hands_over``: when it begins, open tickets go to the stand-in or back to their teams.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    if until is not None and until <= max(since, now()):
        raise Invalid(_("The end lies before the beginning or is over."), field="until")
    if stand_in is not None and (stand_in.pk == user.pk or not stand_in.is_active):
        raise Invalid(_("Choose a colleague as your stand-in."), field="stand_in")
    if stand_in is not None and stand_in.stand_in_id == user.pk and stand_in.away_from:
        raise Invalid(_("You stand in for this colleague yourself."), field="stand_in")
    user.away_from, user.away_until, user.stand_in = since, until, stand_in
    user.away_hands_over = hands_over
    user.save(update_fields=["away_from", "away_until", "stand_in", "away_hands_over"])
    record(
        "user.absence_planned",
        subject=user,
        actor=actor,
        since=since,
        until=until,
        stand_in=stand_in and stand_in.pk,
        hands_over=hands_over,
    )
    if since <= now():
        _begin(user, actor=actor)
    return user


@transaction.atomic
def end_absence(user: User, *, actor: User | None) -> User:
    """Back again, or not leaving after all. Tickets that were handed over stay where they are."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.away_from is None:
        return user
    user.away_from = user.away_until = user.stand_in = None
    user.away_hands_over = False
    user.save(update_fields=["away_from", "away_until", "stand_in", "away_hands_over"])
    record("user.absence_ended", subject=user, actor=actor)
    if Presence.objects.filter(user=user, reason=OUT_OF_OFFICE).exists():
        set_presence(user, state=Presence.State.ONLINE, actor=actor)
    return user


def turn_absences() -> tuple[int, int]:
    """Begin those whose time has come, end those whose time is over; how many of each."""
    moment = now()
    over = list(User.objects.filter(away_from__isnull=False, away_until__lte=moment))
    for user in over:
        end_absence(user, actor=None)
    due = User.objects.filter(absent_now(moment)).exclude(presence__reason=OUT_OF_OFFICE)
    begun = list(due)
    for user in begun:
        with transaction.atomic():
            _begin(User.objects.select_for_update().get(pk=user.pk), actor=None)
    return len(begun), len(over)


def _begin(user: User, *, actor: User | None) -> None:
    """The reaction of the tickets' app hands over, if that was wished."""
    set_presence(user, state=Presence.State.AWAY, reason=OUT_OF_OFFICE, actor=actor)
    record(
        "user.absence_began",
        subject=user,
        actor=actor,
        stand_in=user.stand_in_id,
        hands_over=user.away_hands_over,
    )


def note_seen(user: User) -> None:
    """An open page of theirs has spoken. Written at most every few seconds, and told to nobody."""
    recent = now() - timedelta(seconds=5)
    rows = Presence.objects.filter(user=user)
    if rows.filter(seen_at__gt=recent).exists():
        return
    if not rows.update(seen_at=now()):
        Presence.objects.get_or_create(user=user, defaults={"seen_at": now()})
