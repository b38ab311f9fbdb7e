"""What the widget is told before anybody has said anything."""

from dataclasses import asdict, replace
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from core.colour import palette_of
from core.hours import back_words
from customers.models import Notice
from livechat.models import ChatWidget, ProactiveMessage, Visitor
from livechat.queries.staff import Availability, availability_of, bot_after_hours
from livechat.words import WORDS

MAX_TEXT = 5000
MAX_FILE = 10 * 1024 * 1024
MAX_FILES = 10
FIELDS = ("name", "email", "topic", "text", "order")
_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def languages_of(widget: ChatWidget) -> list[str]:
    ours = [code for code, _name in settings.LANGUAGES]
    return [code for code in ours if code in widget.languages] or ours


def pick_language(wanted: str, widget: ChatWidget) -> str:
    """The widget's language nearest to what a browser calls "zh-CN" or "en_GB"."""
    spoken = languages_of(widget)
    code = wanted.strip().lower().replace("_", "-")[:35]
    parts = code.split("-")
    if parts[0] == "zh":
        is_traditional = {"hant", "tw", "hk", "mo"} & set(parts[1:])
        code = "zh-hant" if is_traditional else "zh-hans"
    else:
        code = parts[0]
    return code if code in spoken else spoken[0]


def in_language(texts: Any, code: str) -> str:
    """Of texts by language; in the first there is where that one is missing."""
    if not isinstance(texts, dict):
        return ""
    return str(texts.get(code) or next(filter(None, texts.values()), ""))


def build_config(widget: ChatWidget, *, language: str, visitor: Visitor | None) -> dict[str, Any]:
    brand = widget.inbox.brand
    with translation.override(language):
        found = availability_of(widget)
        bot = None if found.is_open else bot_after_hours(widget)
        shaped = {
            "name": brand.sender_name or brand.name,
            "accent": asdict(palette_of(brand.accent)),
            "on_accent": "#ffffff",
            "lang": language,
            "dir": "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr",
            "words": {key: str(text) for key, text in WORDS.items()},
            "greeting": in_language(widget.greeting, language),
            "fields": [_field(field, language) for field in widget.fields],
            "notice": _shown_notice(widget, language),
            "availability": shape_availability(found),
            "previews": widget.previews,
            "asks_page": widget.asks_page,
            "position": widget.position,
            "limits": {"text": MAX_TEXT, "file": MAX_FILE, "files": MAX_FILES},
            "survey": True,
            "proactive": _proactive(widget, language, visitor),
            "keep_days": widget.keep_days,
            "privacy_url": widget.privacy_url,
        }
        return shaped | _with_bot(shaped, bot.name, found, visitor) if bot else shaped


def _with_bot(
    shaped: dict[str, Any], name: str, found: Availability, visitor: Visitor | None
) -> dict[str, Any]:
    """Outside working hours a bot is there, and says from the first who is not. The widget shows
    what it shows while nobody is free."""
    told = {"name": name, "back": back_words(found.opens_at)}
    words = {
        "busy": _("Back %(back)s") % told,
        "nobody_now": _("Back %(back)s") % told,
        "left": _("We have your message."),
    }
    greeting = _(
        "%(name)s, our bot, is here until our people are back %(back)s. What it cannot solve they "
        "answer by mail."
    )
    fields = list(shaped["fields"])
    is_known = visitor is not None and visitor.verified_at is not None
    if not is_known and not any(one["name"] == "email" for one in fields):
        label = _("Your e-mail address, for answers of our people")
        fields.append({"name": "email", "label": label, "required": False})
    return {
        "availability": shape_availability(replace(found, is_open=True)),
        "words": shaped["words"] | words,
        "greeting": " ".join(filter(None, [shaped["greeting"], greeting % told])),
        "fields": fields,
    }


def shape_availability(found: Availability) -> dict[str, Any]:
    return {
        "open": found.is_open,
        "people": found.has_people,
        "until": found.until,
        "opens_at": found.opens_at.isoformat() if found.opens_at else None,
        "wait_seconds": found.wait_seconds,
    }


def _field(field: dict[str, Any], language: str) -> dict[str, Any]:
    labels = {
        "name": _("Your name"),
        "email": _("Your e-mail address"),
        "topic": _("What is it about?"),
        "text": _("Your message"),
        "order": _("Order number"),
    }
    name = str(field.get("name", ""))
    shaped: dict[str, Any] = {
        "name": name,
        "label": in_language(field.get("label"), language) or labels.get(name, name),
        "required": bool(field.get("required")),
    }
    options = [in_language(option, language) or str(option) for option in field.get("options", [])]
    return shaped | ({"options": options} if options else {})


def current_notice(widget: ChatWidget, language: str) -> Notice | None:
    """The newest words of the purpose the admin chose, in the visitor's language or in English."""
    if widget.notice is None:
        return None
    notices = Notice.objects.filter(purpose=widget.notice.purpose_id).order_by("-version")
    own = notices.filter(locale=language).first() or notices.filter(locale="en").first()
    return own or widget.notice


def _shown_notice(widget: ChatWidget, language: str) -> dict[str, Any] | None:
    notice = current_notice(widget, language)
    if notice is None:
        return None
    return {"id": str(notice.pk), "version": notice.version, "text": notice.text}


def _proactive(widget: ChatWidget, language: str, visitor: Visitor | None) -> list[dict[str, Any]]:
    """Those that may be said to this visitor; pages and seconds are the widget's to watch."""
    return [
        {
            "id": str(row.pk),
            "text": in_language(row.texts, language),
            "page": row.page,
            "seconds": row.seconds,
            "per_days": row.per_days,
        }
        for row in ProactiveMessage.objects.filter(widget=widget, is_on=True)
        if _is_meant(row, language, visitor)
    ]


def _is_meant(row: ProactiveMessage, language: str, visitor: Visitor | None) -> bool:
    if row.languages and language not in row.languages:
        return False
    if row.tiers:
        # Which tier somebody has is told to nobody who has not proved to be them.
        known = visitor.customer if visitor and visitor.verified_at else None
        if known is None or known.tier.code not in row.tiers:
            return False
    return visitor is None or not visitor.has_been_told(row)
