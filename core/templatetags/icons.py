"""Icons as one sprite per page: each use costs a few bytes, also in fragments and scripts."""

from functools import cache
from xml.etree import ElementTree

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()

NAMES = frozenset(
    [
        "alarm-clock",
        "archive",
        "archive-restore",
        "arrow-down",
        "arrow-left",
        "arrow-up",
        "arrow-up-down",
        "at-sign",
        "ban",
        "bell-ring",
        "bold",
        "book-open",
        "building-2",
        "check",
        "check-check",
        "chevron-down",
        "chevron-right",
        "chevron-up",
        "chevrons-up",
        "circle-alert",
        "circle-check",
        "circle-dashed",
        "circle-help",
        "clock",
        "contact",
        "copy",
        "corner-up-left",
        "download",
        "ellipsis",
        "external-link",
        "eye",
        "file",
        "file-archive",
        "file-down",
        "file-spreadsheet",
        "file-text",
        "flag",
        "forward",
        "globe",
        "hand",
        "hash",
        "history",
        "hourglass",
        "image",
        "image-off",
        "inbox",
        "info",
        "key-round",
        "keyboard",
        "languages",
        "laptop",
        "layers",
        "link",
        "list",
        "list-filter",
        "loader-circle",
        "lock",
        "log-out",
        "mail",
        "mail-open",
        "mail-plus",
        "mail-warning",
        "mail-x",
        "menu",
        "message-square",
        "moon",
        "panel-right",
        "paperclip",
        "pencil",
        "phone",
        "plus",
        "refresh-cw",
        "reply",
        "rotate-ccw",
        "rows-2",
        "rows-3",
        "search",
        "send",
        "server",
        "settings",
        "shield-alert",
        "shield-check",
        "shield-off",
        "sliders-horizontal",
        "smartphone",
        "sparkles",
        "square-pen",
        "star",
        "sticky-note",
        "sun",
        "sun-moon",
        "tag",
        "ticket",
        "timer",
        "trash-2",
        "triangle-alert",
        "undo-2",
        "user",
        "user-check",
        "user-plus",
        "user-x",
        "users",
        "webhook",
        "wifi-off",
        "wrench",
        "x",
    ]
)
_ALIASES = {"circle-help": "circle-question-mark", "building-2": "building-2"}


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """An ornament beside words or in a button that has a name: hidden from screen readers."""
    if name not in NAMES:
        raise template.TemplateSyntaxError(f"The icon {name!r} is not in the sprite.")
    classes = f"icon icon-{size}" if size else "icon"
    return mark_safe(  # noqa: S308  built from checked names
        f'<svg class="{classes}" aria-hidden="true"><use href="#i-{name}"/></svg>'
    )


@register.simple_tag
@cache
def icon_sprite() -> SafeString:
    symbols = "".join(_symbol(name) for name in sorted(NAMES))
    return mark_safe(f'<svg class="sprite" aria-hidden="true">{symbols}</svg>')  # noqa: S308


def _symbol(name: str) -> str:
    svg = ElementTree.fromstring(lucide(_ALIASES.get(name, name), size=None))  # noqa: S314  our own package
    shapes = "".join(ElementTree.tostring(node, encoding="unicode").strip() for node in svg)
    return f'<symbol id="i-{name}" viewBox="0 0 24 24">{shapes}</symbol>'
