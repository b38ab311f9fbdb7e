"""After the answer: asked in the chat; asked by mail and answered on a phone, in Chinese; a low
score worked until the customer is told what was done, and asked once more."""

import re
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.deployment import Deployment, Received, Sink, until
from tests.system.test_admin_day import Person
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way
from tests.system.test_chat_day import ALICE, NOTICE, PHONE, Agent, agent  # noqa: F401  fixture
from tests.system.test_widget_browser import (  # noqa: F401  fixtures
    Visitor,
    Website,
    call,
    visit,
    website,
)

pytestmark = [pytest.mark.slow, pytest.mark.browser]

DOOR = "support@demo.test"
LINK = re.compile(r"/survey/[0-9a-f]{64}/")
STAMP = time.time_ns()
CAUSE = f"Sent too late {STAMP}"


def inside(running: Deployment, function: str, *arguments: object) -> str:
    given = ", ".join(map(repr, arguments))
    code = f"from tests.system import inside_surveys as i; print(i.{function}({given}))"
    return running.manage("shell", "--no-imports", "-c", code).splitlines()[-1]


@pytest.fixture(scope="module", autouse=True)
def asking(running: Deployment) -> Iterator[None]:
    """Everybody is asked at once; nobody any more afterwards."""
    inside(running, "begin_asking", f"How was it {STAMP}")
    inside(running, "name_cause", CAUSE)
    yield
    inside(running, "stop_asking")


@pytest.fixture
def supervisor(running: Deployment, chromium: Browser) -> Iterator[Person]:  # noqa: F811
    supervisor = Person(chromium, running.url).sign_in("supervisor@demo.test")
    yield supervisor
    supervisor.close()


@pytest.fixture
def phone(running: Deployment, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """Somebody else's, which has never been to us."""
    context = chromium.new_context(locale="zh-CN", base_url=running.url, **PHONE)
    complaints: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def write(running: Deployment, who: str, subject: str, body: str) -> str:
    """A mail's ticket, by its id."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"王小明 <{who}>", DOOR, subject
    mail.set_content(body)
    running.send_mail(mail.as_bytes(), sender=who)
    return until(lambda: find(running, subject), f"{subject} is a ticket", seconds=60)


def find(running: Deployment, subject: str) -> str:
    rows = running.api("admin@demo.test").get("/tickets/", q=subject)["results"]
    return next((row["id"] for row in rows if row["subject"] == subject), "")


def resolve(alice: Agent, ticket: str) -> None:
    """By its key, from the ticket's own page."""
    alice.page.goto(f"{alice.url}/tickets/{ticket}/")
    expect(alice.head).to_be_visible()
    alice.wait_live()
    alice.page.locator("#thread .scroll").focus()
    alice.page.keyboard.press("e")
    expect(alice.head).to_contain_text("Resolved")


def surveys_for(sink: Sink, who: str) -> list[Received]:
    return [mail for mail in list(sink.mails) if who in mail.recipients and LINK.search(mail.text)]


def asked_by_mail(sink: Sink, who: str, count: int = 1) -> Received:
    mails = until(
        lambda: found if len(found := surveys_for(sink, who)) >= count else None,
        f"survey {count} for {who}",
        seconds=60,
    )
    assert len(mails) == count
    return mails[-1]


def test_after_a_chat_the_widget_asks(
    running: Deployment,
    sink: Sink,
    call: Callable[..., Any],  # noqa: F811
    website: Website,  # noqa: F811
    visit: Callable[..., Visitor],  # noqa: F811
    agent: Callable[[str], Agent],  # noqa: F811
) -> None:
    key, who = call("open_desk", "Asking", [website.url], NOTICE), f"chat.{STAMP}@survey.example"
    alice, visitor = agent(ALICE), visit(key, **PHONE)
    page = visitor.open().page
    page.get_by_label("您的姓名").fill("王小明")
    page.get_by_label("您的电子邮箱").fill(who)
    page.get_by_label("我同意").check()
    visitor.box.fill("请问台灯什么时候发货？")
    page.get_by_role("button", name="开始对话", exact=True).tap()
    visitor.wait_sent()
    alice.accept("王小明", key="y")
    alice.answer("明天发货。")
    dialog = alice.ask("End the chat")
    dialog.get_by_label("Solved").check()
    alice.confirm(dialog)

    survey = page.get_by_role("group", name="这次对话您满意吗？")
    survey.get_by_role("button", name="4 分（满分 5 分）").tap()
    expect(survey).to_contain_text("谢谢！")
    side = alice.page.locator("details[data-fold=survey]")
    expect(side).to_contain_text("4 of 5")
    expect(side.get_by_role("button", name="Ask:")).to_have_count(0)
    expect(alice.page.get_by_text("The customer gave 4 of 5")).to_be_visible()
    # Nothing is left to be mailed: one row, and it is answered.
    ticket = alice.page.url.rstrip("/").rpartition("/")[2]
    rows = f"SELECT channel, state FROM surveys_invitation WHERE ticket_id = '{ticket}'"
    assert running.query(rows) == [("chat", "answered")]
    assert surveys_for(sink, who) == []


def test_a_mail_a_click_and_a_confirmation_on_a_phone_in_chinese(
    running: Deployment,
    sink: Sink,
    phone: Page,
    agent: Callable[[str], Agent],  # noqa: F811
    supervisor: Person,
) -> None:
    who, subject = f"mail.{STAMP}@survey.example", f"我的碗裂了 {STAMP}"
    ticket = write(running, who, subject, "我的碗裂了一道缝，请问怎么办？等了两个星期了。")
    alice = agent("alice@demo.test")
    resolve(alice, ticket)
    mail = asked_by_mail(sink, who)
    link = LINK.search(mail.text)[0]

    answer_low(phone, mail, link)
    expect_one_answer(running, ticket, 2)
    change_the_answer(phone, link)
    expect_one_answer(running, ticket, 1)
    work_the_low_score(supervisor, subject)
    told = sink.wait_for("我们换了包装", seconds=60)
    assert told.recipients == [who]
    again = asked_by_mail(sink, who, count=2)
    assert LINK.search(again.text)[0] != link
    close_is_shown(supervisor, subject)


def answer_low(phone: Page, mail: Received, link: str) -> None:
    """The mail's button for a two, and one press more; nothing is kept before it."""
    html = mail.mail.get_body(["html"]).get_content()
    assert f"{link}2/" in html
    phone.goto(f"{link}2/")
    expect(phone.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(phone.get_by_role("radio", name="2", exact=True).first).to_be_checked()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_label("还有什么想告诉我们的吗？").fill("等太久了，非常失望。")
    phone.get_by_role("button", name="提交我的回答").tap()
    expect(phone.locator("h1")).to_have_text("谢谢您")


def change_the_answer(phone: Page, link: str) -> None:
    phone.goto(link)
    expect(phone.get_by_role("radio", name="2", exact=True).first).to_be_checked()
    expect(phone.get_by_label("还有什么想告诉我们的吗？")).to_have_value("等太久了，非常失望。")
    phone.get_by_role("radio", name="1", exact=True).first.check()
    phone.get_by_role("button", name="修改我的回答").tap()
    expect(phone.locator("h1")).to_have_text("谢谢您")


def expect_one_answer(running: Deployment, ticket: str, score: int) -> None:
    of_ticket = f"ticket_id = '{ticket}'"
    rows = running.query(
        "SELECT score FROM surveys_answer a JOIN surveys_invitation i ON i.id = a.invitation_id"
        f" WHERE i.{of_ticket}"
    )
    assert rows == [(score,)]


def work_the_low_score(supervisor: Person, subject: str) -> None:
    page = supervisor.page
    supervisor.go("/surveys/recovery/")
    row = page.locator("tr", has_text=subject)
    expect(row).to_contain_text("1")
    row.get_by_role("link").click()
    supervisor.sees("等太久了，非常失望。")
    # On narrow screens the way to other settings has a button of this name.
    close = page.get_by_role("main").get_by_role("button", name="Close", exact=True)
    close.click()
    supervisor.sees("cause")  # it cannot be closed without
    supervisor.press("I called them back")
    page.get_by_label("Cause").select_option(label=CAUSE)
    supervisor.fill(remedy="A new bowl is on its way.", told="您说碗裂了：我们换了包装。")
    page.get_by_label("Ask once more how it is now").check()
    close.click()
    supervisor.sees("Closed.", within="body")


def close_is_shown(supervisor: Person, subject: str) -> None:
    supervisor.go("/surveys/recovery/?show=closed")
    row = supervisor.page.locator("tr", has_text=subject)
    expect(row).to_contain_text(CAUSE)
    row.get_by_role("link").click()
    supervisor.sees("我们换了包装")
    supervisor.sees("Asked once more")
