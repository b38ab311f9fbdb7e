"""A chat on the shop's website, and some that were held there."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings

from accounts.models import Team, User
from connectors.models import Inbox
from customers.models import Customer
from helpdesk.demo.telling import read_content
from livechat import actions
from livechat.actions.visitors import prove
from livechat.models import Chat, ChatWidget, ProactiveMessage, Visitor
from tickets import actions as tickets

# Developers' own pages, so that the widget can be tried at once.
ORIGINS = ["http://localhost:3000", "http://localhost:5173", "http://localhost:8080"]
Act = Callable[[], None]


def open_chat(mailbox: Inbox, *, team: Team) -> ChatWidget:
    widget = actions.add_widget(
        mailbox.brand,
        name="Website",
        team=team,
        origins=[settings.PUBLIC_URL, *ORIGINS],
        mail_inbox=mailbox,
        greeting={
            "en": "Hello! Ask us anything about furniture, orders and deliveries.",
            "zh-hans": "您好！家具、订单、配送的问题都可以问我们。",
            "zh-hant": "您好！家具、訂單、配送的問題都可以問我們。",
        },
        fields=[{"name": "name", "required": False}, {"name": "email", "required": False}],
        asks_page=True,
    )
    ProactiveMessage.objects.create(
        widget=widget,
        page="*/basket*",
        seconds=40,
        texts={
            "en": "Something unclear before you order? We are here.",
            "zh-hans": "下单前还有疑问吗？我们随时在线。",
            "zh-hant": "下單前還有疑問嗎？我們隨時在線。",
        },
    )
    return widget


def steps_of_chats(
    moment: datetime,
    *,
    find_widget: Callable[[], ChatWidget],
    people: dict[str, User],
    customers: dict[str, Customer],
) -> Iterator[tuple[datetime, Act]]:
    """Each turn with its time. The people are there once the first of them is taken."""
    for story in read_content("chats"):
        held = _Held(story, find_widget, people, customers)
        at = moment - timedelta(days=story["days_ago"], hours=2)
        for index, turn in enumerate(story["turns"]):
            at += timedelta(seconds=20 + 7 * len(turn[1]) // 10)
            yield at, held.step(turn, is_first=index == 0)
        yield at + timedelta(minutes=2), held.end


class _Held:
    """One conversation; its chat is there from the first turn on."""

    def __init__(
        self,
        story: dict[str, Any],
        find_widget: Callable[[], ChatWidget],
        people: dict[str, User],
        customers: dict[str, Customer],
    ) -> None:
        self.story, self.find_widget = story, find_widget
        self.people, self.customers = people, customers
        self.agents = list(story["agents"])

    def step(self, turn: list[str], *, is_first: bool) -> Act:
        who, text = turn
        if is_first:
            return lambda: self.begin(text)
        return lambda: {
            "visitor": self.ask,
            "agent": self.answer,
            "note": self.note,
            "hand on": self.hand_on,
        }[who](text)

    @property
    def agent(self) -> User:
        return self.people[self.agents[0]]

    def begin(self, text: str) -> None:
        widget = self.find_widget()
        language = self.story["language"]
        self.visitor, _secret = actions.meet_visitor(widget, locale=language)
        if key := self.story.get("customer"):
            prove(self.visitor, self.customers[key], by="code")
        fields: dict[str, str] = {
            name: self.story[name] for name in ("name", "email") if name in self.story
        }
        opening = actions.Opening(
            client_id=uuid4(), text=text, fields=fields, page=self.story["page"]
        )
        self._close(widget, is_closed=bool(self.story.get("offline")))
        self.chat = actions.begin_chat(self.visitor, opening, language=language)
        self._close(widget, is_closed=False)
        if self.agents:
            actions.accept(self.chat, actor=self.agent)

    def _close(self, widget: ChatWidget, *, is_closed: bool) -> None:
        ChatWidget.objects.filter(pk=widget.pk).update(is_open=not is_closed)

    def ask(self, text: str) -> None:
        visitor = Visitor.objects.select_related("widget", "customer").get(pk=self.visitor.pk)
        actions.say(self.found(), visitor=visitor, client_id=uuid4(), text=text)

    def answer(self, text: str) -> None:
        chat = self.found()
        said = tickets.reply(chat.ticket, actor=self.agent, body=text)
        actions.note_read(chat, seen=said.seq, got=said.seq)

    def note(self, text: str) -> None:
        tickets.add_note(self.found().ticket, actor=self.agent, body=text)

    def hand_on(self, text: str) -> None:
        chat, former = self.found(), self.agent
        self.agents.pop(0)
        actions.transfer(chat, actor=former, to=self.agent, note=text)
        actions.accept(chat, actor=self.agent)

    def end(self) -> None:
        chat = self.found()
        if not self.agents:
            return
        actions.end_chat(chat, actor=self.agent, disposition="solved")
        if score := self.story.get("score"):
            actions.rate_chat(chat, score=score, comment="")
            tickets.move_to_status(chat.ticket, actor=self.agent, status="resolved")

    def found(self) -> Chat:
        chats = Chat.objects.select_related("ticket__status", "ticket__inbox", "widget", "visitor")
        return chats.get(pk=self.chat.pk)
