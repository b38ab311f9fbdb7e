"""An agent's day by the keyboard alone: ten tickets, from the sign-in to the last one resolved."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.system.deployment import Deployment, Sink, until
from tests.system.inside import PASSWORD
from tests.system.test_browser import Desk, chromium  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
RUSH = "rush@demo.test"  # what is sent there leaves at once
# Counts what a mouse or a finger would do.
NOTE_POINTERS = """
  window.name = window.name || "0";
  for (const kind of ["pointerdown", "mousedown", "touchstart"]) {
    addEventListener(kind, () => { window.name = String(Number(window.name) + 1); }, true);
  }
"""
# Where the row with these words stands, where the reader is among the rows (-1: nowhere), and
# whether the focus is on a row itself.
PLACES = """words => {
  const rows = [...document.querySelectorAll("#rows > .trow")];
  const focused = document.activeElement?.closest?.("#rows > .trow");
  const open = document.querySelector("#rows > .trow:has(> a[aria-current])");
  const isOnRow = Boolean(document.activeElement?.matches?.("#rows > .trow > a"));
  const wanted = rows.findIndex((row) => row.innerText.includes(words));
  return [wanted, rows.indexOf(focused ?? open), isOnRow];
}"""

# What stood last below the open ticket: sent mail may still move it in the list.
WATCH_BELOW = """() => {
  const open = document.querySelector("#rows > .trow:has(> a[aria-current])").id;
  const look = () => {
    window.below = document.getElementById(open)?.nextElementSibling?.id ?? window.below;
  };
  look();
  new MutationObserver(look).observe(document.getElementById("rows"), { childList: true });
}"""


@dataclass(frozen=True)
class Case:
    """One of the ten."""

    id: str
    number: int
    subject: str


class Keyboard:
    """Somebody who has no mouse, before the workspace."""

    def __init__(self, desk: Desk, running: Deployment) -> None:
        self.desk, self.page, self.running = desk, desk.page, running
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(NOTE_POINTERS)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def tab_to(self, wanted: Locator, *, key: str = "Tab", at_most: int = 30) -> None:
        """As often as it takes; the focus must get there."""
        for _ in range(at_most):
            # In one question: parts of the page may be drawn anew at any moment.
            if wanted.and_(self.page.locator(":focus")).count():
                return
            self.press(key)
        expect(wanted).to_be_focused()

    def sign_in(self, email: str) -> None:
        self.page.goto(f"{self.running.url}/")
        self.tab_to(self.page.locator("input[name=login]"))
        self.type(email)
        self.press("Tab")
        self.type(PASSWORD)
        self.press("Enter")
        expect(self.page.locator("#list:defined")).to_be_visible()
        self.desk.wait_live()

    def reload(self) -> None:
        self.page.reload()
        expect(self.page.locator("#list:defined")).to_be_visible()
        expect(self.page.locator("ticket-composer:defined")).to_be_visible()
        self.desk.wait_live()

    def choose(self, subject: str) -> None:
        """Move to the row by j and k."""
        expect(self.desk.row(subject)).to_be_visible()
        for _ in range(80):
            wanted, here, is_on_row = self.page.evaluate(PLACES, subject)
            if wanted == here and is_on_row:
                return
            self.press("k" if 0 <= wanted < here else "j")
        raise AssertionError(f"Neither j nor k leads to {subject!r}.")

    def open(self, case: Case) -> None:
        if not self.page.locator("#subject", has_text=case.subject).count():
            self.choose(case.subject)
            self.press("Enter")
        expect(self.subject).to_have_text(case.subject)
        expect(self.conversation).to_be_focused()

    def write(self, words: str, *, key: str = "r") -> None:
        self.press(key)
        expect(self.desk.box).to_be_focused()
        self.type(words)

    def send(self, words: str) -> None:
        self.write(words)
        self.press("Control+Enter")
        expect(self.desk.message(words)).to_be_visible()
        expect(self.desk.box).to_have_value("")
        self.press("Escape")
        expect(self.conversation).to_be_focused()

    def resolve(self, case: Case) -> None:
        self.press("e")
        expect(self.head).to_contain_text("Resolved")
        until(lambda: self.ticket(case)["category"] == "resolved", f"{case.subject} resolved")

    @property
    def subject(self) -> Locator:
        return self.page.locator("#subject")

    @property
    def head(self) -> Locator:
        return self.page.locator("#thread-head")

    @property
    def conversation(self) -> Locator:
        return self.page.locator("#thread .scroll")

    @property
    def note(self) -> Locator:
        return self.page.locator("#toasts")

    # What the others see of it

    def ticket(self, case: Case) -> dict:
        return self.running.api().get(f"/tickets/{case.id}/")

    def said(self, ticket: str) -> list[str]:
        messages = self.running.api().get(f"/tickets/{ticket}/messages/")["results"]
        return [message["body"] for message in messages if not message["withdrawn_at"]]


@contextlib.contextmanager
def seated(running: Deployment, chromium: Browser) -> Iterator[Keyboard]:  # noqa: F811
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    desk = Desk(context.new_page(), running.url)
    yield Keyboard(desk, running)
    pointed = desk.page.evaluate("window.name")
    context.close()
    assert desk.complaints == []
    assert pointed == "0", "Something was clicked."


@pytest.fixture
def keyboard(running: Deployment, chromium: Browser) -> Iterator[Keyboard]:  # noqa: F811
    with seated(running, chromium) as keyboard:
        yield keyboard


@pytest.fixture
def other(running: Deployment, chromium: Browser) -> Iterator[Keyboard]:  # noqa: F811
    """A colleague at a browser of their own."""
    with seated(running, chromium) as keyboard:
        yield keyboard


@pytest.fixture
def case(running: Deployment) -> Callable[..., Case]:
    running.inboxes["calm@demo.test"] = running.call("prepare_day")

    def open_ticket(subject: str, *, body: str = "Please help.", door: str = RUSH) -> Case:
        stamp = time.time_ns()
        customer = {"name": "Carol Ashworth", "email": f"carol.{stamp}@day.example"}
        asked = {"subject": f"{subject} {stamp}", "body": f"{body} {stamp}", "customer": customer}
        made = running.api().post("/tickets/", asked | {"inbox": running.inboxes[door]})
        assert made.status == 201, made
        return Case(made.body["id"], made.body["number"], made.body["subject"])

    return open_ticket


def test_ten_tickets_by_the_keyboard_alone(
    keyboard: Keyboard, case: Callable[..., Case], sink: Sink
) -> None:
    calm = "calm@demo.test"
    kettle = case("The kettle sings")
    lamp = case("Which lamp")
    chair = case("A chair in haste", door=calm)
    table = case("A table later", door=calm)
    twice, first = case("Asked twice"), case("Asked first")
    two_things = case("Two things at once")
    broken = case("All of them broke")
    workshop = case("Only the workshop knows")
    last = case("Found by its name")
    ten = [kettle, lamp, chair, table, twice, first, two_things, broken, workshop, last]

    keyboard.sign_in("alice@demo.test")
    take_answer_and_resolve(keyboard, kettle, sink)
    use_a_macro(keyboard, lamp, sink)
    take_an_answer_back(keyboard, chair, sink)
    send_later_and_cancel(keyboard, table, sink)
    merge_and_part_again(keyboard, twice, first)
    split_one_off(keyboard, two_things)
    tick_link_tag_and_follow(keyboard, broken, kettle)
    ask_a_third_party(keyboard, workshop, sink)
    note_and_resolve_by_name(keyboard, last)

    find_in_resolved(keyboard, ten)
    assert {keyboard.ticket(one)["category"] for one in ten} == {"resolved"}


def take_answer_and_resolve(keyboard: Keyboard, case: Case, sink: Sink) -> None:
    keyboard.open(case)
    keyboard.press("a")
    expect(keyboard.head).to_contain_text("Yours")
    keyboard.send(f"Please take it off the stove. {case.number}")
    mail = sink.wait_for(f"Please take it off the stove. {case.number}")
    assert mail.mail["Subject"] == f"Re: {case.subject}"
    expect(keyboard.desk.message(f"{case.number}").last).to_contain_text("Sent")
    keyboard.page.evaluate(WATCH_BELOW)
    keyboard.resolve(case)
    assert keyboard.ticket(case)["assignee"]["name"] == "Alice Moreau"
    expect(keyboard.desk.row(case.subject)).to_have_count(0)
    # What stood below it is at hand.
    keyboard.press("j")
    next_one = keyboard.page.evaluate("window.below")
    expect(keyboard.page.locator(f"#{next_one} > a")).to_be_focused()


def use_a_macro(keyboard: Keyboard, case: Case, sink: Sink) -> None:
    keyboard.open(case)
    keyboard.press("m")
    expect(keyboard.page.locator("#macros-menu input")).to_be_focused()
    keyboard.type("order")
    keyboard.press("Enter")
    words = "Hello Carol, which order is it?"
    expect(keyboard.desk.box).to_have_value(words)
    expect(keyboard.desk.box).to_be_focused()
    expect(keyboard.head).to_contain_text("High")
    keyboard.type(f" {case.number}")
    keyboard.press("Control+Enter")
    expect(keyboard.desk.message(words)).to_be_visible()
    keyboard.press("Escape")
    sink.wait_for(f"{words} {case.number}")
    now = keyboard.ticket(case)
    assert (now["priority"], now["tags"]) == ("high", ["asked"])
    keyboard.resolve(case)


def take_an_answer_back(keyboard: Keyboard, case: Case, sink: Sink) -> None:
    words = f"It costs 40 Euro {case.number}"
    keyboard.open(case)
    keyboard.write(words)
    keyboard.press("Control+Enter")
    expect(keyboard.desk.message(words)).to_be_visible()
    keyboard.press("Control+z")  # whether the server has answered or not
    expect(keyboard.desk.message(words)).to_have_count(0)
    expect(keyboard.desk.box).to_have_value(words)
    expect(keyboard.desk.box).to_be_focused()
    assert words not in keyboard.said(case.id)
    # By its other key, out of the box.
    keyboard.press("Control+Enter")
    expect(keyboard.desk.message(words)).to_be_visible()
    expect(keyboard.note.locator("[data-key=sent] [data-undo]")).to_be_visible()
    keyboard.press("Escape", "z")
    expect(keyboard.desk.box).to_have_value(words)
    expect(keyboard.desk.box).to_be_focused()
    keyboard.type(", or 35 in red")
    keyboard.press("Control+Enter")
    expect(keyboard.desk.message("or 35 in red")).to_be_visible()
    keyboard.press("Escape")
    sink.wait_for(f"{words}, or 35 in red", seconds=60)
    assert len(sink.find(words)) == 1
    keyboard.resolve(case)


def send_later_and_cancel(keyboard: Keyboard, case: Case, sink: Sink) -> None:
    words = f"It comes on Monday {case.number}"
    scheduled = keyboard.page.locator("footer.later")
    keyboard.open(case)
    keyboard.write(words)
    keyboard.press("Control+Shift+Enter")
    menu = keyboard.page.locator("#later-menu")
    expect(menu.locator("[data-first]")).to_be_focused()
    keyboard.press("ArrowDown", "ArrowUp", "Enter")
    expect(scheduled).to_contain_text("Leaves")
    keyboard.reload()
    expect(scheduled).to_contain_text("Leaves")
    [waiting] = [
        message
        for message in keyboard.running.api().get(f"/tickets/{case.id}/messages/")["results"]
        if message["body"] == words
    ]
    assert waiting["delivery"]["state"] == "scheduled"
    keyboard.press("r")
    keyboard.tab_to(scheduled.get_by_role("button", name="Cancel"), key="Shift+Tab")
    keyboard.press("Enter")
    expect(scheduled).to_have_count(0)
    assert words not in keyboard.said(case.id)
    assert sink.find(words) == []
    expect(keyboard.conversation).to_be_focused()
    keyboard.resolve(case)


def merge_and_part_again(keyboard: Keyboard, source: Case, target: Case) -> None:
    page = keyboard.page
    before = keyboard.said(source.id), keyboard.said(target.id)
    keyboard.open(source)
    keyboard.press("M")
    expect(page.locator("#pick-find")).to_be_focused()
    keyboard.type(str(target.number))
    keyboard.press("Enter")
    confirm = page.locator("#pick-ticket [data-submit]")
    expect(confirm).to_be_focused()
    expect(confirm).to_have_text(f"Merge into #{target.number}")
    keyboard.press("Enter")
    expect(keyboard.subject).to_have_text(target.subject)
    expect(keyboard.desk.message(before[0][0])).to_be_visible()
    expect(keyboard.conversation).to_be_focused()
    assert keyboard.said(source.id) == []
    assert sorted(keyboard.said(target.id)) == sorted(before[0] + before[1])
    keyboard.press("z")
    expect(keyboard.subject).to_have_text(source.subject)
    expect(keyboard.desk.message(before[0][0])).to_be_visible()
    expect(keyboard.conversation).to_be_focused()
    assert (keyboard.said(source.id), keyboard.said(target.id)) == before
    keyboard.resolve(source)
    keyboard.open(target)
    expect(keyboard.desk.message(before[0][0])).to_have_count(0)
    keyboard.resolve(target)


def split_one_off(keyboard: Keyboard, case: Case) -> None:
    page = keyboard.page
    other = f"And my invoice is wrong {case.number}"
    note = {"body": other}
    assert keyboard.running.api().post(f"/tickets/{case.id}/notes/", note).status == 201
    asked = [words for words in keyboard.said(case.id) if words != other]
    keyboard.open(case)
    expect(keyboard.desk.message(other)).to_be_visible()
    keyboard.press("S")
    expect(page.locator(".choose input").last).to_be_focused()
    keyboard.press("Space", "Enter")
    subject = page.locator(".split-bar input[name=subject]")
    expect(subject).to_be_focused()
    keyboard.type(f"Invoice of {case.number}")
    keyboard.press("Enter")
    expect(keyboard.subject).to_have_text(f"Invoice of {case.number}")
    expect(keyboard.desk.message(other)).to_be_visible()
    expect(keyboard.conversation).to_be_focused()
    new = re.search(r"/tickets/([0-9a-f-]{36})/", page.url).group(1)
    assert new != case.id
    assert (keyboard.said(case.id), keyboard.said(new)) == (asked, [other])
    keyboard.choose(case.subject)
    keyboard.press("Enter")
    expect(keyboard.subject).to_have_text(case.subject)
    expect(keyboard.desk.message(other)).to_have_count(0)
    keyboard.resolve(case)


def tick_link_tag_and_follow(keyboard: Keyboard, case: Case, other: Case) -> None:
    page = keyboard.page
    keyboard.open(case)
    keyboard.press("w")
    expect(keyboard.head.locator("[data-follow]").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#new-item")).to_be_visible()
    keyboard.press("l")
    expect(page.locator("#new-item")).to_be_focused()
    keyboard.type("Ask for a photo")
    keyboard.press("Enter")
    point = page.get_by_role("checkbox", name="Ask for a photo")
    expect(point).to_be_visible()
    expect(page.locator("#new-item")).to_be_focused()
    keyboard.tab_to(point, key="Shift+Tab")
    keyboard.press("Space")
    expect(page.locator(".checklist [data-done]")).to_have_count(1)
    keyboard.press("Escape")
    expect(keyboard.conversation).to_be_focused()
    keyboard.press("t")
    expect(page.locator("#choose-tags input")).to_be_focused()
    keyboard.type("asked")
    keyboard.press("Enter")
    expect(page.locator("#fields [data-tag=asked]")).to_be_visible()
    keyboard.press("L")
    expect(page.locator("#pick-find")).to_be_focused()
    keyboard.type(str(other.number))
    keyboard.press("Enter")
    expect(page.locator("#pick-ticket [data-submit]")).to_be_focused()
    keyboard.press("Enter")
    expect(page.locator("ticket-work .related")).to_contain_text(other.subject)
    keyboard.reload()
    expect(page.locator("ticket-work .related")).to_contain_text(other.subject)
    expect(page.locator(".checklist [data-done]")).to_have_count(1)
    expect(keyboard.head.locator("[data-follow]").first).to_have_attribute("aria-pressed", "true")
    assert keyboard.ticket(case)["tags"] == ["asked"]
    keyboard.resolve(case)


def ask_a_third_party(keyboard: Keyboard, case: Case, sink: Sink) -> None:
    page = keyboard.page
    words = f"Can it be glued? {case.number}"
    keyboard.open(case)
    keyboard.press("h")
    expect(page.locator("#side-people")).to_be_focused()
    keyboard.type("workshop@third.example")
    keyboard.tab_to(page.locator("#side-body"))
    keyboard.type(words)
    keyboard.press("Control+Enter")
    expect(page.locator("ticket-sides")).to_contain_text(words)
    assert sink.wait_for(words).recipients == ["workshop@third.example"]
    assert words not in [m for m in keyboard.said(case.id) if m != words]
    keyboard.resolve(case)


def note_and_resolve_by_name(keyboard: Keyboard, case: Case) -> None:
    page = keyboard.page
    keyboard.press("Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    keyboard.type(f"#{case.number}")
    expect(page.locator("#palette [role=option]").first).to_contain_text(case.subject)
    keyboard.press("Enter")
    expect(keyboard.subject).to_have_text(case.subject)
    keyboard.write("She is a friend of the house.", key="n")
    keyboard.press("Control+Enter")
    expect(keyboard.desk.message("friend of the house")).to_have_attribute("data-from", "note")
    keyboard.press("Escape", "Control+k")
    expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    keyboard.type("resolve")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Resolve")
    keyboard.press("Enter")
    expect(keyboard.head).to_contain_text("Resolved")
    until(lambda: keyboard.ticket(case)["category"] == "resolved", "resolved by name")


def find_in_resolved(keyboard: Keyboard, cases: list[Case]) -> None:
    """Through the views, by arrows; the list goes on where the view was chosen."""
    page = keyboard.page
    keyboard.press("Escape", "v")
    expect(page.locator("#views a[aria-current]")).to_be_focused()
    keyboard.tab_to(page.locator("#views [data-view=resolved]"), key="ArrowDown")
    keyboard.press("Enter")
    expect(page.locator("#list-title")).to_contain_text("Resolved")
    for case in cases:
        expect(keyboard.desk.row(case.subject)).to_be_visible()
    keyboard.choose(cases[0].subject)
    keyboard.press("Enter")
    expect(keyboard.subject).to_have_text(cases[0].subject)
    keyboard.reload()
    expect(keyboard.head).to_contain_text("Resolved")


def test_two_on_one_ticket_see_each_other_and_neither_talks_over_the_other(
    keyboard: Keyboard, other: Keyboard, case: Callable[..., Case], sink: Sink
) -> None:
    both = case("Answered by two")
    keyboard.sign_in("alice@demo.test")
    other.sign_in("bob@demo.test")
    keyboard.open(both)
    other.open(both)
    here, there = keyboard.page.locator("#thread .here"), other.page.locator("#thread .here")
    expect(here).to_contain_text("Bob Achterberg")
    expect(here.locator("[data-state=viewing]")).to_have_count(1)
    expect(there).to_contain_text("Alice Moreau")
    # Both write; each is told of the other.
    other.write("You get a new lamp, it is on its way.")
    expect(here.locator("[data-state=typing]")).to_contain_text("Bob Achterberg")
    keyboard.write("You get a new lamp within three days.")
    expect(there.locator("[data-state=typing]")).to_contain_text("Alice Moreau")
    # Hers arrives while he looks at his own words, in a page that heard nothing of it.
    other.page.route("**/changes/**", lambda route: route.abort())
    keyboard.press("Control+Enter")
    sink.wait_for("You get a new lamp within three days.")
    other.press("Control+Enter")
    unseen = other.page.locator("ticket-composer .unseen")
    expect(unseen).to_contain_text("Alice Moreau")
    expect(unseen).to_contain_text("You get a new lamp within three days.")
    marked = unseen.locator("mark").all_inner_texts()
    assert [words.strip() for words in marked] == ["within three days"]
    expect(unseen.locator("[data-edit]")).to_be_focused()
    expect(other.desk.box).to_have_value("You get a new lamp, it is on its way.")
    assert sink.find("it is on its way") == []
    # He has looked, goes back to his words, changes them, and may send.
    other.page.unroute("**/changes/**")
    other.press("Escape")
    expect(other.desk.box).to_be_focused()
    expect(other.desk.message("within three days")).to_be_visible()
    other.press("Control+a")
    other.type("Here is its number as well.")
    other.press("Control+Enter")
    expect(other.desk.message("its number as well")).to_be_visible()
    sink.wait_for("Here is its number as well.")
    assert len(keyboard.said(both.id)) == 3
    # Whoever goes is no longer shown.
    other.press("Escape", "Escape")
    expect(here).to_be_hidden()
