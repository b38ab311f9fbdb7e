"""What the system tests run inside the application, by `manage.py shell`."""

import json
from typing import Any

from accounts.actions import add_team, add_user, create_token
from accounts.models import Team, User
from connectors.actions import add_brand, add_inbox
from connectors.models import Brand, Inbox
from core import events
from core.fields import warm_keys
from customers.actions import add_customer
from customers.models import CustomField
from tickets.actions.macros import save_macro
from tickets.models import Macro, Message, TicketType

PASSWORD = "sixty lamps in a row"
INBOXES = {
    # Address → team, seconds in which an answer can be undone.
    "support@demo.test": ("Support", 3),
    "billing@demo.test": ("Billing", 2),
    "rush@demo.test": ("Support", 0),
}
PEOPLE = {
    "admin@demo.test": ("Adam Novak", "admin", []),
    "supervisor@demo.test": ("Susan Park", "supervisor", ["Support"]),
    "alice@demo.test": ("Alice Moreau", "agent", ["Support"]),
    "bob@demo.test": ("Bob Achterberg", "agent", ["Support"]),
}


def answer(value: Any) -> None:
    print(json.dumps(value))


def furnish() -> dict[str, str]:
    """Teams, inboxes and people; the tokens of the people by address."""
    with events.through("cli"):
        teams = {name: add_team(name) for name in ("Support", "Billing")}
        brand = add_brand("Perchwood")
        for address, (team, seconds) in INBOXES.items():
            add_inbox(
                brand=brand,
                kind="mail",
                name=address.partition("@")[0].title(),
                address=address,
                team=teams[team],
                undo_seconds=seconds,
            )
        tokens = {}
        for email, (name, role, mine) in PEOPLE.items():
            user = add_user(
                email, name=name, role=role, teams=[teams[t] for t in mine], password=PASSWORD
            )
            tokens[email] = create_token(user)
    return tokens


def offer_forms() -> str:
    """Two kinds of requests with questions of their own, an answer for customers; the portal."""
    order = CustomField.objects.create(
        owner="ticket",
        code="order",
        kind="text",
        name="Order",
        customer_name="您的订单号是多少？",
        help_text="在发货通知里，例如 PL-20418",
        is_required=True,
        is_for_customers=True,
    )
    reasons = [{"code": "broken", "name": "破损"}, {"code": "late", "name": "太晚"}]
    reason = CustomField.objects.create(
        owner="ticket",
        code="reason",
        kind="choice",
        name="Reason",
        customer_name="为什么要退货？",
        options=reasons,
        is_for_customers=True,
    )
    returned = TicketType.objects.create(
        code="return", name="Return", customer_name="退货或换货", description="收到的东西有问题"
    )
    returned.fields.set([order, reason])
    TicketType.objects.create(code="else", name="Else", customer_name="其他问题", position=1)
    Macro.objects.create(
        name="收到的碗破损了怎么办",
        body="请在 14 天内发照片给我们，我们会补发。",
        language="zh-hans",
        is_public=True,
    )
    return Brand.objects.get(name="Perchwood").slug or ""


def inbox_ids() -> dict[str, str]:
    return {inbox.address or "": str(inbox.pk) for inbox in Inbox.objects.all()}


def list_said(inbox: str) -> list[dict[str, Any]]:
    """Every message of the inbox with its words, whoever may see it."""
    messages = list(
        Message.objects.filter(ticket__inbox__address=inbox)
        .select_related("ticket", "delivery")
        .order_by("ticket", "seq")
    )
    warm_keys(messages)
    return [
        {
            "id": str(message.pk),
            "ticket": str(message.ticket_id),
            "kind": message.kind,
            "direction": message.direction,
            "body": message.body,
            "delivery": message.delivery.state if hasattr(message, "delivery") else "",
        }
        for message in messages
    ]


def plant(team: str, name: str, email: str, phone: str, notes: str) -> str:
    """A team, whose name is no secret, and a customer, of whom everything is."""
    with events.through("cli"):
        add_team(team)
        return str(add_customer(name=name, email=email, phone=phone, notes=notes, actor=None).pk)


def prepare_day() -> str:
    """A door whose answers can be undone for a while, and a macro; the id of the door."""
    with events.through("cli"):
        support = Team.objects.get(name="Support")
        door = Inbox.objects.filter(address="calm@demo.test").first() or add_inbox(
            brand=Brand.objects.get(name="Perchwood"),
            kind="mail",
            name="Calm",
            address="calm@demo.test",
            team=support,
            undo_seconds=8,
        )
        if not Macro.objects.filter(name="Ask for the order").exists():
            save_macro(
                None,
                actor=User.objects.get(email="supervisor@demo.test"),
                name="Ask for the order",
                body="Hello {{customer.first_name}}, which order is it?",
                actions=[
                    {"do": "add_tags", "value": ["asked"]},
                    {"do": "set_priority", "value": 30},
                ],
            )
    return str(door.pk)
