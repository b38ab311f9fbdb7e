"""When somebody is back, in words that customers of any time zone can trust."""

from datetime import datetime, timedelta

from django.utils.dateformat import format as format_date
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from core.clock import now

_WEEK = 6


def back_words(moment: datetime | None) -> str:
    """In the active language: “on Monday at 09:00 (UTC+1)”. ``moment`` is in the time zone of who
    is back then; None where nobody knows."""
    if moment is None:
        return _("later")
    told = {"time": f"{moment:%H:%M} ({_zone(moment)})"}
    match (moment.date() - now().astimezone(moment.tzinfo).date()).days:
        case 0:
            return _("today at %(time)s") % told
        case 1:
            return _("tomorrow at %(time)s") % told
        case days if days <= _WEEK:
            return _("on %(day)s at %(time)s") % {"day": format_date(moment, "l"), **told}
    day = format_date(moment, get_format("MONTH_DAY_FORMAT"))
    return _("on %(day)s at %(time)s") % {"day": day, **told}


def _zone(moment: datetime) -> str:
    """UTC+1, UTC+5:30: the names of zones mean different things in different places."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")
