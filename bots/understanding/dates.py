"""Days as people name them in English and Chinese: 5 May, next Friday, 后天, 下周三, 5月5号."""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_SMALL = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_SMALL_WORDS = "|".join(_SMALL)
_HAN_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "兩": 2,
}
_HAN = "[零〇一二两兩三四五六七八九十]"
_HAN_DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨日": -1,
    "昨晚": -1,
    "今天": 0,
    "今日": 0,
    "今晚": 0,
    "当天": 0,
    "當天": 0,
    "明天": 1,
    "明日": 1,
    "明晚": 1,
    "后天": 2,
    "後天": 2,
    "大后天": 3,
    "大後天": 3,
}
_HAN_WEEK = {"上": -1, "这": 0, "這": 0, "本": 0, "下": 1, "": 0}


def find_days(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    """Where each stands, and which day is meant. Of an impossible one (31 June) nothing is told."""
    for pattern, read in _WAYS:
        for match in pattern.finditer(text):
            try:
                found = read(match, today)
            except (ValueError, OverflowError):
                continue
            if found is not None:
                yield match.start(), match.end(), found


def read_number(text: str) -> int:
    """Digits, or a Chinese number below a hundred."""
    if text.isdecimal():
        return int(text)
    if "十" in text:
        tens, _ten, ones = text.partition("十")
        return (_HAN_DIGITS[tens] if tens else 1) * 10 + (_HAN_DIGITS[ones] if ones else 0)
    return int("".join(str(_HAN_DIGITS[sign]) for sign in text))


def _nearest_year(month: int, day: int, today: date) -> date:
    """People leave the year out when the day is near, and speak of what was more than of what
    will be."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        if day <= calendar.monthrange(year, month)[1]:
            found.append(date(year, month, day))
    if not found:
        raise ValueError(day)
    return min(found, key=lambda one: max((today - one).days, (one - today).days * 2))


def _iso(match: re.Match[str], today: date) -> date:
    return date(int(match["y"]), int(match["m"]), int(match["d"]))


def _numbers(match: re.Match[str], today: date) -> date:
    """Day first, unless only the other order makes a date."""
    first, second, year = int(match["a"]), int(match["b"]), match["y"]
    day, month = (second, first) if second > 12 else (first, second)
    if not year:
        return _nearest_year(month, day, today)
    return date(int(year) + (2000 if len(year) == 2 else 0), month, day)


def _month_named(match: re.Match[str], today: date) -> date:
    month = 1 + next(at for at, name in enumerate(_MONTHS) if name[:3] == match["m"][:3].lower())
    if match["y"]:
        return date(int(match["y"]), month, int(match["d"]))
    return _nearest_year(month, int(match["d"]), today)


def _relative(match: re.Match[str], today: date) -> date:
    said = " ".join(match[0].lower().split())
    shift = {
        "day before yesterday": -2,
        "yesterday": -1,
        "today": 0,
        "tonight": 0,
        "tomorrow": 1,
        "day after tomorrow": 2,
    }[said.removeprefix("the ")]
    return today + timedelta(days=shift)


def _count_of_days(match: re.Match[str], today: date) -> date:
    said = match["n"].lower()
    days = (_SMALL.get(said) or int(said)) * (7 if match["unit"].lower() == "week" else 1)
    return today + timedelta(days=-days if match["ago"] else days)


def _weekday(match: re.Match[str], today: date) -> date:
    """ "Friday" is the one to come; "next Friday" that of next week, "last Friday" the one past."""
    at = next(at for at, name in enumerate(_DAYS) if name[:3] == match["d"][:3].lower())
    said = (match["which"] or "").lower()
    ahead = (at - today.weekday()) % 7
    if said == "last":
        return today + timedelta(days=ahead - 7)
    if said == "next":
        return today - timedelta(days=today.weekday()) + timedelta(days=7 + at)
    return today + timedelta(days=ahead)


def _han_day(match: re.Match[str], today: date) -> date:
    return today + timedelta(days=_HAN_DAYS[match[0]])


def _han_date(match: re.Match[str], today: date) -> date:
    month, day = read_number(match["m"]), read_number(match["d"])
    if not 1 <= month <= 12:
        raise ValueError(month)
    if match["y"]:
        year = int(match["y"])
        return date(year + (2000 if year < 100 else 0), month, day)
    return _nearest_year(month, day, today)


def _han_count(match: re.Match[str], today: date) -> date:
    days = read_number(match["n"]) * (1 if match["unit"] == "天" else 7)
    return today + timedelta(days=-days if match["way"] == "前" else days)


def _han_weekday(match: re.Match[str], today: date) -> date | None:
    """下周三 is Wednesday of next week, 周三 the one of this week."""
    at = "一二三四五六日".find(match["d"].replace("天", "日"))
    weeks = sum(_HAN_WEEK[sign] for sign in match["which"])
    return today - timedelta(days=today.weekday()) + timedelta(days=7 * weeks + at)


_Read = Callable[[re.Match[str], date], date | None]
_WAYS: tuple[tuple[re.Pattern[str], _Read], ...] = (
    (re.compile(r"(?<!\d)(?P<y>20\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"), _iso),
    (
        re.compile(r"(?<![\d/.-])(?P<a>\d{1,2})[/.](?P<b>\d{1,2})[/.](?P<y>20\d\d|\d\d)(?![\d/])"),
        _numbers,
    ),
    (re.compile(r"(?<![\d/.-])(?P<a>\d{1,2})/(?P<b>\d{1,2})(?P<y>)(?![\d/%])"), _numbers),
    (
        re.compile(
            rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m>{_MONTH})\b\.?"
            r"(?:,?\s+(?P<y>20\d\d))?",
            re.IGNORECASE,
        ),
        _month_named,
    ),
    (
        re.compile(
            rf"\b(?P<m>{_MONTH})\.?\s+(?:the\s+)?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b"
            r"(?:,?\s+(?P<y>20\d\d))?",
            re.IGNORECASE,
        ),
        _month_named,
    ),
    (
        re.compile(
            r"\b(?:(?:the\s+)?day\s+(?:after\s+tomorrow|before\s+yesterday)"
            r"|yesterday|today|tonight|tomorrow)\b",
            re.IGNORECASE,
        ),
        _relative,
    ),
    (
        re.compile(
            rf"\b(?:in\s+)?(?P<n>\d{{1,3}}|{_SMALL_WORDS})\s+(?P<unit>day|week)s?\s+(?P<ago>ago)\b",
            re.IGNORECASE,
        ),
        _count_of_days,
    ),
    (
        re.compile(
            rf"\bin\s+(?P<n>\d{{1,3}}|{_SMALL_WORDS})\s+(?P<unit>day|week)s?\b(?P<ago>)",
            re.IGNORECASE,
        ),
        _count_of_days,
    ),
    (
        re.compile(rf"\b(?:(?P<which>next|last|this|on)\s+)?(?P<d>{_DAY})\b", re.IGNORECASE),
        _weekday,
    ),
    (re.compile("|".join(sorted(_HAN_DAYS, key=len, reverse=True))), _han_day),
    (
        re.compile(
            rf"(?:(?P<y>(?:20)?\d\d)\s*年\s*)?(?P<m>\d{{1,2}}|{_HAN}{{1,2}})\s*月\s*"
            rf"(?P<d>\d{{1,2}}|{_HAN}{{1,3}})\s*[日号號]?"
        ),
        _han_date,
    ),
    (
        re.compile(
            rf"(?P<n>\d{{1,3}}|{_HAN}{{1,3}})\s*个?(?P<unit>天|周|週|星期)\s*(?:以|之)?(?P<way>[后後前])"
        ),
        _han_count,
    ),
    (
        re.compile(
            r"(?P<which>[上下这這本]{0,2})个?(?:周|週|星期|礼拜|禮拜)(?P<d>[一二三四五六日天])"
        ),
        _han_weekday,
    ),
)
