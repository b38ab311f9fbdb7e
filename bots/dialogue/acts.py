"""Acknowledging, thanking, taking leave: recognised by what a message is made of, whatever its
order and however often something is repeated. The phrases stand in ``content/acts.txt``."""

import re
from functools import cache
from pathlib import Path

_MOST = 80
# Of several the one that says more about what is to come.
_ORDER = ("bye", "thanks", "got_it")
_CLAUSES = re.compile(r"[,，.。!！;；~～…—\n]+|\s-\s")
# “ohhh okkk yesss”
_SIGHS, _DRAWN = re.compile(r"\b([aou])h+\b"), re.compile(r"([a-z])\1{2,}")
_SIGNS = re.compile(r"[^\w'\u3400-\u9fff]+|_+")


def closing_in(text: str) -> str:
    """``bye``, ``thanks`` or ``got_it`` where the message is made of nothing else, else ""."""
    if len(text) > _MOST or "?" in text or "？" in text:
        return ""
    found = _kinds_of(text)
    if found & {"no", "hold"}:
        return ""
    return next((kind for kind in _ORDER if kind in found), "")


def consent_in(text: str) -> bool | None:
    """Whether a message that is made of nothing else says yes, or no. “Yes, wait” is neither."""
    if len(text) > _MOST or "?" in text or "？" in text:
        return None
    found = _kinds_of(text)
    if "no" in found:
        return None if "yes" in found else False
    return True if "yes" in found and "hold" not in found else None


def has_closing(text: str) -> bool:
    """One of its clauses closes, at its beginning or at its end."""
    clauses = [one for one in _CLAUSES.split(text) if one.strip()]
    return any(closing_in(one) for one in (clauses[0], clauses[-1])) if clauses else False


def _kinds_of(text: str) -> frozenset[str]:
    """What it is made of; nothing where something is left over."""
    bare = _SIGNS.sub(" ", text.lower().replace("’", "'"))
    rest = " ".join(_DRAWN.sub(r"\1", _SIGHS.sub(r"\1h", bare)).split())
    kinds = set()
    while rest:
        found = _pattern().match(rest)
        if found is None:
            return frozenset()
        kinds.add(_phrases()[found[0].strip()])
        rest = rest[found.end() :].lstrip()
    return frozenset(kinds)


@cache
def _phrases() -> dict[str, str]:
    phrases: dict[str, str] = {}
    kind = ""
    for line in (Path(__file__).parent / "content" / "acts.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            phrases.setdefault(line, kind)
    return phrases


@cache
def _pattern() -> re.Pattern[str]:
    """The longest first; words of letters end where a word ends."""
    ordered = sorted(_phrases(), key=len, reverse=True)
    return re.compile("|".join(map(_whole, ordered)))


def _whole(phrase: str) -> str:
    return re.escape(phrase) + (r"(?![a-z0-9'])" if phrase[-1].isascii() else "")
