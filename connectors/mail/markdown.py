"""The little Markdown our own people write, as HTML for mails and threads.

Only what reads well as plain text too: the words leave as they were written beside the HTML. No
HTML of an author's passes, no headings (a line above dashes is no heading but a signature), and
no picture but the answer's own files.
"""

import re
from collections.abc import Callable, Sequence
from html import escape
from uuid import UUID

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from connectors.mail.text import link_words, text_to_html

# Longer than anybody writes by hand; what is longer is a log, and shown as it is.
MAX_MARKDOWN = 50_000
PICTURE = re.compile(r"!\[([^\]\n]{0,200})\]\(file:([0-9a-f-]{36})\)")
_PICTURE_ADDRESS = re.compile(r"file:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_MARKED = re.compile(r"[*_`\[<~]|^[ ]{0,3}(?:[-+>]|\d{1,9}[.)])", re.MULTILINE)
_QUOTE_END = re.compile(r"^([ ]{0,3}>[^\n]*)\n(?=[ ]{0,3}[^>\s])", re.MULTILINE)
_TAGS = {"p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "a", "img"}
_ATTRIBUTES: dict[str, set[str]] = {
    "*": set(),
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start"},
}

# What is only read on our own pages may have headings and tables besides.
_ARTICLE_TAGS = _TAGS - {"img"} | {
    "h2", "h3", "h4", "hr", "table", "thead", "tbody", "tr", "th", "td"
}  # fmt: skip
_ARTICLE_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}

PictureAddress = Callable[[UUID], str]


def markdown_to_html(text: str, *, picture: PictureAddress | None = None) -> str:
    """``picture`` gives the address of a file of the message, or nothing if it is none of its."""
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_MARKDOWN or not _MARKED.search(text):
        return text_to_html(text)
    # Whoever answers right below a quote is not part of it.
    html = _PARSER.render(_QUOTE_END.sub(r"\1\n\n", text), {"picture": picture})
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        url_relative="pass_through",  # our own addresses of pictures; links are checked before
        link_rel=None,
    )


def article_to_html(text: str) -> str:
    """Headings begin below that of the page; pictures and HTML of an author's do not pass."""
    return nh3.clean(
        _ARTICLE_PARSER.render(text.replace("\r\n", "\n")[:MAX_MARKDOWN]),
        tags=_ARTICLE_TAGS,
        attributes=_ARTICLE_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
    )


def markdown_to_text(text: str) -> str:
    """As it was written, but for pictures, whose addresses say nothing to anybody."""
    return PICTURE.sub(lambda found: f"[{found[1] or '…'}]", text)


def pictures_in(text: str) -> list[UUID]:
    found = []
    for match in PICTURE.finditer(text):
        try:
            found.append(UUID(match[2]))
        except ValueError:
            continue
    return found


def _is_safe_link(url: str) -> bool:
    scheme = url.strip().lower().partition(":")[0]
    is_ours = bool(_PICTURE_ADDRESS.fullmatch(url))
    return is_ours or (scheme in {"http", "https", "mailto", "tel"} and ":" in url)


def _render_text(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    """Bare addresses become links, but not inside of links."""
    is_in_link = sum(token.type == "link_open" for token in tokens[:idx]) > sum(
        token.type == "link_close" for token in tokens[:idx]
    )
    return escape(tokens[idx].content) if is_in_link else link_words(tokens[idx].content)


def _render_image(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[idx]
    found = _PICTURE_ADDRESS.fullmatch(str(token.attrs.get("src", "")))
    picture = env.get("picture")
    source = picture(UUID(found[1])) if found and picture else ""
    name = escape(token.content)
    return f'<img src="{escape(source)}" alt="{name}">' if source else f"[{name}]"


def _make_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 12})
    parser.disable(["heading", "lheading", "hr", "code", "html_block", "html_inline", "reference"])
    parser.enable("strikethrough")
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]  # how it wants to be told
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("image", _render_image)
    return parser


def _render_heading(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[idx]
    level = min(max(int(token.tag[1]), 2), 4)
    return f"</h{level}>\n" if token.nesting < 0 else f"<h{level}>"


def _make_article_parser() -> MarkdownIt:
    parser = _make_parser().enable(["heading", "hr", "table"])
    parser.add_render_rule("heading_open", _render_heading)
    parser.add_render_rule("heading_close", _render_heading)
    return parser


_PARSER = _make_parser()
_ARTICLE_PARSER = _make_article_parser()
