"""The command palette by keyboard alone: it opens, finds, acts, and gives the focus back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.system.deployment import Deployment
from tests.system.test_browser import Desk, chromium, desk, signed_in, ticket  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_an_action_is_found_by_its_name_and_taken(
    desk: Desk,  # noqa: F811
    ticket: Callable[..., str],  # noqa: F811
) -> None:
    desk.open(ticket("By the palette"))
    page = desk.page

    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    page.keyboard.type("reso")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Resolve")
    page.keyboard.press("Enter")

    expect(page.locator("#thread-head").get_by_role("button", name="Reopen")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("Priority: High")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette .head").first).to_have_text("Lately")
    expect(page.locator("#palette [role=option]").first).to_have_text("Priority: High")


def test_a_ticket_is_found_by_its_number_and_escape_gives_the_focus_back(
    running: Deployment,
    desk: Desk,  # noqa: F811
    ticket: Callable[..., str],  # noqa: F811
) -> None:
    wanted = ticket("Find me by number")
    number = running.api().get(f"/tickets/{wanted}/")["number"]
    desk.open(ticket("Another one"))
    page = desk.page
    desk.box.focus()

    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(desk.box).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    page.keyboard.type(f"#{number}")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Find me by number")
    page.keyboard.press("Enter")

    expect(page.locator("#subject")).to_have_text("Find me by number")


def test_columns_are_moved_by_keys_and_remembered(
    running: Deployment,
    desk: Desk,  # noqa: F811
    ticket: Callable[..., str],  # noqa: F811
) -> None:
    desk.open(ticket("With columns"))
    grip = desk.page.locator(".grip-side")
    grip.focus()
    for _ in range(3):
        desk.page.keyboard.press("ArrowLeft")
    expect(grip).to_have_attribute("aria-valuenow", "348")
    desk.page.reload()
    expect(grip).to_have_attribute("aria-valuenow", "348")
    grip.dblclick()
    expect(grip).to_have_attribute("aria-valuenow", "300")
    grip.focus()
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#side")).to_have_attribute("data-folded", "")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#side")).not_to_have_attribute("data-folded", "")


def test_on_a_phone_the_palette_is_a_touch_away_from_an_open_ticket(
    running: Deployment,
    chromium: Browser,  # noqa: F811
    signed_in: dict,  # noqa: F811
    ticket: Callable[..., str],  # noqa: F811
) -> None:
    phone = {"width": 390, "height": 844}
    context = chromium.new_context(viewport=phone, has_touch=True, storage_state=signed_in)
    alice = Desk(context.new_page(), running.url)
    wanted = ticket("Wanted on a phone")
    number = running.api().get(f"/tickets/{wanted}/")["number"]
    alice.open(ticket("Open on a phone"))
    page = alice.page

    control = page.locator("#thread-head").get_by_role("button", name="Find anything")
    expect(control).to_be_visible()
    size = control.bounding_box()
    assert min(size["width"], size["height"]) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= phone["width"]
    control.tap()
    box = page.get_by_role("combobox", name="Find anything")
    expect(box).to_be_focused(timeout=20_000)
    box.fill(f"#{number}")
    first = page.locator("#palette [role=option]").first
    expect(first).to_contain_text("Wanted on a phone", timeout=20_000)
    first.tap()

    expect(page.locator("#subject")).to_have_text("Wanted on a phone", timeout=20_000)
    context.close()
    assert alice.complaints == []
