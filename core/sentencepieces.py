"""Text as the numbers of SentencePiece's unigram pieces: of all ways to cut it the likeliest.

A quarter of a million pieces as a dictionary would take 35 MB in each process. Here stand their
hashes in order, and those of all parts of a text are looked for at once.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BASIS, _PRIME = np.uint64(1469598103934665603), np.uint64(1099511628211)  # FNV-1a
_SPACES = re.compile(" {2,}")
_SPACE = "\u2581"
# Below the unlikeliest piece: what is no piece is cut into single characters.
_UNKNOWN = 10.0


class SentencePieces:
    def __init__(
        self,
        blob: NDArray[np.uint8],
        starts: NDArray[np.uint32],
        scores: NDArray[np.float32],
        spelling: Mapping[int, str],
        unknown: int,
    ) -> None:
        """``blob`` has the pieces in UTF-8, one after the other; ``starts`` one entry more than
        there are. ``spelling`` says what each character is replaced by."""
        hashes = _hash_pieces(blob, starts.astype(np.int64))
        order = np.argsort(hashes)
        order = order[(order != unknown) & (np.diff(starts)[order] > 0)]
        self._hashes, self._numbers = hashes[order], order.astype(np.int32)
        self._scores, self._spelling, self._unknown = scores, spelling, unknown
        self._longest = int(np.diff(starts).max())
        self._unknown_score = float(scores.min()) - _UNKNOWN

    def numbers_of(self, text: str) -> list[int]:
        spelt = _SPACES.sub(" ", text.translate(self._spelling))
        signs = ("" if spelt.startswith(" ") else _SPACE) + spelt.replace(" ", _SPACE)
        best = [0.0] + [-np.inf] * len(signs)
        came: list[tuple[int, int]] = [(0, 0)] * (len(signs) + 1)
        parts = self._find_parts(signs)
        for start in range(len(signs)):
            so_far = best[start]
            unknown = (start + 1, self._unknown, self._unknown_score)
            for end, number, score in (*parts[start], unknown):
                if so_far + score > best[end]:
                    best[end], came[end] = so_far + score, (start, number)
        return list(_walk_back(came))[::-1]

    def _find_parts(self, signs: str) -> list[list[tuple[int, int, float]]]:
        """For each character the pieces that begin there: where they end, number, score."""
        found: list[list[tuple[int, int, float]]] = [[] for _ in signs]
        begins, ends, hashes = self._hash_parts(signs)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        for one in np.flatnonzero(self._hashes[at] == hashes):
            number = int(self._numbers[at[one]])
            found[begins[one]].append((int(ends[one]), number, float(self._scores[number])))
        return found

    def _hash_parts(self, signs: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        content = signs.encode()
        letters = np.frombuffer(content, dtype=np.uint8)
        # Where each character begins, and for each byte which character begins there.
        firsts = np.flatnonzero((letters & 0xC0) != 0x80)
        sign_at = np.full(len(content) + 1, -1)
        sign_at[firsts], sign_at[-1] = np.arange(len(firsts)), len(firsts)
        hashes, begins = np.full(len(firsts), _BASIS), np.arange(len(firsts))
        found: list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = []
        for width in range(1, self._longest + 1):
            stays = firsts[begins] + width <= len(content)
            begins, hashes = begins[stays], hashes[stays]
            hashes = (hashes ^ letters[firsts[begins] + width - 1]) * _PRIME
            ends = sign_at[firsts[begins] + width]
            whole = ends >= 0
            found.append((begins[whole], ends[whole], hashes[whole]))
        at, until, hashed = (np.concatenate(column) for column in zip(*found, strict=True))
        return at, until, hashed


def _walk_back(came: list[tuple[int, int]]) -> Iterator[int]:
    end = len(came) - 1
    while end:
        end, number = came[end]
        yield number


def _hash_pieces(blob: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    begins, widths = starts[:-1], np.diff(starts)
    hashes = np.full(len(widths), _BASIS)
    order = np.argsort(-widths, kind="stable")
    for width in range(int(widths.max())):
        order = order[: np.searchsorted(-widths[order], -width)]
        hashes[order] = (hashes[order] ^ blob[begins[order] + width]) * _PRIME
    return hashes
