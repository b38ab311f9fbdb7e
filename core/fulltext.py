"""Blind full text: the database searches keyed hashes of words and never sees a word.

A text becomes the text form of a ``tsvector`` whose lexemes are hashes (of the stemmed word, of
every pair of Chinese, Japanese or Korean characters and of each single one), at the positions
of the words, so that phrases match under an ordinary GIN index. Give the results to PostgreSQL
as ``%s::tsvector`` and ``%s::tsquery``; ``to_tsvector`` and its like must not touch them.
"""

import base64
import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, takewhile
from typing import NamedTuple

from core import keyring
from core.crypto import derive_from
from core.words import (
    CJK,
    JOINER,
    LETTER,
    PREFIXES,
    TOKEN,
    WORD,
    beginnings_of,
    forms_of,
    normalise,
    runs_of,
    split_token,
    stem,
)

MAX_POSITION = 16_383  # PostgreSQL's limits: the highest position, positions of one lexeme
MAX_POSITIONS = 255
MAX_LEXEMES = 40_000  # keeps the vector below PostgreSQL's 1 MB
MAX_PREFIXES = 4_000
MAX_CHARACTERS = 1_000_000
MAX_QUERY = 400
MAX_TERMS = 24
PART_GAP = 8
_LEXEME_BYTES = 8
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))


# Hashes


class _Hasher:
    """Lexemes under one index root. What it has seen stays in memory, in this process alone."""

    def __init__(self, root: bytes) -> None:
        self._key = derive_from(root, "bidx", "fulltext")
        self.word = lru_cache(50_000)(self._word)
        self.cjk = lru_cache(50_000)(self._cjk)
        self.prefix = lru_cache(50_000)(self._prefix)
        self.forms = lru_cache(50_000)(self._hashed_forms)

    def _prefix(self, word: str) -> str:
        return self._hash("p" + word)

    def _word(self, word: str) -> str:
        return self._hash("e" + stem(word))

    def _cjk(self, characters: str) -> str:
        return self._hash("c" + characters)

    def _hashed_forms(self, token: str) -> tuple[tuple[tuple[str, int], ...], int]:
        forms, width = forms_of(token)
        return tuple((self._word(form), offset) for form, offset in forms), width

    def _hash(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")
        return base64.urlsafe_b64encode(digest[:_LEXEME_BYTES]).rstrip(b"=").decode()


@lru_cache(4)
def _hasher_for(root: bytes) -> _Hasher:
    return _Hasher(root)


# Index


def tsvector(parts: Sequence[str], *, prefixes_of: Sequence[str] = ()) -> str:
    """The vector of all parts; a phrase never crosses from one to the next.

    Words of ``prefixes_of`` are found by their beginnings, too; a text there that is not among
    the parts is added to them.
    """
    ring = keyring.load()
    hasher = _hasher_for(ring.index_root(ring.active_index))
    places: dict[str, list[int]] = {}
    beginnings: set[str] = set().union(*map(beginnings_of, prefixes_of))
    for beginning in islice(sorted(beginnings), MAX_PREFIXES):
        places[hasher.prefix(beginning)] = []
    position = 1
    texts = dict.fromkeys((*parts, *prefixes_of))
    # The short ones first: a very long body must not push out subject and name.
    for text in sorted(texts, key=len):
        position = _add_part(places, text, position, hasher) + PART_GAP
    return " ".join(
        f"'{lexeme}':{','.join(map(str, found[:MAX_POSITIONS]))}" if found else f"'{lexeme}'"
        for lexeme, found in places.items()
    )


def _add_part(places: dict[str, list[int]], part: str, position: int, hasher: _Hasher) -> int:
    for token in TOKEN.finditer(normalise(part[:MAX_CHARACTERS])):
        if len(places) >= MAX_LEXEMES:
            break
        if token[1]:
            forms, width = _cjk_forms(token[1], hasher), len(token[1])
        else:
            forms, width = hasher.forms(token[0])
        for lexeme, offset in forms:
            place = min(position + offset, MAX_POSITION)
            found = places.setdefault(lexeme, [])
            if not found or found[-1] != place:
                found.append(place)
        position += width
    return position


def _cjk_forms(run: str, hasher: _Hasher) -> Iterable[tuple[str, int]]:
    for offset in range(len(run)):
        yield hasher.cjk(run[offset]), offset
        if offset + 1 < len(run):
            yield hasher.cjk(run[offset : offset + 2]), offset


# Query


def tsquery(query: str) -> str | None:
    """All words, "phrases" in quotes, the last word also as a beginning; None: nothing to find.

    While several index roots are in use, each of them is asked.
    """
    clauses = _read_query(query)
    if not clauses:
        return None
    roots = keyring.load().index_roots.values()
    asked = [_ask(clauses, _hasher_for(root)) for root in roots]
    return asked[0] if len(asked) == 1 else " | ".join(f"({one})" for one in asked)


class _Clause(NamedTuple):
    tokens: list[re.Match[str]]
    quoted: bool
    last: bool  # may still be in writing: its beginning counts


def _read_query(query: str) -> list[_Clause]:
    clauses: list[_Clause] = []
    terms = 0
    pieces = normalise(query[:MAX_QUERY]).translate(_QUOTES).split('"')
    for number, piece in enumerate(pieces):
        # An odd piece lies between quotes; the last one has no closing quote.
        quoted = number % 2 == 1 and number < len(pieces) - 1
        tokens = list(TOKEN.finditer(piece))[: MAX_TERMS - terms]
        terms += len(tokens)
        if quoted and tokens:
            clauses.append(_Clause(tokens, quoted=True, last=False))
        elif tokens:
            clauses += [_Clause([token], quoted=False, last=False) for token in tokens]
    if clauses and not clauses[-1].quoted:
        clauses[-1] = clauses[-1]._replace(last=True)
    return clauses


def _ask(clauses: list[_Clause], hasher: _Hasher) -> str:
    asked = []
    for clause in clauses:
        if clause.quoted or clause.tokens[0][1]:
            asked.append(_ask_phrase(clause.tokens, hasher))
        else:
            asked.append(_ask_word(clause.tokens[0][0], hasher, open_end=clause.last))
    return " & ".join(f"({one})" if " " in one else one for one in dict.fromkeys(asked))


def _ask_phrase(tokens: Iterable[re.Match[str]], hasher: _Hasher) -> str:
    placed: list[tuple[str, int]] = []
    position = 0
    for token in tokens:
        if run := token[1]:
            pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
            placed += [(hasher.cjk(pair), position + at) for at, pair in enumerate(pairs)]
            position += len(run)
        else:
            parts = split_token(token[0])
            placed += [(hasher.word(part), position + at) for at, part in enumerate(parts)]
            position += len(parts)
    return _chain(placed)


def _chain(placed: list[tuple[str, int]]) -> str:
    chain, before = f"'{placed[0][0]}'", placed[0][1]
    for lexeme, position in placed[1:]:
        chain += f" <{position - before}> '{lexeme}'"
        before = position
    return chain


def _ask_word(token: str, hasher: _Hasher, *, open_end: bool) -> str:
    parts = split_token(token)
    joined = "".join(parts)
    ways = [f"'{hasher.word(joined)}'"]
    pieces = parts if len(parts) > 1 else runs_of(token)
    if pieces:
        chain = _chain([(hasher.word(piece), at) for at, piece in enumerate(pieces)])
        ways.append(f"({chain})")
    if open_end and len(joined) in PREFIXES:
        ways.append(f"'{hasher.prefix(joined)}'")
    if open_end and len(parts) > 1 and len(parts[-1]) <= max(PREFIXES):
        whole = _chain([(hasher.word(part), at) for at, part in enumerate(parts[:-1])])
        # One character is no beginning yet.
        begun = f" & '{hasher.prefix(parts[-1])}'" if len(parts[-1]) in PREFIXES else ""
        ways.append(f"({whole}{begun})")
    return " | ".join(ways)


# Snippets


_SNIPPET_CHARACTERS = 200_000
_MAX_HITS = 500
_WRITTEN = re.compile(
    rf"([{CJK}]+)|(?:{LETTER}[\u0300-\u036f]*)+(?:{JOINER[:-1]},](?:{LETTER}[\u0300-\u036f]*)+)*"
)
_WRITTEN_WORD = re.compile(rf"(?:{LETTER}[\u0300-\u036f]*)+(?:['’]\w+)?")


class _Hit(NamedTuple):
    start: int
    end: int
    what: str


class _Wanted:
    """What a query looks for, as it can be seen in a clear text."""

    def __init__(self, query: str) -> None:
        clauses = _read_query(query)
        tokens = [token for clause in clauses for token in clause.tokens]
        self.runs = list(dict.fromkeys(token[1] for token in tokens if token[1]))
        self.stems: set[str] = set()
        for word in (token[0] for token in tokens if not token[1]):
            parts = split_token(word)
            pieces = [piece for part in parts for piece in runs_of(part)]
            self.stems.update(map(stem, (*parts, *pieces, "".join(parts))))
        self._known: dict[str, str] = {}
        self.beginning = ""
        if clauses and clauses[-1].last and not clauses[-1].tokens[0][1]:
            last = split_token(clauses[-1].tokens[0][0])[-1]
            self.beginning = last if len(last) in PREFIXES else ""

    def sees(self, word: str) -> str:
        """The stem that the written word has in common with the query, or nothing."""
        if word not in self._known:
            self._known[word] = self._look_at(word)
        return self._known[word]

    def _look_at(self, word: str) -> str:
        parts = split_token(normalise(word))
        plain = "".join(parts)
        for form in (plain, *(runs_of(plain) if len(parts) == 1 else [])):
            if stem(form) in self.stems:
                return stem(form)
        starts = self.beginning and plain.startswith(self.beginning)
        return self.beginning if starts else ""


@lru_cache(8)
def _wanted(query: str) -> _Wanted:
    """All results of a search are marked by the same words."""
    return _Wanted(query)


def find_snippet(text: str, query: str, width: int = 160) -> list[tuple[str, bool]]:
    """About ``width`` characters around the best place, cut into (fragment, is it a hit)."""
    line = " ".join(text[:_SNIPPET_CHARACTERS].split())
    hits = list(islice(_find_hits(line, _wanted(query)), _MAX_HITS))
    start, end = _choose_window(line, hits, width)
    shown = [hit for hit in hits if hit.start >= start and hit.end <= end]
    return list(_cut(line, start, end, shown))


def _find_hits(line: str, wanted: _Wanted) -> Iterator[_Hit]:
    for token in _WRITTEN.finditer(line):
        if token[1]:
            yield from _find_runs(token, wanted.runs)
        elif what := wanted.sees(token[0]):
            yield _Hit(token.start(), token.end(), what)
        elif not token[0].isalnum():
            for word in _WRITTEN_WORD.finditer(token[0]):
                if what := wanted.sees(word[0]):
                    yield _Hit(token.start() + word.start(), token.start() + word.end(), what)


def _find_runs(token: re.Match[str], runs: list[str]) -> Iterator[_Hit]:
    written = "".join(_same_length(character) for character in token[1])
    found = [
        _Hit(token.start() + at.start(), token.start() + at.end(), run)
        for run in runs
        for at in re.finditer(re.escape(run), written)
    ]
    end = -1
    for hit in sorted(found):
        if hit.start >= end:
            yield hit
            end = hit.end


@lru_cache(10_000)
def _same_length(character: str) -> str:
    plain = normalise(character)
    return plain if len(plain) == 1 else character


def _choose_window(line: str, hits: list[_Hit], width: int) -> tuple[int, int]:
    if len(line) <= width or not hits:
        return 0, _word_end(line, min(width, len(line)))

    def different_hits_from(hit: _Hit) -> int:
        near = takewhile(
            lambda other: other.end <= hit.start + width * 3 // 4, (h for h in hits if h >= hit)
        )
        return len({other.what for other in near})

    best = max(hits[:50], key=different_hits_from)
    start = min(max(best.start - width // 4, 0), max(len(line) - width, 0))
    start = _word_start(line, start, best.start)
    return start, max(_word_end(line, min(start + width, len(line))), best.end)


def _word_start(line: str, at: int, latest: int) -> int:
    while 0 < at < latest and _is_inside_word(line, at):
        at += 1
    return at


def _word_end(line: str, at: int) -> int:
    end = at
    while end > at - 30 and 0 < end < len(line) and _is_inside_word(line, end):
        end -= 1
    return at if end <= max(at - 30, 0) else end


def _is_inside_word(line: str, at: int) -> bool:
    return all(WORD.match(character) for character in (line[at - 1], line[at]))


def _cut(line: str, start: int, end: int, hits: list[_Hit]) -> Iterator[tuple[str, bool]]:
    at, lead = start, "…" if start else ""
    for hit in hits:
        if between := lead + line[at : hit.start]:
            yield between, False
        yield line[hit.start : hit.end], True
        at, lead = hit.end, ""
    rest = lead + line[at:end].rstrip() + ("…" if end < len(line) else "")
    if rest:
        yield rest, False
