"""What the harness runs inside the application, by `manage.py shell`."""

import hashlib
import json
from collections import defaultdict
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction

from accounts.actions import add_team, add_user, create_token, set_presence
from accounts.models import Team, User
from automation.actions.webhooks import save_webhook
from automation.models import Webhook
from automation.webhooks.catalogue import EVENTS
from bots.actions.setup import add_bot
from connectors.actions import add_brand, add_inbox
from connectors.models import Brand, Inbox
from core import events, files
from core.clock import now
from core.fields import warm_keys
from core.models import Event
from customers.actions import add_customer, record_consent
from customers.queries import find_by_email
from livechat.actions import add_widget
from livechat.models import Chat
from livechat.queries.thread import LINES
from quality.actions.inspecting import inspect_forgotten
from quality.actions.rubrics import publish as publish_rubric_draft
from quality.actions.rubrics import save_draft as save_rubric_draft
from quality.models import Rubric
from surveys.actions.definitions import publish as publish_survey
from surveys.actions.definitions import save_draft as save_survey_draft
from surveys.actions.definitions import save_policy, save_survey, switch
from surveys.models import Invitation
from surveys.queries.addresses import address_for
from tickets.actions import open_ticket, reply
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


def furnish_surveys(bot_addresses: list[str], denied: list[str], cap: int) -> dict[str, Any]:
    """A survey that asks at once and reminds at once, another with a delay of a minute for an inbox
    whose answers can be taken back; tickets a bot has answered; who does not want to be asked."""
    brand = Brand.objects.get(name="Perchwood")
    admin = User.objects.get(email="admin@demo.test")
    with events.through("cli"):
        slow = add_inbox(
            brand=brand,
            kind="mail",
            name="Slow",
            address="slow@demo.test",
            team=Team.objects.get(name="Support"),
            undo_seconds=10,
        )
        save_policy(actor=admin, cap=cap)
        _add_survey(admin, "Usual", "csat", remind_days=0, delay_minutes=0, position=50)
        _add_survey(admin, "Slow", "ces", inboxes=[slow], delay_minutes=1, position=1)
        bot = add_bot(brand, name="Pip", actor=admin, languages=["en"])
        tickets = [_answer_by_bot(bot.user, address) for address in bot_addresses]
        for address in denied:
            if not find_by_email(address):
                add_customer(name="", email=address, actor=None)
    deny_surveys(denied)
    return {"slow": str(slow.pk), "bot_tickets": tickets}


def _add_survey(admin: User, name: str, metric: str, **values: Any) -> None:
    survey = save_survey(None, actor=admin, name=name, **({"remind_days": None} | values))
    save_survey_draft(survey, metric=metric, questions=[], texts={}, actor=admin)
    publish_survey(survey, actor=admin)
    switch(survey, is_on=True, actor=admin)


def _answer_by_bot(bot: User, address: str) -> dict[str, str]:
    ticket = open_ticket(
        Inbox.objects.get(name="Rush"),
        actor=None,
        customer_email=address,
        subject="Lamp",
        body="Where is my lamp?",
    )
    reply(ticket, actor=bot, body="Hello, it is on its way. Is that all?", status="open")
    return {"ticket": str(ticket.pk), "address": address}


def list_addresses(invitations: list[str]) -> list[str]:
    """Of those who are being asked."""
    found = Invitation.objects.filter(pk__in=invitations).select_related("ticket__customer")
    return [address_for(invitation) for invitation in found]


def deny_surveys(addresses: list[str]) -> dict[str, str]:
    """When each has said that they do not want to be asked."""
    said = {}
    with events.through("cli"), transaction.atomic():
        for address in addresses:
            if customer := find_by_email(address):
                record_consent(
                    customer, purpose="surveys", action="denied", channel="portal", actor=None
                )
            said[address] = now().isoformat()
    return said


def publish_rubric() -> int:
    """Another one, from now on."""
    with events.through("cli"):
        live = Rubric.objects.get(state=Rubric.State.LIVE)
        save_rubric_draft(criteria=live.criteria[:-1], actor=None)
        return publish_rubric_draft(actor=None).number


def inspect_what_was_forgotten() -> int:
    return inspect_forgotten()


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
