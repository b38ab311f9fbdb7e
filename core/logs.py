"""Logs that say where something broke, never what was in it."""

import logging
import traceback
from types import TracebackType
from typing import Any

_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class DiscreetFormatter(logging.Formatter):
    """Leaves out what exceptions say: databases and parsers quote the values they refuse, which
    are people's names and words. Their types and the lines of code remain."""

    def format(self, record: logging.LogRecord) -> str:
        # Celery puts the exception and its traceback into the line itself.
        if isinstance(record.args, dict) and "exc" in record.args and record.exc_info:
            kind = record.exc_info[0]
            hidden = {"exc": kind.__name__ if kind else "", "traceback": ""}
            record.args = {**record.args, **hidden}
        # Somebody before us may have kept the whole text.
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: Any) -> str:
        return "\n".join(_tell(error) for error in _chain(ei))


def _chain(failure: _Failure) -> list[BaseException]:
    chain: list[BaseException] = []
    error = failure[1]
    while error is not None and error not in chain:
        chain.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _tell(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{frames}{type(error).__module__}.{type(error).__qualname__}"
