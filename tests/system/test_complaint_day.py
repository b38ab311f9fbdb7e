"""A complaint comes by mail: taken up by one click, the customer hears of it in their language, and
the ticket is resolved once its cause and its remedy are named."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.system.deployment import Deployment, Sink
from tests.system.test_admin_day import Person
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way
from tests.system.test_survey_day import inside, write

pytestmark = [pytest.mark.slow, pytest.mark.browser]

STAMP = time.time_ns()
CAUSE = f"Broken on the way {STAMP}"
WHO, SUBJECT = f"complains.{STAMP}@mail.example", f"又碎了 {STAMP}"


@pytest.fixture
def supervisor(running: Deployment, chromium: Browser) -> Iterator[Person]:  # noqa: F811
    inside(running, "name_cause", CAUSE)
    supervisor = Person(chromium, running.url).sign_in("supervisor@demo.test")
    yield supervisor
    supervisor.close()


def test_from_the_mail_to_the_remedy(running: Deployment, sink: Sink, supervisor: Person) -> None:
    ticket = write(running, WHO, SUBJECT, "第二次了，补发的碗又碎了，我非常生气！")
    page = supervisor.page
    supervisor.go(f"/tickets/{ticket}/")
    side = page.locator("details[data-fold=complaint]")
    side.locator("summary").click()
    side.get_by_role("button", name="Make it a complaint").click()
    expect(side).to_contain_text("to be acknowledged")

    # Not without cause and remedy.
    page.get_by_role("button", name="Resolve", exact=True).first.click()
    expect(page.locator("body")).to_contain_text("name its cause and its remedy first")

    side.get_by_role("link", name="Take it up").click()
    supervisor.press("Tell them it was taken up")
    heard = sink.wait_for("您的投诉已受理", seconds=60)
    assert heard.recipients == [WHO]
    supervisor.go("/surveys/complaints/")
    row = page.locator("tr", has_text=SUBJECT)
    expect(row).to_contain_text("acknowledged", timeout=20_000)
    row.get_by_role("link").click()
    page.get_by_label("Cause").select_option(label=CAUSE)
    supervisor.fill(remedy="A new bowl, packed twice.")
    supervisor.press("Save")
    supervisor.sees("Saved.", within="body")

    supervisor.go(f"/tickets/{ticket}/")
    page.get_by_role("button", name="Resolve", exact=True).first.click()
    expect(page.locator("#thread")).to_contain_text("The complaint was closed", timeout=20_000)
    supervisor.go("/surveys/complaints/?show=closed")
    expect(page.locator("tr", has_text=SUBJECT)).to_contain_text(CAUSE)
