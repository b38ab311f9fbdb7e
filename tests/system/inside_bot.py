"""What the test of the bot runs inside the application, by `manage.py shell`."""

import json
from typing import Any

from django.db import transaction

from accounts.models import Team, User
from bots.models import Bot, HandOff
from connectors.models import Brand, Inbox
from core import events
from customers.actions import add_customer
from helpdesk.demo.bots import add_pip
from knowledge.actions import add_article, add_category, take_step, write_version
from livechat.actions import add_widget
from livechat.actions.visitors import prove
from livechat.models import Visitor

REFUNDS = {
    "en": (
        "When your refund arrives",
        "We refund **within five working days** after your return has reached us, to the way you "
        "paid. On a card it appears after two to four days.",
    ),
    "zh-hans": (
        "退款什么时候到账",
        "退货到仓后，我们在**五个工作日内**按原支付方式退款。银行卡还需两到四天到账。",
    ),
}


def answer(value: Any) -> None:
    print(json.dumps(value))


def hire_pip(origin: str) -> str:
    """A widget whose chats Pip answers, and one article; the key."""
    with events.through("cli"):
        brand = Brand.objects.get(name="Perchwood")
        widget = add_widget(
            brand,
            name="With Pip",
            team=Team.objects.get(name="Support"),
            origins=[origin],
            mail_inbox=Inbox.objects.get(address="support@demo.test"),
        )
        admin = User.objects.filter(groups__name="admin").order_by("pk").first()
        bot = Bot.objects.filter(brand=brand).first()
        if bot is None:
            assert admin is not None
            add_pip(brand, inboxes=[widget.inbox], actor=admin)
            _write_article()
        else:
            bot.inboxes.add(widget.inbox)
    return widget.key


def _write_article() -> None:
    shelf = add_category(actor=None, names={"en": "Refunds", "zh-hans": "退款"})
    article = None
    for language, (title, body) in REFUNDS.items():
        given = {"actor": None, "language": language, "title": title, "body": body}
        version = write_version(article, **given) if article else add_article(shelf, **given)
        article = version.article
        take_step(version, step="publish", actor=None)


def prove_newest(key: str, email: str) -> str:
    """As if a code had been mailed to them and typed in."""
    visitor = Visitor.objects.filter(widget__key=key).order_by("-created_at").first()
    assert visitor is not None
    customer = add_customer(name="王磊", email=email, actor=None, verified_by="code")
    with events.through("chat"), transaction.atomic():
        prove(visitor, customer, by="code", address=email)
    return str(customer.pk)


def handoffs(key: str) -> list[dict[str, Any]]:
    """Those of the widget's chats, the newest first."""
    found = HandOff.objects.filter(dialogue__thread__chat__widget__key=key)
    return [
        {
            "reason": one.reason,
            "slots": one.told.get("slots", {}),
            "ticket": str(one.dialogue.ticket_id),
        }
        for one in found.select_related("dialogue__ticket")
    ]
