"""Which of several things a text means, how sure that is, and whether it is any of them at all.

This half only applies what ``fitting`` has learned, with numpy alone, so that a process that
answers customers carries no training library.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bots.understanding.ngrams import Row, Vocabulary, count_grams

Floats = NDArray[np.float32]
NEAREST = 5
_CHUNK = 512
# Among turned vectors the nearest example counts so much beside what is linear.
_LIKENESS = 10.0
# The score grows this fast around the threshold, at which it is 0.5.
_STEEPNESS = 2.0


@dataclass(frozen=True, slots=True)
class Frame:
    """Vectors seen from the middle of what was taught: some encoders put all they are given into
    one corner, where everything looks alike."""

    centre: Floats
    sizes: tuple[int, ...]  # of encoders' vectors side by side; what follows them keeps its size
    shares: tuple[float, ...]  # how much each counts

    @classmethod
    def around(cls, vectors: Floats, sizes: Sequence[int], shares: Sequence[float]) -> "Frame":
        every = sum(share**2 for share in shares) ** 0.5
        centre = vectors.mean(axis=0).astype(np.float32)
        return cls(centre, tuple(sizes), tuple(share / every for share in shares))

    def place(self, vectors: Floats) -> Floats:
        moved = vectors - self.centre
        start = 0
        for size, share in zip(self.sizes, self.shares, strict=True):
            part = moved[:, start : start + size]
            lengths = np.linalg.norm(part, axis=1, keepdims=True)
            moved[:, start : start + size] = part / np.maximum(lengths, 1e-6) * np.float32(share)
            start += size
        return moved


@dataclass(frozen=True, slots=True)
class Head:
    """A linear function of the vectors or of the grams, or the likeness to the nearest example; or
    both of vectors that are turned so that what tells labels apart counts more."""

    kind: str  # "vectors", "words", "nearest" or "turned"
    weights: Floats  # (dim or grams, labels)
    bias: Floats
    scale: float = 1.0  # how much its values count
    turn: Floats | None = None  # (dim, dim), of "turned"
    near: "Known | None" = None  # what was taught, turned

    def values(self, vectors: Floats, rows: Sequence[Row], known: "Known") -> Floats:
        if self.kind == "nearest":
            return known.nearest(vectors)
        if self.turn is not None and self.near is not None:
            turned = turn(vectors, self.turn)
            linear: Floats = turned @ self.weights.astype(np.float32) + self.bias
            return linear + np.float32(_LIKENESS) * self.near.nearest(turned)
        if self.kind == "vectors":
            return (vectors @ self.weights.astype(np.float32) + self.bias).astype(np.float32)
        found = np.tile(self.bias, (len(rows), 1)).astype(np.float32)
        for at, (numbers, weights) in enumerate(rows):
            found[at] += weights @ self.weights[numbers].astype(np.float32)
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """The vectors of what was taught, in the order of their labels."""

    vectors: NDArray[np.float16]
    labels: NDArray[np.int32]
    count: int  # of labels

    @classmethod
    def of(cls, vectors: Floats, labels: NDArray[Any], count: int) -> "Known":
        order = np.argsort(labels, kind="stable")
        return cls(vectors[order].astype(np.float16), labels[order].astype(np.int32), count)

    def turned(self, by: Floats) -> "Known":
        vectors = turn(self.vectors.astype(np.float32), by)
        return Known(vectors.astype(np.float16), self.labels, self.count)

    def nearest(self, vectors: Floats) -> Floats:
        """The likeness to the nearest example of each label; -1 for one without any."""
        found = np.full((len(vectors), self.count), -1.0, dtype=np.float32)
        present, starts = np.unique(self.labels, return_index=True)
        known = self.vectors.astype(np.float32).T
        for at in range(0, len(vectors), _CHUNK):
            likeness = vectors[at : at + _CHUNK] @ known
            found[at : at + _CHUNK, present] = np.maximum.reduceat(likeness, starts, axis=1)
        return found

    def nearness(self, vectors: Floats) -> Floats:
        """The mean likeness to the nearest few, of whatever label."""
        found = np.zeros(len(vectors), dtype=np.float32)
        known = self.vectors.astype(np.float32).T
        few = min(NEAREST, known.shape[1])
        for at in range(0, len(vectors), _CHUNK):
            likeness = vectors[at : at + _CHUNK] @ known
            best = np.partition(likeness, -few, axis=1)[:, -few:]
            found[at : at + _CHUNK] = best.mean(axis=1)
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """Where sentences that belonged to what was taught lay while they were held out."""

    sure_mean: float
    sure_spread: float
    near_mean: float
    near_spread: float
    threshold: float  # of a hundred that belong, five lie below

    def score(self, chances: Floats, nearness: Floats) -> Floats:
        """How far it is above the threshold, in spreads."""
        sure = (logit(chances.max(axis=1)) - self.sure_mean) / self.sure_spread
        near = (nearness - self.near_mean) / self.near_spread
        return (sure + near).astype(np.float32) - np.float32(self.threshold)


@dataclass(frozen=True, slots=True)
class Judged:
    chances: Floats  # (texts, labels), calibrated
    scores: Floats  # (texts,): below 0 it belongs to none of them
    in_scope: Floats  # the same between 0 and 1, the threshold at 0.5


@dataclass(frozen=True, slots=True)
class Classifier:
    labels: tuple[str, ...]
    frame: Frame
    heads: tuple[Head, ...]
    vocabulary: Vocabulary | None
    known: Known
    scope: Scope

    def judge(self, texts: Sequence[str], vectors: Floats) -> Judged:
        placed = self.frame.place(vectors)
        chances = self._weigh(texts, placed)
        scores = self.scope.score(chances, self.known.nearness(placed))
        steps = np.clip(_STEEPNESS * scores, -30, 30)
        return Judged(chances, scores, 1 / (1 + np.exp(-steps)))

    def chances(self, texts: Sequence[str], vectors: Floats) -> Floats:
        return self._weigh(texts, self.frame.place(vectors))

    def _weigh(self, texts: Sequence[str], placed: Floats) -> Floats:
        rows: list[Row] = []
        if self.vocabulary is not None:
            rows = [self.vocabulary.weigh(count_grams(text)) for text in texts]
        parts = [
            head.values(placed, rows, self.known) * np.float32(head.scale) for head in self.heads
        ]
        return softmax(np.sum(parts, axis=0, dtype=np.float32))

    # As arrays and back: nothing that could run when it is read

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {"labels": _pack(self.labels)}
        arrays |= {"known": self.known.vectors, "known_labels": self.known.labels}
        arrays["centre"] = self.frame.centre
        arrays["sizes"] = np.array(self.frame.sizes)
        arrays["shares"] = np.array(self.frame.shares)
        scope = self.scope
        arrays["scope"] = np.array(
            [
                *(scope.sure_mean, scope.sure_spread, scope.near_mean, scope.near_spread),
                scope.threshold,
            ]
        )
        arrays["scales"] = np.array([head.scale for head in self.heads])
        arrays["kinds"] = _pack([head.kind for head in self.heads])
        for at, head in enumerate(self.heads):
            arrays[f"weights{at}"] = head.weights.astype(np.float16)
            arrays[f"bias{at}"] = head.bias
            if head.turn is not None:
                arrays[f"turn{at}"] = head.turn.astype(np.float16)
        if self.vocabulary is not None:
            arrays["grams"] = _pack(list(self.vocabulary.numbers))
            arrays["gram_weights"] = self.vocabulary.weights
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "Classifier":
        labels = tuple(_unpack(arrays["labels"]))
        known = Known(arrays["known"], arrays["known_labels"], len(labels))
        heads = tuple(
            _read_head(at, kind, float(scale), arrays, known)
            for at, (kind, scale) in enumerate(
                zip(_unpack(arrays["kinds"]), arrays["scales"], strict=True)
            )
        )
        vocabulary = None
        if "grams" in arrays:
            numbers = {gram: at for at, gram in enumerate(_unpack(arrays["grams"]))}
            vocabulary = Vocabulary(numbers, arrays["gram_weights"])
        scope = Scope(*(float(value) for value in arrays["scope"]))
        frame = Frame(
            arrays["centre"],
            tuple(int(size) for size in arrays["sizes"]),
            tuple(float(share) for share in arrays["shares"]),
        )
        return cls(labels, frame, heads, vocabulary, known, scope)


def _read_head(
    at: int, kind: str, scale: float, arrays: Mapping[str, NDArray[Any]], known: Known
) -> Head:
    head = Head(kind, arrays[f"weights{at}"], arrays[f"bias{at}"], scale)
    if kind != "turned":
        return head
    by = arrays[f"turn{at}"].astype(np.float32)
    return replace(head, turn=by, near=known.turned(by))


def turn(vectors: Floats, by: Floats) -> Floats:
    turned = vectors @ by
    found: Floats = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-6)
    return found


def softmax(values: Floats) -> Floats:
    lifted = np.exp(values - values.max(axis=1, keepdims=True))
    chances: Floats = (lifted / lifted.sum(axis=1, keepdims=True)).astype(np.float32)
    return chances


def logit(chances: Floats) -> Floats:
    within = np.clip(chances, 1e-6, 1 - 1e-6)
    found: Floats = np.log(within / (1 - within))
    return found


def _pack(words: Sequence[str]) -> NDArray[np.uint8]:
    text = json.dumps(list(words), ensure_ascii=False, separators=(",", ":"))
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _unpack(packed: NDArray[np.uint8]) -> list[str]:
    found: list[str] = json.loads(packed.tobytes())
    return found
