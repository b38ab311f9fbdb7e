"""Vectors of whole sets, kept in a folder: an hour's work the first time, a second later."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from bots.understanding.classifier import Floats
from bots.understanding.engine import ENCODERS
from core.encoders import encoder_named


class Vectors:
    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[tuple[str, str], dict[str, Floats]] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    def of_way(self, way: str, texts: Sequence[str]) -> Floats:
        """As ``engine.encode`` makes them."""
        parts = [self.of(name, texts) for name in ENCODERS[way]]
        found: Floats = np.concatenate(parts, axis=1)
        return found

    def of(
        self, name: str, texts: Sequence[str], kind: Literal["query", "passage"] = "query"
    ) -> Floats:
        held = self._held.setdefault((name, kind), {})
        new = [text for text in dict.fromkeys(texts) if text not in held]
        if new:
            held.update(zip(new, self._read_or_make(name, new, kind), strict=True))
        found: Floats = np.stack([held[text] for text in texts])
        return found

    def _read_or_make(self, name: str, texts: Sequence[str], kind: str) -> Floats:
        encoder = encoder_named(name)
        path = self._path(f"{name} {encoder.version} {kind}", texts)
        if path and path.exists():
            found: Floats = np.load(path, allow_pickle=False)
            return found
        encode = encoder.encode_queries if kind == "query" else encoder.encode_passages
        vectors = encode(texts)
        if path:
            np.save(path, vectors, allow_pickle=False)
        return vectors

    def _path(self, head: str, texts: Sequence[str]) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256("\0".join([head, *texts]).encode()).hexdigest()[:24]
        return self._folder / f"{digest}.npy"
