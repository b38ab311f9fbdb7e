"""A version's text in parts short enough to be read at a glance."""

import re
from html import unescape
from itertools import zip_longest

_HEADING = re.compile(r"<h([2-6])[^>]*>(.*?)</h\1>", re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|li|h[1-6]|pre|blockquote|tr|ul|ol|table)>|<br\s*/?>|<hr\s*/?>")
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LONGEST = 1200
# What encoders read at once is counted in parts of words; a Chinese character is nearly one.
_WIDE, _WIDTH = re.compile("[\u2e80-\u9fff\uac00-\ud7af]"), 2.5
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|(?<=[。！？；])\s*")


def split_html(html: str) -> list[tuple[str, str]]:
    """(heading, plain text) in order. Precondition: HTML of ours, in which no text holds a bare
    angle bracket. There is at least one part, so that a title alone is found, too."""
    pieces = _HEADING.split(html)
    found = [("", to_text(pieces[0]))]
    found += [
        (to_text(pieces[at + 1])[:200], to_text(pieces[at + 2])) for at in range(1, len(pieces), 3)
    ]
    parts = [(heading, part) for heading, text in found for part in _cut(text) if part or heading]
    return parts or [("", "")]


def to_text(html: str) -> str:
    """A line for each paragraph, point of a list and row of a table."""
    spelt = _TABLE.sub(_spell_out, html)
    lines = unescape(_TAG.sub("", _BLOCK_END.sub("\n", spelt))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _spell_out(table: re.Match[str]) -> str:
    """Each row says what its cells are: it may be read alone."""
    rows = [_CELL.findall(row) for row in _ROW.findall(table[1])]
    head, *others = rows or [[]]
    lines = [
        " · ".join(
            f"{name}: {cell}" if number and _TAG.sub("", name).strip() else cell
            for number, (name, cell) in enumerate(zip_longest(head, row, fillvalue=""))
        )
        for row in others
    ]
    return "".join(f"<p>{line}</p>" for line in lines)


def _cut(text: str) -> list[str]:
    parts = [""]
    for line in text.split("\n"):
        pieces = [line] if width(line) <= _LONGEST else SENTENCE_END.split(line)
        for number, piece in enumerate(pieces):
            if parts[-1] and width(parts[-1]) + width(piece) > _LONGEST:
                parts.append("")
            parts[-1] = f"{parts[-1]}{' ' if number else chr(10)}{piece}".strip()
    return parts


def width(text: str) -> float:
    return len(text) + len(_WIDE.findall(text)) * (_WIDTH - 1)
