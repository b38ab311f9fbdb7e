"""The visitor's script: its parts and its style sheet, joined and made small when first asked for.

The parts are one scope: each is a piece of the body of one function, in this order. They stay
apart to be read; a host's page gets one file that declares nothing outside itself.
"""

from functools import cache
from pathlib import Path

from livechat.widget.shrink import shrink_css, shrink_js

HOME = Path(__file__).parent
PARTS = [
    "head",
    "keep",
    "ask",
    "words",
    "visitor",
    "outbox",
    "rooms",
    "line",
    "elements",
    "pictures",
    "panel",
    "opening",
    "composer",
    "files",
    "start",
    "requests",
    "painting",
    "rows",
    "scroll",
    "notice",
    "begin",
]


def read_parts() -> str:
    return "\n".join((HOME / "parts" / f"{name}.js").read_text() for name in PARTS)


@cache
def widget_script() -> bytes:
    """The same bytes until the process ends; what changes without a release is in the config."""
    style = shrink_css((HOME / "widget.css").read_text())
    if set("`\\$") & set(style):
        raise ValueError("The style sheet would not stay the text that it is.")
    body = shrink_js(read_parts().replace("@@CSS@@", style))
    return f'(()=>{{"use strict";{body}}})();\n'.encode()
