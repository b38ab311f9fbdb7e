"""Each release is watched: what turns out badly more often since raises one alarm, which may pause
the bot."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from bots.actions.evaluation import SET_UP, require
from bots.actions.setup import pause_bot
from bots.errors import AlreadyDecided
from bots.evaluation.watching import chance_of_rise, is_rise, next_look
from bots.models import Bot, ReleaseWatch
from bots.queries.releases import (
    JUDGED_AFTER,
    WATCHED,
    Counts,
    count_after,
    count_before,
    open_alarm,
)
from core.clock import now
from core.events import record

# What is released within a day of the first is watched with it.
_TOGETHER = JUDGED_AFTER
_State = ReleaseWatch.State


@transaction.atomic
def watch_release(bot: Bot, *, kind: str, name: str, number: int = 0) -> ReleaseWatch:
    """``kind``: flow, switched_on, switched_off or model."""
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot.pk)
    released = {"kind": kind, "name": name, "number": number}
    last = bot.watches.filter(state=_State.RUNNING, began_at__gt=now() - _TOGETHER).first()
    if last:
        last.releases = [*last.releases, released]
        last.save(update_fields=["releases"])
        return last
    began = now()
    before = count_before(bot, began)
    return ReleaseWatch.objects.create(bot=bot, releases=[released], began_at=began, before=before)


def look_at_releases() -> int:
    """Says how many alarms are new."""
    running = ReleaseWatch.objects.filter(state=_State.RUNNING).order_by("began_at")
    return sum(look_at(pk) for pk in list(running.values_list("pk", flat=True)))


def look_at(pk: UUID) -> bool:
    """Counting is slow, and outside the transaction."""
    watch = ReleaseWatch.objects.select_related("bot").get(pk=pk)
    return _keep(watch.pk, watch.bot_id, count_after(watch))


@transaction.atomic
def _keep(pk: UUID, bot_id: UUID, after: Counts) -> bool:
    """Locked in the order of a release: the bot, then what is watched of it."""
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot_id)
    watch = ReleaseWatch.objects.select_for_update(of=("self",)).get(pk=pk)
    if watch.state != _State.RUNNING:
        return False
    watch.after = after
    risen = [code for code in after if _has_risen(watch, code)]
    if now() > watch.began_at + WATCHED + JUDGED_AFTER:
        watch.state = _State.OVER
    watch.save(update_fields=["after", "looked", "state"])
    if not risen or open_alarm(bot):
        return False
    _ring(bot, watch, min(risen, key=lambda code: _chance_of(watch, code)))
    return True


def _has_risen(watch: ReleaseWatch, code: str) -> bool:
    before, after = watch.before.get(code, [0, 0]), watch.after[code]
    size = next_look(after[1], watch.looked.get(code, 0))
    if not size:
        return False
    watch.looked = watch.looked | {code: size}
    return is_rise(before, after, measures=len(watch.after))


def _chance_of(watch: ReleaseWatch, code: str) -> float:
    return chance_of_rise(watch.before.get(code, [0, 0]), watch.after[code])


def _ring(bot: Bot, watch: ReleaseWatch, code: str) -> None:
    """Once: other releases of this bot that were watched have had the same conversations."""
    watch.state, watch.measure, watch.alarmed_at = _State.ALARMED, code, now()
    watch.chance = _chance_of(watch, code)
    watch.has_paused = bot.pauses_on_alarm and not bot.is_paused
    watch.save()
    bot.watches.filter(state=_State.RUNNING).update(state=_State.OVER)
    figures: dict[str, Any] = {"before": watch.before[code], "after": watch.after[code]}
    told = figures | {"measure": code, "chance": watch.chance, "releases": watch.releases}
    record("release.alarmed", subject=watch, actor=None, bot=bot.pk, **told)
    if watch.has_paused:
        pause_bot(
            bot, is_paused=True, actor=None, reason="release_alarm", alarm=watch.pk, **figures
        )


@transaction.atomic
def settle_alarm(watch: ReleaseWatch, *, actor: User) -> ReleaseWatch:
    """Somebody has looked at it. Whether the bot answers is decided by its switch."""
    require(actor, SET_UP)
    watch = ReleaseWatch.objects.select_for_update(of=("self",)).get(pk=watch.pk)
    if watch.state != _State.ALARMED or watch.settled_at:
        raise AlreadyDecided(_("Somebody else has decided about it."))
    watch.settled_at, watch.settled_by = now(), actor
    watch.save(update_fields=["settled_at", "settled_by"])
    record("release.alarm_settled", subject=watch, actor=actor, bot=watch.bot_id)
    return watch
