"""A mail taken apart into its parts, by offsets into one bytes object and within limits.

The standard library's parser goes line by line through every enclosing boundary, which a
hostile mail turns into minutes; finding boundaries by `bytes.find` does not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.errors import Unreadable
from connectors.mail import limits
from connectors.mail.decoding import decode_header, decode_text, decode_transfer, read_parameters
from connectors.mail.limits import Header

META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    data: bytes = field(repr=False)
    start: int
    end: int
    headers: list[Header] = field(repr=False)
    content_type: str
    parameters: dict[str, str]
    parts: list["Part"] = field(default_factory=list)

    def find_header(self, name: str) -> bytes:
        return next((value for known, value in self.headers if known == name), b"")

    def find_headers(self, name: str) -> list[bytes]:
        return [value for known, value in self.headers if known == name]

    def read_header(self, name: str) -> str:
        return decode_header(self.find_header(name), self.charset)

    @property
    def is_multipart(self) -> bool:
        return bool(self.parts)

    @property
    def charset(self) -> str:
        return (self.parameters.get("charset", "").split() or [""])[0].strip("\"',;")

    def disposition(self) -> tuple[str, dict[str, str]]:
        return read_parameters(self.find_header("content-disposition"))

    def content(self, limit: int | None = None) -> bytes:
        """The decoded bytes; with `limit`, no more of them than that many."""
        encoding = decode_header(self.find_header("content-transfer-encoding"))
        # No encoding shrinks a text more than threefold.
        end = self.end if limit is None else min(self.end, self.start + limit * 4)
        return decode_transfer(self.data[self.start : end], encoding)[:limit]

    def text(self, limit: int, *, guess: bool = True) -> str:
        content = self.content(limit)
        charset = self.charset
        if not charset and self.content_type == "text/html":
            declared = META_CHARSET.search(content, 0, 2048)
            charset = declared.group(1).decode("ascii") if declared else ""
        return decode_text(content, charset, guess=guess)

    def walk(self) -> Iterator["Part"]:
        yield self
        for part in self.parts:
            yield from part.walk()


class Budget:
    """What one mail may still spend."""

    def __init__(self) -> None:
        self.parts = limits.MAX_PARTS
        self.boundary_lines = limits.MAX_BOUNDARY_LINES

    def spend_part(self) -> None:
        self.parts -= 1
        if self.parts < 0:
            raise Unreadable(f"The mail has more than {limits.MAX_PARTS} parts.")

    def spend_boundary_line(self) -> None:
        self.boundary_lines -= 1
        if self.boundary_lines < 0:
            raise Unreadable("The mail has too many lines that look like part boundaries.")


def take_apart(raw: bytes) -> Part:
    """Raises `Unreadable` when the mail exceeds a limit, and nothing else."""
    limits.check_size(raw)
    data = limits.normalise_line_ends(raw.lstrip())
    return _read_part(data, 0, len(data), "text/plain", 0, Budget())


def _read_part(
    data: bytes, start: int, end: int, default_type: str, depth: int, budget: Budget
) -> Part:
    if depth > limits.MAX_DEPTH:
        raise Unreadable(f"The mail nests its parts deeper than {limits.MAX_DEPTH} levels.")
    headers, body = limits.read_head(data, start, end)
    declared = next((value for name, value in headers if name == "content-type"), b"")
    content_type, parameters = read_parameters(declared)
    part = Part(data, body, end, headers, _settle_type(content_type, default_type), parameters)
    boundary = parameters.get("boundary", "")
    if part.content_type.startswith("multipart/") and boundary:
        inner = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        for first, last in _split(data, body, end, boundary, budget):
            budget.spend_part()
            part.parts.append(_read_part(data, first, last, inner, depth + 1, budget))
    return part


def _settle_type(declared: str, default_type: str) -> str:
    if not declared:
        return default_type
    main, _, sub = declared.partition("/")
    main, sub = main.strip(), (sub.split() or [""])[0]
    return f"{main}/{sub}" if main and sub else "text/plain"


def _split(
    data: bytes, start: int, end: int, boundary: str, budget: Budget
) -> Iterator[tuple[int, int]]:
    marker = b"\n--" + boundary.encode("latin-1", "replace")
    opened = -1
    # The body may begin with its first boundary: the line end before it is the head's.
    at = max(start - 1, 0)
    while (hit := data.find(marker, at, end)) >= 0:
        budget.spend_boundary_line()
        after = hit + len(marker)
        line_end = data.find(b"\n", after, end)
        line_end = end if line_end < 0 else line_end
        rest = data[after : min(line_end, after + 200)].strip(b" \t\r")
        at = min(line_end, after)
        if rest not in (b"", b"--"):
            continue
        if opened >= 0:
            yield opened, max(opened, hit - (data[hit - 1 : hit] == b"\r"))
        if rest == b"--":
            return
        opened = min(line_end + 1, end)
        at = line_end
    if opened >= 0:
        yield opened, end
