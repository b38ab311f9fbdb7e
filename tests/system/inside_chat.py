"""What the tests of live chat run inside the application, by `manage.py shell`."""

import json
from datetime import timedelta
from typing import Any

from accounts.actions import add_team, add_user
from accounts.models import Presence, Team, User
from connectors.models import Brand, Inbox
from core import events
from core.clock import now
from core.fields import warm_keys
from customers.actions.people import publish_notice
from customers.models import Purpose
from livechat import actions
from livechat.actions import setup
from livechat.models import Chat, ChatWidget
from tests.system.inside import PASSWORD
from tickets.actions.write import reply
from tickets.models import Message, Ticket

AGENT = "alice@demo.test"
# A team of its own: nobody else sees its chats, and it is offered those of nobody else.
DESK = "Chat desk"
DESK_PEOPLE = {"alice.chat@demo.test": "Alice Marchand", "bob.chat@demo.test": "Bob Okafor"}


def answer(value: Any) -> None:
    print(json.dumps(value))


def open_widget(
    name: str, origins: list[str], notice: str = "", team: str = "Support", **values: Any
) -> str:
    """The key of a widget for the pages of these hosts. With a notice, a name, an address and
    consent to it are asked for first."""
    with events.through("cli"):
        widget = actions.add_widget(
            Brand.objects.get(name="Perchwood"),
            name=name,
            team=Team.objects.get(name=team),
            origins=origins,
            mail_inbox=Inbox.objects.get(address="support@demo.test"),
            greeting={"en": "Hello! What is it about?", "zh-hans": "您好，有什么可以帮您？"},
            **values,
        )
    if notice:
        ask_before(widget.key, notice)
    return widget.key


def ask_before(key: str, text: str) -> None:
    """From now on a name, an address and consent to the text are asked for first."""
    purpose = Purpose.objects.order_by("code").first()
    widget = ChatWidget.objects.get(key=key)
    with events.through("cli"):
        widget.notice = publish_notice(purpose, locale="zh-hans", text=text, actor=None)
    widget.fields = [{"name": "name"}, {"name": "email", "required": True}]
    widget.save()


def open_desk(name: str, origins: list[str], notice: str = "") -> str:
    """A widget, with previews, for two people of their own who have no chat yet; nobody has a
    page open."""
    with events.through("cli"):
        team = Team.objects.filter(name=DESK).first() or add_team(DESK)
        for email, called in DESK_PEOPLE.items():
            if not User.objects.filter(email=email).exists():
                add_user(email, name=called, role="agent", teams=[team], password=PASSWORD)
        admin = User.objects.get(email="admin@demo.test")
        for chat in Chat.objects.filter(widget__inbox__team=team).exclude(state="ended"):
            actions.end_chat(chat, actor=admin)
    Presence.objects.update(seen_at=None)
    values = {"previews": True, "offer_seconds": 120}  # longer than any test takes to look
    return open_widget(name, origins, notice, team=DESK, **values)


def leave_after(key: str, seconds: int) -> None:
    """When a visitor without a sign of life is gone."""
    with events.through("cli"):
        setup.change_widget(
            ChatWidget.objects.get(key=key),
            actor=User.objects.get(email="admin@demo.test"),
            leaves_after_seconds=seconds,
        )


def new_secret(key: str) -> str:
    """With which the website signs who its visitors are."""
    with events.through("cli"):
        return setup.renew_host_secret(
            ChatWidget.objects.get(key=key), actor=User.objects.get(email="admin@demo.test")
        )


def join(key: str) -> str:
    """The agent takes the newest chat and stays at the screen for an hour; the chat's id."""
    chat = Chat.objects.filter(widget__key=key).latest("began_at")
    agent = User.objects.get(email=AGENT)
    Presence.objects.update_or_create(
        user=agent, defaults={"state": "online", "seen_at": now() + timedelta(hours=1)}
    )
    with events.through("cli"):
        actions.accept(chat, actor=agent)
    return str(chat.pk)


def say(chat: str, *words: str) -> None:
    """The agent answers, once for each."""
    ticket = Ticket.objects.get(chats=chat)
    with events.through("cli"):
        for body in words:
            reply(ticket, actor=User.objects.get(email=AGENT), body=body)


def end(key: str) -> None:
    chat = Chat.objects.filter(widget__key=key).latest("began_at")
    with events.through("cli"):
        actions.end_chat(chat, actor=User.objects.get(email=AGENT))


def answer_in(key: str, *words: str) -> list[str]:
    """The agent takes the newest chat and answers; all that was said by then."""
    say(join(key), *words)
    return said(key)


def said(key: str) -> list[str]:
    """All words of the newest chat of the widget, as the database has them."""
    chat = Chat.objects.filter(widget__key=key).latest("began_at")
    messages = list(Message.objects.filter(thread=chat.thread).order_by("seq"))
    warm_keys(messages)
    return [message.body for message in messages]
