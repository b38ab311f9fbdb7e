"""Make the README's pictures: `.venv/bin/python -m tests.screenshots` beside a running `make run`.

Reads PORT, DEMO_PASSWORD and CHROMIUM like the rest.
"""

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
BASE = f"http://localhost:{os.environ.get('PORT', '8000')}"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def take(browser: Browser, name: str, *, theme: str, language: str, size: dict[str, int]) -> None:
    # The page follows the system's theme unless its reader has chosen one.
    context = browser.new_context(viewport=size, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{BASE}/")
    page.fill("input[name=login]", "alice@demo.test")
    page.fill("input[name=password]", os.environ["DEMO_PASSWORD"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".trow")
    choose(page, language=language)
    page.goto(f"{BASE}/tickets/")
    page.locator(".trow > a").nth(9).click()
    page.wait_for_selector(".thread .msg")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=str(FOLDER / f"{name}.png"))
    choose(page, language="")
    context.close()


def choose(page: Page, *, language: str) -> None:
    page.goto(f"{BASE}/preferences/")
    page.select_option("select[name=language]", language)
    page.locator("form button.btn-primary").last.click()
    page.wait_for_load_state("networkidle")


def main() -> None:
    if "DEMO_PASSWORD" not in os.environ:
        sys.exit("Set DEMO_PASSWORD to the password that `make run` printed.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        take(browser, "workspace", theme="light", language="en", size=DESKTOP)
        take(browser, "workspace-dark", theme="dark", language="en", size=DESKTOP)
        take(browser, "workspace-zh", theme="light", language="zh-hans", size=DESKTOP)
        take(browser, "phone", theme="light", language="en", size=PHONE)
        browser.close()


if __name__ == "__main__":
    main()
