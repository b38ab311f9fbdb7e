"""Who sits at a chat: a colleague who is asked in, a visitor who is shut out, people at one browser
of whom none may see what the other said."""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.system.deployment import Sink, until
from tests.system.test_chat_day import (  # noqa: F401  fixtures
    ALICE,
    BOB,
    PHONE,
    Agent,
    agent,
    call,
    chromium,
    visit,
    wait_story,
    website,
)
from tests.system.test_widget_browser import Visitor, Website

pytestmark = [pytest.mark.slow, pytest.mark.browser]


# A colleague asked in, whispers, abuse


def test_a_colleague_is_asked_in_notes_stay_here_and_abuse_is_shut_out(
    call: Callable[..., Any],  # noqa: F811
    website: Website,  # noqa: F811
    visit: Callable[..., Visitor],  # noqa: F811
    agent: Callable[[str], Agent],  # noqa: F811
) -> None:
    key = call("open_desk", "Three of us", [website.url])
    alice = agent(ALICE)
    visitor = visit(key).open()
    visitor.write("这个釉能进洗碗机吗？")
    expect(alice.offer).to_contain_text("这个釉能进洗碗机吗？")
    alice.accept("访客")
    bob = agent(BOB)

    dialog = alice.ask("Ask a colleague in")
    alice.choose_person(dialog, "Bob Okafor")
    alice.confirm(dialog)

    open_as_a_guest(bob)
    alice.note("Only the grey one, I think?")
    expect(bob.message("Only the grey one, I think?")).to_have_attribute("data-from", "note")
    bob.answer("可以的，灰色的也行。")
    expect(visitor.message("灰色的也行")).to_contain_text("Bob")
    expect(visitor.panel.locator(".head")).to_contain_text("Alice 正在为您服务")
    assert "grey" not in visitor.panel.inner_text()
    visitor.write("骗子！")
    expect(alice.message("骗子！")).to_be_visible()

    shut_out(alice, visitor)

    visitor.page.reload()
    expect(visitor.panel).to_contain_text("您目前无法使用在线咨询。")
    expect(visitor.own).to_have_count(0)
    expect(visitor.box).to_be_hidden()
    assert call("said", key)[-1] == "骗子！"


def open_as_a_guest(bob: Agent) -> None:
    """By the panel of chats, with the keyboard."""
    door = bob.page.locator("#chats")
    expect(door).to_be_visible()
    bob.page.keyboard.press("g")
    bob.page.keyboard.press("h")
    row = bob.page.locator("#chats-menu .chat-row", has_text="访客")
    expect(row).to_contain_text("as a guest")
    row.locator("[data-chat-open]").press("Enter")
    expect(bob.head).to_contain_text("Chat of Alice Marchand")
    expect(bob.page.locator("ticket-composer:defined[data-channel=chat]")).to_be_visible()
    bob.wait_live()


def shut_out(alice: Agent, visitor: Visitor) -> None:
    dialog = alice.ask("Shut this visitor out")
    dialog.get_by_label("Reason").fill("insults")
    alice.confirm(dialog)
    expect(visitor.panel).to_contain_text("您目前无法使用在线咨询。")
    expect(visitor.box).to_be_hidden()
    expect(alice.about).to_contain_text("Shut out until")
    expect(alice.about).to_contain_text("Spam or abuse")


# Who somebody is


def test_who_comes_next_sees_nothing_and_who_proves_it_sees_their_own(
    sink: Sink,
    call: Callable[..., Any],  # noqa: F811
    website: Website,  # noqa: F811
    visit: Callable[..., Visitor],  # noqa: F811
    agent: Callable[[str], Agent],  # noqa: F811
) -> None:
    key = call("open_desk", "Signed in", [website.url])
    secret = call("new_secret", key)
    address = f"wen.{time.time_ns()}@day.example"
    wen = sign(secret, sub="wen", name="文", email=address, email_verified=True)
    alice = agent(ALICE)
    home = visit(key).open()
    identify(home, wen)
    home.write("我怀孕了，能换货吗？")
    home.wait_sent()
    alice.accept("文")
    expect(alice.about).to_contain_text("by the website")
    expect(alice.about).not_to_contain_text("Not proved")
    alice.answer("当然可以。")
    expect(home.message("当然可以。")).to_be_visible()

    # Somebody else signs in at the same browser; then nobody does; then she is back.
    identify(home, sign(secret, sub="li", name="李"))
    expect(home.message("我怀孕了")).to_have_count(0)
    home.write("我是李，灯坏了")
    home.wait_sent()
    expect(home.own).to_have_count(1)
    identify(home, "")
    expect(home.own).to_have_count(0)
    expect(home.page.get_by_role("button", name="全部对话")).to_be_hidden()
    identify(home, wen)
    wait_story(home, told := [["visitor", "我怀孕了，能换货吗？"], *joined("当然可以。")])

    # A word signed by nobody is no word.
    forger = visit(key).open()
    identify(forger, sign("a guess", sub="wen", email=address, email_verified=True))
    forger.write("我是文")
    forger.wait_sent()
    expect(forger.own).to_have_count(1)

    away = visit(key, **PHONE).open()
    prove_by_code(away, sink, address)
    row = away.page.locator("helpdesk-chat .earlier", has_text="我怀孕了")
    expect(away.page.locator("helpdesk-chat .earlier")).to_have_count(1)
    row.tap()
    wait_story(away, told)


def joined(*words: str) -> list[list[str]]:
    return [["line", "Alice 已加入对话"], *(["agent", one] for one in words)]


def sign(secret: str, **claims: Any) -> str:
    """As the website's server does it: a JWT, HS256."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"exp": time.time() + 600} | claims
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    mac = hmac.digest(secret.encode(), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def identify(visitor: Visitor, token: str) -> None:
    """Somebody signs in or out at the website."""
    visitor.page.evaluate("token => window.helpdeskChat.identify(token)", token)


def prove_by_code(visitor: Visitor, sink: Sink, address: str) -> None:
    page = visitor.page
    page.get_by_role("button", name="更多").tap()
    page.get_by_role("button", name="验证身份").tap()
    page.get_by_label("您的电子邮箱").fill(address)
    page.get_by_role("button", name="发送验证码").tap()
    field = page.get_by_label("邮件中的验证码")
    expect(field).to_be_visible()
    mails = until(
        lambda: [one for one in list(sink.mails) if one.recipients == [address]], "a code"
    )
    digits = re.sub(r"\D", "", re.search(r"\d{3} \d{3}", str(mails[-1].mail["Subject"]))[0])
    field.fill(str((int(digits) + 1) % 10**6).zfill(6))
    page.get_by_role("button", name="确认", exact=True).tap()
    expect(visitor.panel).to_contain_text("验证码不正确或已失效。")
    field.fill(digits)
    page.get_by_role("button", name="确认", exact=True).tap()
    expect(visitor.panel).to_contain_text(f"已验证：{address}")
