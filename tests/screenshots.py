"""`make screenshots`: the main pages of a demonstration of its own, as small pictures.

Wide and phone, light, dark and in Chinese, into docs/screenshots/.
"""

import base64
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.system.demo import PHONE, WIDE, Demo, launch_chromium, running_demo

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
MAX_BYTES, MAX_TOGETHER = 80 * 1024, 2 * 1024 * 1024
QUALITIES = (62, 50, 40, 30, 20)
SIZES = {"wide": WIDE, "phone": PHONE}
LOOKS: dict[str, dict[str, Any]] = {
    # The demonstration's people follow their browser in both.
    "light": {"color_scheme": "light", "locale": "en-GB"},
    "dark": {"color_scheme": "dark", "locale": "en-GB"},
    "zh": {"color_scheme": "light", "locale": "zh-CN"},
}
PATIENCE_MS = 8_000
SETTLED = """() => document.readyState === 'complete' && document.fonts.status === 'loaded'
    && !document.querySelector('.htmx-request, [data-waiting], [aria-busy=true]')"""


@dataclass(frozen=True)
class Scene:
    """A page, who looks at it, and what they do before the picture is taken."""

    who: str
    path: str
    act: Callable[[Page], None] = lambda page: None


def write_note(page: Page) -> None:
    page.keyboard.press("n")
    box = page.locator("ticket-composer textarea")
    box.fill("The workshop has one base left; I asked them to keep it for her.")


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("res")
    page.wait_for_timeout(600)


def scenes_of(demo: Demo) -> dict[str, Scene]:
    samples = demo.inside("find_samples", ["ticket", "customer", "inbox"])
    portal = demo.inside("find_portal")
    ticket, shop = f"/tickets/{samples['ticket']}/", f"/portal/{portal['brand']}"
    return {
        "workspace": Scene("agent", f"{ticket}?view=open"),
        "list": Scene("agent", "/tickets/?view=open"),
        "note": Scene("agent", f"{ticket}?view=mine", write_note),
        "palette": Scene("agent", f"{ticket}?view=open", open_palette),
        "customer": Scene("agent", f"/customers/{portal['customer']}/"),
        "me": Scene("agent", "/me/"),
        "settings": Scene("admin", "/inboxes/"),
        "portal-home": Scene("customer", f"{shop}/"),
        "portal-new": Scene("customer", f"{shop}/new/"),
        "portal-request": Scene("customer", f"{shop}/requests/{portal['pk']}/"),
    }


def take(page: Page, file: Path, qualities: tuple[int, ...]) -> int:
    """The best of these qualities that is small enough."""
    session = page.context.new_cdp_session(page)
    content = b""
    for quality in qualities:
        answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        content = base64.b64decode(answer["data"])
        if len(content) <= MAX_BYTES:
            break
    file.write_bytes(content)
    session.detach()
    return len(content)


def take_all(demo: Demo, browser: Browser, qualities: tuple[int, ...]) -> int:
    total = 0
    for name, scene in scenes_of(demo).items():
        for size, viewport in SIZES.items():
            for look, options in LOOKS.items():
                context = demo.open_context(browser, scene.who, viewport=viewport, **options)
                page = context.new_page()
                answer = page.goto(demo.url + scene.path)
                if answer is None or not answer.ok:
                    print(f"{name}: nothing to show at {scene.path}")
                    context.close()
                    continue
                total += picture(page, scene, FOLDER / f"{name}-{size}-{look}.webp", qualities)
                context.close()
    return total


def picture(page: Page, scene: Scene, file: Path, qualities: tuple[int, ...]) -> int:
    page.wait_for_function(SETTLED, timeout=PATIENCE_MS)
    try:
        scene.act(page)
    except BrowserError as error:
        print(f"{file.name}: {error.message.splitlines()[0]}")
        return 0
    page.wait_for_timeout(150)
    return take(page, file, qualities)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in (*FOLDER.glob("*.png"), *FOLDER.glob("*.webp")):
        old.unlink()
    with running_demo() as demo, sync_playwright() as playwright:
        demo.inside("say_more")
        browser = launch_chromium(playwright)
        total = take_all(demo, browser, QUALITIES)
        if total > MAX_TOGETHER:
            total = take_all(demo, browser, QUALITIES[2:])
        browser.close()
    files = list(FOLDER.glob("*.webp"))
    largest = max(file.stat().st_size for file in files)
    print(f"{len(files)} pictures, {total // 1024} kB together, the largest {largest // 1024} kB")
    if total > MAX_TOGETHER or largest > MAX_BYTES:
        sys.exit("They are too large.")


if __name__ == "__main__":
    main()
