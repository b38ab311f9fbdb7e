"""What is asked for, found in what was said: by the entities that were understood, by patterns,
by the words of a choice. A value is kept in one spelling."""

import re
import unicodedata
from collections.abc import Iterable

from bots.dialogue.addresses import address_in
from bots.dialogue.shapes import Ask, Said

MOST = 300
_ORDER = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2,4})[\s#–-]{0,2}(\d{4,8})(?!\d)")
_FREE, _ENDS = r"(?<![A-Za-z\d])", r"(?![A-Za-z\d])"
_POSTCODES = (
    # United Kingdom, Ireland: no figure or letter around, which Chinese characters are none of.
    re.compile(rf"{_FREE}([A-Z]{{1,2}}\d[A-Z\d]?)\s*(\d[A-Z]{{2}}){_ENDS}", re.I),
    re.compile(rf"{_FREE}([AC-FHKNPRTV-Y]\d[\dW])\s*([0-9AC-FHKNPRTV-Y]{{4}}){_ENDS}", re.I),
    re.compile(r"(?<![\d-])(\d{6})(?!\d)()"),  # China
    re.compile(r"(?<![\d-])(\d{3})(\d{2,3})(?!\d)"),  # Taiwan
)
# Figures alone may be anything, unless they are called a postcode.
_POSTCODE_NAMED = re.compile(r"post ?code|zip|邮编|邮政编码|郵遞|郵編", re.I)
# Letters and figures in one; letters alone only where they are all that was said.
_CODE = re.compile(
    r"(?<![A-Za-z0-9.@-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{5,16}(?![A-Za-z0-9@.-])"
)
_WORD = re.compile(r"[\s\"“”']*([A-Za-z]{4,12})[\s\"“”'.!?？。]*")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_ADDRESS_MARKS = re.compile(r"\d|[路街道号號楼樓室弄巷区區镇鎮村]")
_REVISES = re.compile(
    r"\b(?:no|wait|actually|rather|instead|sorry)\b|不对|还是|等等|算了|不對|還是"
)
# Other names under which kinds may be understood.
_SAME = {
    "order_number": {"order_number", "order", "order-number", "order_no"},
    "postcode": {"postcode", "postal_code", "zip"},
    "email": {"email", "e-mail", "mail"},
    "phone": {"phone", "telephone", "phone_number"},
    "date": {"date", "day"},
    "amount": {"amount", "money", "price"},
    "product": {"product", "product_name"},
    "number": {"number", "quantity"},
    "code": {"code", "discount_code", "voucher"},
}


def value_for(ask: Ask, said: Said, *, is_asked: bool) -> str:
    """The value for a slot in what was said, or "". Free text is taken only when it was asked
    for."""
    text = unicodedata.normalize("NFKC", said.text).strip()
    match ask.kind:
        case "choice":
            is_early = not is_asked and not ask.is_noted
            return (
                "" if is_early and _is_yes_or_no(ask) else _choice_in(ask, text, is_asked=is_asked)
            )
        case "choices":
            return ",".join(_choices_in(ask, text))
        case "text":
            return text[:MOST] if is_asked and len(text) >= 2 else ""
        case "address":
            return _address_in(text, is_asked=is_asked)
    found = values_of(ask.kind, text, said.meant.entities, like=ask.like)
    if ask.kind == "postcode" and not is_asked:
        found = _postcodes_beside(text)
    return next(iter(found), "")


def values_of(
    kind: str, text: str, entities: Iterable[object] = (), *, like: str = ""
) -> list[str]:
    """All of a kind, each once, in the order in which they were said. ``like``: how such values
    look, with 0 for a figure, as in PW-00000."""
    found = _by_pattern(kind, text, like)
    if not found:
        names = _SAME.get(kind, {kind})
        found = [
            str(getattr(one, "value", "")) for one in entities if getattr(one, "kind", "") in names
        ]
    return list(dict.fromkeys(value for value in found if value))


_BARE = re.compile(
    r"\b(?:it'?s|its|is|the|my|order|number|no|nr|postcode|code|and|for|of|this|one)\b"
    r"|[的是这那个这个张張單单订訂號号邮编我呢吧啊了]|[\W_]",
    re.I,
)


def is_bare(text: str) -> bool:
    """Hardly more than a number or a code: it says what is meant, not what is wanted."""
    rest = _ORDER.sub("", unicodedata.normalize("NFKC", text))
    for pattern in _POSTCODES:
        rest = pattern.sub("", rest)
    is_shorter = len(rest) < len(text)
    return is_shorter and not _BARE.sub("", rest)


def _by_pattern(kind: str, text: str, like: str) -> list[str]:
    match kind:
        case "order_number":
            return _orders_in(text, like)
        case "postcode":
            return _postcodes_in(text)
        case "email":
            return [found.lower() for found in _EMAIL.findall(text)]
        case "code":
            return _codes_in(text)
        case "number":
            return _NUMBER.findall(text)
    return []


def _orders_in(text: str, like: str) -> list[str]:
    if not like:
        return [f"{letters.upper()}-{digits}" for letters, digits in _ORDER.findall(text)]
    figures, begins = like.count("0"), like.rstrip("0")
    letters = begins.rstrip("-–# ")
    named = re.findall(
        rf"(?<![A-Za-z0-9]){re.escape(letters)}[\s#–-]{{0,2}}(\d{{{figures}}})(?!\d)", text, re.I
    )
    # Figures alone, too, where they are as many as such a number has.
    alone = re.findall(rf"(?<![\dA-Za-z.,-])(\d{{{figures}}})(?![\dA-Za-z-])", text)
    return [begins + digits for digits in named or alone]


def _codes_in(text: str) -> list[str]:
    found = [code.upper() for code in _CODE.findall(text) if not _is_order(code)]
    alone = _WORD.fullmatch(text)
    return found or ([alone[1].upper()] if alone else [])


def looks_like_code(text: str) -> bool:
    """Letters and then a few figures, as only codes of discounts are written."""
    return any(re.fullmatch(r"[A-Z]{4,}\d{1,3}", code) for code in _codes_in(text))


def _is_order(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z]{2}\d{5}", text)) or any(
        pattern.fullmatch(text) for pattern in _POSTCODES[:2]
    )


def _postcodes_in(text: str) -> list[str]:
    without_orders = _ORDER.sub(" ", text)
    for pattern in _POSTCODES:
        if found := pattern.findall(without_orders):
            return [" ".join(part for part in pair if part).upper() for pair in found]
    return []


def _postcodes_beside(text: str) -> list[str]:
    """Said without having been asked for. That of an address to which something should go is
    none; six figures are one where they are called so, or stand beside the number of an order."""
    if _POSTCODE_NAMED.search(text):
        return _postcodes_in(text)
    address = address_in(text)
    found = _postcodes_in(text.replace(address, " ") if address else text)
    is_order = bool(_ORDER.search(text) or re.search(r"(?<!\d)\d{5}(?!\d)", text))
    is_alone = is_order and len(found) == 1
    return [
        value
        for value in found
        if not value.replace(" ", "").isdigit() or (is_alone and re.fullmatch(r"\d{6}", value))
    ]


def _address_in(text: str, *, is_asked: bool) -> str:
    found = address_in(text)
    if not is_asked:
        is_whole = "," in found or not found.isascii()
        return found[:MOST] if is_whole else ""
    has_marks = bool(_ADDRESS_MARKS.search(text))
    return (found or text)[:MOST] if has_marks and len(text) >= 6 else ""


def _choices_in(ask: Ask, text: str) -> list[str]:
    said = text.lower()
    return [
        code
        for code, texts in ask.choices.items()
        if any(_stands_in(word, said) for word in _words_of(texts.values()))
    ]


def _words_of(lines: Iterable[str]) -> list[str]:
    parts = (word.strip().lower() for line in lines for word in re.split(r"[,，、\n]", line))
    return [word for word in parts if word]


def _choice_in(ask: Ask, text: str, *, is_asked: bool) -> str:
    """The choice whose words stand in it; of two the later one, which is what a sentence is about.
    In the answer to the question itself only where they correct themselves (“the money… no, a new
    one”), else none."""
    said = text.lower()
    last: dict[str, int] = {}
    for code, texts in ask.choices.items():
        words = _words_of(texts.values())
        places = [
            said.rfind(word)
            for word in words
            if _stands_in(word, said) and not _is_denied(word, said)
        ]
        if places:
            last[code] = max(places)
    if len(last) > 1 and is_asked and not _REVISES.search(said):
        return ""
    return max(last, key=lambda code: last[code], default="")


def _is_yes_or_no(ask: Ask) -> bool:
    """What was said before such a question was asked is no answer to it."""
    words = {word for texts in ask.choices.values() for word in _words_of(texts.values())}
    return not words.isdisjoint({"yes", "no"})


_DENIES = re.compile(
    r"(?:\b(?:not|never|no|without)|n['’]?t)\s+(?:\w+\s+)?$|(?:没有?|不是|不要|不想|不|别|沒有?|別)$"
)


def _is_denied(word: str, said: str) -> bool:
    """“Never got it” is no “got it”."""
    return bool(_DENIES.search(said[: said.rfind(word)]))


def _stands_in(word: str, said: str) -> bool:
    if word.isascii():
        return bool(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", said))
    return word in said
