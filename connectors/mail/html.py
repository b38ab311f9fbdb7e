"""Mail HTML made safe to show, at the moment it is shown: the stored mail stays as it came."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote

import nh3

from connectors.mail.markup import TAGS, restore_text, tidy, words

# Raised whenever the rules below change: whoever caches the result keys it by this.
SANITISER_VERSION = 1

_ANYWHERE = {"style", "title", "dir", "lang", "align"}
_CELLS = {"width", "height", "colspan", "rowspan", "valign", "bgcolor"}
ATTRIBUTES = {
    "*": _ANYWHERE,
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor"},
    "td": _CELLS,
    "th": _CELLS,
    "tr": {"valign", "bgcolor"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "ul": {"type"},
}
# Nothing that moves text out of its place, covers something or loads something.
STYLES = words(
    "background-color border border-bottom border-collapse border-color border-left border-radius "
    "border-right border-spacing border-style border-top border-width color font-family font-size "
    "font-style font-weight height letter-spacing line-height list-style-type margin-bottom "
    "margin-left margin-right margin-top max-width padding padding-bottom padding-left "
    "padding-right padding-top text-align text-decoration text-indent text-transform "
    "vertical-align white-space width word-break"
)
LOADING_STYLE = re.compile(r"url|expression|import|var\s*\(|image|\\|/\*", re.IGNORECASE)
NEGATIVE = re.compile(r":\s*-")
LINKS = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
INLINE_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*", re.I)


@dataclass(frozen=True, slots=True)
class SafeHtml:
    html: str
    blocked_images: int

    def __str__(self) -> str:
        return self.html


class _Images:
    """Decides what an image may load, and counts what it may not."""

    def __init__(self, cid_urls: Mapping[str, str], remote: bool) -> None:
        self.urls = {key.strip("<>").casefold(): url for key, url in cid_urls.items()}
        self.remote = remote
        self.blocked = 0

    def filter(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            return self.resolve(value.strip())
        if attribute == "href":
            return value if LINKS.match(value.strip()) else None
        if attribute == "style":
            return None if LOADING_STYLE.search(value) or NEGATIVE.search(value) else value
        return value

    def resolve(self, source: str) -> str | None:
        if source[:4].lower() == "cid:":
            return self.urls.get(unquote(source[4:]).strip("<>").casefold())
        if INLINE_IMAGE.fullmatch(source):
            return source
        if REMOTE.match(source):
            if self.remote:
                return source if source[0] != "/" else f"https:{source}"
            self.blocked += 1
        return None


def sanitise(
    html: str, *, cid_urls: Mapping[str, str] | None = None, remote_images: bool = False
) -> SafeHtml:
    """`cid_urls` maps content ids to the addresses of this message's own inline images."""
    images = _Images(cid_urls or {}, remote_images)
    cleaned = nh3.clean(
        tidy(html),
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=images.filter,
        filter_style_properties=set(STYLES),
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        # "//host/pixel" has to reach the filter to be counted; it lets nothing relative pass.
        url_relative="pass_through",
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}, "img": {"loading": "lazy"}},
    )
    return SafeHtml(restore_text(cleaned), images.blocked)


def document_policy(image_sources: Sequence[str] = (), *, remote_images: bool = False) -> str:
    """The content security policy of the frame; the same goes into its header when it has one."""
    allowed = " ".join(["data:", *image_sources, *(["https:", "http:"] if remote_images else [])])
    return (
        f"default-src 'none'; img-src {allowed}; style-src 'unsafe-inline'; "
        "form-action 'none'; base-uri 'none'"
    )


THEMES = {
    "light": "color-scheme:light;background:#fff;color:#1f2937",
    "dark": "color-scheme:dark;background:#151f2c;color:#dce1e7",
}


def as_document(
    safe: SafeHtml,
    *,
    theme: str = "light",
    image_sources: Sequence[str] = (),
    remote_images: bool = False,
) -> str:
    """A page for `<iframe sandbox="allow-popups allow-popups-to-escape-sandbox">`.

    `image_sources` are the origins of our own inline images: inside a sandbox 'self' matches
    nothing.
    """
    policy = document_policy(image_sources, remote_images=remote_images)
    return (
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" '
        'content="width=device-width"><style>'
        f"html{{{THEMES.get(theme, THEMES['light'])}}}"
        "body{margin:0;padding:2px;font:15px/1.55 system-ui,sans-serif;overflow-wrap:anywhere}"
        "img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}"
        "blockquote{margin:0 0 0 .5em;padding-left:.8em;border-left:3px solid #8884}"
        f"</style></head><body>{safe.html}</body></html>"
    )
