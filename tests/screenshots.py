"""`make screenshots`: the main pages of a demonstration of its own, as small pictures.

Wide and phone, light, dark and in Chinese, into docs/screenshots/.
"""

import base64
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

from tests.system.demo import PHONE, WIDE, Demo, launch_chromium, running_demo

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
MAX_BYTES, MAX_TOGETHER = 68 * 1024, 3800 * 1024
QUALITIES = (56, 48, 40, 30, 20)
SIZES = {"wide": WIDE, "phone": PHONE}
LOOKS: dict[str, dict[str, Any]] = {
    # The demonstration's people follow their browser in both.
    "light": {"color_scheme": "light", "locale": "en-GB"},
    "dark": {"color_scheme": "dark", "locale": "en-GB"},
    "zh": {"color_scheme": "light", "locale": "zh-CN"},
}
PATIENCE_MS = 15_000
SETTLED = """() => document.readyState === 'complete' && document.fonts.status === 'loaded'
    && !document.querySelector('.htmx-request, .views[data-waiting], [aria-busy=true]')"""
EVERYWHERE = tuple((size, look) for size in SIZES for look in LOOKS)
# Not all pages in all combinations: each size, look and language once.
ONCE = (("wide", "light"), ("wide", "dark"), ("phone", "zh"))
PLAIN = (ONCE[0], ONCE[2])


@dataclass(frozen=True)
class Scene:
    """A page, who looks at it, and what they do before the picture is taken."""

    who: str
    path: str
    act: Callable[[Page], None] = lambda page: None
    ways: tuple[tuple[str, str], ...] = EVERYWHERE
    status: int = 200


def write_note(page: Page) -> None:
    page.keyboard.press("n")
    box = page.locator("ticket-composer textarea")
    box.fill("The workshop has one base left; I asked them to keep it for her.")


def open_palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("res")
    page.wait_for_timeout(600)


def press(key: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.keyboard.press(key)
        page.wait_for_selector("dialog[open], .menu:popover-open")
        page.wait_for_timeout(600)

    return act


def ask_bot(page: Page) -> None:
    """As far as an order's whereabouts: the number and the postcode are asked for on the way."""
    is_chinese = page.evaluate("navigator.language").startswith("zh")
    page.locator("helpdesk-chat .launch").click()
    said = page.locator("helpdesk-chat .msg[data-from=agent]")
    for words in (
        "我的订单到哪了？" if is_chinese else "Where is my order?",
        "PW-20734",
        "BS6 5QA",
    ):
        before = said.count()
        page.locator("helpdesk-chat textarea").fill(words)
        page.keyboard.press("Enter")
        said.nth(before).wait_for()
    page.wait_for_timeout(600)


def edit_view(page: Page) -> None:
    page.locator(".list [data-view-editor]").last.evaluate("button => button.click()")
    page.wait_for_selector("dialog[open]")
    page.wait_for_timeout(600)


def scenes_of(demo: Demo) -> dict[str, Scene]:
    names = [
        "ticket",
        "customer",
        "inbox",
        "type",
        "calendar",
        "article",
        "chat_ticket",
        "bot",
        "flow",
        "rule",
        "inspection",
    ]
    samples = demo.inside("find_samples", names)
    portal = demo.inside("find_portal")
    ticket, shop = f"/tickets/{samples['ticket']}/", f"/portal/{portal['brand']}"
    return {
        "workspace": Scene("agent", f"{ticket}?view=mine"),
        "list": Scene("agent", "/tickets/?view=open"),
        "empty": Scene("agent", "/tickets/?view=spam", ways=ONCE),
        "palette": Scene("agent", f"{ticket}?view=mine", open_palette, ways=ONCE),
        "shortcuts": Scene("agent", f"{ticket}?view=mine", press("?"), ONCE[:2]),
        "macros": Scene("agent", f"{ticket}?view=mine", press("m"), ONCE),
        "merge": Scene("agent", f"{ticket}?view=mine", press("Shift+M"), ONCE),
        "view-editor": Scene("agent", "/tickets/?view=open", edit_view, ONCE),
        "search": Scene("agent", "/search/?q=lamp", ways=ONCE),
        "chat": Scene("agent", f"/tickets/{samples['chat_ticket']}/?view=open"),
        "articles": Scene("agent", "/knowledge/", ways=ONCE),
        "article": Scene("admin", f"/knowledge/{samples['article']}/", ways=ONCE),
        "customer": Scene("agent", f"/customers/{samples['customer']}/"),
        "me": Scene("agent", "/me/", ways=ONCE),
        "flow": Scene("admin", f"/bots/flows/{samples['flow']}/", ways=ONCE),
        "limits": Scene("admin", f"/bots/{samples['bot']}/limits/", ways=PLAIN),
        "intents": Scene("admin", "/bots/understanding/", ways=PLAIN),
        "promises": Scene("admin", "/settings/service-levels/", ways=ONCE),
        "routing": Scene("admin", "/routing/fairness/", ways=ONCE),
        "rule": Scene("admin", f"/settings/rules/{samples['rule']}/", ways=ONCE),
        "satisfaction": Scene("admin", "/surveys/figures/", ways=ONCE),
        "improvements": Scene("admin", "/surveys/improvements/", ways=ONCE),
        "quality": Scene("admin", "/quality/", ways=ONCE),
        "inspection": Scene("admin", f"/quality/conversations/{samples['inspection']}/", ways=ONCE),
        "set-up": Scene("admin", "/set-up/mailbox/", ways=ONCE),
        "people": Scene("admin", "/people/", ways=PLAIN),
        "roles": Scene("admin", "/roles/", ways=PLAIN),
        "tiers": Scene("admin", "/customers/tiers/", ways=PLAIN),
        "statuses": Scene("admin", "/statuses/", ways=PLAIN),
        "type": Scene("admin", f"/types/{samples['type']}/", ways=PLAIN),
        "tags": Scene("admin", "/tags/", ways=PLAIN),
        "inboxes": Scene("admin", "/inboxes/", ways=PLAIN),
        "inbox": Scene("admin", f"/inboxes/{samples['inbox']}/", ways=PLAIN),
        "hours": Scene("admin", f"/working-hours/{samples['calendar']}/", ways=PLAIN),
        "import": Scene("admin", "/customers/import/", ways=PLAIN),
        "portal-home": Scene("customer", f"{shop}/"),
        "portal-new": Scene("customer", f"{shop}/new/", ways=ONCE),
        "portal-request": Scene("customer", f"{shop}/requests/{portal['pk']}/"),
        "portal-account": Scene("customer", f"{shop}/about-you/", ways=ONCE),
        "bot": Scene("nobody", "/chat/demo/", ask_bot, (*ONCE, ("phone", "light"))),
        "help": Scene("nobody", f"{shop}/help/"),
        "help-search": Scene("nobody", f"{shop}/help/?q=return", ways=ONCE),
        "portal-sign-in": Scene("nobody", f"{shop}/sign-in/", ways=ONCE),
        "sign-in": Scene("nobody", "/accounts/login/", ways=ONCE),
        "not-found": Scene("agent", "/nothing/", ways=ONCE, status=404),
        # Last, since the draft stays on the ticket.
        "note": Scene("agent", f"{ticket}?view=mine", write_note),
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
    contexts: dict[tuple[str, str, str], BrowserContext] = {}
    for name, scene in scenes_of(demo).items():
        for size, look in scene.ways:
            key = (scene.who, size, look)
            if key not in contexts:
                options = LOOKS[look] | {"viewport": SIZES[size]}
                contexts[key] = demo.open_context(browser, scene.who, **options)
            page = contexts[key].new_page()
            total += picture(
                page, scene, demo.url, FOLDER / f"{name}-{size}-{look}.webp", qualities
            )
            page.close()
    for context in contexts.values():
        context.close()
    return total


def picture(page: Page, scene: Scene, url: str, file: Path, qualities: tuple[int, ...]) -> int:
    try:
        answer = page.goto(url + scene.path)
        if answer is None or answer.status != scene.status:
            print(f"{file.name}: nothing to show at {scene.path}")
            return 0
        page.wait_for_function(SETTLED, timeout=PATIENCE_MS)
        scene.act(page)
    except BrowserError as error:
        print(f"{file.name}: {error.message.splitlines()[0]}")
        return 0
    page.wait_for_timeout(250)
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
            total = take_all(demo, browser, QUALITIES[3:])
        browser.close()
    files = list(FOLDER.glob("*.webp"))
    largest = max(file.stat().st_size for file in files)
    print(f"{len(files)} pictures, {total // 1024} kB together, the largest {largest // 1024} kB")
    if total > MAX_TOGETHER or largest > MAX_BYTES:
        sys.exit("They are too large.")


if __name__ == "__main__":
    main()
