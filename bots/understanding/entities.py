"""What is named in a message: order numbers, days, amounts, phones, addresses, and what was taught.

Each is found with its place and told in one spelling. Where two overlap, the one more certain of
its kind stays, then the longer one.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache

import phonenumbers

from bots.understanding.dates import find_days, read_number
from bots.understanding.shapes import Entity
from core.words import CJK, EMPTY, normalise

_MAX = 4_000
_EMAIL = re.compile(r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_ORDER = re.compile(
    r"(?<![A-Za-z\d@_-])(?:([A-Z]{1,4})[-–\s]?|([A-Za-z]{1,4})[-–]?)(\d{4,12})(?![A-Za-z\d@_]|-\d)"
)
_ORDER_NAMED = re.compile(
    r"(?:\border(?:\s+(?:number|no|id))?|\bpo|订单编?号?|訂單編?號?|单号|單號|#|№)"
    r"[\s.:：#是为為is]{0,6}(\d{4,12})(?!\d)",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"(?<![\w.,])#?(\d{4,12})(?![\w,]|\.\d)")
# Letters before a number that are no order's.
_NO_ORDER = frozenset({"gbp", "usd", "eur", "cny", "rmb", "twd", "nt", "may", "june", "july", "in"})
_NUMBER = r"(\d{1,3}(?:[,，]\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)"
_CURRENCIES = {
    "£": "GBP",
    "gbp": "GBP",
    "pound": "GBP",
    "pounds": "GBP",
    "quid": "GBP",
    "英镑": "GBP",
    "$": "USD",
    "us$": "USD",
    "usd": "USD",
    "dollar": "USD",
    "dollars": "USD",
    "美元": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "欧元": "EUR",
    "歐元": "EUR",
    "¥": "CNY",
    "￥": "CNY",
    "cny": "CNY",
    "rmb": "CNY",
    "yuan": "CNY",
    "元": "CNY",
    "块": "CNY",
    "块钱": "CNY",
    "塊": "CNY",
    "人民币": "CNY",
    "圆": "CNY",
    "nt$": "TWD",
    "twd": "TWD",
    "新台币": "TWD",
    "新臺幣": "TWD",
    "台币": "TWD",
}
_AMOUNTS = (
    re.compile(rf"(?P<c>NT\$|US\$|[£$€¥￥])\s?{_NUMBER}", re.IGNORECASE),
    re.compile(
        rf"(?<![\w.]){_NUMBER}\s?(?P<c>GBP|USD|EUR|CNY|RMB|TWD|pounds?|quid|dollars?|euros?|yuan)\b",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?<![\w.]){_NUMBER}\s?(?P<c>人民币|新台币|新臺幣|台币|英镑|美元|欧元|歐元|块钱|[元块塊圆£€])"
    ),
    re.compile(rf"\b(?P<c>GBP|USD|EUR|CNY|RMB|TWD)\s?{_NUMBER}", re.IGNORECASE),
)
_HAN_AMOUNT = re.compile(r"([一二两三四五六七八九十百千万零]{1,9})(元|块钱|块|英镑|美元|欧元)")
_REGIONS = {"en": "GB", "zh-hans": "CN", "zh-hant": "TW", "ja": "JP", "de": "DE", "fr": "FR"}
_CERTAIN = ("email", "order_number", "amount", "phone", "date")
_LIKE = 0.8
_HAN_RUN = re.compile(rf"[{CJK}]+")


@dataclass(frozen=True, slots=True)
class Kind:
    """One that was set up: a pattern, or a list of values and the words for each."""

    slug: str
    pattern: str = ""
    form: str = ""  # how the value is written, {0} the whole, {1} its first group
    entries: tuple[tuple[str, tuple[str, ...]], ...] = ()


def find_entities(
    text: str, *, language: str, today: date, kinds: Sequence[Kind] = (), expects: str = ""
) -> tuple[Entity, ...]:
    """``expects`` is what was just asked for: a bare number is then an order number."""
    said = text[:_MAX]
    own = {kind.slug for kind in kinds}
    found = [
        *(one for kind in kinds for one in _find_kind(said, kind)),
        *(one for one in _find_known(said, language, today, expects) if one.kind not in own),
    ]
    rank = {name: at for at, name in enumerate([*own, *_CERTAIN])}
    if expects:
        rank[expects] = -1
    found.sort(key=lambda one: (rank.get(one.kind, 99), one.start - one.end))
    kept: list[Entity] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def _find_known(text: str, language: str, today: date, expects: str) -> Iterator[Entity]:
    for match in _EMAIL.finditer(text):
        yield _of("email", match[0].rstrip(".").lower(), match)
    yield from _find_orders(text, expects)
    yield from _find_amounts(text)
    yield from _find_phones(text, language)
    for start, end, day in find_days(text, today):
        yield Entity("date", day.isoformat(), text[start:end], start, end)


def _of(kind: str, value: str, match: re.Match[str], group: int = 0) -> Entity:
    return Entity(kind, value, match[group], match.start(group), match.end(group))


def _find_orders(text: str, expects: str) -> Iterator[Entity]:
    for match in _ORDER.finditer(text):
        letters = match[1] or match[2]
        if letters.lower() not in _NO_ORDER:
            yield _of("order_number", f"{letters.upper()}-{match[3]}", match)
    for match in _ORDER_NAMED.finditer(text):
        yield _of("order_number", match[1], match, 1)
    if expects == "order_number":
        for match in _BARE_NUMBER.finditer(text):
            yield _of("order_number", match[1], match, 1)


def _find_amounts(text: str) -> Iterator[Entity]:
    for pattern in _AMOUNTS:
        for match in pattern.finditer(text):
            number = next(group for group in match.groups() if group and group[0].isdigit())
            value = Decimal(number.replace(",", "").replace("，", ""))
            yield _of("amount", f"{value:.2f} {_CURRENCIES[match['c'].lower()]}", match)
    for match in _HAN_AMOUNT.finditer(text):
        value = Decimal(_read_han(match[1]))
        if value:
            yield _of("amount", f"{value:.2f} {_CURRENCIES.get(match[2], 'CNY')}", match)


def _read_han(text: str) -> int:
    """一千二百八 is 1280: what follows the last unit counts as the next smaller one."""
    total, rest, last = 0, text.replace("零", ""), 1
    for sign, unit in (("万", 10_000), ("千", 1_000), ("百", 100)):
        if sign in rest:
            before, _sign, rest = rest.partition(sign)
            total += (read_number(before) if before else 1) * unit
            last = unit
    if rest:
        ones = read_number(rest)
        is_short = last > 1 and len(rest) == 1 and "十" not in rest and "零" not in text
        total += ones * (last // 10 if is_short else 1)
    return total


def _find_phones(text: str, language: str) -> Iterator[Entity]:
    region = _REGIONS.get(language, "GB")
    for match in phonenumbers.PhoneNumberMatcher(text, region):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield Entity("phone", number, match.raw_string, match.start, match.end)


# What was set up


def _find_kind(text: str, kind: Kind) -> Iterator[Entity]:
    if kind.pattern:
        for match in _compile(kind.pattern).finditer(text):
            if match[0]:
                value = kind.form.format(match[0], *match.groups("")) if kind.form else match[0]
                yield _of(kind.slug, value, match)
    if kind.entries:
        yield from _find_listed(text, kind)


@lru_cache(200)
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _find_listed(text: str, kind: Kind) -> Iterator[Entity]:
    folded = _fold(text)
    telling = _telling_words(kind.entries)
    tokens = [(match[0], match.start(), match.end()) for match in re.finditer(r"\w+", folded)]
    for value, words in kind.entries:
        exact = list(_exact(folded, words))
        for start, end in exact or _nearly(folded, tokens, words, telling.get(value, frozenset())):
            yield Entity(kind.slug, value, text[start:end], start, end)


def _fold(text: str) -> str:
    """Lower case, sign for sign, so that places stay where they are."""
    return "".join(one if len(one := sign.lower()) == 1 else sign for sign in text)


def _exact(folded: str, words: Iterable[str]) -> Iterator[tuple[int, int]]:
    for word in words:
        pattern = re.escape(_fold(word))
        if not _HAN_RUN.search(word):
            pattern = rf"(?<!\w){pattern}(?:e?s)?(?!\w)"
        for match in re.finditer(pattern, folded):
            yield match.span()


def _nearly(
    folded: str, tokens: list[tuple[str, int, int]], words: Sequence[str], telling: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """By a word that only this entry has, with a slip of the pen or without, or by most of it."""
    for token, start, end in tokens:
        if any(_is_like(token, word) for word in telling):
            yield start, end
    for word in words:
        if _HAN_RUN.fullmatch(word.replace(" ", "")):
            size = SequenceMatcher(None, folded, word, autojunk=False).find_longest_match()
            if size.size >= max(3, 0.6 * len(word)) or _begins_in(folded, word, telling):
                yield size.a, size.a + size.size


def _begins_in(folded: str, word: str, telling: frozenset[str]) -> bool:
    return word[:2] in telling and word[:2] in folded and word[-1] in folded


def _is_like(token: str, word: str) -> bool:
    if token == word:
        return True
    return (
        len(word) >= 5
        and token[0] == word[0]
        and abs(len(token) - len(word)) <= 2
        and SequenceMatcher(None, token, word, autojunk=False).ratio() >= _LIKE
    )


@lru_cache(50)
def _telling_words(
    entries: tuple[tuple[str, tuple[str, ...]], ...],
) -> dict[str, frozenset[str]]:
    """Of each entry the words that no other has; of Chinese names how they begin."""
    owners: dict[str, set[str]] = {}
    for value, words in entries:
        for word in words:
            parts = set(re.findall(r"[^\W\d_]{4,}", normalise(word)))
            parts |= {run[:2] for run in _HAN_RUN.findall(word)}
            for part in parts - EMPTY:
                owners.setdefault(part, set()).add(value)
    found: dict[str, set[str]] = {}
    for part, values in owners.items():
        if len(values) == 1:
            found.setdefault(next(iter(values)), set()).add(part)
    return {value: frozenset(parts) for value, parts in found.items()}
