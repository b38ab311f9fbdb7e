"""Messages cut where one matter ends and another begins. A long one is like nothing that was ever
taught, though one of its sentences may be."""

import re

_MOST = 6
_ENDS = re.compile(
    r"(?<=[.?!])\s+|[\n;；]+|(?:^|(?<=\s)|(?<=[\u3400-\u9fff]))\d[).）、．](?!\d)\s*|(?<=[。！？])|(?<=[?!])(?=[\u3400-\u9fff])"
    r"|[,，]?\s*(?:\b(?:and|also|plus|but)\b|&)\s+(?=(?:what|how|when|where|who|which|do|does|can|could|is|are"
    r"|will|would|should|may|tell|let me know|cancel|return|change|send|please)\b)"
    r"|,\s+and\s+(?=(?:the|my|i|we)\b)|[，,\s]*(?=(?:另外|还有|還有|顺便|順便|对了|以及)[^，,\s])",
    re.IGNORECASE,
)
_PAUSES = re.compile(r"[,，、:：—–]+\s*|\s+-\s+|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")
_WORDS = re.compile(r"[A-Za-z][A-Za-z']*")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"\d{5}")
_LONG = {True: 90, False: 24}  # letters; English or not
# “It's not a return, it's an old sofa”: what it is not says nothing of what it is.
_DENIED = re.compile(
    r"^\W*(?:no|nope|nah)?[\s,]*(?:(?:it|that|this)(?:'?s| is| was)|i'?m|i am|i was|i did|i do)?"
    r"(?:n'?t|\s*not)\s+"
    r"(?:about|asking|talking|trying|looking|after|want(?:ing)? to|mean|an?|any|the)\b"
    r"|^\W*我?(?:也|并|可|又)?(?:不是(?!说|已经|都|吧|吗|嘛|挺|应该|早)|没有?(?:说|问)(?:要)?"
    r"|不(?:想|要|用)(?:退|取消|换|改)(?!.{0,4}了))",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"(?<=[,，.。!！;；、\n])")
_COMMAS = re.compile(r"[,，]\s*")
_ASKS = re.compile(
    r"^\W*(?:and\s+|also\s+|so\s+)?(?:what|how|where|do|does|can|could|is|are|will|would)\b"
    r"|[吗嗎]|多少|几[天年个点人]|(.)不\1|有没有|多久|怎么|怎麼|如何|能不能|可不可以|哪[里儿天些]|什么时候|啥时候|[能行]不$",
    re.IGNORECASE,
)


def cut_sentences(text: str) -> list[str]:
    """Those that say something, and questions that follow each other without a stop; none where
    there is only one."""
    parts = [part for one in _ENDS.split(text) if one for part in _questions_in(one)]
    return _kept(parts, words=3, signs=3)


def _questions_in(sentence: str) -> list[str]:
    """Cut at the commas where each side asks something, else left whole."""
    clauses = _COMMAS.split(sentence)
    asking = [one for one in clauses if _ASKS.search(one)]
    return clauses if len(asking) > 1 else [sentence]


def leave_denied(text: str) -> str:
    """Without the clauses that only say what is not meant; all of it where nothing else is said."""
    clauses = [part for part in _CLAUSES.split(text) if part.strip()]
    left = [part for part in clauses if not _DENIED.match(part) or "?" in part or "？" in part]
    if len(left) == len(clauses):
        return text
    rest = "".join(left).strip()
    is_enough = len(_WORDS.findall(rest)) >= 2 or len(_HAN.findall(rest)) >= 3
    return rest if is_enough else text


def cut_finely(text: str) -> list[str]:
    """A long one at every pause, too."""
    if len(text) < _LONG[text.isascii()]:
        return []
    return _kept([part for one in _ENDS.split(text) for part in _PAUSES.split(one)], 4, 4)


def _kept(parts: list[str], words: int, signs: int) -> list[str]:
    bare = (part.strip() for part in parts if part)
    kept = [
        part
        for part in bare
        if len(_WORDS.findall(part)) >= words - _is_numbered(part)
        or len(_HAN.findall(part)) >= signs - _is_numbered(part)
    ]
    return kept[:_MOST] if len(parts) > 1 else []


def _is_numbered(part: str) -> bool:
    """A number says of what: “cancel PW-12345” is as much as three words."""
    return bool(_NUMBER.search(part))
