"""The words of the composer's scripts, and what people wrote in it as HTML."""

import json
from functools import cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy

from connectors.queries import markdown_to_html
from core.clock import now
from core.templatetags.frame import words_script
from tickets.models import Attachment, Delivery, Message
from tickets.queries.macros import Offer

register = template.Library()

# An answer that leaves within this is on its way; what waits longer was meant to.
_UNDO_AT_MOST = 120

WORDS = {
    "draft_saved": gettext_lazy("Draft saved"),
    "draft_offline": gettext_lazy("Kept in this browser until the connection is back"),
    "draft_shared": gettext_lazy("Draft shared with your team"),
    "draft_newer": gettext_lazy("There is a newer draft from another tab or device."),
    "draft_use": gettext_lazy("Use the newer one"),
    "draft_keep": gettext_lazy("Keep mine"),
    "draft_by": gettext_lazy("{name} is writing an answer"),
    "draft_note_by": gettext_lazy("{name} is writing a note"),
    "draft_take": gettext_lazy("Take over"),
    "here": {
        "viewing": gettext_lazy("{name} is looking at this"),
        "typing": gettext_lazy("{name} is typing an answer"),
    },
    "unseen_title": gettext_lazy("{name} wrote while you were writing"),
    "unseen_edit": gettext_lazy("Edit my answer"),
    "unseen_marked": gettext_lazy("Marked: what your answer does not say"),
    "unseen_note": gettext_lazy("Internal note"),
    "macro_done": gettext_lazy("Applied: {name}"),
    "macro_undone": gettext_lazy("Undone: {name}"),
    "macro_kept": gettext_lazy("Undone, but for what somebody has changed since."),
    "unfilled": gettext_lazy("Fill in before you send: {names}"),
    "no_match": gettext_lazy("Nothing fits."),
    "add_recipient": gettext_lazy("{address} is no e-mail address."),
    "cancelled": gettext_lazy("Not sent. The answer was cancelled."),
    "forwarded": gettext_lazy("Forwarding…"),
    "preview_empty": gettext_lazy("Nothing to preview."),
    "link_text": gettext_lazy("words"),
    "text_here": gettext_lazy("text"),
}


@register.simple_tag
def composer_words() -> SafeString:
    return _composer_words(get_language())


@cache
def _composer_words(language: str | None) -> SafeString:
    return words_script({"composer": WORDS})


@register.simple_tag
def written(message: Message, text: str) -> SafeString:
    """What one of us wrote, with its own pictures."""
    own = {file.pk for file in message.files}

    def picture(pk: Any) -> str:
        return reverse("tickets:attachment", args=[pk]) if pk in own else ""

    html = markdown_to_html(text, picture=picture)
    safe = html.replace("<a href=", '<a target="_blank" rel="noopener noreferrer nofollow" href=')
    return mark_safe(safe)  # noqa: S308  markdown_to_html cleans what it returns


@register.filter
def effects_json(offer: Offer) -> str:
    return json.dumps(
        [{"field": e.field, "value": e.value, "label": e.label} for e in offer.effects],
        ensure_ascii=False,
    )


@register.filter
def is_text_file(file: Attachment) -> bool:
    """Worth a look: what its bytes do not contradict; the look itself checks them."""
    is_plain = file.sniffed_type == "application/octet-stream"
    return is_plain and file.filename.lower().endswith((".txt", ".csv", ".log", ".md", ".json"))


@register.filter
def is_scheduled(delivery: Delivery) -> bool:
    """Waiting for a time somebody chose, not for the end of the time to undo."""
    if delivery.state != Delivery.State.SCHEDULED or delivery.attempts:
        return False
    return (delivery.not_before - now()).total_seconds() > _UNDO_AT_MOST
