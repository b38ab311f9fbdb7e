"""Which language a text is most likely in, as far as showing it well needs to know."""

import re

_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
# Characters that only one of the two ways of writing uses, frequent in letters to a shop.
_SIMPLIFIED = frozenset(
    "们这个来时会对发经说过还没问题买单货换订钱谢请为样从现关开应让给电话号码东西两么几"
)
_TRADITIONAL = frozenset(
    "們這個來時會對發經說過還沒問題買單貨換訂錢謝請為樣從現關開應讓給電話號碼東西兩麼幾"
)


def guess_language(text: str) -> str:
    """``zh-hans``, ``zh-hant`` or empty for what this simple look cannot tell."""
    sample = text[:2000]
    han = _HAN.findall(sample)
    if _KANA_OR_HANGUL.search(sample) or len(han) * 5 < len(_LETTER.findall(sample)):
        return ""
    if not han:
        return ""
    traditional = sum(c in _TRADITIONAL - _SIMPLIFIED for c in han)
    simplified = sum(c in _SIMPLIFIED - _TRADITIONAL for c in han)
    return "zh-hant" if traditional > simplified else "zh-hans"
