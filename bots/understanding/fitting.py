"""Learning a classifier from examples; runs in a worker, and so does all that it needs.

Nothing is chosen, calibrated or bounded by anything but the examples themselves: each is held out
once and judged by what was learned from the others.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from bots.understanding.classifier import (
    Classifier,
    Floats,
    Frame,
    Head,
    Known,
    Scope,
    logit,
    softmax,
    turn,
)
from bots.understanding.ngrams import Row, Vocabulary, count_grams, weigh_all

# Below so many examples of each label, words add more noise than knowledge.
MANY = 30
REJECTED = 0.04
# Of logistic regression on vectors, where there are few examples and where there are many: larger
# means less held back, up to so many examples of a label.
_STRENGTH_OF_FEW, _STRENGTH, _FULL = 30.0, 60.0, 150
_HELD_BACK = 0.4  # of how examples of a label differ
_NOTHING = 1e-12
_SEED = 20_418
_MOST_KNOWN = 20_000
# A sentence that nobody has looked at counts as much as it is sure what it means, to this power:
# whoever is half sure of it learns next to nothing from it.
_CAUTION = 4

Learner = Callable[["Material"], Head]


@dataclass(frozen=True, slots=True)
class Material:
    vectors: Floats
    rows: Sequence[Row]  # none where no words are looked at
    labels: NDArray[np.int64]
    width: int  # of the vocabulary
    count: int  # of labels

    def take(self, which: NDArray[Any]) -> "Material":
        rows = [self.rows[at] for at in which.tolist()] if self.rows else []
        return Material(self.vectors[which], rows, self.labels[which], self.width, self.count)

    def sparse(self) -> Any:
        starts = np.cumsum([0, *(len(numbers) for numbers, _weights in self.rows)])
        numbers = np.concatenate([numbers for numbers, _weights in self.rows])
        weights = np.concatenate([weights for _numbers, weights in self.rows])
        return csr_matrix((weights, numbers, starts), shape=(len(self.rows), self.width))


@dataclass(frozen=True, slots=True)
class Fitted:
    classifier: Classifier
    chances: Floats  # of each example while it was held out
    in_scope: NDArray[np.bool_]
    labels: NDArray[np.int64]
    judged: NDArray[np.bool_]  # which examples could be held out
    kind: str  # which heads it has


def fit(
    texts: Sequence[str],
    labels: Sequence[str],
    vectors: Floats,
    *,
    names: Sequence[tuple[str, Floats]] = (),
    sizes: Sequence[int] = (),
    shares: Sequence[float] = (),
    many: int = MANY,
    heard: Floats | None = None,
) -> Fitted:
    """``names`` are labels in words with their vectors: one more example each where there are few.
    ``sizes`` are the lengths of the vectors that stand side by side in one, ``shares`` how much
    each of them counts. ``heard`` are vectors of sentences that nobody has labelled; they help
    where there are few examples, and are left alone elsewhere.

    Needs two labels and of most of them two examples.
    """
    known = tuple(sorted(set(labels)))
    sizes = sizes or (vectors.shape[1],)
    frame = Frame.around(vectors, sizes, shares or [1.0] * len(sizes))
    vectors = frame.place(vectors)
    names = [(label, frame.place(vector[None])[0]) for label, vector in names]
    numbers = np.array([known.index(label) for label in labels], dtype=np.int64)
    is_few = are_few(labels, many)
    vocabulary, rows = None, list[Row]()
    if not is_few:
        counted = [count_grams(text) for text in texts]
        vocabulary = Vocabulary.learn(counted)
        rows = weigh_all(vocabulary, counted)
    width = len(vocabulary) if vocabulary else 0
    material = Material(vectors, rows, numbers, width, len(known))
    added = _as_material(names, known, material) if is_few else None
    folds = _deal(numbers, 5 if is_few else 3)
    learners: dict[str, Learner] = {"vectors": learn_logistic, "nearest": look_for_nearest}
    if are_few(labels):
        learners["turned"] = learn_turned
    if not is_few:
        learners["words"] = learn_words
    held = {kind: _hold_out(material, folds, learner, added) for kind, learner in learners.items()}
    if heard is not None and len(heard) and are_few(labels):
        learner = _learner_from(frame.place(heard), learners, material, held, folds)
        learners["heard"] = learner
        held["heard"] = _hold_out(material, folds, learner, added)
    return _assemble(known, frame, material, vocabulary, learners, held, folds, added)


def are_few(labels: Sequence[str], many: int = MANY) -> bool:
    return median(Counter(labels).values()) < many


def _as_material(
    names: Sequence[tuple[str, Floats]], known: tuple[str, ...], material: Material
) -> Material | None:
    of_known = [(known.index(label), vector) for label, vector in names if label in known]
    if not of_known:
        return None
    labels = np.array([label for label, _vector in of_known], dtype=np.int64)
    vectors = np.stack([vector for _label, vector in of_known])
    return Material(vectors, [], labels, 0, material.count)


def _deal(labels: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Each label's examples over the folds, as evenly as they go."""
    order = np.random.default_rng(_SEED).permutation(len(labels))
    dealt = np.zeros(len(labels), dtype=np.int64)
    turns: Counter[int] = Counter()
    for at in order:
        label = int(labels[at])
        dealt[at] = (turns[label] + label) % folds
        turns[label] += 1
    return dealt


def _can_be_judged(labels: NDArray[np.int64], folds: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Not those whose label has no other example."""
    times = Counter(labels.tolist())
    return np.array([times[int(label)] > 1 for label in labels], dtype=bool)


def _hold_out(
    material: Material, folds: NDArray[np.int64], learner: Learner, added: Material | None
) -> Floats:
    values = np.zeros((len(folds), material.count), dtype=np.float32)
    for fold in range(folds.max() + 1):
        out = np.flatnonzero(folds == fold)
        rest = _join(material.take(np.flatnonzero(folds != fold)), added)
        if not len(out) or len(set(rest.labels.tolist())) < 2:
            continue
        head = learner(rest)
        rows = [material.rows[at] for at in out.tolist()] if material.rows else []
        known = Known.of(rest.vectors, rest.labels, material.count)
        values[out] = head.values(material.vectors[out], rows, known)
    return values


def _join(material: Material, added: Material | None) -> Material:
    if added is None:
        return material
    return Material(
        np.concatenate([material.vectors, added.vectors]),
        [],
        np.concatenate([material.labels, added.labels]),
        0,
        material.count,
    )


def learn_logistic(material: Material, weights: Floats | None = None) -> Head:
    usual = median(Counter(material.labels.tolist()).values())
    strength = _STRENGTH_OF_FEW if usual < MANY else _STRENGTH * min(1.0, _FULL / usual)
    model = LogisticRegression(C=strength, max_iter=400, tol=1e-4)
    model.fit(material.vectors, material.labels, sample_weight=weights)
    return _head_of(model, material, "vectors")


def look_for_nearest(material: Material) -> Head:
    nothing = np.zeros(0, dtype=np.float32)
    return Head("nearest", nothing, nothing)


def learn_turned(material: Material) -> Head:
    """After directions in which examples of one label differ count less: they say less about which
    label it is. Of few examples that is known badly, so much of it is held back."""
    by = _level(material)
    if by is None:
        return look_for_nearest(material)
    turned = turn(material.vectors, by)
    head = learn_logistic(replace(material, vectors=turned))
    near = Known.of(turned, material.labels, material.count)
    return replace(head, kind="turned", turn=by, near=near)


def _level(material: Material) -> Floats | None:
    """None where no label has two examples that differ."""
    vectors, labels = material.vectors, material.labels
    within = np.concatenate(
        [
            vectors[labels == label] - vectors[labels == label].mean(axis=0)
            for label in np.unique(labels)
        ]
    )
    spread = (within.T @ within / len(within)).astype(np.float64)
    even = np.trace(spread) / len(spread)
    if even < _NOTHING:
        return None
    mixed = (1 - _HELD_BACK) * spread + _HELD_BACK * even * np.eye(len(spread))
    # Of all that level it this is the quickest; they differ by how they look from outside only.
    by = np.linalg.inv(np.linalg.cholesky(mixed)).T * np.sqrt(even)
    found: Floats = by.astype(np.float32)
    return found


def _learner_from(
    heard: Floats,
    learners: dict[str, Learner],
    material: Material,
    held: dict[str, Floats],
    folds: NDArray[np.int64],
) -> Learner:
    """One that also learns from what was heard: what the others make of it counts as taught, as
    far as they are sure. What belongs to no label by their own measure is left out."""
    learners = dict(learners)
    judged = _can_be_judged(material.labels, folds)
    scales = find_scales([values[judged] for values in held.values()], material.labels[judged])
    chances = softmax(_sum(list(held.values()), scales))
    scope, _above = _bound(chances, material.vectors, folds, judged)

    def learn(taught: Material) -> Head:
        known = Known.of(taught.vectors, taught.labels, taught.count)
        values = [learner(taught).values(heard, [], known) for learner in learners.values()]
        guessed = softmax(_sum(values, scales))
        kept = scope.score(guessed, known.nearness(heard)) >= 0
        sure, labels = guessed[kept].max(axis=1), guessed[kept].argmax(axis=1)
        both = _join(taught, Material(heard[kept], [], labels, 0, taught.count))
        weights = np.concatenate([np.ones(len(taught.labels)), sure**_CAUTION])
        return learn_logistic(both, weights.astype(np.float32))

    return learn


def learn_words(material: Material) -> Head:
    """Each label against the rest, by words and pieces of words."""
    model = LinearSVC(C=0.5, dual=True, tol=1e-3, random_state=_SEED)
    model.fit(material.sparse(), material.labels)
    return _head_of(model, material, "words")


def _head_of(model: Any, material: Material, kind: str) -> Head:
    """With a column for every label, also those that were not among the examples."""
    weights, bias = model.coef_, np.atleast_1d(model.intercept_)
    if len(model.classes_) == 2:  # such a model has one row, for its second label
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    full = np.zeros((weights.shape[1], material.count), dtype=np.float32)
    full[:, model.classes_] = weights.T
    biases = np.full(material.count, bias.min() - 5, dtype=np.float32)
    biases[model.classes_] = bias
    return Head(kind, full, biases)


# Putting it together


def _assemble(
    known: tuple[str, ...],
    frame: Frame,
    material: Material,
    vocabulary: Vocabulary | None,
    learners: dict[str, Learner],
    held: dict[str, Floats],
    folds: NDArray[np.int64],
    added: Material | None,
) -> Fitted:
    judged = _can_be_judged(material.labels, folds)
    truth = material.labels[judged]
    scales = find_scales([values[judged] for values in held.values()], truth)
    chances = softmax(_sum(list(held.values()), scales))
    heads = []
    for learner, scale in zip(learners.values(), scales, strict=True):
        head = learner(_join(material, added))
        heads.append(replace(head, scale=scale))
    scope, above = _bound(chances, material.vectors, folds, judged)
    taught = _join(material, added)
    some = np.random.default_rng(_SEED).permutation(len(taught.labels))[:_MOST_KNOWN]
    kept = Known.of(taught.vectors[some], taught.labels[some], material.count)
    classifier = Classifier(known, frame, tuple(heads), vocabulary, kept, scope)
    return Fitted(classifier, chances, above, material.labels, judged, "+".join(learners))


def _sum(values: Sequence[Floats], scales: Sequence[float]) -> Floats:
    parts = [part * np.float32(scale) for part, scale in zip(values, scales, strict=True)]
    found: Floats = np.sum(parts, axis=0, dtype=np.float32)
    return found


def _surprise(chances: Floats, truth: NDArray[np.int64]) -> float:
    return float(-np.log(np.clip(chances[np.arange(len(truth)), truth], 1e-9, 1)).mean())


def find_scales(values: Sequence[Floats], truth: NDArray[np.int64]) -> list[float]:
    """How much each head counts, so that chances together are as often right as they say.

    With one head this is the temperature.
    """
    if not len(truth):
        return [1.0 for _head in values]
    found = minimize(
        lambda logs: _surprise(softmax(_sum(values, np.exp(logs))), truth),
        np.zeros(len(values)),
        method="Nelder-Mead",
        bounds=[(-4, 4)] * len(values),
        options={
            "initial_simplex": np.vstack([np.zeros(len(values)), np.eye(len(values))]),
            "xatol": 0.01,
            "fatol": 1e-5,
            "maxiter": 200,
        },
    )
    return [float(scale) for scale in np.exp(found.x)]


def _bound(
    chances: Floats, vectors: Floats, folds: NDArray[np.int64], judged: NDArray[np.bool_]
) -> tuple[Scope, NDArray[np.bool_]]:
    near = np.zeros(len(vectors), dtype=np.float32)
    for fold in range(folds.max() + 1):
        out = folds == fold
        rest = Known.of(vectors[~out], np.zeros((~out).sum(), dtype=np.int32), 1)
        near[out] = rest.nearness(vectors[out]) if len(rest.labels) else 0.0
    which = judged if judged.any() else np.ones(len(judged), dtype=bool)
    sure = logit(chances.max(axis=1))
    scope = Scope(
        float(sure[which].mean()),
        float(sure[which].std()) or 1.0,
        float(near[which].mean()),
        float(near[which].std()) or 1.0,
        0.0,
    )
    scores = scope.score(chances, near)
    threshold = float(np.quantile(scores[which], REJECTED))
    bounded = Scope(
        scope.sure_mean, scope.sure_spread, scope.near_mean, scope.near_spread, threshold
    )
    return bounded, scores >= threshold
