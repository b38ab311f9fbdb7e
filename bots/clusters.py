"""Questions that mean the same, by their vectors. Pure.

Each goes to the nearest group, if that is near enough, or founds one; groups that have grown alike
are joined. What is known stays together from run to run, which clustering anew each hour would not
give, and a page that people work on must not shuffle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.floating[Any]]

# Cosines of the encoder for sentences, on average between all of one group and all of the other;
# docs/knowledge.md says from what they were chosen.
ALIKE, VERY_ALIKE = 0.57, 0.6


@dataclass(slots=True)
class Group:
    key: Any  # None while it is new
    centre: "Vector"  # the mean, shorter than its parts: so a cosine with it is their average
    size: int


def assign(vector: "Vector", groups: Sequence[Group]) -> Group | None:
    """Moves the centre of the group it goes to."""
    numpy = import_module("numpy")
    if not groups:
        return None
    nearness = numpy.stack([group.centre for group in groups]) @ vector
    best = int(nearness.argmax())
    if nearness[best] < ALIKE:
        return None
    group = groups[best]
    group.centre = (group.centre * group.size + vector) / (group.size + 1)
    group.size += 1
    return group


def find_joinable(groups: Sequence[Group]) -> list[tuple[Group, Group]]:
    """The larger first in each pair; no group is in two."""
    numpy = import_module("numpy")
    if len(groups) < 2:
        return []
    centres = numpy.stack([group.centre for group in groups])
    nearness = numpy.triu(centres @ centres.T, k=1)
    taken: set[int] = set()
    pairs = []
    for flat in nearness.argsort(axis=None)[::-1]:
        one, other = divmod(int(flat), len(groups))
        if nearness[one, other] < VERY_ALIKE:
            break
        if not {one, other} & taken:
            taken |= {one, other}
            first, second = sorted((one, other), key=lambda at: -groups[at].size)
            pairs.append((groups[first], groups[second]))
    return pairs


def most_central(vectors: Sequence["Vector"]) -> int:
    numpy = import_module("numpy")
    found = numpy.stack(list(vectors))
    return int((found @ found.mean(axis=0)).argmax())


def join(first: Group, second: Group) -> None:
    """The second is empty then."""
    size = first.size + second.size
    first.centre = (first.centre * first.size + second.centre * second.size) / size
    first.size, second.size = size, 0


def to_bytes(vector: "Vector") -> bytes:
    return vector.astype("float16").tobytes()


def from_bytes(content: bytes) -> "Vector":
    numpy = import_module("numpy")
    opened: Vector = numpy.frombuffer(content, dtype="float16").astype("float32")
    return opened
