"""Where something should be brought, found within a sentence: from the house or the district on to
the postcode, the number or whatever ends it."""

import re

_POSTCODE = (
    r"\b(?:[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}|[AC-FHKNPRTV-Y]\d[\dW]\s*[0-9AC-FHKNPRTV-Y]{4})\b"
)
_FLAT = r"(?:(?:flat|apt\.?|apartment|unit|suite|room)\s*\w{1,4}\b,?\s*)?"
_STREETS = (
    r"road|rd|street|st|lane|ln|avenue|ave|close|row|drive|place|court|gardens?|terrace"
    r"|crescent|square|hill|grove|park|view|green|quay|mews|walk|yard|wharf|parade"
)
_HOUSE = rf"{_FLAT}\d{{1,4}}[A-Z]?,?\s+[A-Z]"
_ENGLISH = (
    re.compile(rf"\b{_HOUSE}[^?!;\n]{{3,120}}?{_POSTCODE}", re.I),
    re.compile(rf"(?<=\bto )(?!the\b|my\b)[A-Z][^?!;\n]{{5,120}}?{_POSTCODE}", re.I),
    re.compile(
        rf"\b{_HOUSE}(?:[\w'.-]*\s+){{0,4}}?[\w'.-]*\b(?:{_STREETS})\b(?:,[^?!;\n]{{0,80}})?", re.I
    ),
)
_SIGNS = r"\u4e00-\u9fffA-Za-z0-9#·－-"
_CHINESE = re.compile(
    rf"[\u4e00-\u9fff]{{2,}}?(?:[省市区區县縣镇鎮州]|[路街道巷])[{_SIGNS}]{{0,60}}?"
    rf"\d+[{_SIGNS}]*(?:[ ,，]*\d{{6}}(?!\d))?"
)
_MARKS = re.compile(r"[路街道巷弄号號栋棟幢座室楼樓村镇鎮]")
_CHINESE_LEAD = re.compile(
    r"^.*(?:改寄到?|改送到?|改到|寄到|送到|换到|换成|换去|改成|改为|寄去|送去|寄往|送往|地址是|地址为|地址|應該是|应该是|是|到|給|给)"
    r"(?=[\u4e00-\u9fff]{2})"
)
_CHINESE_END = re.compile(r"(?:吧|就行|即可|就好|可以吗|行吗|好吗|呢|啊|谢谢.*|謝謝.*)$")
_END = re.compile(
    r"[\s,.]*\b(?:instead|please|pls|thanks?|thank you|cheers|ta|sorry|for me"
    r"|if (?:you can|possible)|ok(?:ay)?)\b.*$",
    re.I,
)
_NOT_THAT = re.compile(r",?\s*\bnot\s+(?:number\s+)?\w{1,6}\b\.?", re.I)
_DISTRICT = re.compile(r"[省市区區县縣镇鎮州路街道巷]")


def address_in(text: str) -> str:
    """The whole of one; "" where there is none that is complete enough to deliver to."""
    return _english_in(text) or _chinese_in(text)


def _english_in(text: str) -> str:
    without = re.sub(r"\b[A-Z]{2,4}[\s#-]{0,2}\d{4,8}\b(?!\s*[A-Z])", " ", text, flags=re.I)
    for pattern in _ENGLISH:
        if found := pattern.search(without):
            bare = _NOT_THAT.sub("", found[0])
            return " ".join(_END.sub("", bare).split()).strip(" ,.")
    return ""


def _chinese_in(text: str) -> str:
    for found in _CHINESE.finditer(text):
        address = found[0]
        head = _DISTRICT.search(address)
        if head and (lead := _CHINESE_LEAD.match(address[: head.start()] + address[head.start()])):
            address = address[lead.end() :]
        address = _CHINESE_END.sub("", address).strip()
        if _MARKS.search(address) and re.search(r"\d", address) and len(address) >= 7:
            return address
    return ""
