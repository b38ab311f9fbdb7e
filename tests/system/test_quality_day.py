"""A conversation is judged: by the checks, by two people who do not see each other's marks; it is
disputed by the agent it is about, decided by the supervisor, and learned from."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.system.deployment import Deployment, until
from tests.system.test_admin_day import Person
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way

pytestmark = [pytest.mark.slow, pytest.mark.browser]

RUDE = "That is not my problem."


@pytest.fixture
def people(running: Deployment, chromium: Browser) -> Iterator[dict[str, Person]]:  # noqa: F811
    found = {
        name: Person(chromium, running.url).sign_in(f"{name}@demo.test")
        for name in ("supervisor", "admin", "alice")
    }
    yield found
    for person in found.values():
        person.close()


def test_judged_reviewed_disputed_decided_and_coached(
    running: Deployment, people: dict[str, Person]
) -> None:
    supervisor, admin, alice = people["supervisor"], people["admin"], people["alice"]
    ticket = resolve_rudely(running)
    number = running.query(f"SELECT number FROM tickets_ticket WHERE id = '{ticket}'")[0][0]
    before = score_of(running, ticket)

    supervisor.go("/quality/reviews/")
    supervisor.press("Draw last week's sample")
    review(supervisor, number, "She was short with a customer who had waited.")
    review(admin, number, "Rude, and no answer.")
    see_the_evidence(supervisor, number)

    dispute(alice, number)
    # Who raised it decides nothing.
    alice.go("/quality/disputes/")
    expect(alice.page.get_by_role("button", name="The agent is right")).to_have_count(0)
    decide(supervisor, number)
    assert score_of(running, ticket) > before
    alice.go("/quality/conversations/")
    open_row(alice, number)
    alice.sees("the agent was right")
    alice.sees("The next mail says hello; this was one of a thread.")

    coach(supervisor, number)
    learn(alice, number)
    supervisor.go("/quality/")
    both = supervisor.page.get_by_role("region", name="Calibration between reviewers")
    expect(both.get_by_role("row", name="Friendly tone")).to_contain_text("100 %")


def resolve_rudely(running: Deployment) -> str:
    subject = f"Refund {time.time_ns()}"
    code = f"import tests.system.inside_quality as i; print(i.resolve_rudely({subject!r}))"
    ticket = running.manage("shell", "--no-imports", "-c", code).splitlines()[-1]
    until(
        lambda: running.count("quality_inspection", f"ticket_id = '{ticket}'"),
        "the checks have judged it",
        seconds=60,
    )
    return ticket


def score_of(running: Deployment, ticket: str) -> int:
    return running.query(f"SELECT score FROM quality_inspection WHERE ticket_id = '{ticket}'")[0][0]


def review(person: Person, number: int, comment: str) -> None:
    """By the keyboard: a mark for every criterion, and on with Ctrl and Enter."""
    page = person.page
    person.go("/quality/reviews/")
    person.press("Next conversation")
    expect(page.locator("h1")).to_contain_text(f"#{number}")
    person.sees(RUDE)
    # What the checks found would sway them.
    expect(page.locator(".judged-lines")).to_have_count(0)
    rows = page.locator(".mark-row")
    for row in rows.all():
        wanted = "poor" if "tone" in row.inner_text().lower() else "good"
        choose_by_key(row, wanted)
    page.get_by_label("Comment").fill(comment)
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/quality/reviews/$"))


def choose_by_key(row: Locator, wanted: str) -> None:
    radio = row.get_by_role("radio", name=wanted, exact=True)
    row.get_by_role("radio").first.focus()
    for _step in range(4):
        if radio.is_checked():
            return
        row.page.keyboard.press("ArrowDown")
    expect(radio).to_be_checked()


def open_row(person: Person, number: int) -> None:
    person.page.get_by_role("link", name=f"#{number}", exact=True).first.click()


def see_the_evidence(person: Person, number: int) -> None:
    """Afterwards they stand beside the conversation, each with the words it goes by."""
    person.go("/quality/reviews/")
    open_row(person, number)
    evidence = person.page.locator(".judged-lines q", has_text=RUDE)
    expect(evidence.first).to_be_visible()
    evidence.first.click()
    expect(person.page.locator(".said-one:target")).to_contain_text(RUDE)


def dispute(alice: Person, number: int) -> None:
    alice.go("/quality/conversations/")
    open_row(alice, number)
    alice.sees("She was short with a customer who had waited.")
    alice.page.get_by_label("Criterion").select_option(label="Greeting")
    alice.fill(reason="It was one of a thread: we had said hello the day before.")
    alice.press("Dispute it")
    alice.sees("It was one of a thread")


def decide(supervisor: Person, number: int) -> None:
    supervisor.go("/quality/disputes/")
    one = supervisor.page.locator("section", has_text=f"#{number}")
    one.get_by_label("Your answer").fill("The next mail says hello; this was one of a thread.")
    one.get_by_role("button", name="The agent is right").click()
    supervisor.sees("Decided")


def coach(supervisor: Person, number: int) -> None:
    page = supervisor.page
    supervisor.go("/quality/conversations/")
    open_row(supervisor, number)
    page.get_by_role("link", name="Coach", exact=True).click()
    supervisor.fill(words="Say first that you are sorry, then what you will do.")
    page.get_by_label("Example conversations").locator(
        "option", has_text=f"#{number}"
    ).first.evaluate("option => { option.selected = true; }")
    supervisor.press("Give it")
    supervisor.sees("Say first that you are sorry")


def learn(alice: Person, number: int) -> None:
    alice.go("/quality/coaching/")
    alice.sees("Say first that you are sorry")
    expect(alice.page.get_by_role("link", name=f"#{number}", exact=True)).to_be_visible()
    alice.press("Done")
    alice.sees("done")
