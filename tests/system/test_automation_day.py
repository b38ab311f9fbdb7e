"""An admin promises times and makes a rule, tries both out and puts them in force; an agent then
sees why a ticket came to them, what the rule did, what time is left
and why a promise was broken."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.system.deployment import Deployment, until
from tests.system.test_admin_day import Person
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way

pytestmark = [pytest.mark.slow, pytest.mark.browser]

DOOR = "support@demo.test"


def inside(running: Deployment, function: str, *arguments: object) -> str:
    given = ", ".join(map(repr, arguments))
    code = f"from tests.system import inside_promises as i; print(i.{function}({given}))"
    return running.manage("shell", "--no-imports", "-c", code).splitlines()[-1]


def write(running: Deployment, subject: str) -> str:
    """A mail's ticket, by its id."""
    raw = f"From: Eve <eve@promises.example>\nTo: {DOOR}\nSubject: {subject}\n\nPlease help me."
    running.send_mail(raw.encode(), sender="eve@promises.example")
    return until(lambda: find(running, subject), f"{subject} is a ticket", seconds=60)


def find(running: Deployment, subject: str) -> str:
    rows = running.api("admin@demo.test").get("/tickets/", q=subject)["results"]
    return next((row["id"] for row in rows if row["subject"] == subject), "")


@pytest.fixture(scope="module", autouse=True)
def all_ends(running: Deployment) -> Iterator[None]:
    """What follows works as though none of it had been."""
    yield
    inside(running, "end_all")


@pytest.fixture
def admin(running: Deployment, chromium: Browser) -> Iterator[Person]:  # noqa: F811
    admin = Person(chromium, running.url).sign_in("admin@demo.test")
    yield admin
    admin.close()


@pytest.fixture
def alice(running: Deployment, chromium: Browser) -> Iterator[Person]:  # noqa: F811
    """At her page, so that she is there for routing."""
    alice = Person(chromium, running.url).sign_in("alice@demo.test")
    expect(alice.page.locator("#list:defined")).to_be_visible()
    yield alice
    alice.close()


def give_out(admin: Person) -> None:
    admin.go("/routing/")
    admin.page.get_by_role("link", name="Support", exact=True).click()
    admin.fill(mode="push", follows_hours=False)
    admin.press("Save")
    admin.sees("given to who is there")


def promise(admin: Person, name: str) -> None:
    admin.go("/settings/service-levels/new/")
    admin.fill(name=name, first_response_="4 hours", hours="always")
    admin.press("Keep as a draft")
    admin.sees("Write a length of time such as 30 min or 4 h.")
    admin.fill(first_response_="30 min", resolution_="2 h")
    admin.press("Keep as a draft")
    admin.sees("It holds for no ticket yet.")
    admin.page.get_by_role("link", name="What it would have meant").click()
    admin.sees("First response")
    expect(admin.page.locator("main .facts").first).to_contain_text(
        re.compile(r"still running\s*\d")
    )
    admin.page.go_back()
    admin.press("Put in force")
    expect(admin.page.get_by_role("button", name="Take out of force")).to_be_visible()


def make_rule(admin: Person, name: str, word: str) -> None:
    page = admin.page
    admin.go("/settings/rules/new/")
    admin.fill(name=name)
    page.get_by_role("checkbox", name="a customer writes").uncheck()
    page.get_by_role("checkbox", name="a ticket is opened").check()
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What is asked").select_option("subject")
    page.get_by_label("Condition", exact=True).select_option("contains")
    page.get_by_label("Words, with commas between them").fill(f"{word}, chargeback")
    page.get_by_label("What is done").select_option("set_priority")
    page.locator(".rule-steps").get_by_label("Value").select_option(label="Urgent")
    expect(page.locator(".rule-told [data-words]")).to_contain_text(word)
    admin.press("Keep as a draft")
    admin.sees("It does nothing yet.")


def back_test(admin: Person, wanted: str, other: str) -> None:
    """It names what it would have changed, and nothing else, and changes nothing."""
    page = admin.page
    page.get_by_role("link", name=re.compile("^Back-test")).click()
    hits = page.locator(".rule-hits > li")
    expect(hits.filter(has_text=wanted)).to_contain_text("Urgent")
    expect(hits.filter(has_text=other)).to_have_count(0)
    admin.sees("Nothing was changed by looking.")
    page.go_back()


def panel(person: Person, fold: str) -> Locator:
    return person.page.locator(f"details[data-fold={fold}]")


def test_a_promise_and_a_rule_from_the_first_click_to_the_broken_promise(
    running: Deployment, admin: Person, alice: Person
) -> None:
    word = f"refund{time.time_ns()}"
    earlier, other = write(running, f"My {word} is missing"), write(running, f"A lamp {word[6:]}")

    promise(admin, f"Fast {word}")
    make_rule(admin, f"Hurry {word}", word)
    back_test(admin, f"My {word} is missing", f"A lamp {word[6:]}")
    assert running.api("admin@demo.test").get(f"/tickets/{earlier}/")["priority"] != "urgent"
    admin.press("Switch on")
    expect(admin.page.get_by_role("button", name="Switch off")).to_be_visible()
    give_out(admin)

    inside(running, "leave_alone_with_room", "alice@demo.test")
    came = write(running, f"Where is my {word}?")
    until(lambda: holder(running, came) == "Alice Moreau", "routing gives it to who is there")
    alice.go(f"/tickets/{came}/")
    expect(panel(alice, "routing").locator("h3")).to_have_text("Why me?")
    expect(panel(alice, "routing").locator(".plain").first).not_to_be_empty()
    rules = panel(alice, "rules")
    expect(rules).to_contain_text(f"Hurry {word}")
    expect(rules).to_contain_text("Urgent")
    rules.get_by_text("Why it ran").click()
    expect(rules.locator(".rule-why")).to_contain_text(word)
    clocks = panel(alice, "clocks")
    expect(clocks).to_contain_text(f"Fast {word}")
    first = clocks.locator(".clocks > li", has_text="First response")
    expect(first).to_contain_text("30 min promised")
    expect(first.locator("[data-due]")).to_have_text(re.compile(r"(29|30) ?min|30m|29m"))

    watch_it_count(alice, came)

    # The agent answers: the clock stops, and says so without the page being loaded anew.
    running.api("alice@demo.test").post(f"/tickets/{came}/replies/", {"body": "It is on its way."})
    expect(first).to_contain_text("kept")

    see_it_broken(running, alice, word)
    assert running.api("admin@demo.test").get(f"/tickets/{other}/")["priority"] != "urgent"


def holder(running: Deployment, ticket: str) -> str:
    found = running.api("admin@demo.test").get(f"/tickets/{ticket}/")["assignee"]
    return found["name"] if found else ""


def see_it_broken(running: Deployment, alice: Person, word: str) -> None:
    inside(running, "age_promises", 24)
    late = inside(running, "write_earlier", DOOR, f"Forgotten {word}", 150)
    alice.go(f"/tickets/{late}/")
    whole = panel(alice, "clocks").locator(".clocks > li", has_text="Resolution")
    expect(whole.locator(".sla[data-sla=past]")).to_have_text(re.compile("3[0-9] ?m(in)? over"))
    expect(whole).to_contain_text("broken, and still open · 2 h promised")
    whole.get_by_text("Why", exact=True).click()
    expect(whole.locator("li", has_text="The ticket was opened")).to_be_visible()
    expect(whole.locator("li.is-bad")).to_be_visible()


def watch_it_count(alice: Person, ticket: str) -> None:
    """The page's own clock is put forward: nothing comes from the server meanwhile."""
    page = alice.context.new_page()
    page.clock.install()
    page.goto(f"{alice.url}/tickets/{ticket}/")
    whole = page.locator("details[data-fold=clocks] .clocks > li", has_text="Resolution")
    chip = whole.locator(".sla[data-due]")
    head = page.locator("#thread-head .sla[data-due]")  # what is due next
    expect(head).to_have_attribute("data-sla", "soon")
    expect(chip).to_have_attribute("data-sla", "ok")
    expect(chip.locator(".left")).to_have_text(re.compile("^1 ?h"))
    page.clock.fast_forward("01:15:00")
    expect(chip).to_have_attribute("data-sla", "soon")
    expect(chip.locator(".left")).to_have_text(re.compile("^4[0-9] ?m"))
    expect(head).to_have_attribute("data-sla", "past")
    page.clock.fast_forward("00:50:00")
    expect(chip).to_have_attribute("data-sla", "past")
    expect(chip.locator(".left")).to_contain_text("over")
    expect(page.locator("#due-told")).not_to_be_empty()
    page.close()


def test_the_same_in_chinese(running: Deployment, alice: Person) -> None:
    late = inside(running, "write_earlier", DOOR, f"迟到的 {time.time_ns()}", 150)
    alice.go("/preferences/")
    alice.page.locator("[name=language]").select_option("zh-hans")
    alice.page.locator("main button.btn-primary").first.click()
    try:
        alice.go(f"/tickets/{late}/")
        clocks = panel(alice, "clocks")
        expect(clocks.locator("h3")).to_have_text("服务级别")
        expect(clocks.locator(".clocks > li").first).to_contain_text("未达标，仍未完成")
    finally:
        alice.go("/preferences/")
        alice.page.locator("[name=language]").select_option("en")
        alice.page.locator("main button.btn-primary").first.click()
