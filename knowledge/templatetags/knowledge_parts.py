"""How articles and their states are shown."""

from typing import Any

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from knowledge.models import ArticleVersion

register = template.Library()

_TONES = {
    ArticleVersion.State.DRAFT: "",
    ArticleVersion.State.IN_REVIEW: "warn",
    ArticleVersion.State.PUBLISHED: "ok",
    ArticleVersion.State.RETIRED: "",
}


@register.filter
def marked(fragments: list[tuple[str, bool]]) -> SafeString:
    """A snippet with what was looked for marked."""
    parts = (format_html("<mark>{}</mark>" if hit else "{}", text) for text, hit in fragments)
    return format_html_join("", "{}", ((part,) for part in parts))


@register.filter
def in_language(code: str) -> str:
    """The language's name in itself."""
    return dict(settings.LANGUAGES).get(code, code)


@register.filter
def safe_html(version: ArticleVersion) -> SafeString:
    return mark_safe(version.html)  # noqa: S308  cleaned when it was written


@register.filter
def state_of(version: ArticleVersion) -> str:
    if version.is_ahead:
        return _("Planned")
    if version.has_expired:
        return _("Expired")
    return version.get_state_display()


@register.filter
def tone_of(version: ArticleVersion) -> str:
    if version.has_expired or version.is_ahead:
        return "warn"
    return _TONES[ArticleVersion.State(version.state)]


@register.filter
def item(table: dict[Any, Any], key: Any) -> Any:
    return table.get(key)
