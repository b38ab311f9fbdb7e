"""Releases and what followed them, in words."""

from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from bots.models import Flow, ReleaseWatch
from bots.queries.releases import SET_UP, open_alarms
from core.registry import Alarm, setbacks


def release_words(watch: ReleaseWatch) -> str:
    titles = {flow.slug: str(flow) for flow in Flow.objects.filter(bot=watch.bot_id)}
    return ", ".join(_one(release, titles) for release in watch.releases)


def _one(release: dict[str, Any], titles: dict[str, str]) -> str:
    name = titles.get(release["name"], release["name"])
    told = {"name": name, "n": release["number"]}
    match release["kind"]:
        case "model":
            return _("version %(n)s of the understanding") % told
        case "switched_on":
            return _("flow “%(name)s” switched on") % told
        case "switched_off":
            return _("flow “%(name)s” switched off") % told
    return _("flow “%(name)s”, version %(n)s") % told


def measure_words(code: str) -> str:
    known = setbacks.get(code)
    return str(known.words) if known else code


def share_words(counts: list[int]) -> str:
    bad, count = counts
    if not count:
        return "—"
    percent = number_format(round(100 * bad / count, 1), 1)
    return _("%(bad)s of %(count)s (%(percent)s %%)") % {
        "bad": bad,
        "count": count,
        "percent": percent,
    }


def alarm_words(watch: ReleaseWatch) -> str:
    """One sentence with the figures and what was released."""
    told = {
        "what": measure_words(watch.measure),
        "bot": watch.bot.name,
        "release": release_words(watch),
        "after": share_words(watch.after[watch.measure]),
        "before": share_words(watch.before[watch.measure]),
    }
    return _("%(bot)s, since %(release)s: %(what)s %(after)s, before %(before)s.") % told


def list_alarms(user: User) -> list[Alarm]:
    """Those that wait for somebody; the page for who may open it."""
    is_led_on = user.may(SET_UP)
    return [
        Alarm(alarm_words(one), reverse("bots:bot", args=[one.bot_id]) if is_led_on else "")
        for one in open_alarms(user)
    ]
