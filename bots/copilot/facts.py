"""What must not get lost, nor come in, where a text is put in other words: numbers, dates, links,
codes and names. Pure, and strict rather than clever."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bots.support import links_in, numbers_in, plain

_MONTHS = re.findall(
    r"\w+",
    "January February March April May June July August September October November December",
)
_DAYS = re.findall(r"\w+", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_MONTH = re.compile(
    rf"\b({'|'.join(_MONTHS)}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?(?=\s*\d)"
    rf"|(?<=\d)(?:st|nd|rd|th)?\s+(?:of\s+)?({'|'.join(_MONTHS)})\b"
)
_CHINESE_MONTH = re.compile(r"(\d{1,2}|十[一二]?|[一二三四五六七八九])\s*月")
_DAY = re.compile(rf"\b({'|'.join(_DAYS)})\b")
_CHINESE_DAY = re.compile(r"(?:星期|周|週|礼拜|禮拜)([一二三四五六日天])")
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z-]*[A-Z])(?=[A-Za-z0-9-]*\d)[A-Za-z][A-Za-z-]*\d[A-Za-z0-9-]*"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
# A name that begins no sentence; where all letters are large, nobody can tell.
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?:[ -][A-Z][a-z]+)*")
# So often that they say nothing of how many.
_EVERYWHERE = {"1", "0"}
_CHINESE_DIGITS = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class Kept:
    """Nothing in either: all facts are as they were."""

    lost: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return not (self.lost or self.added)


def compare(
    before: str, after: str, *, names: Iterable[str] = (), translated: bool = False
) -> Kept:
    """``names``: of the people and brands meant; who stood in it must stand in it still. Those and
    other names may be written otherwise in another language, so there they are not asked for."""
    old, new = plain(before), plain(after)
    lost = {*(_dates(old) - _dates(new)), *(_codes(old) - _codes(new))}
    added = {*(_dates(new) - _dates(old)), *(_codes(new) - _codes(old))}
    lost |= {*(links_in(old) - links_in(new)), *_missing_numbers(old, new)}
    added |= {*(links_in(new) - links_in(old)), *_missing_numbers(new, old)}
    if not translated:
        lost |= {name for name in _names(old, names) if name.lower() not in new.lower()}
        added |= {name for name in _names(new, ()) if name.lower() not in old.lower()}
    return Kept(tuple(sorted(lost)), tuple(sorted(added)))


def _missing_numbers(here: str, there: str) -> set[str]:
    """Of one text those that the other does not have, in digits or in words."""
    digits, known = _runs(here), _runs(there) | numbers_in(there) | _months(there)
    words = {one for one in numbers_in(here) if one.isdigit()} - _EVERYWHERE
    said = digits | (words if not _is_chinese(here) else set())
    return said - known


def _is_chinese(text: str) -> bool:
    """There the small numbers stand within other words."""
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def _runs(text: str) -> set[str]:
    found = re.findall(r"\d+", _THOUSANDS.sub("", text))
    return {one.lstrip("0") or "0" for one in found}


def _months(text: str) -> set[str]:
    short = [name[:3] for name in _MONTHS]
    latin = {next(filter(None, found.groups()))[:3] for found in _MONTH.finditer(text)}
    numbers = {str(short.index(name) + 1) for name in latin}
    return numbers | {_read_month(found[1]) for found in _CHINESE_MONTH.finditer(text)}


def _read_month(written: str) -> str:
    if written.isdigit():
        return str(int(written))
    tens, ten, ones = written.partition("十")
    unit = _CHINESE_DIGITS.index(ones or tens) + 1 if ones or tens else 0
    return str(10 * bool(ten) + unit)


def _dates(text: str) -> set[str]:
    days = {str(_DAYS.index(found[1])) for found in _DAY.finditer(text)}
    days |= {str("一二三四五六日".index(found[1].replace("天", "日"))) for found in
             _CHINESE_DAY.finditer(text)}  # fmt: skip
    return {_DAYS[int(day)] for day in days} | {
        _MONTHS[int(one) - 1] for one in _months_named(text)
    }


def _months_named(text: str) -> set[str]:
    return {one for one in _months(text) if 1 <= int(one) <= len(_MONTHS)}


def _codes(text: str) -> set[str]:
    return {found.upper() for found in _CODE.findall(text)}


def _names(text: str, known: Iterable[str]) -> set[str]:
    parts = {part for name in known for part in name.split() if len(part) > 1}
    meant = {part for part in parts if part.lower() in text.lower()}
    return meant | {name for name in _NAME.findall(text) if name not in (*_MONTHS, *_DAYS)}
