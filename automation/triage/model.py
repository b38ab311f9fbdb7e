"""What was learned, as arrays: a line per value, and how sure it is of each."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy

_HELD = "fields"


@dataclass(frozen=True, slots=True)
class Learned:
    """Of one field: its values, and a weight for each value and feature."""

    values: tuple[str, ...]
    weights: Any  # values x SIZE
    bias: Any

    def guess(self, features: Mapping[int, float]) -> tuple[str, float]:
        """The likeliest value, and how likely it is."""
        places = list(features)
        shares = numpy.fromiter(features.values(), dtype=numpy.float32, count=len(places))
        scores = self.weights[:, places].astype(numpy.float32) @ shares + self.bias
        likely = numpy.exp(scores - scores.max())
        best = int(likely.argmax())
        return self.values[best], float(likely[best] / likely.sum())


def to_bytes(fields: Mapping[str, Learned]) -> bytes:
    """Arrays and names, no code: a pickle could run what somebody put into it."""
    held = io.BytesIO()
    arrays: dict[str, Any] = {}
    for name, one in fields.items():
        arrays[f"{name}.weights"] = one.weights.astype(numpy.float16)
        arrays[f"{name}.bias"] = one.bias.astype(numpy.float32)
    names = {name: list(one.values) for name, one in fields.items()}
    arrays[_HELD] = numpy.frombuffer(json.dumps(names).encode(), dtype=numpy.uint8)
    numpy.savez_compressed(held, allow_pickle=False, **arrays)
    return held.getvalue()


def from_bytes(content: bytes) -> dict[str, Learned]:
    with numpy.load(io.BytesIO(content), allow_pickle=False) as held:
        names = json.loads(held[_HELD].tobytes())
        return {
            name: Learned(tuple(values), held[f"{name}.weights"], held[f"{name}.bias"])
            for name, values in names.items()
        }
