"""Learning from tickets as people left them: from the older ones, judged by the newer ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from automation.triage.features import SIZE
from automation.triage.model import Learned

LEARNED_SHARE = 0.8  # the older four fifths; what came later is only tried
_FEWEST = 5  # of a value that can be learned
_ENOUGH = 40  # tickets in all
_STEPS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class Example:
    """One ticket; those of a list stand in the order in which they came."""

    features: Mapping[int, float]
    values: Mapping[str, str] = field(default_factory=dict)  # field → what it was in the end


@dataclass(frozen=True, slots=True)
class Outcome:
    fields: dict[str, Learned]
    report: dict[str, dict[str, Any]]


def learn(examples: Sequence[Example], fields: Iterable[str]) -> Outcome:
    """Fields of which too little is known are left out; the report says so."""
    cut = int(len(examples) * LEARNED_SHARE)
    found = Outcome({}, {})
    for name in fields:
        older = [one for one in examples[:cut] if name in one.values]
        newer = [one for one in examples[cut:] if name in one.values]
        counts = Counter(one.values[name] for one in older)
        usual = {value for value, count in counts.items() if count >= _FEWEST}
        known = [one for one in older if one.values[name] in usual]
        if len(usual) < 2 or len(known) < _ENOUGH or not newer:
            found.report[name] = {"learned": len(older), "tried": len(newer), "is_too_little": True}
            continue
        learned = found.fields[name] = _fit(known, name)
        found.report[name] = {"learned": len(known), **judge(learned, newer, name)}
        found.report[name]["usual"] = _share_of(counts.most_common(1)[0][0], newer, name)
    return found


def _fit(examples: Sequence[Example], name: str) -> Learned:
    rows = [one.features for one in examples]
    ends = numpy.cumsum([0, *map(len, rows)])
    places = numpy.fromiter((p for row in rows for p in row), dtype=numpy.int32)
    shares = numpy.fromiter((s for row in rows for s in row.values()), dtype=numpy.float32)
    matrix = csr_matrix((shares, places, ends), shape=(len(rows), SIZE))
    wanted = [one.values[name] for one in examples]
    fitted = LogisticRegression(C=10.0, max_iter=300).fit(matrix, wanted)
    weights, bias = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # one line stands for both
        weights = numpy.vstack([-weights / 2, weights / 2])
        bias = numpy.concatenate([-bias / 2, bias / 2])
    return Learned(tuple(map(str, fitted.classes_)), weights, bias)


def judge(learned: Learned, newer: Sequence[Example], name: str) -> dict[str, Any]:
    """How often it is right; and where it is at least so sure, how often that is and how often it
    is right then: what a threshold would mean."""
    guesses = [(*learned.guess(one.features), one.values[name]) for one in newer]
    sure = []
    for step in _STEPS:
        heard = [guess == truth for guess, share, truth in guesses if share >= step]
        right = round(sum(heard) / len(heard), 3) if heard else None
        sure.append([step, round(len(heard) / len(guesses), 3), right])
    hits = sum(guess == truth for guess, _share, truth in guesses)
    return {"tried": len(guesses), "right": round(hits / len(guesses), 3), "sure": sure}


def _share_of(value: str, newer: Sequence[Example], name: str) -> float:
    """What somebody who always says the most frequent would reach."""
    return round(sum(one.values[name] == value for one in newer) / len(newer), 3)
