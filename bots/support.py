"""Whether a sentence says only what its sources say. Pure, and strict rather than clever: what is
struck here is not said."""

import re
import unicodedata
from collections.abc import Iterable

from core.words import EMPTY, TOKEN, forms_of, normalise, stem
from knowledge.spelling import simplify

# So much of its words must stand in the sources; endings and small words differ.
_LEAST_SHARE, _LEAST_SHARE_OF_PAIRS = 0.75, 0.6
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_LINK = re.compile(
    r"(?:https?:|mailto:|tel:|javascript:|data:|www\.)\S+|[\w.+-]+@[\w-]+\.\w+"
    r"|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|cn|tw|hk|dev|app|info|biz|co|me|ru|uk|de)\b\S*",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|cannot|without|unless|except|only)\b|n['’]t\b"
    r"|不|没|無|无|未|勿|非|除|仅|只",
    re.IGNORECASE,
)
_CHINESE_NUMBERS = {"零": "0", "两": "2", "十": "10"} | {
    sign: str(number) for number, sign in enumerate("一二三四五六七八九", start=1)
}
_CHINESE_NUMBER = re.compile("[零一二两三四五六七八九十]+")
_ONES = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve")
_TENS = re.findall(r"\w+", "ten twenty thirty forty fifty sixty seventy eighty ninety hundred")
_WORDS_OF_NUMBERS = {word: str(number) for number, word in enumerate(_ONES)} | {
    word: str(number * 10) for number, word in enumerate(_TENS, start=1)
}


def is_supported(sentence: str, sources: Iterable[str]) -> bool:
    """Its numbers and links all stand in the sources, nearly all its words do, and it denies
    nothing that they say, nor says what they deny."""
    cited = [plain(source) for source in sources]
    said, known = plain(sentence), "\n".join(cited)
    if not cited or not said.strip():
        return False
    return (
        numbers_in(said) <= numbers_in(known)
        and links_in(said) <= links_in(known)
        and _is_alike_denied(said, cited)
        and _has_words(said, known)
    )


def plain(text: str) -> str:
    return simplify(unicodedata.normalize("NFKC", text))


def numbers_in(text: str) -> set[str]:
    """Those in digits, and the small ones in words; 1,000 and 1000 are the same."""
    found = {re.sub(r"(?<=\d),(?=\d{3}\b)", "", one) for one in _NUMBER.findall(text)}
    words = re.findall(r"[a-z]+", text.lower())
    found |= {_WORDS_OF_NUMBERS[word] for word in words if word in _WORDS_OF_NUMBERS}
    return found | {_read_chinese(one) for one in _CHINESE_NUMBER.findall(text)}


def _read_chinese(written: str) -> str:
    """Up to 99; what else it may be stays as it is written, and must be written alike."""
    tens, ten, ones = written.partition("十")
    if not ten or len(tens) > 1 or len(ones) > 1:
        return _CHINESE_NUMBERS.get(written, written)
    return str(int(_CHINESE_NUMBERS.get(tens, "1")) * 10 + int(_CHINESE_NUMBERS.get(ones, "0")))


def links_in(text: str) -> set[str]:
    return {found.lower().rstrip(".,;)!?") for found in _LINK.findall(text)}


def _is_alike_denied(said: str, cited: list[str]) -> bool:
    """Of several sources one may deny and another not, so only agreement of all of them counts."""
    denied = {bool(_NEGATION.search(one)) for one in cited}
    return len(denied) > 1 or bool(_NEGATION.search(said)) in denied


def _has_words(said: str, known: str) -> bool:
    words, pairs = content_of(said)
    known_words, known_pairs = content_of(known)
    share = len(words & known_words) / len(words) if words else 1.0
    share_of_pairs = len(pairs & known_pairs) / len(pairs) if pairs else 1.0
    return share >= _LEAST_SHARE and share_of_pairs >= _LEAST_SHARE_OF_PAIRS


def content_of(text: str) -> tuple[set[str], set[str]]:
    """Stems of words, and pairs of Chinese characters, without those of every sentence."""
    words: set[str] = set()
    pairs: set[str] = set()
    for token in TOKEN.finditer(normalise(text)):
        if run := token[1]:
            pairs |= {run[at : at + 2] for at in range(len(run) - 1)} - EMPTY
        else:
            forms = {form for form, _ in forms_of(token[0])[0]}
            words |= {stem(form) for form in forms - EMPTY if not form.isdigit()}
    return words, pairs
