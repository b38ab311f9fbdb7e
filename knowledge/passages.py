"""A version's text in parts short enough to be read at a glance."""

import re
from html import unescape

_HEADING = re.compile(r"<h([2-6])[^>]*>(.*?)</h\1>", re.DOTALL)
_BLOCK_END = re.compile(r"</(?:p|li|h[1-6]|pre|blockquote|tr|ul|ol|table)>|<br\s*/?>|<hr\s*/?>")
_TAG = re.compile(r"<[^>]+>")
_LONGEST = 1200


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
    lines = unescape(_TAG.sub("", _BLOCK_END.sub("\n", html))).splitlines()
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _cut(text: str) -> list[str]:
    parts = [""]
    for line in text.split("\n"):
        if parts[-1] and len(parts[-1]) + len(line) > _LONGEST:
            parts.append("")
        parts[-1] = f"{parts[-1]}\n{line}".strip()
    return parts
