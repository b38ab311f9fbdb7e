"""The bot as visitors meet it, in English and in Chinese, and what an agent finds of it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.system.deployment import Deployment
from tests.system.test_browser import Desk, chromium  # noqa: F401
from tests.system.test_widget_browser import Visitor, Website, visit, website  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def inside(running: Deployment) -> Callable[..., Any]:
    def call_inside(function: str, *arguments: object) -> Any:
        given = ", ".join(map(repr, arguments))
        code = f"from tests.system import inside_bot as i; i.answer(i.{function}({given}))"
        *_, line = running.manage("shell", "--no-imports", "-c", code).splitlines()
        return json.loads(line)

    return call_inside


@pytest.fixture(scope="module")
def key(inside: Callable[..., Any], website: Website, running: Deployment) -> str:  # noqa: F811
    key = str(inside("hire_pip", website.url))
    running.wait_idle(seconds=240)  # what it understands is trained meanwhile
    return key


def ask(visitor: Visitor, words: str, *expected: str) -> None:
    """Says it, and waits for an answer that holds all of this."""
    said = visitor.page.locator("helpdesk-chat .msg[data-from=agent]")
    before = said.count()
    visitor.write(words)
    expect(said).to_have_count(before + 1)
    for text in expected:
        expect(said.last).to_contain_text(re.compile(text, re.I))


def test_an_english_customer_is_helped_and_handed_over_with_a_summary(
    key: str,
    inside: Callable[..., Any],
    visit: Callable[..., Visitor],  # noqa: F811
    running: Deployment,
    chromium: Browser,  # noqa: F811
) -> None:
    june = visit(key, locale="en-GB").open()
    panel = june.panel
    ask(june, "Where is my order?", "number begins with PW")
    expect(panel.locator(".head")).to_contain_text("Pip")
    ask(june, "PW-20734", "postcode")
    ask(june, "BS6 5QA", "Swiftlane", "Luna glass table lamp")
    ask(june, "refund rules", "five working days")
    card = panel.locator("a.card-link")
    expect(card).to_contain_text("When your refund arrives")
    expect(card).to_have_attribute("href", re.compile(rf"^{running.url}/portal/perchwood/help/"))

    ask(june, "Can you recommend a good dentist nearby?", "What is it about|rather not guess")
    expect(panel.get_by_role("button", name="Talk to a person").first).to_be_visible()
    ask(june, "I want to change the delivery address", "past the point|make sure")
    expect(panel.get_by_role("status")).to_be_visible()

    [handoff] = inside("handoffs", key)
    assert handoff["reason"] == "policy" and handoff["slots"]["order"] == "PW-20734"
    agent = chromium.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    desk = Desk(agent.new_page(), running.url)
    desk.sign_in()
    desk.page.goto(f"{running.url}/tickets/{handoff['ticket']}/")
    told = desk.page.locator("bot-panel")
    expect(told).to_contain_text("people decide this")
    expect(told).to_contain_text("PW-20734")
    expect(desk.page.locator(".msg[data-from=note]").last).to_contain_text("Pip")
    report = Axe().run(desk.page, context="bot-panel")
    assert report.response["violations"] == []
    agent.close()


def test_a_chinese_customer_proves_who_they_are_and_changes_the_address(
    key: str,
    inside: Callable[..., Any],
    visit: Callable[..., Visitor],  # noqa: F811
) -> None:
    wang = visit(key).open()
    ask(wang, "你好", "Pip")
    inside("prove_newest", key, "wanglei88@mail.example")
    ask(wang, "我的订单 PW-30455 到哪了", "峡湾炻器餐具套装", "已确认")
    ask(wang, "退款规则", "五个工作日内")
    ask(wang, "修改收货地址", "新的地址")
    ask(wang, "成都市武侯区人民南路 88 号 610041", "人民南路 88 号.*对吗")
    wang.panel.get_by_role("button", name="是的", exact=True).click()
    expect(wang.message("会送到新地址")).to_be_visible()


@pytest.mark.parametrize(
    "words, reason, answer",
    [
        ("人工", "asked_for_person", "马上为您转人工"),
        ("你这个破机器人真是垃圾", "negative_mood", "我理解您的心情"),
    ],
)
def test_a_person_is_called_by_a_word_and_by_an_insult(
    key: str,
    inside: Callable[..., Any],
    visit: Callable[..., Visitor],  # noqa: F811
    words: str,
    reason: str,
    answer: str,
) -> None:
    visitor = visit(key).open()
    ask(visitor, words, answer)

    assert inside("handoffs", key)[0]["reason"] == reason
