"""Decisions of routing in words."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from accounts.queries import REASONS
from automation.queries.why import Row, TeamShares, Why

register = template.Library()

_PARTS = {
    "knows": gettext_lazy("has worked for this customer before"),
    "fair": gettext_lazy("it was their turn"),
    "skill": gettext_lazy("can do what it needs"),
    "room": gettext_lazy("has room"),
    "idle": gettext_lazy("nothing came to them for a while"),
}
_GIVEN_UP = {
    "preferred": gettext_lazy("wished skills"),
    "language": gettext_lazy("the language"),
    "level": gettext_lazy("the level wished for"),
    "team": gettext_lazy("the own team alone"),
}
_REFUSED = {
    "full": gettext_lazy("has no room"),
    "channel_full": gettext_lazy("has enough of this kind"),
    "passed_by": gettext_lazy("had it before"),
    "team": gettext_lazy("works in another team"),
    "away": gettext_lazy("was not there"),
}
_AWAY = {
    "off_duty": gettext_lazy("was off duty"),
    "offline": gettext_lazy("had no page open"),
    "out_of_office": gettext_lazy("was out of office"),
    "in_call": gettext_lazy("was in a call"),
}
_NOBODY = {
    "nobody_can": gettext_lazy("Nobody in the team can do what it needs."),
    "nobody_there": gettext_lazy("Nobody who can do it is there."),
    "nobody_free": gettext_lazy("Everybody who can do it has enough to do."),
}
_EVEN, _UNEVEN = 0.1, 0.25
# A part that says less than this is not worth a word.
_WORTH_SAYING = 1.0


@register.filter
def why_reasons(why: Why) -> list[str]:
    """The weightiest first."""
    ordered = sorted(why.parts.items(), key=lambda part: -part[1])
    return [str(_PARTS[name]) for name, points in ordered if points >= _WORTH_SAYING]


@register.filter
def why_given_up(why: Why) -> str:
    words = [str(_GIVEN_UP[step]) for step in why.decision.given_up]
    return pgettext("between things", ", ").join(words)


@register.filter
def why_nobody(code: str) -> str:
    return str(_NOBODY.get(code, ""))


@register.filter
def refusal(row: Row) -> str:
    if row.refused in ("skill", "preferred"):
        return _("lacks %(skill)s") % {"skill": row.about}
    if row.refused == "language":
        return _("does not answer in this language")
    if row.refused == "away" and row.about in REASONS:
        return _("was away: %(reason)s") % {"reason": REASONS[row.about]}
    words: Any = _AWAY.get(row.about) or _REFUSED.get(row.refused, "")
    return str(words)


@register.filter
def for_how_long(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    if minutes < 60:
        return ngettext("%(n)d min", "%(n)d min", minutes) % {"n": minutes}
    return ngettext("%(n)d h", "%(n)d h", minutes // 60) % {"n": minutes // 60}


@register.filter
def evenness(share: TeamShares) -> dict[str, str]:
    """The coefficient in words, and how it is to be seen."""
    if not any(row.units for row in share.rows):
        return {"tone": "", "words": _("nothing was given out")}
    if share.gini <= _EVEN:
        return {"tone": "ok", "words": _("evenly shared")}
    if share.gini <= _UNEVEN:
        return {"tone": "warn", "words": _("somewhat uneven")}
    return {"tone": "bad", "words": _("unevenly shared")}


@register.filter
def away_words(code: str) -> str:
    """Of a person on the page about fairness, now."""
    if not code:
        return _("there")
    return str(REASONS.get(code) or _AWAY_NOW.get(code) or _("away"))


_AWAY_NOW = {
    "off_duty": gettext_lazy("off duty"),
    "offline": gettext_lazy("no page open"),
    "out_of_office": gettext_lazy("out of office"),
    "in_call": gettext_lazy("in a call"),
}
