"""One of several that a tool has listed, such as ``PW-20734 Luna glass table lamp``: by its name,
or by being the newest."""

# Lists of words are read best as lines.
# ruff: noqa: E501

import re

from bots.dialogue.choosing import pieces
from bots.dialogue.shapes import Ask, Frame
from bots.dialogue.values import values_of

# Lists come with the newest first.
_NEWEST = re.compile(
    r"\b(?:newest|newer one|latest|later one|most recent|recent one|last one|the last)\b|最新|新的那|最近|最后一|后(?:来|面)?(?:买|下)的|晚一点的|刚(?:买|下)",
    re.I,
)
_OLDER = re.compile(
    r"\b(?:older|oldest|earlier|earliest|first one|the first|previous one)\b|早(?:一点|点|些)?的|最早|更早|先(?:买|下)的|之前(?:那|买|下)|前面那|前一[个单張张]|老的|旧的那|第一[个单张笔]",
    re.I,
)
_OLDEST = re.compile(r"\b(?:oldest|earliest|first)\b|最早|第一", re.I)
_CLAUSES = re.compile(r"[,，.。;；!！?？]+")


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
    found = _best_in(text, listed)
    if not found:
        # Of several that are named it is the one of which something is said last.
        clauses = [one for one in _CLAUSES.split(text) if one.strip()][::-1]
        found = next((one for clause in clauses if (one := _best_in(clause, listed))), "")
    return found or _by_last_sign(text, listed) or _by_age(text, list(listed))


def _by_age(text: str, values: list[str]) -> str:
    if values and _NEWEST.search(text):
        return values[0]
    is_clear = len(values) == 2 or _OLDEST.search(text)
    return values[-1] if values and is_clear and _OLDER.search(text) else ""


def _by_last_sign(text: str, listed: dict[str, str]) -> str:
    """“我的灯” for the one that is a 台灯: Chinese names of things end with what they are."""
    fitting = [
        value
        for value, label in listed.items()
        if any(run[-1] in text for run in re.findall(r"[\u3400-\u9fff]{2,}", label))
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _best_in(text: str, listed: dict[str, str]) -> str:
    said = _stems(text)
    scores = {value: len(said & _stems(label)) for value, label in listed.items()}
    best = max(scores.values(), default=0)
    fitting = [value for value, score in scores.items() if score == best]
    return fitting[0] if best and len(fitting) == 1 else ""


def _stems(text: str) -> set[str]:
    return {piece.rstrip("s") for piece in pieces(text) if len(piece) > 2 or not piece.isascii()}
