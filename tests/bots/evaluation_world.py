"""A small bot with one flow and one tool, and its drafts."""

from typing import Any

import pytest

from bots.actions import add_bot, change_bot, publish_flow, save_draft, save_tool, set_inboxes
from bots.actions.teaching import add_intent
from bots.models import Bot, Flow
from bots.queries import playing
from bots.queries.answers import Answer
from tests.bots.conftest import plainly

OUTLINE = """flow order_status
title
  en: Where is my order?
when order_status
such as
  en: where is my order

ask order: order_number like PW-00000
  en: Which order is it?
call find_order as found
  order: {order}
if found.status is sent
  say
    en: Order {order} is on its way.
else
  hand over policy
"""
BETTER = OUTLINE.replace("is on its way", "arrives soon")
WORSE = OUTLINE.replace("is sent\n", "is lost\n")
ORDERS = {"find_order": {"status": "sent"}}
ASKS: dict[str, Any] = {
    "name": "Where is it",
    "turns": ["Where is my order?", "PW-90001"],
    "results": ORDERS,
    "expect": {"solved": True, "says": ["PW-90001"]},
}


@pytest.fixture
def robin(inbox: Any, admin: Any, monkeypatch: Any) -> Bot:
    """Answers mails, and nothing was taught."""
    monkeypatch.setattr(playing, "understand", plainly)
    monkeypatch.setattr(playing, "find_answer", lambda *_given, **_more: Answer())
    bot = add_bot(inbox.brand, name="Robin", actor=admin, languages=["en"])
    save_tool(
        bot,
        name="find_order",
        actor=admin,
        url="https://shop.example/find/",
        inputs={"order": "text"},
        outputs={"status": "text"},
    )
    add_intent(actor=None, slug="order_status", names={"en": "Where is my order"})
    publish_flow(save_draft(bot, OUTLINE, actor=admin), actor=admin)
    set_inboxes(bot, [inbox], actor=admin)
    return change_bot(bot, actor=admin, mails={"*": "answer"})


def draft(bot: Bot, outline: str) -> Flow:
    flow = Flow.objects.select_related("bot").get(bot=bot, slug="order_status")
    return save_draft(bot, outline, actor=None, flow=flow)
