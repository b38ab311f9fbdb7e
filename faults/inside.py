"""What the harness runs inside the application, by `manage.py shell`."""

import hashlib
import json
from collections import defaultdict
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.actions import add_team, add_user, create_token, set_presence
from accounts.models import Team, User
from automation.actions.webhooks import save_webhook
from automation.models import Webhook
from automation.webhooks.catalogue import EVENTS
from connectors.actions import add_brand, add_inbox
from connectors.models import Brand, Inbox
from core import events, files
from core.fields import warm_keys
from core.models import Event
from livechat.actions import add_widget
from livechat.models import Chat
from livechat.queries.thread import LINES
from tickets.actions import open_ticket
from tickets.models import Attachment, Message

PEOPLE = {
    "admin@demo.test": "admin",
    "alice@demo.test": "agent",
    "bob@demo.test": "agent",
}


def answer(value: Any) -> None:
    print(json.dumps(value))


def furnish(address: str) -> dict[str, Any]:
    """A team, an inbox without an undo delay, people; their tokens and sessions by address."""
    with events.through("cli"):
        team = add_team("Support")
        brand = add_brand("Perchwood")
        inbox = add_inbox(
            brand=brand, kind="mail", name="Rush", address=address, team=team, undo_seconds=0
        )
        tokens = {}
        for email, role in PEOPLE.items():
            name = email.partition("@")[0].title()
            user = add_user(email, name=name, role=role, teams=[team], password="sixty lamps")
            tokens[email] = create_token(user)
    sessions = {email: sign_in(User.objects.get(email=email)) for email in PEOPLE}
    return {"tokens": tokens, "sessions": sessions, "inbox": str(inbox.pk)}


def furnish_chat(agents: int, room: int, origin: str) -> dict[str, Any]:
    """A widget, and people who have room for so many chats each."""
    team = Team.objects.get(name="Support")
    people = []
    with events.through("cli"):
        widget = add_widget(
            Brand.objects.get(name="Perchwood"), name="Shop", team=team, origins=[origin]
        )
        for number in range(1, agents + 1):
            email = f"chat{number:02}@demo.test"
            user = add_user(email, name=f"Agent{number:02} Lamp", role="agent", teams=[team])
            User.objects.filter(pk=user.pk).update(chat_capacity=room)
            set_presence(user, state="online", actor=user)
            people.append({"token": create_token(user), "session": sign_in(user)})
    return {"key": widget.key, "agents": people, "lines": LINES}


def furnish_webhooks(urls: dict[str, str], tickets: int) -> dict[str, Any]:
    """So many tickets, then webhooks that are told of all that happens from then on."""
    inbox = Inbox.objects.get(name="Rush")
    with events.through("cli"):
        opened = [
            open_ticket(
                inbox,
                actor=None,
                customer_email=f"told{number}@customer.example",
                subject="Lamp",
                body="It flickers.",
            )
            for number in range(tickets)
        ]
        made = {
            name: save_webhook(None, actor=None, name=name, url=url) for name, url in urls.items()
        }
    return {
        "tickets": [str(ticket.pk) for ticket in opened],
        "ids": {name: str(webhook.pk) for name, webhook in made.items()},
        "secrets": {name: str(webhook.secret) for name, webhook in made.items()},
    }


def list_webhook_lines(pks: list[str]) -> dict[str, list[str]]:
    """By webhook, all that it should know: of each ticket by its numbers, whatever the senders
    have noted; in the order of the lines."""
    found: dict[str, list[str]] = {}
    for webhook in Webhook.objects.filter(pk__in=pks):
        happened = Event.objects.filter(name__in=EVENTS, at__gte=webhook.created_at)
        wanted = {str(pk) for pk in happened.values_list("pk", flat=True)}
        line = webhook.deliveries.order_by("place").values_list("event_id", flat=True)
        ordered = [str(pk) for pk in line]
        found[str(webhook.pk)] = [*ordered, *sorted(wanted - set(ordered))]
    return found


def list_chats() -> list[dict[str, Any]]:
    """Each chat as its visitor must have it in the end, whoever says how that is found."""
    lines = defaultdict(list)
    for event in Event.objects.filter(name__in=LINES).order_by("seq"):
        lines[event.details["chat"]].append([event.seq, str(event.pk), ""])
    said = defaultdict(list)
    public = Message.objects.filter(kind=Message.Kind.PUBLIC, thread__chat__isnull=False)
    messages = list(public.select_related("ticket").order_by("seq"))
    warm_keys(messages)
    for message in messages:
        said[message.thread_id].append([message.seq, str(message.pk), message.body])
    return [
        {
            "chat": str(chat.pk),
            "ticket": str(chat.ticket_id),
            "rows": sorted(said[chat.thread_id] + lines[str(chat.pk)]),
        }
        for chat in Chat.objects.all()
    ]


def list_tickets_of_chats() -> dict[str, dict[str, Any]]:
    """By ticket: its numbers, and all that was said there, notes as well."""
    found: dict[str, dict[str, Any]] = {}
    for chat in Chat.objects.select_related("ticket"):
        messages = Message.objects.filter(ticket=chat.ticket_id).order_by("seq")
        found[str(chat.ticket_id)] = {
            "head": chat.ticket.seq,
            "messages": [str(pk) for pk in messages.values_list("pk", flat=True)],
        }
    return found


def sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def list_said() -> list[dict[str, Any]]:
    """Every message with its words and files, whoever may see it."""
    messages = list(Message.objects.select_related("ticket", "delivery").order_by("ticket", "seq"))
    warm_keys(messages)
    contents = hash_files()
    return [
        {
            "id": str(message.pk),
            "ticket": str(message.ticket_id),
            "seq": message.seq,
            "touched": message.touched_seq,
            "body": message.body,
            "delivery": message.delivery.state if hasattr(message, "delivery") else "",
            "files": contents[str(message.pk)],
        }
        for message in messages
    ]


def hash_files() -> dict[str, list[str]]:
    """Of the clear content, read back from the disk."""
    found: dict[str, list[str]] = defaultdict(list)
    for attachment in Attachment.objects.exclude(message=None):
        content = files.read(attachment.blob_id)
        found[str(attachment.message_id)].append(hashlib.sha256(content).hexdigest())
    return found
