"""Makes our own script and style sheet smaller without changing what they do.

Comments and needless space go, and names of the outermost scope become short. It reads what is
written in this house and no more: every statement ends with a semicolon or a brace, and a regular
expression stands only where a value may.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import count, pairwise, product
from string import ascii_letters

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<space>\s+)
    |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<tick>`)
    |(?P<number>\.?\d[\w.]*)|(?P<name>[A-Za-z_$][\w$]*)|(?P<dots>\.\.\.)|(?P<sign>.)""",
    re.S | re.X,
)
REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
BEFORE_A_VALUE = set("(,=:[!&|?{};+-*%<>~^") | {"return", "typeof", "=>"}
OPENING, CLOSING = set("([{"), set(")]}")
# What the browser calls so; a variable of the same name keeps it.
GLOBALS = {"document", "window", "navigator", "location", "name", "title", "open", "close", "fetch"}
GLOBALS |= {"history", "screen", "page", "localStorage", "sessionStorage", "visualViewport"}
GLOBALS |= {"matchMedia", "setTimeout", "clearTimeout"}
BEFORE_STATEMENTS = {")", ">", "else", "try", "finally"}
WORDLIKE = re.compile(r"[\w$]")
RESERVED = {"as", "do", "if", "in", "is", "of", "on"}
Token = tuple[str, str]


def shrink_css(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*([{};,>])\s*|\s+(?=!important)", r"\1", text)
    text = re.sub(r'="([a-z]+)"\]', r"=\1]", text)
    text = _short_properties(text)
    # A space before a colon or a sign may mean something, after these it never does.
    return re.sub(r"([:(]) ", r"\1", text).replace(";}", "}").strip()


def _short_properties(text: str) -> str:
    """Of our own properties; those that a script sets are not declared here, and stay."""
    ours = Counter(re.findall(r"--[a-z][\w-]*(?=:)", text))
    names = zip(ours, _short_names(), strict=False)
    short = {name: f"--{letters}" for name, letters in names}
    return re.sub(r"--[a-z][\w-]*", lambda found: short.get(found[0], found[0]), text)


def shrink_js(text: str) -> str:
    tokens = [token for token in split(text) if token[0] not in ("comment", "space")]
    return join(drop_needless(merge_constants(rename(tokens, shorten(tokens)))))


def split(text: str, *, at: int = 0, inside: bool = False) -> Iterator[Token]:
    """All tokens; a template is its pieces of text with the tokens of its holes between them."""
    depth, last = 0, ""
    while at < len(text):
        if text[at] == "/" and text[at + 1] not in "/*" and (last in BEFORE_A_VALUE or not last):
            found = REGEX.match(text, at)
            kind, value = "regex", _read(found)
        else:
            found = TOKEN.match(text, at)
            value = _read(found)
            kind = (found and found.lastgroup) or ""
        if kind == "tick":
            pieces = list(split_template(text, at))
            yield from pieces
            at += sum(len(piece) for _, piece in pieces)
            last = "`"
            continue
        depth += (value == "{") - (value == "}")
        if inside and depth < 0:
            return
        yield kind, value
        at += len(value)
        if kind not in ("comment", "space"):
            last = "=>" if value == ">" and last == "=" else value


def _read(found: re.Match[str] | None) -> str:
    if found is None:
        raise ValueError("This is written in a way that is not ours.")
    return found.group()


def split_template(text: str, at: int) -> Iterator[Token]:
    begin = at
    at += 1
    while True:
        if text[at] == "\\":
            at += 2
        elif text[at] == "`":
            yield "text", text[begin : at + 1]
            return
        elif text.startswith("${", at):
            yield "text", text[begin : at + 2]
            hole = list(split(text, at=at + 2, inside=True))
            yield from hole
            begin = at = at + 2 + sum(len(value) for _, value in hole)
        else:
            at += 1


def shorten(tokens: list[Token]) -> dict[str, str]:
    """A short name for each of ours that is never a property's: one word has one short form
    everywhere, so which scope it belongs to does not matter."""
    values = [value for _, value in tokens]
    ours = set(declared(values)) - GLOBALS
    seen: Counter[str] = Counter()
    for at, bracket in enumerate(brackets(values)):
        value = values[at]
        if tokens[at][0] != "name" or value not in ours:
            continue
        before, after = values[at - 1] if at else "", values[at + 1]
        could_be_key = bracket == "{" and before in "{,"
        is_key = after in ",}=" or (after == "(" and _is_method(values, at + 1))
        if before == "." or after == ":" or (could_be_key and is_key):
            ours.remove(value)
        seen[value] += 1
    used = {value for kind, value in tokens if kind == "name"}
    free = (name for name in _short_names() if name not in used | RESERVED)
    return {name: next(free) for name, _ in seen.most_common() if name in ours}


def _is_method(values: list[str], at: int) -> bool:
    """Whether a body follows the list of parameters that begins here."""
    depth = 0
    while True:
        depth += (values[at] == "(") - (values[at] == ")")
        at += 1
        if not depth:
            return values[at] == "{"


def declared(values: list[str]) -> Iterator[str]:
    """What stands behind const, let, function, class, and plainly in a list of parameters."""
    opened: list[int] = []
    for at, value in enumerate(values):
        if value in ("const", "let", "function", "class"):
            yield values[at + 1]
        elif value == "(":
            opened.append(at)
        elif value == ")":
            begin = opened.pop()
            before = values[max(0, begin - 2) : begin]
            is_arrow = values[at + 1 : at + 3] == ["=", ">"]
            if is_arrow or "function" in before or before == ["}", "catch"]:
                yield from _plain_parameters(values[begin + 1 : at])


def _plain_parameters(values: list[str]) -> Iterator[str]:
    for before, value, after in zip(["(", *values], values, [*values[1:], ")"], strict=False):
        if before in "(," and after in "),=" and WORDLIKE.match(value):
            yield value


def brackets(values: list[str]) -> Iterator[str]:
    """The innermost bracket that is open where each token stands; that of statements is ``;``."""
    stack, before = [""], ""
    for value in values:
        if value in CLOSING or (value[0] == "}" and value[-1] == "`"):
            stack.pop()
        yield stack[-1]
        if value == "{" and before in BEFORE_STATEMENTS:
            stack.append(";")
        elif value in OPENING or (value[0] == "`" and value.endswith("${")):
            stack.append(value[0])
        before = value


def _short_names() -> Iterator[str]:
    for length in count(1):
        for letters in product(ascii_letters, repeat=length):
            yield "".join(letters)


def rename(tokens: list[Token], short: dict[str, str]) -> list[str]:
    return [short.get(value, value) if kind == "name" else value for kind, value in tokens]


def merge_constants(values: list[str]) -> list[str]:
    """``const a = 1; const b = 2;`` as one statement."""
    merged: list[str] = []
    constant = [False]  # whether the statement is one, for each bracket that is open
    for value in values:
        before = merged[-1] if merged else ";"
        if value == "const" and before == ";" and constant[-1]:
            merged[-1] = ","
            continue
        if before in ";{" or (before == "}" and not constant[-1]):
            constant[-1] = value == "const"
        if value in CLOSING or value.startswith("}"):
            constant.pop()
        if value in OPENING or value.endswith("${"):
            constant.append(False)
        merged.append(value)
    return merged


def drop_needless(values: list[str]) -> list[str]:
    """Brackets around the only parameter of an arrow function, and a comma before the end."""
    left: list[str] = []
    for at, value in enumerate(values):
        if value in CLOSING and left and left[-1] == ",":
            left.pop()
        is_arrow = value == ")" and values[at + 1 : at + 3] == ["=", ">"]
        if is_arrow and left[-2] == "(" and WORDLIKE.match(left[-1]):
            left[-2:] = [left[-1]]
        else:
            left.append(value)
    return left


def join(values: list[str]) -> str:
    """A space stays where two words, or two signs that would become one, meet."""
    parts = [values[0]]
    for before, value in pairwise(values):
        words = WORDLIKE.match(value) and WORDLIKE.match(before[-1])
        signs = value in "+-" and before == value
        if value == "}" and before == ";":
            parts.pop()
        parts.append(f" {value}" if words or signs else value)
    return "".join(parts)
