"""What the harness runs inside the application, by `manage.py shell`."""

import hashlib
import json
from collections import defaultdict
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from accounts.actions import add_team, add_user, create_token
from accounts.models import User
from connectors.actions import add_brand, add_inbox
from core import events, files
from core.fields import warm_keys
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
