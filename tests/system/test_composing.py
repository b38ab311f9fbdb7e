"""Two agents in Chromium on one ticket: they see each other, and what one writes is not lost."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.system.deployment import Deployment
from tests.system.test_browser import Desk, chromium, desk, signed_in, ticket

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIXTURES = (chromium, desk, signed_in, ticket)


@pytest.fixture
def other(running: Deployment, chromium: Browser, signed_in: dict) -> Iterator[Desk]:
    """Alice at another browser."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, storage_state=signed_in)
    yield Desk(context.new_page(), running.url)
    context.close()


def test_a_draft_follows_its_author_and_no_older_tab_overwrites_it(
    desk: Desk, other: Desk, ticket: Callable[..., str]
) -> None:
    where = ticket("Draft of an answer")
    desk.open(where).box.fill("Half an answer")
    expect(desk.page.locator(".saved")).to_have_text("Draft saved")
    other.open(where)
    expect(other.box).to_have_value("Half an answer")
    # What was there is shown as saved, too.
    with other.page.expect_response(lambda answer: "/drafts/" in answer.url and answer.ok):
        other.box.fill("A better answer")
    # The tab that was first has not seen it.
    desk.box.fill("Half an answer and a bit")
    expect(desk.page.locator(".oops")).to_contain_text("newer draft")
    desk.page.get_by_role("button", name="Use the newer one").click()
    expect(desk.box).to_have_value("A better answer")


def test_words_are_bold_in_the_thread_and_a_later_answer_can_be_edited(
    desk: Desk, ticket: Callable[..., str]
) -> None:
    desk.open(ticket("Later"))
    desk.page.keyboard.press("r")
    desk.page.keyboard.type("Sorry")
    desk.page.keyboard.press("Control+a")
    desk.page.keyboard.press("Control+b")
    expect(desk.box).to_have_value("**Sorry**")
    desk.page.locator("[data-ways]").click()
    desk.page.get_by_role("menuitem", name="Send later…").click()
    desk.page.locator("#later-menu").get_by_role("button", name="Tomorrow morning").click()
    scheduled = desk.page.locator("footer.later")
    expect(scheduled).to_contain_text("Leaves")
    expect(desk.page.locator("#thread .msg strong")).to_have_text("Sorry")
    scheduled.get_by_role("button", name="Edit").click()
    expect(desk.box).to_have_value("**Sorry**")
    expect(scheduled).to_have_count(0)


def test_a_slash_that_means_nothing_stays_what_was_typed(
    desk: Desk, ticket: Callable[..., str]
) -> None:
    desk.open(ticket("Slash"))
    desk.page.keyboard.press("r")
    desk.page.keyboard.type("/")
    expect(desk.page.locator("#macros-menu")).to_be_visible()
    desk.page.keyboard.type("etc")
    desk.page.keyboard.press("Escape")
    expect(desk.box).to_have_value("/etc")
    expect(desk.box).to_be_focused()
