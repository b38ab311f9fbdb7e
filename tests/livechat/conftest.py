"""A widget on a shop's website, and browsers on it."""

import json
from ipaddress import IPv4Address
from secrets import randbelow
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.actions import note_seen, set_presence
from accounts.models import User
from livechat.actions import add_widget
from livechat.models import Chat, ChatWidget
from livechat.queries import staff
from tests.remembered import cast

SHOP = "https://shop.example"


@pytest.fixture(autouse=True)
def nobody_known(monkeypatch):
    staff.forget_people()
    # What is counted by address is counted for each test by itself.
    monkeypatch.setattr(Browser, "address", str(IPv4Address(0x0A000000 + randbelow(2**24))))


@cast.member
def widget(inbox, support) -> ChatWidget:
    return add_widget(
        inbox.brand, name="Shop", team=support, origins=[SHOP], greeting={"en": "Hello!"}
    )


class Browser:
    """A visitor's widget, as far as HTTP goes. Keeps no cookies."""

    address = "127.0.0.1"

    def __init__(self, widget: ChatWidget, *, origin: str = SHOP, language: str = "en") -> None:
        self.widget, self.origin, self.language = widget, origin, language
        self.token = ""
        self.client = Client(raise_request_exception=True, REMOTE_ADDR=self.address)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {"Origin": self.origin, "Accept-Language": self.language} | headers
        if self.token:
            given.setdefault("Authorization", f"Bearer {self.token}")
        url = path if path.startswith("/") else f"/chat/{self.widget.key}/{path}"
        extra = {}
        if body is not None:
            extra = {"data": json.dumps(body), "content_type": "application/json"}
        sent = {name: value for name, value in given.items() if value}
        return getattr(self.client, method)(url, headers=sent, **extra)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("post", path, {} if body is None else body, **headers)

    def meet(self, **body: Any) -> "Browser":
        answer = self.post("visitors/", body)
        assert answer.status_code in (200, 201), answer.content
        self.token = answer.json()["token"]
        self.visitor = answer.json()["visitor"]
        return self

    def begin(self, text: str = "Where is my lamp?", **body: Any) -> dict[str, Any]:
        answer = self.post("chats/", {"client_id": str(uuid4()), "text": text} | body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def say(self, chat: str, text: str, **body: Any) -> Any:
        return self.post(
            f"chats/{chat}/messages/", {"client_id": str(uuid4()), "text": text} | body
        )

    def changes(self, chat: str, after: int = 0) -> dict[str, Any]:
        answer = self.get(f"chats/{chat}/changes/?after={after}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def texts(self, chat: str) -> list[str]:
        return [row["text"] for row in self.changes(chat)["messages"] if row["from"] != "system"]


@pytest.fixture
def shopper(widget):
    return Browser(widget).meet()


@pytest.fixture
def another(widget):
    return Browser(widget).meet()


@pytest.fixture
def begun(shopper) -> Chat:
    return Chat.objects.select_related("ticket").get(pk=shopper.begin()["id"])


@pytest.fixture
def on_duty():
    """Somebody has a page open and takes chats."""

    def sit_down(*users: User) -> None:
        for user in users:
            set_presence(user, state="online", actor=user)
            note_seen(user)
        staff.forget_people()

    return sit_down
