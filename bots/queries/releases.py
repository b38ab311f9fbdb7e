"""Conversations before and after a release, counted by how they turned out."""

from datetime import datetime, timedelta

from accounts.models import User
from bots.models import Bot, Dialogue, ReleaseWatch
from core.clock import now
from core.registry import Talk, setbacks

SET_UP, LEAD = "bots.set_up_bot", "quality.lead_quality"
# Each is judged by what is known a day after it began, on both sides alike.
JUDGED_AFTER = timedelta(hours=24)
BEFORE, WATCHED = timedelta(days=28), timedelta(days=14)
_MOST = 100_000
_SHOWN = 10
Counts = dict[str, list[int]]


def talks_between(bot: Bot, since: datetime, until: datetime) -> list[Talk]:
    """In which the bot answered; of each customer the first, so that they are independent."""
    held = Dialogue.objects.filter(
        bot=bot, began_at__gte=since, began_at__lt=until, answers__gt=0, ticket__spam_at=None
    )
    rows = held.order_by("began_at").values_list("ticket", "ticket__customer", "began_at")
    first: dict[object, Talk] = {}
    for row in rows[:_MOST]:
        first.setdefault(row[1], Talk(*row))
    return list(first.values())


def count_setbacks(bot: Bot, since: datetime, until: datetime) -> Counts:
    """Of each way: how many turned out badly, of how many that can be judged."""
    talks = talks_between(bot, since, until)
    found = {}
    for code, setback in setbacks.items():
        judged = setback.judge(talks, within=JUDGED_AFTER)
        found[code] = [sum(judged.values()), len(judged)]
    return found


def count_before(bot: Bot, released_at: datetime) -> Counts:
    until = released_at - JUDGED_AFTER
    return count_setbacks(bot, until - BEFORE, until)


def count_after(watch: ReleaseWatch) -> Counts:
    until = min(now() - JUDGED_AFTER, watch.began_at + WATCHED)
    return count_setbacks(watch.bot, watch.began_at, until)


def open_alarm(bot: Bot) -> ReleaseWatch | None:
    return bot.watches.filter(state=ReleaseWatch.State.ALARMED, settled_at=None).first()


def open_alarms(user: User) -> list[ReleaseWatch]:
    if not (user.may(SET_UP) or user.may(LEAD)):
        return []
    found = ReleaseWatch.objects.filter(state=ReleaseWatch.State.ALARMED, settled_at=None)
    return list(found.select_related("bot").order_by("-alarmed_at"))


def list_watches(bot: Bot) -> list[ReleaseWatch]:
    return list(bot.watches.select_related("settled_by")[:_SHOWN])
