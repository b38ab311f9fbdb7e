"""The widget on another website's page, whose policy allows our script and requests alone."""

import gzip
import json
import re
import statistics
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from tests.system.deployment import Deployment, until
from tests.system.test_browser import chromium  # noqa: F401  the same browser, made the same way

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MOST_BYTES = 20_000
MOST_MAIN_THREAD_MS = 50
PATIENCE_MS = 20_000
# A page may also forbid every place where text could become markup.
POLICY = (
    "default-src 'self'; script-src {ours}; connect-src {ours} {sockets}; style-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bowls</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/page.css">{script}</head>
<body><main><h1>Stoneware set</h1><p>Thrown and glazed by hand.</p></main></body></html>"""
STYLE = """html { color-scheme: light dark; } body { background: light-dark(#fff, #161b21);
color: light-dark(#111, #eee); } helpdesk-chat, div, button { display: none; color: red; }"""
NOTE_VIOLATIONS = """window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""
PASTE_PICTURE = """async (box) => {
  const canvas = new OffscreenCanvas(900, 500);
  canvas.getContext("2d").fillRect(100, 100, 300, 300);
  const file = new File([await canvas.convertToBlob()], "image.png", { type: "image/png" });
  const data = new DataTransfer();
  data.items.add(file);
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, cancelable: true }));
}"""


class Website:
    """Somebody's shop, of another origin than ours."""

    def __init__(self, ours: str) -> None:
        self.ours = ours
        self.keys = {"": ""}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, content = site.answer(self.path)
                self.send_response(200)
                self.send_header("Content-Type", kind)
                sockets = site.ours.replace("http", "ws")
                policy = POLICY.format(ours=site.ours, sockets=sockets)
                self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(content.encode())

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler

    def answer(self, path: str) -> tuple[str, str]:
        if path == "/page.css":
            return "text/css", STYLE
        key = path.strip("/")
        script = f'<script async src="{self.ours}/widget/{key}.js"></script>' if key else ""
        return "text/html", PAGE.format(script=script)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def website(running: Deployment) -> Iterator[Website]:
    site = Website(running.url)
    yield site
    site.stop()


@pytest.fixture(scope="module")
def call(running: Deployment) -> Callable[..., Any]:
    def call_inside(function: str, *arguments: object) -> Any:
        given = ", ".join(map(repr, arguments))
        code = f"from tests.system import inside_chat as i; i.answer(i.{function}({given}))"
        *_, line = running.manage("shell", "--no-imports", "-c", code).splitlines()
        return json.loads(line)

    return call_inside


class Visitor:
    """Somebody on the website, with the widget's parts at hand."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.add_init_script(NOTE_VIOLATIONS)

    def arrive(self) -> "Visitor":
        self.page.goto(self.url)
        expect(self.launcher).to_be_visible()
        return self

    def open(self) -> "Visitor":
        self.arrive().launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def write(self, *texts: str) -> None:
        for text in texts:
            self.box.fill(text)
            self.box.press("Enter")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("helpdesk-chat .launch")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def box(self) -> Locator:
        return self.page.locator("helpdesk-chat textarea")

    @property
    def own(self) -> Locator:
        return self.page.locator("helpdesk-chat .msg[data-from=visitor]")

    def message(self, words: str) -> Locator:
        return self.page.locator("helpdesk-chat .msg", has_text=words)

    def wait_sent(self) -> None:
        """Until the server has the newest of the visitor's words."""
        expect(self.own.last).to_contain_text(re.compile("已发送|已读|Sent|Read"))

    def violations(self) -> list[str]:
        return [] if self.page.is_closed() else list(self.page.evaluate("window.violations"))

    def leave(self) -> None:
        """They close the tab."""
        self.complaints += self.violations()
        self.page.close()


@pytest.fixture
def visit(chromium: Browser, website: Website) -> Iterator[Callable[..., Visitor]]:  # noqa: F811
    contexts, visitors = [], []

    def begin(key: str, *, beside: Visitor | None = None, **values: Any) -> Visitor:
        if beside is None:
            contexts.append(chromium.new_context(**{"locale": "zh-CN"} | values))
        context = beside.page.context if beside else contexts[-1]
        visitors.append(Visitor(context.new_page(), f"{website.url}/{key}"))
        return visitors[-1]

    yield begin
    wrong = [visitor.complaints + visitor.violations() for visitor in visitors]
    for context in contexts:
        context.close()
    assert wrong == [[] for _ in visitors]


@pytest.fixture(scope="module")
def key(call: Callable[..., Any], website: Website) -> str:
    return str(call("open_widget", "Chat", [website.url]))


def test_a_visitor_agrees_writes_pastes_a_picture_and_is_answered(
    call: Callable[..., Any], website: Website, visit: Callable[..., Visitor]
) -> None:
    key = call("open_widget", "Asked before", [website.url], "我们只为回答您而保存这些内容。")
    visitor = visit(key).open()
    page = visitor.page
    expect(visitor.panel).to_contain_text("我们只为回答您而保存这些内容。")
    visitor.box.fill("碗破了一只")

    page.get_by_role("button", name="开始对话", exact=True).click()

    expect(page.locator("helpdesk-chat [aria-invalid=true]")).to_have_count(2)
    expect(visitor.own).to_have_count(0)
    page.get_by_label("您的电子邮箱").fill("wang@widget.example")
    page.get_by_label("我同意").check()
    page.get_by_role("button", name="开始对话", exact=True).click()
    visitor.wait_sent()
    visitor.box.evaluate(PASTE_PICTURE)
    visitor.write("截图在这里")
    expect(page.locator("helpdesk-chat a.pic canvas")).to_be_visible()
    visitor.wait_sent()
    said = call("answer_in", key, "我们**马上**补发。")
    assert said == ["碗破了一只", "截图在这里", "我们**马上**补发。"]
    expect(visitor.message("马上").locator("strong")).to_be_visible()
    expect(visitor.panel.locator(".head")).to_contain_text("Alice")


def test_what_is_written_without_a_connection_leaves_once_and_in_order(
    call: Callable[..., Any], key: str, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key).open()
    visitor.write("first")
    visitor.wait_sent()
    visitor.page.context.set_offline(True)
    visitor.write("second", "third")
    expect(visitor.own.last).to_contain_text("等待网络恢复")

    visitor.page.context.set_offline(False)

    visitor.wait_sent()
    expect(visitor.own).to_have_count(3)
    assert call("said", key) == ["first", "second", "third"]


def test_an_answer_that_was_lost_on_its_way_makes_no_second_message(
    call: Callable[..., Any], key: str, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key).open()
    visitor.write("one")
    visitor.wait_sent()
    lost: list[int] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    visitor.page.route(re.compile("/messages/$"), lose)
    visitor.write("two")
    visitor.wait_sent()
    visitor.page.unroute_all(behavior="ignoreErrors")

    assert lost == [201]
    expect(visitor.own).to_have_count(2)
    assert call("said", key) == ["one", "two"]


def test_words_outlive_the_page_they_were_written_on(
    call: Callable[..., Any], key: str, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key).open()
    pattern = re.compile(f"/chat/{key}/chats/")
    visitor.page.route(pattern, lambda route: route.abort())
    visitor.write("kept over a page")
    expect(visitor.own).to_contain_text("等待网络恢复")
    visitor.page.unroute_all(behavior="ignoreErrors")

    # On the next page the panel is open as it was left.
    visitor.arrive()

    expect(visitor.own).to_contain_text("kept over a page")
    visitor.wait_sent()
    assert call("said", key) == ["kept over a page"]


def test_without_sockets_answers_come_all_the_same(
    call: Callable[..., Any], key: str, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key)
    refused: list[str] = []

    def refuse(socket: Any) -> None:
        refused.append(socket.url)
        socket.close()

    visitor.page.route_web_socket(re.compile("/socket$"), refuse)
    visitor.open()
    visitor.write("Is anybody there?")
    visitor.wait_sent()
    until(lambda: visitor.page.wait_for_timeout(50) or len(refused) >= 2, "two tries of a socket")

    call("answer_in", key, "Yes, over a long request.")

    expect(visitor.message("over a long request")).to_be_visible()


def test_two_tabs_and_a_closed_panel_hear_of_the_same_chat(
    call: Callable[..., Any], key: str, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key).open()
    other = visit(key, beside=visitor).arrive()
    visitor.write("from the first tab")
    visitor.wait_sent()
    visitor.launcher.click()

    call("answer_in", key, "Seen by both.")

    for tab in (visitor, other):
        expect(tab.launcher).to_have_accessible_name("打开对话，新消息：1")
        expect(tab.page).to_have_title("(1) Bowls")
    other.launcher.click()
    expect(other.own).to_contain_text("from the first tab")
    expect(other.message("Seen by both.")).to_be_visible()
    for tab in (visitor, other):
        expect(tab.page).to_have_title("Bowls")
    expect(visitor.launcher).to_have_accessible_name("打开对话")
    call("end", key)
    expect(other.page.get_by_role("button", name="新对话")).to_be_visible()


def test_keys_lead_in_and_out(key: str, visit: Callable[..., Visitor]) -> None:
    visitor = visit(key).arrive()
    page = visitor.page
    visitor.launcher.focus()
    page.keyboard.press("Enter")
    expect(visitor.box).to_be_focused()
    page.get_by_role("button", name="更多").press("Enter")
    expect(page.get_by_role("button", name="转人工客服").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="更多")).to_be_focused()
    page.keyboard.press("Escape")
    expect(visitor.panel).to_be_hidden()
    expect(visitor.launcher).to_be_focused()


def test_on_a_phone_it_fills_the_screen_and_nothing_behind_can_be_reached(
    key: str, visit: Callable[..., Visitor]
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    visitor = visit(key, **phone, reduced_motion="reduce").open()
    box = visitor.panel.bounding_box()
    assert box and (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 844)
    expect(visitor.launcher).to_be_hidden()
    assert visitor.box.evaluate("(box) => getComputedStyle(box).fontSize") == "16px"
    visitor.page.set_viewport_size({"width": 844, "height": 390})
    expect(visitor.box).to_be_in_viewport(ratio=1)
    flow = visitor.page.get_by_role("log").bounding_box()
    assert flow and flow["height"] >= 96


@pytest.mark.parametrize("light", ["light", "dark"])
def test_axe_finds_nothing(key: str, visit: Callable[..., Visitor], light: str) -> None:
    # Only axe itself needs the policy to be off.
    visitor = visit(key, color_scheme=light, bypass_csp=True, reduced_motion="reduce").arrive()
    page = visitor.page
    wrong = {"closed": violations_in(page)}
    visitor.launcher.click()
    expect(visitor.box).to_be_focused()
    wrong["open"] = violations_in(page)
    visitor.write("你好", "https://example.org/bowls")
    visitor.wait_sent()
    wrong["chat"] = violations_in(page)
    page.get_by_role("button", name="更多").click()
    wrong["menu"] = violations_in(page)
    page.get_by_role("button", name="把对话发到邮箱").click()
    wrong["question"] = violations_in(page)
    assert not any(wrong.values()), wrong


def violations_in(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']} {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def test_the_script_is_small_and_costs_its_page_little(
    key: str, website: Website, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(key)
    answer = visitor.page.request.get(f"{website.ours}/widget/{key}.js")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    size = len(gzip.compress(answer.body(), 9))
    with_it = [main_thread_ms(visitor, visitor.url) for _ in range(7)]
    without = [main_thread_ms(visitor, website.url) for _ in range(7)]
    cost = statistics.median(with_it) - statistics.median(without)
    print(f"\nwidget: {size} bytes gzipped, {cost:.1f} ms of the page's main thread")
    assert size <= MOST_BYTES
    assert cost < MOST_MAIN_THREAD_MS


def main_thread_ms(visitor: Visitor, url: str) -> float:
    """All tasks of a page until the launcher stands there, or until it is loaded: the time that
    the processor worked, not how long it was kept busy with others meanwhile."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = _task_seconds(session)
    visitor.page.goto(url)
    if url == visitor.url:
        expect(visitor.launcher).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    spent = _task_seconds(session) - before
    session.detach()
    return spent * 1000


def _task_seconds(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(row["value"] for row in metrics if row["name"] == "TaskDuration"))
