"""Words and pieces of words as numbers. Hashed, so that no word is kept with what was learned."""

import re
from collections import Counter
from collections.abc import Iterator
from math import log, sqrt
from zlib import crc32

SIZE = 1 << 15
_MOST = 2000  # signs; what somebody wants stands at the beginning
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CJK = re.compile(r"[\u3400-\u9fff\u3040-\u30ff\uac00-\ud7af]+")


def features_of(text: str, *more: str) -> dict[int, float]:
    """Place → weight, of length one. ``more``: what else is known, such as the intent."""
    counts = Counter(_place(token) for token in [*_tokens(text[:_MOST].lower()), *more])
    weights = {place: 1 + log(count) for place, count in counts.items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {place: weight / length for place, weight in weights.items()}


def _place(token: str) -> int:
    return crc32(token.encode()) % SIZE


def _tokens(text: str) -> Iterator[str]:
    """Words, pairs of words, and pieces of four signs; of Chinese, Japanese, Korean pairs of
    signs. Of a number only how long it is: which one it is says nothing."""
    before = ""
    for word in _WORD.findall(text):
        if _CJK.fullmatch(word):
            yield from (f"c:{word[n : n + 2]}" for n in range(max(len(word) - 1, 1)))
            continue
        token = f"#{len(word)}" if word.isdigit() else word
        yield f"w:{token}"
        if before:
            yield f"p:{before} {token}"
        if len(word) > 4:
            yield from (f"s:{word[n : n + 4]}" for n in range(len(word) - 3))
        before = token
