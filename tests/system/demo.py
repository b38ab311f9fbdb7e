"""One `manage.py up` with demonstration data, and browsers of the people in it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Playwright

from tests.system.deployment import Deployment, Sink

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
START_SECONDS = 480  # with the demonstration to be told
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


class Demo:
    """The demonstration shop, running, with a cookie for each kind of person."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.cookies: dict[str, str] = self.inside("sign_in_all")
        self.cookie_name: str = self.inside("cookie_name")

    @property
    def url(self) -> str:
        return self.deployment.url

    def inside(self, function: str, *arguments: object) -> Any:
        given = ", ".join(map(repr, arguments))
        code = f"from tests.system import inside_pages as i; i.answer(i.{function}({given}))"
        *_, line = self.deployment.manage("shell", "--no-imports", "-c", code).splitlines()
        return json.loads(line)

    def open_context(self, browser: Browser, who: str, **options: Any) -> BrowserContext:
        """A browser of an admin, an agent, a customer, or nobody."""
        context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)
        if value := self.cookies.get(who):
            cookie = {"name": self.cookie_name, "value": value, "url": self.url}
            context.add_cookies([cookie])
        return context


@contextmanager
def running_demo(*, password: str = "") -> Iterator[Demo]:
    sink = Sink().start()
    deployment = Deployment(smtp_url=sink.url, DEMO="1", DEMO_PASSWORD=password)
    try:
        yield Demo(deployment.start(seconds=START_SECONDS))
    finally:
        deployment.stop()
        sink.stop()


def launch_chromium(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(
        executable_path=CHROMIUM if Path(CHROMIUM).exists() else None,
        args=["--no-sandbox", "--disable-gpu"],
    )
