"""Vectors of questions and passages. Without an encoder there are none, and words decide alone.

An encoder takes a second and much memory to load, so a process has one at most, from the first time
it is needed. A page does not wait for it: it is loaded beside, and until then words decide.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from django.conf import settings

from core.encoders import Encoder, EncoderUnavailable, passage_encoder
from knowledge.meaning import Meaning

log = logging.getLogger("helpdesk.knowledge")

DIMENSIONS = 384
_MAX_QUESTION = 500
_lock = threading.Lock()
_warmed: set[str] = set()


def find_encoder() -> Encoder | None:
    """It may not be loaded yet: whoever asks it for a vector waits."""
    if not settings.SEARCH_BY_MEANING:
        return None
    encoder = passage_encoder()
    if encoder.dim != DIMENSIONS:
        log.warning("Vectors of %s numbers do not fit; words alone are looked for.", encoder.dim)
        return None
    return encoder


def name_of(encoder: Encoder) -> str:
    """Vectors are compared only where this is the same."""
    return f"{encoder.name}@{encoder.version}"[:80]


def question_meaning(text: str, *, waits: bool) -> Meaning | None:
    encoder = find_encoder() if any(map(str.isalnum, text)) else None
    if encoder is None or not (waits or _warms(encoder)):
        return None
    try:
        [vector] = encoder.encode_queries([text[:_MAX_QUESTION]])
    except EncoderUnavailable as problem:
        log.warning("No vector: %s. This question is answered by words.", problem)
        return None
    _warmed.add(name_of(encoder))
    return Meaning(name_of(encoder), as_text(vector))


def begin_question(text: str, *, waits: bool) -> Callable[[], Meaning | None]:
    """Like ``question_meaning``, worked out beside whatever is done until the answer is asked for:
    the encoder keeps one core busy, PostgreSQL another."""
    found: Future[Meaning | None] = Future()

    def work_out() -> None:
        try:
            found.set_result(question_meaning(text, waits=waits))
        except BaseException as error:  # noqa: BLE001  raised where the answer is asked for
            found.set_exception(error)

    threading.Thread(target=work_out, daemon=True).start()
    return found.result


def no_meaning() -> Meaning | None:
    return None


def is_warm() -> bool:
    encoder = find_encoder()
    return encoder is not None and name_of(encoder) in _warmed


def _warms(encoder: Encoder) -> bool:
    """Whether it is warm; begins to warm it where it is not."""
    name = name_of(encoder)
    if name in _warmed:
        return True
    with _lock:
        if f"begun {name}" not in _warmed:
            _warmed.add(f"begun {name}")
            threading.Thread(target=_warm, args=[encoder], daemon=True).start()
    return False


def _warm(encoder: Encoder) -> None:
    try:
        encoder.encode_queries(["."])
    except EncoderUnavailable as problem:
        log.warning("There is no encoder: %s. Articles are found by words.", problem)
    else:
        _warmed.add(name_of(encoder))


def passage_vectors(encoder: Encoder, texts: Sequence[str]) -> list[str]:
    return [as_text(vector) for vector in encoder.encode_passages(texts)]


def title_vectors(encoder: Encoder, titles: Sequence[str]) -> list[str]:
    """A title is much like a question, so it is encoded as one."""
    return [as_text(vector) for vector in encoder.encode_queries(titles)]


def as_text(vector: Iterable[float]) -> str:
    """As PostgreSQL reads it."""
    return "[" + ",".join(f"{float(part):.5f}" for part in vector) + "]"
