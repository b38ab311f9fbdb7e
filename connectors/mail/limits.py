"""What a mail may weigh, checked on its bytes before anything takes it apart.

Python's own parsers need seconds to minutes and gigabytes for mails far below these sizes, so
nothing here or above hands them a value that has not been bounded first.
"""

import re

from connectors.errors import Unreadable

MAX_RAW_BYTES = 25 * 1024 * 1024
MAX_HEAD_BYTES = 64 * 1024
# Longer values are cut, not refused: big To lines and scanners' reports are honest.
MAX_HEADER_BYTES = 8 * 1024
# A From line beyond one unfolded line (RFC 5322 2.1.1) names nobody for sure.
MAX_ADDRESS_BYTES = 998
MAX_HEADERS = 500
MAX_PARTS = 200
MAX_DEPTH = 20
MAX_TEXT_BYTES = 2 * 1024 * 1024
# Lines that only look like boundaries cost time as well.
MAX_BOUNDARY_LINES = 5000
# For the process that reads one mail; the kernel ends it for good one CPU second later.
MAX_CPU_SECONDS = 4
MAX_SECONDS = 15
MAX_MEMORY = 256 * 1024 * 1024

FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)

Header = tuple[str, bytes]


def check_size(raw: bytes) -> None:
    if len(raw) > MAX_RAW_BYTES:
        raise Unreadable(
            f"The mail is {len(raw) // 1024 // 1024} MB; at most "
            f"{MAX_RAW_BYTES // 1024 // 1024} MB are read."
        )


def normalise_line_ends(raw: bytes) -> bytes:
    """Mails of very old systems end their lines with a lone CR."""
    if b"\n" not in raw and b"\r" in raw:
        return raw.replace(b"\r", b"\n")
    return raw


def read_head(data: bytes, start: int, end: int) -> tuple[list[Header], int]:
    """The header fields from `start` on, unfolded and cut, and where the body begins.

    A line that cannot be a header field ends the head, as in every lenient reader.
    """
    fields: list[tuple[str, bytearray]] = []
    at = start
    while at < end:
        stop = _find_line_end(data, at, start, end)
        line = data[at:stop].rstrip(b"\r\n")
        if not line:
            return _freeze(fields), stop
        if line[:1] in b" \t" and fields:
            _fold_in(fields[-1][1], line)
        elif match := FIELD.fullmatch(line):
            _add_field(fields, match)
        elif not (at == start and line.startswith((b"From ", b">From "))):
            return _freeze(fields), at
        at = stop
    return _freeze(fields), end


def _find_line_end(data: bytes, at: int, start: int, end: int) -> int:
    limit = start + MAX_HEAD_BYTES
    found = data.find(b"\n", at, min(end, limit))
    if found >= 0:
        return found + 1
    if end > limit:
        raise Unreadable(f"The header is longer than {MAX_HEAD_BYTES // 1024} kB.")
    return end


def _add_field(fields: list[tuple[str, bytearray]], match: re.Match[bytes]) -> None:
    if len(fields) >= MAX_HEADERS:
        raise Unreadable(f"The mail has more than {MAX_HEADERS} header lines.")
    name = match.group(1).decode("ascii").lower()
    fields.append((name, bytearray(match.group(2).strip()[:MAX_HEADER_BYTES])))


def _fold_in(value: bytearray, line: bytes) -> None:
    room = MAX_HEADER_BYTES - len(value)
    if room > 0:
        value += (b" " + line.strip())[:room]


def _freeze(fields: list[tuple[str, bytearray]]) -> list[Header]:
    return [(name, bytes(value)) for name, value in fields]
