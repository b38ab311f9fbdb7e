"""Pip, the bot of the demonstration's shop: its flows, its tools, what it was taught."""

from django.conf import settings

from accounts.models import User
from bots.actions.flows import publish_flow, save_draft
from bots.actions.setup import add_bot, change_bot, save_tool, set_inboxes, set_starters
from bots.actions.teaching import add_intent, teach
from bots.dialogue.outline import parse
from bots.dialogue.shapes import Flow
from bots.models import Bot, Intent
from bots.queries.tools import OWN_PREFIX
from connectors.models import Brand, Inbox
from helpdesk.demo.shop import SECRET
from helpdesk.demo.telling import CONTENT
from knowledge.models import ArticleVersion

LANGUAGES = ["en", "zh-hans"]
_ORDER = {"order": "text", "postcode": "text"}
# Name → inputs, outputs, whether it only reads.
_TOOLS: dict[str, tuple[dict[str, str], dict[str, str], bool]] = {
    "find_order": (
        _ORDER,
        {
            "status": "text",
            "product": "texts",
            "total": "text",
            "placed": "date",
            "day": "date",
            "courier": "texts",
            "window": "text",
            "in_time": "yes_no",
            "is_theirs": "yes_no",
        },
        True,
    ),
    "list_orders": ({"language": "text"}, {"orders": "list"}, True),
    "check_code": ({"code": "text"}, {"holds": "text", "terms": "texts"}, True),
    "change_address": ({"order": "text", "address": "text"}, {"done": "yes_no"}, False),
    "cancel_order": ({"order": "text"}, {"done": "yes_no"}, False),
    "send_label": ({"order": "text"}, {"done": "yes_no"}, False),
    "send_invoice": ({"order": "text"}, {"done": "yes_no"}, False),
}
_STARTERS = ["How long delivery takes", "How to return something", "Ways to pay"]
_FORBIDDEN = ["guarantee you", "compensation", "赔偿", "保证退款"]


def add_pip(brand: Brand, *, inboxes: list[Inbox], actor: User) -> Bot:
    bot = add_bot(brand, name="Pip", actor=actor, languages=LANGUAGES)
    change_bot(
        bot,
        actor=actor,
        tone="Friendly, short, never familiar · 友好、简短、不套近乎",
        forbidden=_FORBIDDEN,
        mails={"*": "off", "order_status": "suggest", "refund_rules": "suggest"},
    )
    for name, (inputs, outputs, reads_only) in _TOOLS.items():
        save_tool(
            bot,
            name=name,
            actor=actor,
            url=f"{settings.PUBLIC_URL}{OWN_PREFIX}{name.replace('_', '-')}/",
            inputs=inputs,
            outputs=outputs,
            reads_only=reads_only,
            secret=SECRET,
        )
    _write_flows(bot, actor)
    _choose_starters(bot, actor)
    set_inboxes(bot, inboxes, actor=actor)
    return Bot.objects.get(pk=bot.pk)


def _choose_starters(bot: Bot, actor: User) -> None:
    """What most ask first."""
    named = ArticleVersion.objects.filter(title__in=_STARTERS, language="en")
    found = dict(named.values_list("title", "article"))
    set_starters(bot, {"*": [found[one] for one in _STARTERS if one in found]}, actor=actor)


def _write_flows(bot: Bot, actor: User) -> None:
    """Each is published by the admin, and its examples are what its intent is taught with."""
    for path in sorted((CONTENT / "flows").glob("*.flow")):
        outline = path.read_text()
        _teach(parse(outline))
        publish_flow(save_draft(bot, outline, actor=actor), actor=actor)


def _teach(flow: Flow) -> None:
    names = dict(flow.titles)
    intent = Intent.objects.filter(slug=flow.intents[0]).first() or add_intent(
        actor=None, slug=flow.intents[0], names=names
    )
    for language, examples in flow.examples.items():
        teach(intent, lines=examples, actor=None, language=language)
