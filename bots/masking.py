"""Personal data out of what somebody said, before it is kept to be read by others.

Strict: what only looks like a number of a person, an order or an account goes, too.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial

MASK = "[…]"
# What it is → how it is written; the first that fits counts.
PATTERNS = (
    ("link", re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*")),
    ("iban", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b")),  # British
    ("phone", re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")),  # telephone, card
    # order, voucher, passport
    ("code", re.compile(r"\b(?=[\w-]*\d)[A-Z]{1,5}[-#]?[\w-]*\d[\w-]*\b")),
    ("number", re.compile(r"#?\d{4,}")),
    ("street", re.compile(
        r"\b\d{1,5}[a-z]?,? [A-Z]\w+(?: [A-Z]\w+)* (?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|"
        r"Drive|Dr|Way|Close|Court|Ct|Square|Sq|Place|Pl)\b\.?")),
    ("street", re.compile(
        "[\u4e00-\u9fff]{2,}(?:路|街|巷|弄|道|段)[0-9０-９一二三四五六七八九十]+(?:号|號)"
        "[0-9A-Za-z０-９一二三四五六七八九十楼樓室栋棟单元單之-]*")),
    ("name", re.compile(
        "(?<=我叫|我是|姓名|名字)[:：是 ]{0,2}[\u4e00-\u9fff]{2,4}(?=[，。,.\\s]|$)")),
    ("name", re.compile(
        r"(?i:\b(?:my name is|i am called|this is|name:)) +[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")),
)  # fmt: skip
_GREETING = re.compile(
    r"\A\s*(?:(?:dear|hi|hello|hey|good (?:morning|afternoon|evening))\b[^\n,!.]{0,40}[,!.]?\s*"
    r"|(?:尊敬的|亲爱的|親愛的)?[^\n，。！,!]{0,12}(?:您好|你好)[，。！,!：:]*\s*)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"(?im)^\s*(?:(?:best|kind|warm)?\s*(?:regards|wishes)|sincerely|yours|cheers|many thanks|"
    r"thanks|thank you|此致|敬礼|敬禮|祝好|谢谢|謝謝|祝您)[^\n]{0,40}[,，!！.。]?\s*$"
)
_LEAST_OF_NAME = 2


def mask(text: str, *, names: Iterable[str] = ()) -> str:
    """``names``: of the people known to be meant."""
    text = replace_personal(text, names=names, by=lambda _kind, _found: MASK)
    return re.sub(r"(?:\[…\]\s*){2,}", f"{MASK} ", text).strip()


def replace_personal(text: str, *, names: Iterable[str], by: Callable[[str, str], str]) -> str:
    """``by`` is asked with what it is and how it was written."""
    for kind, pattern in PATTERNS:
        text = pattern.sub(partial(_replace, by, kind), text)
    for name in names:
        for part in (name, *name.split()):
            if len(part) >= _LEAST_OF_NAME:
                text = _name(part).sub(lambda found: by("name", found[0]), text)
    return text


def _replace(by: Callable[[str, str], str], kind: str, found: re.Match[str]) -> str:
    return by(kind, found[0])


def _name(part: str) -> re.Pattern[str]:
    # Chinese has no spaces by which a name ends.
    edge = r"\b" if part.isascii() else ""
    return re.compile(f"{edge}{re.escape(part)}{edge}", re.IGNORECASE)


def strip_courtesies(text: str) -> str:
    """An answer without its greeting and without what follows its closing words."""
    text = _GREETING.sub("", text, count=1)
    closing = [found.start() for found in _CLOSING.finditer(text)]
    return (text[: closing[-1]] if closing and closing[-1] > 0 else text).strip()
