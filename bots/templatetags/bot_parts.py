"""Bots in words, for people who work here."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from bots.models import HandOff
from bots.queries.handoffs import BotPart, load_part
from core.models import Event

register = template.Library()


@register.simple_tag(takes_context=True)
def bot_part(context: dict[str, Any]) -> BotPart | None:
    return load_part(context["ticket"], context["request"].user)


def sentence_of(event: Event) -> str:
    match event.name:
        case "bot.handed_over":
            reason = str(event.details.get("reason", ""))
            known = dict(HandOff.Reason.choices)
            words = _("{who} handed over to people: %(reason)s")
            return words % {"reason": known.get(reason, reason)}
    return _("{who} gave the conversation back to the bot")


SENTENCES = ("bot.handed_over", "bot.given_back")
