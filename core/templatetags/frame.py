"""What the frame of every page needs from the server."""

from functools import cache
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

register = template.Library()

# Sentences of the scripts every page loads. {name} is filled in there.
WORDS = {
    "now": gettext_lazy("now"),
    "minutes": gettext_lazy("%(n)dm"),
    "hours": gettext_lazy("%(n)dh"),
    "days": gettext_lazy("%(n)dd"),
    "undo": gettext_lazy("Undo"),
    "dismiss": gettext_lazy("Dismiss"),
    "retry": gettext_lazy("Try again"),
    "offline": gettext_lazy("There is no connection."),
    "online": gettext_lazy("Connected again."),
    "failed": gettext_lazy("That did not work. Nothing was changed."),
    "signed_out": gettext_lazy(
        "You have been signed out. Sign in again in another tab; what you wrote is kept."
    ),
    "saved": gettext_lazy("Saved."),
    "copied": gettext_lazy("Copied."),
    "macro_elsewhere": gettext_lazy("“{name}” is not meant for tickets like this one."),
    "refused": {
        "already_there": gettext_lazy("Somebody was faster: that is done already."),
        "transition_refused": gettext_lazy("This step is not possible from the present status."),
        "cannot_withdraw": gettext_lazy("Too late to undo: the answer has left."),
        "empty_message": gettext_lazy("Write something first."),
        "no_address": gettext_lazy("This customer has no address to write to."),
        "not_allowed": gettext_lazy("Your role does not allow this."),
        "not_retriable": gettext_lazy("This cannot be sent again."),
    },
}


@register.filter
def bcp47(language: str) -> str:
    """zh-hans → zh-Hans, as browsers and screen readers expect."""
    return translation.to_locale(language or "en").replace("_", "-")


def words_script(words: dict[str, Any]) -> SafeString:
    """A data block, not a script: nothing in it runs, so the strict policy allows it."""
    return SafeString(json_script(words).replace("<script", "<script data-words", 1))


@register.simple_tag
def frame_words() -> SafeString:
    return _frame_words(translation.get_language())


@cache
def _frame_words(language: str | None) -> SafeString:
    return words_script(WORDS)


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], *names: str) -> SafeString:
    """``aria-current`` for the link to the section we are in: a view, a namespace, or a prefix*."""
    request: HttpRequest | None = context.get("request")
    match = request.resolver_match if request else None
    here = {match.view_name, match.namespace} if match else set()
    is_here = bool(here & set(names)) or any(
        name.endswith("*") and match is not None and match.view_name.startswith(name[:-1])
        for name in names
    )
    return SafeString('aria-current="page"') if is_here else SafeString("")


@register.simple_tag
def url_if_known(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form field in our look, whichever library made the form."""
    kind = "form-select" if isinstance(field.field.widget, Select) else "form-control"
    classes = "" if isinstance(field.field.widget, CheckboxInput) else kind
    attributes = (
        {"class": classes, "dir": "auto"} if classes == "form-control" else {"class": classes}
    )
    return field.as_widget(attrs={key: value for key, value in attributes.items() if value})


@register.filter
def may(user: Any, right: str) -> bool:
    return bool(user.is_authenticated and user.may(right))


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    """Several boxes or buttons under one name."""
    return isinstance(field.field.widget, (CheckboxSelectMultiple, RadioSelect))
