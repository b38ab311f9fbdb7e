"""Chats in words, for agents."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from core.models import Event
from core.templatetags.frame import words_script
from core.templatetags.moments import ago
from livechat.models import Chat

register = template.Library()

# How a chat ended, as agents say it.
DISPOSITIONS = {
    "solved": gettext_lazy("Solved"),
    "no_answer": gettext_lazy("The visitor stopped answering"),
    "wrong_place": gettext_lazy("Belongs somewhere else"),
    "spam": gettext_lazy("Spam or abuse"),
    "other": pgettext_lazy("end of a chat", "Something else"),
}
# What is kept by itself, besides.
_KEPT = {
    "left": gettext_lazy("The visitor left"),
    Chat.OFFLINE: gettext_lazy("Left while nobody was there"),
}

# Sentences of the scripts. {name} is filled in there.
WORDS = {
    "chat": {
        "offered": gettext_lazy("Chat for you: {name}"),
        "offered_title": gettext_lazy("Chat for you"),
        "unread_title": gettext_lazy("New message from {name}"),
        "seconds": gettext_lazy("{n} s"),
        "minutes": gettext_lazy("{n} min"),
        "count": gettext_lazy("({n} waiting)"),
        "taken": gettext_lazy("The chat is yours."),
        "declined": gettext_lazy("Declined. It goes to the next."),
        "missed": gettext_lazy("The chat went to somebody else."),
        "handed_on": gettext_lazy("Handed on."),
        "invited": gettext_lazy("Your colleague sees the chat now."),
        "left": gettext_lazy("You have left the chat."),
        "ended": gettext_lazy("The chat has ended."),
        "banned": gettext_lazy("This visitor cannot chat until then."),
        "typing": gettext_lazy("is typing…"),
        "delivered": gettext_lazy("Delivered"),
        "read": gettext_lazy("Read"),
        "sound_on": gettext_lazy("Sound on"),
        "sound_off": gettext_lazy("Sound off"),
    },
}


@register.simple_tag
def chat_words() -> SafeString:
    return _chat_words(get_language())


@cache
def _chat_words(language: str | None) -> SafeString:
    return words_script(WORDS)


@register.simple_tag
def act_url(chat: Chat, act: str) -> str:
    return reverse(f"chats:{act}", args=[chat.pk])


@register.simple_tag
def dispositions() -> list[tuple[str, str]]:
    return [(code, str(label)) for code, label in DISPOSITIONS.items()]


@register.filter
def disposition_words(code: str) -> str:
    return str((DISPOSITIONS | _KEPT).get(code, code))


@register.simple_tag
def standing_line(chat: Chat) -> SafeString:
    """Where the visitor is, in a few words; the dot beside it says the same in colour."""
    if chat.state == Chat.State.ENDED:
        ended = _ended(chat)
        when = ago(chat.ended_at) if chat.ended_at else ""
        return format_html("{} · {}", ended, when) if when else format_html("{}", ended)
    if chat.left_at:
        return format_html("{} · {}", _("Left the page"), ago(chat.left_at))
    if chat.state == Chat.State.ACTIVE:
        return format_html("{}", _("In the chat now"))
    if chat.state == Chat.State.BOT and chat.agent:
        return format_html("{}", _("With the bot %(name)s") % {"name": chat.agent.name})
    if chat.state == Chat.State.OFFERED and chat.offered_to:
        words = _("Offered to %(name)s") % {"name": chat.offered_to.name}
        return format_html("{}", words)
    since = chat.queued_at or chat.began_at
    return format_html("{} · {}", _("Waiting"), ago(since))


def _ended(chat: Chat) -> str:
    if chat.is_offline:
        return _("Came while nobody was there")
    match chat.ended_by:
        case Chat.EndedBy.VISITOR:
            return _("Ended by the visitor")
        case Chat.EndedBy.AGENT:
            return _("Ended")
    return _("The visitor left")


@register.filter
def short_address(url: str) -> str:
    """A page without its scheme, and without what stands behind a question mark."""
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/") or url


@register.filter
def is_web_address(url: str) -> bool:
    return urlsplit(url).scheme in ("http", "https")


@register.filter
def field_words(name: str) -> str:
    known = {
        "topic": _("Topic"),
        "order": _("Order number"),
        "name": _("Name"),
        "email": _("E-mail"),
    }
    return known.get(name, name)


# The timeline's sentences


def sentence_of(event: Event) -> str:
    details: dict[str, Any] = event.details
    match event.name:
        case "chat.queued":
            return _("The visitor waits for somebody in the chat")
        case "chat.with_bot":
            return _("The bot answers in the chat")
        case "chat.joined":
            return _("{who} took the chat")
        case "chat.waits":
            if event.actor_kind == Event.ActorKind.SYSTEM:
                return _("The chat went back into the queue: its agent is away")
            return _("{who} left the chat; it waits in the queue")
        case "chat.handed_on":
            return _("{who} handed the chat on")
        case "chat.invited":
            return _("{who} asked a colleague into the chat")
        case "chat.person_wanted":
            return _("The visitor asked for a person")
        case "chat.rated":
            return _("The visitor rated the chat {score} of 5").replace(
                "{score}", str(details.get("score", ""))
            )
        case "chat.banned":
            return _("{who} shut the visitor out")
    if details.get("by") == Chat.EndedBy.AGENT:
        return _("{who} ended the chat")
    if details.get("by") == Chat.EndedBy.VISITOR:
        return _("The visitor ended the chat")
    if "by_mail" in details:
        return _("The chat became a ticket: nobody works at this hour")
    return _("The chat ended: the visitor left")


SENTENCES = (
    "chat.queued",
    "chat.with_bot",
    "chat.joined",
    "chat.waits",
    "chat.handed_on",
    "chat.invited",
    "chat.person_wanted",
    "chat.rated",
    "chat.banned",
    "chat.ended",
)
SILENT = ("chat.answer_waits", "chat.looks_for_somebody", "chat.offered")


@register.filter
def any_text(texts: dict[str, str]) -> str:
    """In the reader's language, or in the first there is."""
    return texts.get(get_language() or "en") or next(iter(texts.values()), "")
