"""One of several that a tool has listed, such as ``PW-20734 Luna glass table lamp``: by its name,
or by being the newest."""

import re

from bots.dialogue.choosing import pieces
from bots.dialogue.shapes import Ask, Frame
from bots.dialogue.values import values_of

# Lists come with the newest first.
_NEWEST = re.compile(
    r"\b(?:newest|latest|most recent|recent one|last one|the last)\b|最新|最近|最后一|刚(?:买|下)",
    re.I,
)


def listed_for(ask: Ask, frame: Frame) -> dict[str, str]:
    """Value → how it is shown; empty where nothing was listed."""
    result, _dot, name = ask.listed.partition(".")
    labels = frame.data.get(result, {}).get(name) if ask.listed else None
    found: dict[str, str] = {}
    for label in labels if isinstance(labels, list) else []:
        for value in values_of(ask.kind, str(label), like=ask.like)[:1]:
            found.setdefault(value, str(label))
    return found


def named_in(text: str, listed: dict[str, str]) -> str:
    """The only one that fits best; "" where none or several do."""
    said = _stems(text)
    scores = {value: len(said & _stems(label)) for value, label in listed.items()}
    best = max(scores.values(), default=0)
    fitting = [value for value, score in scores.items() if score == best]
    if best and len(fitting) == 1:
        return fitting[0]
    return next(iter(listed), "") if _NEWEST.search(text) else ""


def _stems(text: str) -> set[str]:
    return {piece.rstrip("s") for piece in pieces(text) if len(piece) > 2 or not piece.isascii()}
