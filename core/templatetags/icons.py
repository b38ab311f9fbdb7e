"""Icons from one file that browsers keep: each use costs a few bytes, also in fragments."""

import hashlib
import re
from functools import cache
from importlib import resources
from xml.etree import ElementTree
from zipfile import ZipFile

import lucide
from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TWO_PATHS = re.compile(r'(<path d="[^"]*)"/><path d="(?=M)')

NAMES = frozenset(
    [
        "bold",
        "code",
        "italic",
        "list",
        "list-ordered",
        "share-2",
        "pause",
        "triangle-alert",
        "alarm-clock",
        "workflow",
        "bot",
        "smile",
        "text-quote",
        "type",
        "square-pen",
        "archive",
        "archive-x",
        "arrow-down",
        "arrow-left",
        "arrow-up",
        "arrow-up-down",
        "at-sign",
        "ban",
        "bell-off",
        "calendar-days",
        "check",
        "chevron-down",
        "chevron-right",
        "chevron-up",
        "chevrons-up",
        "circle-alert",
        "circle-check",
        "clock",
        "command",
        "clipboard-check",
        "graduation-cap",
        "dice-5",
        "contact",
        "copy",
        "download",
        "ellipsis",
        "eraser",
        "external-link",
        "eye",
        "file-archive",
        "file-spreadsheet",
        "file-text",
        "flag",
        "flask-conical",
        "forward",
        "hash",
        "image",
        "inbox",
        "info",
        "key-round",
        "keyboard",
        "languages",
        "link",
        "list-filter",
        "loader-circle",
        "lock",
        "log-out",
        "mail",
        "mail-warning",
        "mail-x",
        "map-pin",
        "menu",
        "merge",
        "message-square",
        "minus",
        "moon",
        "panel-right",
        "paperclip",
        "pen-line",
        "phone",
        "play",
        "plus",
        "quote",
        "refresh-cw",
        "reply",
        "rotate-ccw",
        "rows-3",
        "search",
        "send",
        "settings",
        "shield-alert",
        "shield-check",
        "shield-question-mark",
        "skip-forward",
        "sliders-horizontal",
        "smartphone",
        "star",
        "sun",
        "sun-moon",
        "tag",
        "trash-2",
        "user-plus",
        "users",
        "webhook",
        "wrench",
        "x",
        "zap",
        "undo-2",
        "grip-vertical",
        "bell",
        "bell-ring",
        "split",
        "list-checks",
        "repeat",
        "link-2",
        "messages-square",
        "volume-2",
        "book-open",
        "folder",
        "history",
        "upload",
        "brain",
        "sparkles",
        "hourglass",
        "languages",
    ]
)


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """An ornament beside words or in a button that has a name: hidden from screen readers."""
    if name not in NAMES:
        raise template.TemplateSyntaxError(f"The icon {name!r} is not in the sprite.")
    classes = f"icon icon-{size}" if size else "icon"
    return mark_safe(  # noqa: S308  built from checked names
        f'<svg class="{classes}" aria-hidden="true"><use href="{sprite_path()}#i-{name}"/></svg>'
    )


@cache
def sprite() -> bytes:
    # The package's own way in opens its archive anew for each icon: a second for all of them.
    archive = resources.files(lucide).joinpath("lucide.zip")
    with archive.open("rb") as file, ZipFile(file) as drawings:
        symbols = "".join(_symbol(name, drawings.read(f"{name}.svg")) for name in sorted(NAMES))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'.encode()


@cache
def sprite_path() -> str:
    """Another content has another address, so that the file may be kept for ever."""
    return f"/icons.{hashlib.sha256(sprite()).hexdigest()[:8]}.svg"


def _symbol(name: str, drawing: bytes) -> str:
    # As part of a file that has the name space already.
    plain = drawing.replace(b'xmlns="http://www.w3.org/2000/svg"', b"")
    svg = ElementTree.fromstring(plain)  # noqa: S314  from a package of ours
    shapes = "".join(ElementTree.tostring(node, encoding="unicode").strip() for node in svg)
    # Strokes that begin at a place of their own join into one.
    shapes = shapes.replace(" />", "/>")
    while joined := _TWO_PATHS.search(shapes):
        shapes = shapes[: joined.end(1)] + shapes[joined.end() :]
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'
