"""Personal data in clear: numbers that prove themselves by a check digit, and what is named."""

import re
from collections.abc import Callable, Iterator

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_DIGITS = "10X98765432"


def is_card(digits: str) -> bool:
    """By Luhn's check digit; all the same digit is nobody's card."""
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_chinese_id(number: str) -> bool:
    """18 signs; the last is a check digit (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return _ID_DIGITS[total % 11] == number[-1].upper()


def is_iban(text: str) -> bool:
    """ISO 13616: the remainder by 97 is 1."""
    plain = re.sub(r"\s", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def _always(_text: str) -> bool:
    return True


_NAMED_AS = r"(?:\s*(?:is|are|was|:|=|：|是|为|為|no\.?|number|#|号码?|號碼?))*\s*[:：]?\s*"
_SIGNS = r"[^\s,，。;；\"“”'）)]"
_NUMBER = re.compile(r"(?<![A-Za-z\d•*])\d(?:[ -]?\d){12,18}(?![A-Za-z\d•*])")
_CHINESE_ID = re.compile(
    r"(?<![A-Za-z\d])[1-9]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"
)
_IBAN = re.compile(
    r"(?<![A-Za-z\d])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z\d])"
)
_OF_PARCEL = re.compile(
    r"(?:order|tracking|parcel|ticket|reference|ref|shipment|invoice|serial|imei|barcode|case"
    r"|订单|訂單|运单|運單|单号|單號|快递|快遞|物流|工单|工單|流水|序列|条码|條碼)"
    r"[^.。!！?？\n]{0,18}$",
    re.IGNORECASE,
)
_NAMED: list[tuple[re.Pattern[str], Callable[[str], bool]]] = [
    (re.compile(text, re.IGNORECASE), _always)
    for text in (
        r"(?<!\d)(?!000|666)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)",
        r"(?<!\w)(?!bg|gb|nk|kn|tn|nt|zz)[a-ceghj-prstw-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d](?!\w)",
        r"(?<!\w)[a-z]{1,2}\d{6}\(\d\)",
        rf"(?:passport|护照|護照)(?:\s*(?:no\.?|number|号码?|號碼?))?{_NAMED_AS}[a-z]{{0,2}}\d{{6,9}}(?!\d)",
        rf"(?<!\w)(?:ni|nino|national insurance)(?: (?:no\.?|number))?"
        rf"(?:{_NAMED_AS}|[^\w\n]{{1,3}}(?:it'?s|mine is|here it is)[:\s]+)"
        r"[a-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[a-d](?!\w)",
        rf"(?:social security|ssn|national (?:id|insurance)|id card|identity card|driving licence"
        rf"|driver'?s license|身份证|身份證|社保|台胞证)"
        rf"(?:\s*(?:no\.?|number|号码?|號碼?))?{_NAMED_AS}"
        r"[a-z]{0,3}\d[\d -]{5,}[\dx]",
        rf"(?:account (?:number|no\.?)|bank account|sort code|routing number|银行卡号?|銀行卡號?"
        rf"|银行(?:账|帐)[号户]|銀行帳[號戶]|(?:收款|对公)?(?:账|帐|帳|賬)(?:号|號)|卡号|卡號)"
        rf"{_NAMED_AS}\d[\d -]{{6,}}\d",
        rf"(?:cvv2?|cvc2?|security code|安全码|安全碼){_NAMED_AS}\d{{3,4}}(?!\d)",
        rf"(?:verification code|one[- ]time (?:code|password|pin)|otp|passcode|(?:login|sms"
        rf"|security|access|2fa|auth\w*) code|验证码|驗證碼|动态码|校验码|校驗碼)"
        rf"{_NAMED_AS}\d{{4,8}}(?!\d)",
        r"(?<!\w)(?:\d{4,8})\s*(?:is (?:my|the|your) (?:verification |one-time |login )?code)",
        rf"(?<!\w)pin(?: code)?{_NAMED_AS}\d{{4,6}}(?!\d)",
    )
]
_PASSWORD = re.compile(
    r"(?:password|passwort|passphrase|pass word|pwd|密码|密碼|口令)"
    r"(?:\s*(?:for|to)(?: \w+){1,3})?"
    rf"\s*(?:is|was|to|=|:|：|是|为|為|改成|设成|設成)\s*[:：]?\s*[\"“'「]?({_SIGNS}{{4,64}})",
    re.IGNORECASE,
)
_PASSWORD_BESIDE = re.compile(
    rf"(?:password|passwort|passphrase|pwd|密码|密碼|口令)[ /,，]+[\"“'「]?({_SIGNS}{{6,64}})",
    re.IGNORECASE,
)
_AS_PASSWORD = re.compile(
    rf"({_SIGNS}{{6,64}}) (?:as|for) (?:the |my |a )?(?:password|pwd)", re.IGNORECASE
)
_NO_PASSWORD = re.compile(
    r"^(?:wrong|incorrect|not|too|expired|required|invalid|correct|the|your|my|reset|being|sent|case"
    r"|stored|encrypted|needed|safe|protected|http\S*|rejected|strong|weak|always|never|changed"
    r"|什么\S*|什麼\S*|多少\S*|错\S*|錯\S*|不\S*|无\S*|正确\S*|加密\S*|否\S*|忘\S*|您\S*|你\S*|[*•·x]+)\.?$",
    re.IGNORECASE,
)


def find_personal(text: str) -> Iterator[tuple[int, int]]:
    """Places, each once, in order."""
    found = sorted({*_proved(text), *_told(text)})
    end = -1
    for start, stop in found:
        if start >= end:
            yield start, stop
            end = stop


def _proved(text: str) -> Iterator[tuple[int, int]]:
    for match in _CHINESE_ID.finditer(text):
        if is_chinese_id(match[0]):
            yield match.span()
    for match in _IBAN.finditer(text):
        if is_iban(match[0]):
            yield match.span()
    for match in _NUMBER.finditer(text):
        is_parcel = _OF_PARCEL.search(text[: match.start()])
        if is_card(re.sub(r"\D", "", match[0])) and not is_parcel:
            yield match.span()


def _told(text: str) -> Iterator[tuple[int, int]]:
    for named, is_right in _NAMED:
        yield from (match.span() for match in named.finditer(text) if is_right(match[0]))
    for match in _PASSWORD.finditer(text):
        if not _NO_PASSWORD.match(match[1]) and re.search(r"[A-Za-z0-9]", match[1]):
            yield match.span()
    for named in (_PASSWORD_BESIDE, _AS_PASSWORD):
        yield from (match.span() for match in named.finditer(text) if _looks_secret(match[1]))


def _looks_secret(word: str) -> bool:
    """Letters with digits or other signs among them: no word of a sentence."""
    return bool(re.search("[A-Za-z]", word) and re.search(r"[\d!#$%&*+=?@^~]", word[:-1]))
