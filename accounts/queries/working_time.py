"""Working hours as people write them, and the public holidays of the world."""

import re
from datetime import date, time
from itertools import pairwise

import holidays
from babel import Locale, UnknownLocaleError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, to_locale

from core.errors import Invalid

DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
HOLIDAY_COUNTRIES: dict[str, list[str]] = holidays.list_supported_countries(include_aliases=False)
USUAL_HOURS = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
_SPAN = re.compile(r"(\d{1,2})[:.：](\d{2})\s*[-–—~至到]\s*(\d{1,2})[:.：](\d{2})")
_BETWEEN = re.compile(r"[\s,;，、；]*")


def read_hours(text: str, *, field: str) -> list[list[str]]:
    """ "9:00–12:30, 13:30–18:00" → [["09:00", "12:30"], ["13:30", "18:00"]].

    24:00 is the end of the day. Raises ``Invalid`` naming the field.
    """
    spans = [_read_span(match, field) for match in _SPAN.finditer(text)]
    if not _BETWEEN.fullmatch(_SPAN.sub("", text)):
        raise Invalid(_("Write hours like 09:00–12:30, 13:30–18:00."), field=field)
    for before, after in pairwise(spans):
        if before[1] > after[0]:
            raise Invalid(_("These hours overlap or are not in order."), field=field)
    return spans


def _read_span(match: re.Match[str], field: str) -> list[str]:
    first, last = _clock(match[1], match[2], field), _clock(match[3], match[4], field)
    if first >= last:
        raise Invalid(_("Work cannot end before it begins."), field=field)
    return [first, last]


def _clock(hour: str, minute: str, field: str) -> str:
    if (hour, minute) == ("24", "00"):
        return "24:00"
    try:
        return time(int(hour), int(minute)).strftime("%H:%M")
    except ValueError:
        raise Invalid(_("There is no such time of day."), field=field) from None


def write_hours(spans: list[list[str]]) -> str:
    return ", ".join(f"{first}–{last}" for first, last in spans)


def find_public_holidays(
    country: str, *, years: list[int], language: str, subdivision: str = ""
) -> list[tuple[date, str]]:
    """With names in the language where they are known in it, else in the country's own."""
    if subdivision not in ("", *HOLIDAY_COUNTRIES.get(country, [])):
        raise Invalid(_("This country has no such region."), field="subdivision")
    found = holidays.country_holidays(
        country, subdiv=subdivision or None, years=years, language=_language_for(country, language)
    )
    return sorted((day, name[:80]) for day, name in found.items())


def _language_for(country: str, language: str) -> str | None:
    known = holidays.country_holidays(country).supported_languages
    wanted = {"zh-hans": ("zh_CN", "zh_TW"), "zh-hant": ("zh_TW", "zh_HK", "zh_CN")}
    candidates = wanted.get(language, ("en_US", "en_GB"))
    return next((code for code in candidates if code in known), None)


def name_countries(language: str) -> list[tuple[str, str]]:
    """Countries whose holidays we know, by name in the reader's language."""
    try:
        names = Locale.parse(to_locale(language)).territories
    except (UnknownLocaleError, ValueError):
        names = Locale("en").territories
    named = [(code, str(names.get(code, code))) for code in HOLIDAY_COUNTRIES]
    return sorted(named, key=lambda pair: pair[1])
