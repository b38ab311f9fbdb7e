"""Pip at a shop, with the demonstration's orders behind it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts.actions import note_seen, set_presence
from accounts.models import User
from bots.actions import replying, tools
from bots.models import Bot
from bots.queries.answers import Answer
from bots.understanding.shapes import Understanding
from connectors.models import Inbox
from customers.actions import add_customer
from helpdesk.demo.bots import add_pip
from livechat.actions import add_widget
from livechat.actions.visitors import prove as prove_visitor
from livechat.models import Chat, ChatWidget, Visitor
from livechat.queries import staff
from tests.livechat.conftest import SHOP, Browser
from tests.remembered import cast
from tickets.models import Ticket


def plainly(text: str, **_given: Any) -> Understanding:
    """Nothing was taught: flows are found by their own examples."""
    language = "zh-hans" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"
    return Understanding(language, "", 0.0, (), 0.0, (), 0.0, 0.0, 0.0, 0, 0.1)


@pytest.fixture(autouse=True)
def understood(monkeypatch: Any) -> Any:
    staff.forget_people()
    monkeypatch.setattr(replying, "understand", plainly)
    monkeypatch.setattr(replying, "find_answer", lambda *_given, **_more: Answer())
    return monkeypatch


class ShopDoor:
    """The shop's API, asked without a network. Counts what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        self.is_down = False

    def carry(self, request: tools.Request) -> bytes:
        if self.is_down:
            raise tools.Unreachable("down")
        path = urlsplit(request.url).path
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        answer = Client().post(
            path, data=request.body, content_type="application/json", headers=headers
        )
        self.asked.append(
            (path.rsplit("/", 2)[1], json.loads(request.body), headers["Idempotency-Key"])
        )
        if answer.status_code != 200:
            raise tools.Unreachable(str(answer.status_code))
        return bytes(answer.content)


@pytest.fixture
def shop(monkeypatch: Any) -> ShopDoor:
    door = ShopDoor()
    monkeypatch.setattr(tools, "carry_by_http", door.carry)
    return door


@cast.member
def shop_widget(inbox: Inbox, support: Any) -> ChatWidget:
    return add_widget(
        inbox.brand, name="Shop", team=support, origins=[SHOP], mail_inbox=inbox, greeting={}
    )


@cast.member
def hired_pip(shop_widget: ChatWidget, inbox: Inbox, admin: Any) -> Bot:
    return add_pip(inbox.brand, inboxes=[shop_widget.inbox, inbox], actor=admin)


@pytest.fixture
def widget(shop_widget: ChatWidget) -> ChatWidget:
    return shop_widget


@pytest.fixture
def pip(hired_pip: Bot, shop: ShopDoor) -> Bot:
    return hired_pip


class Visit:
    """A visitor in a chat with the bot."""

    def __init__(self, widget: ChatWidget, react: Callable[[], int], language: str) -> None:
        self.browser = Browser(widget, language=language).meet()
        self.react = react
        self.chat = ""

    def say(self, text: str) -> list[dict[str, Any]]:
        """What is answered to it."""
        if not self.chat:
            self.chat = self.browser.begin(text)["id"]
        else:
            answer = self.browser.say(self.chat, text)
            assert answer.status_code == 201, answer.content
        before = {row["id"] for row in self.rows()}
        self.react()
        return [row for row in self.rows() if row["id"] not in before and row["from"] == "agent"]

    def hear(self, text: str) -> str:
        return "\n".join(row["text"] for row in self.say(text))

    def rows(self) -> list[dict[str, Any]]:
        return self.browser.changes(self.chat)["messages"]

    @property
    def ticket(self) -> Ticket:
        return Chat.objects.get(pk=self.chat).ticket

    @property
    def state(self) -> dict[str, Any]:
        return self.browser.changes(self.chat)["chat"]


@pytest.fixture
def visit(pip: Bot, widget: ChatWidget, react: Callable[[], int]) -> Callable[..., Visit]:
    return lambda language="en": Visit(widget, react, language)


def prove(visit: Visit, address: str, name: str = "June Fairweather") -> None:
    """As a code by mail does."""
    visitor = Visitor.objects.select_related("widget__inbox", "customer").get(
        pk=visit.browser.visitor
    )
    customer = add_customer(name=name, email=address, actor=None, verified_by="code")
    prove_visitor(visitor, customer, by="code", address=address)


@pytest.fixture
def on_duty() -> Callable[..., None]:
    """Somebody has a page open and takes chats."""

    def sit_down(*users: User) -> None:
        for user in users:
            set_presence(user, state="online", actor=user)
            note_seen(user)
        staff.forget_people()

    return sit_down
