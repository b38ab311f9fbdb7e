"""A customer in the portal: on a phone, in Chinese, with and without scripts."""

import re
import time
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.system.deployment import Deployment, Sink, until
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def portal(running: Deployment) -> str:
    return f"{running.url}/portal/{running.call('offer_forms')}/"


class Visitor:
    """Somebody with a phone, who reads Chinese."""

    def __init__(self, page: Page, portal: str) -> None:
        self.page, self.portal = page, portal
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.note_console)

    def note_console(self, message: object) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def fits(self) -> None:
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], f"{self.page.url} is {wide} wide"


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def visitor(request: pytest.FixtureRequest, chromium: Browser, portal: str) -> Iterator[Visitor]:  # noqa: F811
    context = chromium.new_context(
        viewport=PHONE, locale="zh-CN", java_script_enabled=request.param
    )
    visitor = Visitor(context.new_page(), portal)
    visitor.has_scripts = request.param
    yield visitor
    context.close()
    assert visitor.complaints == []


def test_a_customer_files_follows_replies_and_closes_in_chinese_on_a_phone(
    running: Deployment, sink: Sink, visitor: Visitor
) -> None:
    page, number = visitor.page, time.time_ns()
    address = f"wang.{number}@browser.example"
    page.goto(f"{visitor.portal}new/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    answer_the_questions(visitor, number, address)
    expect(page.locator("h1")).to_contain_text("收到")

    link = answered_by_mail(running, sink, number, address)
    page.goto(link)

    expect(page.locator("h1")).to_have_text(f"碗破损 {number}")
    expect(page.locator(".p-side")).to_contain_text("PL-20418")
    expect(page.locator(".talk")).to_contain_text("我们补发一只")
    if visitor.has_scripts:
        visitor.fits()
    page.locator("textarea").fill(f"谢谢，收到了 {number}")
    visitor.press("发送回复")
    expect(page.locator(".talk")).to_contain_text(f"谢谢，收到了 {number}")
    visitor.press("问题已解决")
    expect(page.locator(".p-side")).to_contain_text("已解决")


def answer_the_questions(visitor: Visitor, number: int, address: str) -> None:
    page = visitor.page
    page.get_by_role("radio", name=re.compile("退货或换货")).check()
    visitor.press("继续")
    expect(page.locator("h1")).to_have_text("您的订单号是多少？")
    page.get_by_label("您的订单号是多少？").fill("PL-20418")
    visitor.press("继续")
    page.get_by_label("为什么要退货？").select_option("broken")
    visitor.press("继续")
    subject = page.locator("input[name=subject]:not([type=hidden])")
    if visitor.has_scripts:
        subject.press_sequentially("收到的碗破损")
        expect(page.locator(".helps summary")).to_contain_text("收到的碗破损了怎么办")
        visitor.fits()
    subject.fill(f"碗破损 {number}")
    visitor.press("继续")
    page.locator("textarea[name=body]").fill("收到的碗破损了，请补发。")
    visitor.press("继续")
    page.locator("input[name=name]:not([type=hidden])").fill("王芳")
    page.locator("input[name=email]:not([type=hidden])").fill(address)
    visitor.press("提交请求")


def answered_by_mail(running: Deployment, sink: Sink, number: int, address: str) -> str:
    """Alice answers; the link at the foot of the mail that reaches the customer."""
    found = running.api().get("/tickets/", q=f"碗破损 {number}")["results"]
    [ticket] = [one for one in found if one["subject"].endswith(str(number))]
    assert (ticket["type"], ticket["language"]) == ("return", "zh-hans")
    body = {"body": f"我们补发一只。{number}"}
    assert running.api().post(f"/tickets/{ticket['id']}/replies/", body).status == 201
    sent = sink.wait_for(f"我们补发一只。{number}")
    assert sent.recipients == [address]
    return re.search(r"http://\S+/follow/\S+", sent.text)[0]


def test_an_offered_answer_ends_it_kindly(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.portal}new/")
    page.get_by_role("radio", name=re.compile("其他问题")).check()
    visitor.press("继续")
    page.locator("input[name=subject]:not([type=hidden])").fill("碗破损了怎么办")
    if not visitor.has_scripts:
        visitor.press("继续")
    page.locator(".helps summary").click()
    expect(page.locator(".helps")).to_contain_text("14 天内")
    page.locator(".helps button").click()
    expect(page.locator("h1")).to_have_text("很高兴帮到您")


PAGES = ("", "new/", "sign-in/", "helped/")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(
    running: Deployment,
    sink: Sink,
    chromium: Browser,  # noqa: F811
    portal: str,
    scheme: str,
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="zh-CN", color_scheme=scheme)
    visitor = Visitor(context.new_page(), portal)
    wrong: list[str] = []

    def look(name: str) -> None:
        for one in Axe().run(visitor.page).response["violations"]:
            nodes = [node["html"][:160] for node in one["nodes"]]
            wrong.append(f"{name}: {one['id']}: {nodes}")

    for path in PAGES:
        visitor.page.goto(f"{portal}{path}")
        look(path)
    number = time.time_ns()
    walk_and_look(visitor, number, look)
    page = visitor.page
    page.goto(answered_by_mail(running, sink, number, f"axe.{number}@browser.example"))
    look("request")
    context.close()
    assert wrong == []
    assert visitor.complaints == []


def walk_and_look(visitor: Visitor, number: int, look) -> None:
    page = visitor.page
    page.goto(f"{visitor.portal}new/")
    page.get_by_role("radio", name=re.compile("退货或换货")).check()
    visitor.press("继续")
    visitor.page.locator("input[name=custom_order]").evaluate(
        "field => { field.required = false; }"
    )
    visitor.press("继续")
    look("a refused question")
    page.get_by_label("您的订单号是多少？").fill("PL-20418")
    visitor.press("继续")
    look("a choice")
    visitor.press("继续")
    page.locator("input[name=subject]:not([type=hidden])").fill(f"碗破损 {number}")
    expect(page.locator(".helps")).to_be_visible()
    look("what may answer it")
    visitor.press("继续")
    page.locator(".helps summary").click()
    look("an answer opened")
    page.locator("textarea[name=body]").fill("请补发。")
    visitor.press("继续")
    look("where to answer")
    page.locator("input[name=name]:not([type=hidden])").fill("王芳")
    page.locator("input[name=email]:not([type=hidden])").fill(f"axe.{number}@browser.example")
    visitor.press("提交请求")
    look("filed")


def test_a_passkey_takes_the_place_of_the_mailed_code(
    running: Deployment,
    sink: Sink,
    chromium: Browser,  # noqa: F811
    portal: str,
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="en-GB")
    visitor = Visitor(context.new_page(), portal)
    page = visitor.page
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    abilities = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": kind | abilities})
    sign_in_by_code(visitor, sink, f"pass.{time.time_ns()}@browser.example")

    page.goto(f"{portal}about-you/")
    page.get_by_label("Name of this device").fill("My phone")
    page.bring_to_front()  # an authenticator answers only the page in front
    visitor.press("Add a passkey")
    expect(page.locator(".consents").last).to_contain_text("My phone")
    assert Axe().run(page).response["violations"] == []
    context.clear_cookies()
    page.goto(f"{portal}sign-in/")
    visitor.press("Sign in with a passkey")

    expect(page.locator("h1")).to_have_text("Your requests")
    context.close()
    assert visitor.complaints == []


def sign_in_by_code(visitor: Visitor, sink: Sink, address: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.portal}sign-in/")
    page.get_by_label("Your e-mail address").fill(address)
    visitor.press("Send the code")
    expect(page.get_by_label("Code")).to_be_visible()
    mail = until(
        lambda: [one for one in list(sink.mails) if one.recipients == [address]], "the code"
    )[0]
    page.get_by_label("Code").fill(re.search(r"\d{3} \d{3}", str(mail.mail["Subject"]))[0])
    visitor.press("Sign in")
    expect(page.locator("h1")).to_have_text("Your requests")
