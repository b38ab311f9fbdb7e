"""Which language a text is most likely in, as far as showing and sorting it needs to know."""

import re

# Characters that only one of the two ways of writing uses, frequent in letters to a shop.
_SIMPLIFIED = frozenset(
    "们这个来时会对发经说过还没问题买单货换订钱谢请为样从现关开应让给电话号码东西两么几"
)
_TRADITIONAL = frozenset(
    "們這個來時會對發經說過還沒問題買單貨換訂錢謝請為樣從現關開應讓給電話號碼東西兩麼幾"
)
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]"), 0.05),
    ("ko", re.compile("[\uac00-\ud7af]"), 0.1),
    ("zh", re.compile("[\u3400-\u9fff]"), 0.1),
    ("ru", re.compile("[\u0400-\u04ff]"), 0.3),
    ("ar", re.compile("[\u0600-\u06ff]"), 0.3),
)
_ENGLISH = re.compile(r"\b(?:the|and|you|is|to|of|for|my|please|not|with|have|it)\b", re.IGNORECASE)
_SAMPLE = 4000


def guess_language(text: str) -> str:
    """By script, and English by its commonest words; empty when unsure.

    Chinese is "zh-hans" or "zh-hant" by the characters that only one of them uses.
    """
    sample = text[:_SAMPLE]
    letters = sum(1 for sign in sample if sign.isalpha())
    if not letters:
        return ""
    for language, pattern, share in _SCRIPTS:
        if len(pattern.findall(sample)) >= share * letters:
            return _way_of_writing(sample) if language == "zh" else language
    words = len(sample.split())
    return "en" if len(_ENGLISH.findall(sample)) >= max(2, words * 0.12) else ""


def _way_of_writing(sample: str) -> str:
    traditional = sum(sign in _TRADITIONAL - _SIMPLIFIED for sign in sample)
    simplified = sum(sign in _SIMPLIFIED - _TRADITIONAL for sign in sample)
    return "zh-hant" if traditional > simplified else "zh-hans"
