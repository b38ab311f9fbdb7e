"""Kinds of inboxes that other apps bring along."""

from django import template

from core.registry import InboxPages, inbox_pages

register = template.Library()


@register.simple_tag
def other_kinds() -> list[InboxPages]:
    return list(inbox_pages.values())
