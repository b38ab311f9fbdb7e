"""The work around a ticket in words."""

from functools import cache
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from connectors.queries import fold_quotes
from core.templatetags.frame import words_script
from tickets.models import Recurrence
from tickets.queries.around import other_customers

register = template.Library()

# Sentences of the scripts. {name} is filled in there.
WORDS = {
    "work": {
        "merge_title": gettext_lazy("Merge #{number} into…"),
        "merge": gettext_lazy("Merge into #{number}"),
        "merge_none": gettext_lazy("Merge"),
        "merged": gettext_lazy("#{source} merged into #{number}"),
        "unmerged": gettext_lazy("Taken apart again"),
        "link_title": gettext_lazy("Link #{number} with…"),
        "link": gettext_lazy("Link with #{number}"),
        "link_none": gettext_lazy("Link"),
        "linked": gettext_lazy("Linked with #{number}"),
        "split_one": gettext_lazy("1 message chosen"),
        "split_many": gettext_lazy("{n} messages chosen"),
        "split_none": gettext_lazy("Choose messages"),
        "split": gettext_lazy("Split off as #{number}"),
        "unsplit": gettext_lazy("Put back"),
        "choose": gettext_lazy("Choose the message of {who}"),
        "asked": gettext_lazy("Sent to the third party"),
        "followed": gettext_lazy("You hear of news in this ticket"),
        "unfollowed": gettext_lazy("You no longer follow this ticket"),
        "incidents": gettext_lazy("The incidents are resolved"),
    },
}


@register.simple_tag
def work_words() -> SafeString:
    return _work_words(get_language())


@cache
def _work_words(language: str | None) -> SafeString:
    return words_script(WORDS)


@register.filter
def link_words(way: str) -> str:
    """What the other ticket is to this one."""
    return {
        "related": _("related"),
        "duplicate": _("duplicate of this"),
        "original": _("this is a duplicate of it"),
        "problem": _("problem behind this"),
        "incident": _("incident of this"),
    }[way]


@register.filter
def unquoted(text: str) -> str:
    """Without what the mail quotes of the one before."""
    words, _quoted = fold_quotes(text)
    return words or text


@register.filter
def how_often(recurrence: Recurrence) -> str:
    n = recurrence.every
    match recurrence.unit:
        case Recurrence.Unit.DAY:
            words = ngettext("every day", "every %(n)d days", n)
        case Recurrence.Unit.WEEK:
            words = ngettext("every week", "every %(n)d weeks", n)
        case Recurrence.Unit.MONTH:
            words = ngettext("every month", "every %(n)d months", n)
        case _:
            words = ngettext("every year", "every %(n)d years", n)
    return words % {"n": n}


@register.filter
def has_others(ticket: Any) -> bool:
    """Whether another customer's ticket was merged into it."""
    return bool(other_customers(ticket))
