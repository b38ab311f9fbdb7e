"""Checks of how something was said: greeting, language, words, tone, data in clear."""

import re

from core.languages import identify
from quality.checks.data import find_personal
from quality.checks.shapes import NONE, OK, Evidence, Talk, Verdict, fault, part, whole
from quality.checks.words import (
    count_han,
    find,
    has,
    rest_of,
    sentences,
    without_links,
)

_LATIN_WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
_ASKS_LANGUAGE = re.compile(
    r"\b(?:in|speak|write|use|switch to|prefer|understand|answer in)\s+"
    r"(?:english|chinese|mandarin|cantonese|french|german|spanish|italian|japanese|korean)\b"
    r"|(?:用|说|說|讲|講|懂|换|換|改|会|會)[^。]{0,4}(?:英|中|国|國|粤|粵|法|德|日|韩|韓)[文语語]"
    r"|(?:英|中)文(?:回|吧|可以|服)",
    re.IGNORECASE,
)
_KANA, _HANGUL = re.compile("[\u3040-\u30ff]"), re.compile("[\uac00-\ud7af]")
# A line somebody has to type, and what stands between signs of code.
_CODE = re.compile(r"`[^`\n]+`|^.*(?<!\S)--?[a-z][\w-]*.*$|^\s*[$>#] .*$", re.MULTILINE)
# So much of another script says that a sentence is in another language.
_WORDS, _HAN = 4, 4


def no_greeting(talk: Talk) -> Verdict:
    if not talk.ours:
        return NONE
    first = talk.ours[0]
    return OK if has("greeting", talk.said[first].text) else fault(whole(talk, first))


# Language


def wrong_language(talk: Talk) -> Verdict:
    if not talk.ours or not talk.theirs:
        return NONE
    theirs = {at: without_links(talk.said[at].text) for at in talk.theirs}
    known = {one for one in map(_language_of, theirs.values()) if one}
    if not known and talk.language:
        known = {talk.language[:2]}
    if not known:
        return NONE
    asked = min((at for at, one in theirs.items() if _ASKS_LANGUAGE.search(one)), default=None)
    found = [
        piece
        for at in talk.ours
        if asked is None or at < asked
        for piece in _in_other(talk, at, known)
    ]
    return fault(*found) if found else OK


def _in_other(talk: Talk, at: int, known: set[str]) -> list[Evidence]:
    text = talk.said[at].text
    found = [
        part(talk, at, one.start, one.start + len(one.text))
        for one in sentences(without_links(text))
        if _is_other(one.text, known)
    ]
    if found or not _is_other(without_links(text), known):
        return found
    return [whole(talk, at)]


def _is_other(text: str, known: set[str]) -> bool:
    language = _language_of(text)
    return bool(language) and language not in known


def _language_of(text: str) -> str:
    """Two letters; empty where there is too little to tell."""
    text = _CODE.sub(" ", text)
    han, words = count_han(text), _LATIN_WORD.findall(text)
    # A name in another script makes no sentence in it.
    kana, hangul = len(_KANA.findall(text)), len(_HANGUL.findall(text))
    if kana and kana + han > len(words):
        return "ja"
    if hangul > len(words):
        return "ko"
    if han >= _HAN and han >= len(words):
        return "zh"
    # Names, models and codes are no English: it takes ordinary small letters.
    plain = [one for one in words if one.islower() or one.istitle()]
    if len(plain) < _WORDS or han > 2 * len(plain):
        return ""
    return _identify_latin(text, len(plain))


def _identify_latin(text: str, many: int) -> str:
    """Few words are taken for English: a greeting in another language is a courtesy."""
    told = identify(text)
    is_sure = many >= _SURE_WORDS and told.code and told.confidence >= _SURE
    return told.code[:2] if is_sure else "en"


_SURE, _SURE_WORDS = 0.8, 7


# Words


def forbidden_words(talk: Talk) -> Verdict:
    if not talk.ours:
        return NONE
    found = [piece for at in talk.ours for piece in _forbidden_in(talk, at)]
    return fault(*found) if found else OK


_STARS = re.compile(
    r"star|星|好[评評]|[满滿]分|(?:good|positive|nice|great|top|high) |rate|review", re.I
)


def _forbidden_in(talk: Talk, at: int) -> list[Evidence]:
    text = without_links(talk.said[at].text)
    found = []
    for one in sentences(text):
        if has("neutral", one.text):
            continue
        for match in find("forbidden", one.text):
            # To ask for a good rating is forbidden where something is given for it.
            if _STARS.match(match[0]) and not has("rating_trade", text):
                continue
            found.append(part(talk, at, one.start + match.start(), one.start + match.end()))
    return found


def rude_tone(talk: Talk) -> Verdict:
    if not talk.ours:
        return NONE
    found: list[Evidence] = []
    for at in talk.ours:
        text = without_links(talk.said[at].text)
        hits = [part(talk, at, *match.span()) for match in find("rude", text)]
        if hits:
            found += hits
        elif _is_curt(talk, at):
            found.append(whole(talk, at))
    return fault(*found) if found else OK


def _is_curt(talk: Talk, at: int) -> bool:
    """A bare order or a bare no to somebody who is upset."""
    text = rest_of(talk.said[at].text, "greeting").strip(" ,.!，。！\n")
    before = [talk.said[place].text for place in talk.theirs if place < at]
    if not before or not has("upset", before[-1]) or has("soft", text):
        return False
    return len(text) <= (12 if count_han(text) else 45)


def personal_data(talk: Talk) -> Verdict:
    if not talk.said:
        return NONE
    found = [
        part(talk, at, start, end)
        for at, one in enumerate(talk.said)
        for start, end in find_personal(one.text)
    ]
    return fault(*found) if found else OK
