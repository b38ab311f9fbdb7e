"""A hand on the keyboard in Chromium: `python -m bench.hand JSON-ARGUMENTS` prints JSON.

In a process of its own, because only this case needs a browser. What is measured is what a
person waits for: from the key until the frame with the changed screen has been painted.
"""

import gzip
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

from playwright.sync_api import Browser, Page, Response, ViewportSize, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SIZE: ViewportSize = {"width": 1440, "height": 900}
PATIENCE_MS = 5_000
PRELOADS_MS = 700  # from the focus on a row until its ticket has surely been fetched
PAUSE_MS = 250  # between two keys, as between two thoughts
TAG = "bench"
LIBRARIES = ("/static/%40", "/static/@", "/static/django_htmx/")  # what npm and packages bring
MACRO_PRIORITY = "30"  # what bench.inside.add_macro sets

# The clock starts at the key's own time stamp. The condition is looked at on every change of the
# document. What was changed before a frame's animation callbacks is in that frame; the most urgent
# task posted from them runs when it has been laid out and painted. (A message would go by way of
# another thread and come late; the browser's own event timing agrees with this.)
WATCH = """([condition, key]) => {
  const isDone = new Function("return " + condition);
  window.waited = new Promise((resolve) => {
    let start = 0;
    const look = () => {
      if (!start || !isDone()) return;
      changes.disconnect();
      const painted = () => resolve(performance.now() - start);
      requestAnimationFrame(() => scheduler.postTask(painted, { priority: "user-blocking" }));
    };
    const changes = new MutationObserver(look);
    addEventListener("keydown", (event) => {
      if (event.key !== key || start) return;
      start = event.timeStamp;
      const all = { subtree: true, childList: true, attributes: true, characterData: true };
      changes.observe(document, all);
      setTimeout(look);
    }, { capture: true });
  });
}"""


class Hand:
    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.times: dict[str, list[float]] = {}
        self.missed: dict[str, int] = {}

    def press(self, what: str, key: str, condition: str) -> bool:
        """Whether the screen changed; if so the time is kept."""
        self.page.evaluate(WATCH, [condition, key])
        self.page.keyboard.press(key)
        try:
            waited = self.page.evaluate(
                "ms => Promise.race([window.waited, new Promise((no) => setTimeout(no, ms, -1))])",
                PATIENCE_MS,
            )
        except TookTooLong:
            waited = -1
        if waited < 0:
            self.missed[what] = self.missed.get(what, 0) + 1
            return False
        self.times.setdefault(what, []).append(waited)
        self.page.wait_for_timeout(PAUSE_MS)
        return True

    def is_there(self, selector: str) -> bool:
        return self.page.locator(selector).count() > 0


def open_next(hand: Hand) -> bool:
    """The row below, fetched while it has the focus, then opened."""
    hand.page.keyboard.press("j")
    hand.page.wait_for_timeout(PRELOADS_MS)
    pk = hand.page.evaluate(
        "() => document.activeElement?.closest?.('.trow')?.id?.replace('row-', '') ?? ''"
    )
    shown = f"document.querySelector('#thread[data-id=\"{pk}\"] .msg')"
    return bool(pk) and hand.press("open a preloaded ticket", "Enter", shown)


def take(hand: Hand) -> None:
    if hand.is_there('#thread-head [data-hotkey="a"]'):
        mine = "document.getElementById('thread').dataset.me"
        now = "document.querySelector('#fields [data-field=assignee]')?.dataset.now"
        hand.press("assign", "a", f"{now} === {mine}")


def tag(hand: Hand) -> None:
    hand.page.keyboard.press("t")
    field = hand.page.locator("#choose-tags:popover-open input")
    try:
        field.wait_for(timeout=PATIENCE_MS)
    except TookTooLong:
        return
    field.fill(TAG)
    hand.press("tag", "Enter", f"document.querySelector('#fields [data-tag={TAG}]')")


def resolve(hand: Hand) -> None:
    if hand.is_there('#thread-head [data-hotkey="e"]'):
        now = "document.querySelector('#fields [data-field=status]')?.dataset.now"
        hand.press("status", "e", f"{now} === 'resolved'")


def use_macro(hand: Hand, macro: str) -> None:
    """By its key: opened, typed, Enter. It sets the priority, which shows before the answer."""
    now = "document.querySelector('#fields [data-field=priority]')?.dataset.now"
    if not macro or hand.page.evaluate(f"{now} === '{MACRO_PRIORITY}'"):
        return
    hand.page.keyboard.press("m")
    field = hand.page.locator("#macros-menu:popover-open input")
    try:
        field.wait_for(timeout=PATIENCE_MS)
    except TookTooLong:
        hand.missed["macro"] = hand.missed.get("macro", 0) + 1
        return
    field.fill(macro)
    hand.page.wait_for_timeout(PAUSE_MS)
    hand.press("macro", "Enter", f"{now} === '{MACRO_PRIORITY}'")


def work(hand: Hand, *, seconds: float, macro: str) -> None:
    """Ticket after ticket, until the time is over."""
    until = time.monotonic() + seconds
    hand.page.goto(f"{hand.url}/tickets/?view=unassigned")
    hand.page.wait_for_selector(".trow")
    steps: list[Callable[[Hand], None]] = [take, tag, resolve]
    while time.monotonic() < until:
        if not open_next(hand):
            hand.page.goto(f"{hand.url}/tickets/?view=all")
            hand.page.wait_for_selector(".trow")
            if not open_next(hand):
                return
        use_macro(hand, macro)
        for step in steps:
            step(hand)
        hand.page.keyboard.press("Escape")


def weigh(browser: Browser, cookies: list[Any], url: str) -> dict[str, float]:
    """kB that gzip makes of our scripts and styles on the workspace, and of the libraries'."""
    weights = {"ours": 0.0, "libraries": 0.0}
    context = browser.new_context(viewport=SIZE)
    context.add_cookies(cookies)
    page = context.new_page()
    found: dict[str, Response] = {}

    def note(response: Response) -> None:
        if response.request.resource_type in ("script", "stylesheet"):
            found[urlparse(response.url).path] = response

    page.on("response", note)
    page.goto(url)
    page.wait_for_load_state("networkidle")
    for path, response in found.items():
        is_ours = not path.startswith(LIBRARIES)
        size = len(gzip.compress(response.body(), 6, mtime=0)) / 1024
        weights["ours" if is_ours else "libraries"] += size
    context.close()
    return weights


def measure(url: str, cookie: str, ticket: str, seconds: float, macro: str = "") -> dict[str, Any]:
    name, _, value = cookie.partition("=")
    cookies: list[Any] = [{"name": name, "value": value, "url": url}]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if os.path.exists(CHROMIUM) else None,
            args=["--no-sandbox", "--disable-gpu"],
        )
        weights = weigh(browser, cookies, f"{url}/tickets/{ticket}/")
        # Our own pages forbid eval, which the watching needs.
        context = browser.new_context(viewport=SIZE, bypass_csp=True, reduced_motion="reduce")
        context.add_cookies(cookies)
        hand = Hand(context.new_page(), url)
        work(hand, seconds=seconds, macro=macro)
        browser.close()
    return {"times": hand.times, "missed": hand.missed, "weights": weights}


if __name__ == "__main__":
    answer = measure(*json.loads(sys.argv[1]))
    sys.stdout.write(f"{json.dumps(answer)}\n")
