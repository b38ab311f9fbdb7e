"""From examples to an understanding and its report. Runs in a worker."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bots.understanding.classifier import Classifier
from bots.understanding.engine import ENCODERS, Engine, encode, prepare, sides_of, way_of
from bots.understanding.fitting import Fitted, are_few, fit
from bots.understanding.measures import calibration_error
from bots.understanding.moods import (
    MoodModel,
    encode_for_moods,
    read_moods_alone,
    read_sentences,
    read_signs,
    with_signs,
)

_CONFUSED = 12
_FEWEST_LABELS = 2
# Fewer sentences without a label tell less than learning from them costs.
FEWEST_HEARD = 200


@dataclass(frozen=True, slots=True)
class Taught:
    text: str
    language: str
    intent: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a customer said and nobody has labelled."""

    text: str
    language: str


class NothingToLearn(Exception):
    """Fewer than two intents have examples."""


def train(
    taught: Sequence[Taught],
    names: Mapping[str, Mapping[str, str]],
    *,
    version: int,
    heard: Sequence[Heard] = (),
) -> tuple[Engine, dict[str, Any]]:
    """``names`` are what each intent is called, by language."""
    began = time.perf_counter()
    plain = [Taught(prepare(one.text, one.language), one.language, one.intent) for one in taught]
    ways: dict[str, Classifier] = {}
    report: dict[str, Any] = {"examples": len(plain), "ways": {}}
    for way in ENCODERS:
        chosen = _examples_for(way, plain)
        if len({one.intent for one in chosen}) < _FEWEST_LABELS:
            continue
        beside = _heard_for(way, heard, chosen)
        fitted = _learn(way, chosen, names, beside)
        ways[way] = fitted.classifier
        report["ways"][way] = describe(fitted, chosen) | {"heard": len(beside)}
    if "all" not in ways:
        raise NothingToLearn
    engine = Engine(ways, learn_moods(), version)
    report["seconds"] = round(time.perf_counter() - began, 1)
    return engine, report


def _examples_for(way: str, taught: Sequence[Taught]) -> list[Taught]:
    """English learns from English, and from other languages where an intent has no English."""
    if way == "all":
        return list(taught)
    own = {one.intent for one in taught if way_of(one.language) == way}
    if not own:
        return []
    return [one for one in taught if way_of(one.language) == way or one.intent not in own]


def _heard_for(way: str, heard: Sequence[Heard], taught: Sequence[Taught]) -> list[str]:
    """In the way's own languages, and only where there are few examples: elsewhere they would be
    encoded in vain."""
    if not are_few([one.intent for one in taught]):
        return []
    known = {one.text for one in taught}
    own = (one for one in heard if way_of(one.language) == way)
    texts = dict.fromkeys(prepare(one.text, one.language) for one in own)
    found = [text for text in texts if text and text not in known]
    return found if len(found) >= FEWEST_HEARD else []


def _learn(
    way: str,
    taught: Sequence[Taught],
    names: Mapping[str, Mapping[str, str]],
    heard: Sequence[str] = (),
) -> Fitted:
    texts = [one.text for one in taught]
    labels = [one.intent for one in taught]
    known = set(labels)
    called = [
        (slug, prepare(name, code))
        for slug, given in names.items()
        for code, name in given.items()
        if slug in known and name and way in ("all", way_of(code))
    ]
    vectors = encode(way, [name for _slug, name in called])
    named = [(slug, vector) for (slug, _name), vector in zip(called, vectors, strict=True)]
    sizes, shares = sides_of(way)
    given = encode(way, texts)
    beside = encode(way, heard) if heard else None
    return fit(texts, labels, given, names=named, sizes=sizes, shares=shares, heard=beside)


def learn_moods() -> MoodModel:
    sentences, alone = read_sentences(), read_moods_alone()
    texts = [*sentences.texts, *(text for text, _mood in alone)]
    vectors = encode_for_moods(texts)
    seen = with_signs(vectors, [read_signs(text) for text in texts])
    sizes = (vectors.shape[1],)
    moods = [*sentences.moods, *(mood for _text, mood in alone)]
    few = len(sentences.texts)
    return MoodModel(
        fit(texts, moods, seen, sizes=sizes).classifier,
        # By vectors alone.
        *(
            fit(sentences.texts, labels, seen[:few], sizes=sizes, many=10**6).classifier
            for labels in (sentences.urgent, sentences.abuse)
        ),
    )


# The report


def describe(fitted: Fitted, taught: Sequence[Taught]) -> dict[str, Any]:
    """Each example was judged by what was learned without it."""
    judged = np.flatnonzero(fitted.judged)
    labels = fitted.classifier.labels
    guessed = fitted.chances.argmax(axis=1)
    right = guessed == fitted.labels
    share = float(right[judged].mean()) if len(judged) else 0.0
    languages: dict[str, list[int]] = {}
    for at in judged.tolist():
        languages.setdefault(taught[at].language, []).append(at)
    return {
        "examples": len(taught),
        "kind": fitted.kind,
        "accuracy": round(share, 4),
        "accepted": round(float(fitted.in_scope[judged].mean()), 4) if len(judged) else 0.0,
        "calibration_error": round(
            calibration_error(fitted.chances[judged].max(axis=1), right[judged]), 4
        ),
        "by_language": {
            code: round(float(right[places].mean()), 4)
            for code, places in sorted(languages.items())
        },
        "intents": {
            label: _describe_intent(at, fitted.labels[judged], guessed[judged])
            for at, label in enumerate(labels)
        },
        "confused": _find_confused(labels, fitted.labels[judged], guessed[judged]),
    }


def _describe_intent(at: int, truth: Any, guessed: Any) -> dict[str, Any]:
    meant, said = truth == at, guessed == at
    both = int((meant & said).sum())
    return {
        "examples": int(meant.sum()),
        "found": round(both / max(int(meant.sum()), 1), 4),
        "right": round(both / max(int(said.sum()), 1), 4),
    }


def _find_confused(labels: Sequence[str], truth: Any, guessed: Any) -> list[list[Any]]:
    """[what was meant, what was understood, how often], the most frequent first."""
    pairs = Counter(
        (labels[one], labels[other])
        for one, other in zip(truth, guessed, strict=True)
        if one != other
    )
    return [[meant, said, times] for (meant, said), times in pairs.most_common(_CONFUSED)]
