"""Words of any script, in one spelling: what the full-text index and the snippets agree on."""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

MAX_JOINED = 64  # longer runs (addresses, tokens) are found by their parts alone
PREFIXES = range(2, 13)

# Scripts without spaces between words: Han, kana, bopomofo, Hangul, Thai.
CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3100-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0eff"
    "\U00020000-\U0003ffff"
)
LETTER = rf"[^\W_{CJK}]"
JOINER = "[-_.@+&'’]"
TOKEN = re.compile(rf"([{CJK}]+)|{LETTER}+(?:{JOINER}{LETTER}+)*")
WORD = re.compile(rf"{LETTER}+")
_RUNS = re.compile(r"[^\W\d_]+|\d+")  # PL20418 is looked for as 20418 too
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b")
_CONTRACTION = re.compile(r"(?<=\w)['’](?=(?:t|d|m|ll|re|ve)\b)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MARKS = re.compile("[\u0300-\u036f]+")
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


# Words that stand in every question.
_ENGLISH = """a about after again all also am an and any are as at be been but by can cannot could
did do does for from get got had has have hello help hi how i if in into is it its just me my need
no not of on one or our please so some than thank thanks that the their them then there they this to
us very want was we were what when where which who why will with would you your"""
_CHINESE = """我的 你的 你们 我们 什么 怎么 怎样 可以 请问 您好 你好 谢谢 一个 这个 那个 没有 为什
什麼 怎麼 你們 我們 請問 謝謝 一個 這個 那個 沒有 為什"""
EMPTY = frozenset(f"{_ENGLISH} {_CHINESE}".split())


class _Stemmer(threading.local):
    """A stemmer keeps the word it works on, so each thread has its own."""

    def __init__(self) -> None:
        self.stem = snowballstemmer.stemmer("english").stemWord


_stemmer = _Stemmer()


# Words


def normalise(text: str) -> str:
    """One spelling for the same word: width, case and Latin accents do not count."""
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFKC", text).casefold()
        text = _MARKS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    if "," in text:
        text = _THOUSANDS.sub("", text)
    if "'" in text or "’" in text:
        text = _CONTRACTION.sub("", _POSSESSIVE.sub("", text))
    return text


@lru_cache(50_000)
def stem(word: str) -> str:
    return str(_stemmer.stem(word)) if word.isascii() and word.isalpha() else word


def forms_of(token: str) -> tuple[list[tuple[str, int]], int]:
    """The words of a run of letters, digits and joiners with their offsets, and its width.

    ``pl-20418`` is pl, 20418 and, at the first position, pl20418.
    """
    parts = split_token(token)
    forms = [(part, offset) for offset, part in enumerate(parts)]
    for offset, part in enumerate(parts):
        forms += [(run, offset) for run in runs_of(part) if len(run) > 1]
    if len(parts) > 1 and len(token) <= MAX_JOINED:
        forms.append(("".join(parts), 0))
    return forms, len(parts)


def split_token(token: str) -> list[str]:
    return [token] if token.isalnum() else WORD.findall(token)


def runs_of(word: str) -> list[str]:
    """Letters and digits apart, where a word has both."""
    if word.isalpha() or word.isdigit() or len(word) > MAX_JOINED:
        return []
    runs = _RUNS.findall(word)
    return runs if len(runs) > 1 else []


def beginnings_of(text: str) -> set[str]:
    words = {
        form
        for token in TOKEN.finditer(normalise(text))
        if not token[1]
        for form, _ in forms_of(token[0])[0]
    }
    return {word[:length] for word in words for length in PREFIXES if length <= len(word)}
