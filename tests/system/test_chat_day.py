"""A chat as all sides see it: a visitor on another website's page, in Chinese and on a phone, two
agents at their own browsers, and the mails between them."""

import re
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.system.deployment import Deployment, Received, Sink, until
from tests.system.inside import PASSWORD
from tests.system.test_browser import Desk, chromium  # noqa: F401
from tests.system.test_widget_browser import (  # noqa: F401  fixtures
    PASTE_PICTURE,
    PATIENCE_MS,
    Visitor,
    Website,
    call,
    visit,
    website,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
ALICE, BOB = "alice.chat@demo.test", "bob.chat@demo.test"
NOTICE = "我们只为回答您而保存这些内容。"
# All that stands in the open chat, from above: who said it and what, or what happened.
READ_STORY = """() => {
  const shown = document.querySelector("helpdesk-chat").shadowRoot.querySelectorAll(".log > *");
  return [...shown].flatMap((row) => {
    const [words, time] = row.innerText.split(" · ");
    if (row.matches(".by")) return time ? [["line", words]] : [];
    const said = row.querySelector(".say")?.innerText ?? "";
    const pictures = row.querySelectorAll("a.pic canvas").length;
    return row.dataset.from ? [[row.dataset.from, said + "▣".repeat(pictures)]] : [];
  });
}"""
READ_THREAD = """messages => messages.map((one) =>
  [one.dataset.from, one.dataset.by, one.querySelector(".text").innerText.trim()])"""
IS_DRAWN = "image => image.complete && image.naturalWidth === 900"
HAS_INK = """canvas => canvas.getContext("2d").getImageData(120, 120, 1, 1).data[3] === 255"""


class Agent(Desk):
    """One of those who answer, at a browser of their own."""

    def __init__(self, page: Page, url: str, email: str) -> None:
        super().__init__(page, url)
        self.email = email
        page.set_default_timeout(PATIENCE_MS)

    def sit_down(self) -> "Agent":
        self.page.goto(f"{self.url}/")
        self.page.locator("input[name=login]").fill(self.email)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        expect(self.page.locator("#list:defined")).to_be_visible()
        self.wait_live()
        return self

    def accept(self, name: str, *, key: str = "") -> None:
        """What is offered, by a key or by the button; they are led to it."""
        expect(self.offer).to_be_visible()
        expect(self.offer).to_contain_text(name)
        if key:
            self.page.keyboard.press(key)
        else:
            self.offer.get_by_role("button", name="Accept").click()
        expect(self.offer).to_be_hidden()
        expect(self.page.locator(f'chat-line[data-name*="{name}"]')).to_be_attached()
        expect(self.head).to_contain_text("In the chat now")
        expect(self.page.locator("ticket-composer:defined[data-channel=chat]")).to_be_visible()
        self.wait_live()

    def answer(self, words: str) -> None:
        """In a chat Enter is enough."""
        self.box.fill(words)
        self.box.press("Enter")
        expect(self.box).to_have_value("")
        expect(self.message(words)).to_be_visible()

    def note(self, words: str) -> None:
        self.page.get_by_role("tab", name="Note").click()
        self.box.fill(words)
        self.box.press("Control+Enter")
        expect(self.message(words)).to_have_attribute("data-from", "note")
        self.page.get_by_role("tab", name="Reply").click()

    def ask(self, name: str) -> Locator:
        """Choose from the chat's menu; the dialog that opens."""
        self.page.locator("#thread .scroll").focus()
        self.page.keyboard.press("i")
        self.page.locator("#chat-menu").get_by_role("menuitem", name=name).click()
        dialog = self.page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        return dialog

    def confirm(self, dialog: Locator) -> None:
        dialog.locator("[data-submit]").click()
        expect(self.page.locator("dialog[open]")).to_have_count(0)

    def choose_person(self, dialog: Locator, name: str) -> None:
        people = dialog.get_by_role("combobox")
        option = people.locator("option", has_text=name)
        expect(option).to_be_attached()
        people.select_option(option.get_attribute("value"))

    def said(self) -> list[list[str]]:
        """Who spoke, and how it came, from above."""
        return list(self.page.locator("#thread .msg").evaluate_all(READ_THREAD))

    @property
    def offer(self) -> Locator:
        return self.page.locator("#chat-offer")

    @property
    def head(self) -> Locator:
        return self.page.locator("#thread-head")

    @property
    def line(self) -> Locator:
        """What they see of the visitor just now."""
        return self.page.locator("chat-line")

    @property
    def about(self) -> Locator:
        return self.page.locator("#chat-side")


@pytest.fixture
def agent(running: Deployment, chromium: Browser) -> Iterator[Callable[[str], Agent]]:  # noqa: F811
    agents: list[Agent] = []

    def sit_down(email: str) -> Agent:
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        agents.append(Agent(context.new_page(), running.url, email))
        return agents[-1].sit_down()

    yield sit_down
    for one in agents:
        one.page.context.close()
    assert [one.complaints for one in agents] == [[] for _ in agents]


def story(visitor: Visitor) -> list[list[str]]:
    return list(visitor.page.evaluate(READ_STORY))


def wait_story(visitor: Visitor, expected: list[list[str]]) -> None:
    until(
        lambda: visitor.page.wait_for_timeout(50) or story(visitor) == expected,
        f"this and no more in the widget: {expected}",
    )


# One story


def test_one_story_from_agent_to_agent_over_a_closed_tab_and_by_mail(
    running: Deployment,
    sink: Sink,
    call: Callable[..., Any],  # noqa: F811
    website: Website,  # noqa: F811
    visit: Callable[..., Visitor],  # noqa: F811
    agent: Callable[[str], Agent],
) -> None:
    key = call("open_desk", "One story", [website.url], NOTICE)
    stamp = time.time_ns()
    address, mailed = f"wang.{stamp}@day.example", f"明天补发新的，单号 {stamp}"
    thanks, back = f"收到，太好了 {stamp}", "我回来了，谢谢两位"
    alice = agent(ALICE)
    visitor = begin_with_a_screenshot(visit(key, **PHONE), address)
    take_and_look(alice, visitor)
    type_to_each_other(alice, visitor)
    bob = agent(BOB)
    hand_over(alice, bob, visitor)

    call("leave_after", key, 2)
    visitor.leave()
    mail = answer_by_mail_to_who_has_left(bob, sink, mailed, address)
    answer_the_mail(running, mail, address, thanks)
    expect(bob.message(thanks)).to_have_attribute("data-by", "mail")
    call("leave_after", key, 90)
    visitor = visit(key, beside=visitor)
    whole = [
        ["visitor", "我的碗裂了一道缝"],
        ["visitor", "截图在这里▣"],
        ["line", "Alice 已加入对话"],
        ["visitor", "订单号是 PL-2041"],
        ["agent", "我马上看看。"],
        ["line", "正在为您转接同事"],
        ["line", "Bob 已加入对话"],
        ["agent", mailed],
        ["visitor", thanks],
    ]
    come_back(visitor, whole)
    whole.append(["visitor", back])
    visitor.write(back)
    visitor.wait_sent()
    wait_story(visitor, whole)
    # Close to it in time, but not said in the chat.
    expect(visitor.message(thanks).locator(".meta")).to_contain_text("通过邮件")
    expect(bob.message(back)).to_have_attribute("data-by", "chat")
    check_thread(bob, mailed, thanks, back)
    end_and_rate(bob, visitor)
    whole.append(["line", "Bob 结束了对话"])
    wait_story(visitor, whole)
    read_the_transcript(sink, visitor, address, whole)


def begin_with_a_screenshot(visitor: Visitor, address: str) -> Visitor:
    page = visitor.open().page
    expect(visitor.panel).to_contain_text(NOTICE)
    page.get_by_label("您的姓名").fill("王小明")
    page.get_by_label("您的电子邮箱").fill(address)
    page.get_by_label("我同意").check()
    visitor.box.fill("我的碗裂了一道缝")
    page.get_by_role("button", name="开始对话", exact=True).tap()
    visitor.wait_sent()
    expect(visitor.panel).to_contain_text("下一位就是您")
    visitor.box.evaluate(PASTE_PICTURE)
    expect(page.locator("helpdesk-chat .chips")).to_contain_text("截图")
    visitor.write("截图在这里")
    expect(page.locator("helpdesk-chat a.pic canvas")).to_be_visible()
    visitor.wait_sent()
    return visitor


def take_and_look(alice: Agent, visitor: Visitor) -> None:
    alice.accept("王小明", key="y")
    expect(alice.message("我的碗裂了一道缝")).to_be_visible()
    picture = alice.message("截图在这里").locator("a.pic img")
    expect(picture).to_be_visible()
    until(lambda: picture.evaluate(IS_DRAWN), "the screenshot as it was pasted")
    expect(visitor.panel.locator(".head")).to_contain_text("Alice 正在为您服务")
    expect(visitor.own.last).to_contain_text("已读")


def type_to_each_other(alice: Agent, visitor: Visitor) -> None:
    words = "订单号是 PL-2041"
    expect(visitor.panel).to_contain_text("发送前，客服可以看到您正在输入的内容。")
    visitor.box.press_sequentially(words)
    expect(alice.line.locator("[data-typing]")).to_contain_text("王小明")
    expect(alice.line.locator("[data-preview]")).to_have_text(words)
    visitor.box.press("Enter")
    expect(alice.message(words)).to_be_visible()
    expect(alice.line.locator("[data-preview]")).to_be_hidden()
    expect(alice.line.locator("[data-typing]")).to_be_hidden()

    alice.box.press_sequentially("我马上")
    expect(visitor.panel.locator(".typing")).to_contain_text("Alice 正在输入")
    alice.answer("我马上看看。")
    expect(visitor.message("我马上看看。")).to_be_visible()
    expect(visitor.panel.locator(".typing")).to_have_count(0)
    expect(alice.message("我马上看看。").locator("footer")).to_contain_text("Read")


def hand_over(alice: Agent, bob: Agent, visitor: Visitor) -> None:
    dialog = alice.ask("Hand the chat on")
    alice.choose_person(dialog, "Bob Okafor")
    dialog.get_by_label("What they should know").fill("He wants the same glaze.")
    alice.confirm(dialog)
    expect(visitor.panel).to_contain_text("正在为您转接同事")

    bob.accept("王小明")

    expect(bob.message("He wants the same glaze.")).to_have_attribute("data-from", "note")
    expect(bob.message("He wants the same glaze.")).to_contain_text("Alice Marchand")
    expect(bob.message("截图在这里").locator("a.pic img")).to_be_visible()
    words = [words for _from, _by, words in bob.said()]
    assert words[:4] == ["我的碗裂了一道缝", "截图在这里", "订单号是 PL-2041", "我马上看看。"]
    expect(visitor.panel.locator(".head")).to_contain_text("Bob 正在为您服务")
    expect(alice.head).to_contain_text("Chat of Bob Okafor")
    assert "glaze" not in visitor.panel.inner_text()


def answer_by_mail_to_who_has_left(bob: Agent, sink: Sink, words: str, address: str) -> Received:
    expect(bob.line).to_contain_text(f"They have left. Your answer goes on by mail to {address}")
    bob.answer(words)
    mail = sink.wait_for(words)
    assert mail.recipients == [address]
    assert "您离开对话后我们才回复" in mail.text
    # What they have read, and what is none of theirs, stays here.
    assert "我马上看看" not in mail.text and "glaze" not in mail.raw.decode()
    assert len(sink.find(words)) == 1
    return mail


def answer_the_mail(running: Deployment, asked: Received, address: str, words: str) -> None:
    reply_to = asked.mail["Reply-To"].addresses[0].addr_spec
    assert re.fullmatch(r"support\+r\.[a-z2-7]{40,60}@demo\.test", reply_to)
    mail = EmailMessage()
    mail["From"], mail["To"] = f"王小明 <{address}>", reply_to
    mail["Subject"] = f"Re: {asked.mail['Subject']}"
    mail["Message-ID"] = f"<{time.time_ns()}@day.example>"
    mail["In-Reply-To"] = asked.mail["Message-ID"]
    quoted = "\n".join(f"> {line}" for line in asked.text.splitlines())
    mail.set_content(f"{words}\n\n于 2026年11月22日写道：\n{quoted}\n")
    assert running.send_mail(mail.as_bytes(), to=reply_to, sender=address)[0] == 250


def come_back(visitor: Visitor, whole: list[list[str]]) -> None:
    visitor.arrive()
    expect(visitor.launcher).to_have_accessible_name("打开对话，新消息：1")
    visitor.launcher.tap()
    wait_story(visitor, whole)
    picture = visitor.page.locator("helpdesk-chat a.pic canvas")
    until(lambda: picture.evaluate(HAS_INK), "the screenshot, drawn again")
    [_day, *_story, _mailed, last] = visitor.page.locator("helpdesk-chat .log > *").all()
    expect(last.locator(".meta")).to_contain_text("通过邮件")
    assert "glaze" not in visitor.panel.inner_text()


def check_thread(bob: Agent, mailed: str, thanks: str, back: str) -> None:
    """The same for those who answer, with what is theirs alone."""
    [*before, carried, mail, last] = bob.said()
    assert [words for _from, _by, words in before] == [
        "我的碗裂了一道缝",
        "截图在这里",
        "订单号是 PL-2041",
        "我马上看看。",
        "He wants the same glaze.",
        mailed,
    ]
    assert (carried[:2], mail, last) == (
        ["bot", "mail"],
        ["customer", "mail", thanks],
        ["customer", "chat", back],
    )


def end_and_rate(bob: Agent, visitor: Visitor) -> None:
    dialog = bob.ask("End the chat")
    dialog.get_by_label("Solved").check()
    bob.confirm(dialog)
    expect(bob.head).to_contain_text("Resolved")
    expect(bob.about).to_contain_text("Solved")
    survey = visitor.page.get_by_role("group", name="这次对话您满意吗？")
    survey.get_by_role("button", name="5 分（满分 5 分）").tap()
    expect(survey).to_contain_text("谢谢！")
    expect(visitor.box).to_be_hidden()
    expect(bob.about).to_contain_text("5 of 5")


def read_the_transcript(sink: Sink, visitor: Visitor, address: str, whole: list[list[str]]) -> None:
    page = visitor.page
    page.get_by_role("button", name="把对话发到邮箱").tap()
    page.get_by_label("您的电子邮箱").fill(address)
    page.get_by_role("button", name="发送", exact=True).tap()
    expect(visitor.panel).to_contain_text(f"已发往 {address}")
    mail = sink.wait_for("您与 Perchwood 的对话")
    assert mail.recipients == [address]
    places = [mail.text.find(words.rstrip("▣")) for _from, words in whole]
    assert -1 not in places and places == sorted(places), mail.text
    assert "glaze" not in mail.text
    assert ".png]" in mail.text
