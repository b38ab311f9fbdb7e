"""What an agent changes shows before the server has answered, and stays while answers come late."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.system.test_browser import Desk, chromium, desk, signed_in, ticket

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FIXTURES = (chromium, desk, signed_in, ticket)
MOMENT_MS = 20_000
REFUSED = '{"code": "held_up", "detail": "Not now."}'


def test_an_early_answer_takes_nothing_back_and_a_refusal_only_its_own(
    desk: Desk, ticket: Callable[..., str]
) -> None:
    """Taken and resolved in one go: the answer to the first knows nothing of the second."""
    held: list[Route] = []
    desk.open(ticket("Quick hands"))
    thread, fields = desk.page.locator("#thread"), desk.page.locator("#fields")
    status, assignee = (fields.locator(f"[data-field={name}]") for name in ("status", "assignee"))
    before = status.get_attribute("data-now") or ""
    me = thread.get_attribute("data-me") or ""
    desk.page.route("**/status/", lambda route: held.append(route))

    # Changes of a ticket leave one after the other: the second when the first was answered.
    with desk.page.expect_request("**/status/", timeout=MOMENT_MS):
        desk.page.keyboard.press("a")
        desk.page.keyboard.press("e")
        expect(status).to_have_attribute("data-now", "resolved", timeout=MOMENT_MS)
    expect(desk.page.locator(".toasts")).to_contain_text("#", timeout=MOMENT_MS)
    expect(status).to_have_attribute("data-now", "resolved", timeout=MOMENT_MS)
    expect(assignee).to_have_attribute("data-now", me, timeout=MOMENT_MS)

    held.pop().fulfill(status=409, content_type="application/problem+json", body=REFUSED)
    expect(desk.page.locator(".toasts")).to_contain_text("Not now.", timeout=MOMENT_MS)
    expect(status).to_have_attribute("data-now", before, timeout=MOMENT_MS)
    expect(assignee).to_have_attribute("data-now", me, timeout=MOMENT_MS)
