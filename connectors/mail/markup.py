"""HTML from strangers, rewritten so that a real parser can afford to read it.

Sanitising proper is nh3's work (`html.py`). But its cost grows with the square of nesting,
entities and attributes: 60 kB of hostile markup take it 5 seconds. What leaves `tidy` is
balanced, at most MAX_DEPTH deep, without entities in its text, with few and short attributes.
"""

import re
from collections import Counter
from collections.abc import Iterator
from html import escape, unescape
from itertools import islice

MAX_DEPTH = 200
MAX_ATTRIBUTES = 24
MAX_ATTRIBUTE = 8 * 1024
MAX_CHARACTERS = 2 * 1024 * 1024
# Less than a second's work; the longest honest newsletters have some ten thousand.
MAX_TOKENS = 150_000

# A tag whose attributes contain "<" is text: so no tag is ever scanned twice.
TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,30}+)((?:[^"'<>]++|"[^"<]*+"|'[^'<]*+')*+)>""")
LOOSE_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:_-]{0,30}+)([^<>]*+)>")
ATTRIBUTE = re.compile(r"""([a-zA-Z][a-zA-Z0-9:_-]{0,30})\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
LONG_NUMBER = re.compile(r"&#(?:x[0-9a-f]{7,}|[0-9]{8,});?", re.IGNORECASE)


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = frozenset({"br", "hr", "img", "col", "wbr"})
INLINE = words(
    "a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike "
    "strong sub sup tt u var"
)
BLOCK = words(
    "address article aside blockquote center dd div dl dt figcaption figure footer h1 h2 h3 h4 "
    "h5 h6 header li main ol p pre section table tbody td tfoot th thead tr ul caption "
    "colgroup"
)
TAGS = VOID | INLINE | BLOCK
ATTRIBUTES = words(
    "align alt bgcolor border cellpadding cellspacing cite class color colspan dir face height "
    "href id lang rowspan size span src start style title type valign width background"
)
# Their content is never text for a reader.
SKIPPED = words(
    "script style title textarea noscript xmp iframe noembed noframes plaintext template svg "
    "math object applet select audio video canvas"
)
# Opening one of these ends an open one of those, as browsers do.
ENDS = {
    "p": {"p"},
    "li": {"li"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"td", "th", "tr"},
    "tbody": {"td", "th", "tr", "tbody", "thead", "tfoot"},
    "tfoot": {"td", "th", "tr", "tbody", "thead", "tfoot"},
}
IN_TABLES = words("table tbody thead tfoot tr td th caption colgroup")

# Stand-ins for the characters that would need entities; taken from private use, whose own
# occurrences are replaced first.
AMPERSAND, LESS, GREATER = "\ue000", "\ue001", "\ue002"
STAND_INS = {"&": AMPERSAND, "<": LESS, ">": GREATER}
_to_stand_ins = str.maketrans(STAND_INS)
_without_private = str.maketrans(dict.fromkeys(STAND_INS.values(), "\ufffd"))

Token = tuple[str, str, str]


def read_tokens(html: str) -> Iterator[Token]:
    """(kind, name, rest): text with its characters, open and close tags with raw attributes."""
    return islice(_scan(html), MAX_TOKENS)


def _scan(html: str) -> Iterator[Token]:
    html = html[:MAX_CHARACTERS].replace("\x00", "").translate(_without_private)
    at, size = 0, len(html)
    while at < size:
        opening = html.find("<", at)
        opening = size if opening < 0 else opening
        if opening > at:
            yield "text", "", read_text(html[at:opening])
            at = opening
            continue
        if html.startswith(("<!", "<?"), at):
            at = _skip_declaration(html, at)
            continue
        match = TAG.match(html, at) or LOOSE_TAG.match(html, at)
        if not match:
            begin = at
            while html.startswith("<<", at):
                at += 1
            at += at == begin
            yield "text", "", html[begin:at]
            continue
        at, name = match.end(), match.group(2).lower()
        if name in SKIPPED:
            at = at if match.group(1) else _skip_content(html, at, name)
            continue
        yield ("close" if match.group(1) else "open"), name, match.group(3)


def read_text(raw: str) -> str:
    return unescape(LONG_NUMBER.sub("\ufffd", raw)).translate(_without_private)


def _skip_declaration(html: str, at: int) -> int:
    comment = html.startswith("<!--", at)
    end = html.find("-->" if comment else ">", at + (2 if comment else 0))
    return len(html) if end < 0 else end + (3 if comment else 1)


def _skip_content(html: str, at: int, name: str) -> int:
    end = re.compile(rf"</{name}[\s/>]", re.IGNORECASE).search(html, at)
    if not end:
        return len(html)
    close = html.find(">", end.start())
    return len(html) if close < 0 else close + 1


def tidy(html: str) -> str:
    """Balanced, bounded markup. Not safe to show: give it to nh3, then `restore_text`."""
    return "".join(_Writer().write(html))


def restore_text(html: str) -> str:
    return html.replace(AMPERSAND, "&amp;").replace(LESS, "&lt;").replace(GREATER, "&gt;")


class _Writer:
    def __init__(self) -> None:
        self.open: list[str] = []
        # Tags left out for being too deep, whose ends must go too.
        self.left_out: Counter[str] = Counter()

    def write(self, html: str) -> Iterator[str]:
        for kind, name, rest in read_tokens(html):
            if kind == "text":
                yield rest.translate(_to_stand_ins)
            elif name not in TAGS:
                continue
            elif kind == "close":
                yield from self.close(name)
            elif name in VOID:
                yield f"<{name}{read_attributes(rest)}>"
            else:
                yield from self.begin(name, rest)
        yield from self._pop_to(0)

    def begin(self, name: str, rest: str) -> Iterator[str]:
        if name in ENDS:
            yield from self._end_implied(name)
        if len(self.open) >= MAX_DEPTH:
            self.left_out[name] += 1
            return
        self.open.append(name)
        yield f"<{name}{read_attributes(rest)}>"

    def _end_implied(self, name: str) -> Iterator[str]:
        ended = ENDS[name]
        while True:
            for depth in range(len(self.open) - 1, -1, -1):
                if self.open[depth] in ended:
                    yield from self._pop_to(depth)
                    break
                if self.open[depth] not in INLINE and self.open[depth] != "p":
                    return
            else:
                return

    def close(self, name: str) -> Iterator[str]:
        if self.left_out[name]:
            self.left_out[name] -= 1
            return
        for depth in range(len(self.open) - 1, -1, -1):
            if self.open[depth] == name:
                yield from self._pop_to(depth)
                return
            if self.open[depth] in IN_TABLES and name not in IN_TABLES:
                return

    def _pop_to(self, depth: int) -> Iterator[str]:
        while len(self.open) > depth:
            yield f"</{self.open.pop()}>"


def read_attributes(raw: str) -> str:
    kept: dict[str, str] = {}
    for number, match in enumerate(ATTRIBUTE.finditer(raw)):
        if number >= MAX_ATTRIBUTES:
            break
        name, value = match.group(1).lower(), match.group(2)
        is_image = name == "src" and value.lstrip("\"'").startswith("data:image/")
        if name in ATTRIBUTES and (len(value) <= MAX_ATTRIBUTE or (is_image and "&" not in value)):
            value = value[1:-1] if value[0] in "\"'" else value
            kept.setdefault(name, read_text(value))
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())


BREAKING = BLOCK - {"td", "th", "colgroup"} | {"br", "hr"}
PARAGRAPHS = words("p blockquote ul ol table h1 h2 h3 h4 h5 h6 pre dl hr")


def to_text(html: str) -> str:
    """The words of a page for mails that bring no text of their own."""
    pieces: list[str] = []
    preformatted = 0
    for kind, name, rest in read_tokens(html):
        if kind == "text":
            pieces.append(rest if preformatted else re.sub(r"\s+", " ", rest))
        elif name == "pre":
            preformatted = max(0, preformatted + (1 if kind == "open" else -1))
            pieces.append("\n")
        elif name == "li":
            pieces.append("\n- " if kind == "open" else "")
        elif name in ("td", "th") and kind == "close":
            pieces.append("\t")
        elif name in BREAKING:
            pieces.append("\n\n" if name in PARAGRAPHS else "\n")
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(pieces).replace("\xa0", " "))
    return re.sub(r"\n{3,}", "\n\n", text).strip()
