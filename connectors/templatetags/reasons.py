"""Why a mail was set aside or could not leave, in the reader's language.

The reason is kept in English beside the delivery, since nobody reads along when it is found.
"""

import re
from functools import cache

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

# {name} stands for what the sentence was filled in with.
SENTENCES = (
    gettext_noop("The mail does not say who sent it."),
    gettext_noop("The mail has more than one From line."),
    gettext_noop("The From line is too long to be trusted."),
    gettext_noop("The From line contains characters that do not belong there."),
    gettext_noop("The From line names a group, not a person."),
    gettext_noop("The From line names more than one address."),
    gettext_noop("The From line contains no mail address."),
    gettext_noop("The From line can be read as more than one address."),
    gettext_noop("The sender's address is not a valid mail address."),
    gettext_noop("The sender's name is the address of somebody else."),
    gettext_noop("The mail is {size} MB; at most {limit} MB are read."),
    gettext_noop("The mail has {size} MB; only its head was fetched."),
    gettext_noop("The header is longer than {limit} kB."),
    gettext_noop("The mail has more than {limit} header lines."),
    gettext_noop("The mail has more than {limit} parts."),
    gettext_noop("The mail has too many lines that look like part boundaries."),
    gettext_noop("The mail nests its parts deeper than {limit} levels."),
    gettext_noop("A delivery report that belongs to no message of ours."),
    gettext_noop("It claims to come from one of our own addresses."),
    gettext_noop("It names no sender."),
    gettext_noop("A stranger used the reply address of somebody else."),
    gettext_noop("internal error: {name}"),
    gettext_noop("This is not a mail address."),
    gettext_noop("The domain of this mail address does not exist."),
    gettext_noop("The Message-ID is malformed."),
    gettext_noop("A line break cannot stand in a mail's header."),
    gettext_noop("The answer names nobody to send it to."),
    gettext_noop("The outgoing server cannot carry an address in this script."),
    gettext_noop("The outgoing server refuses our password."),
    gettext_noop("The outgoing server cannot be reached."),
    gettext_noop("The receiving server answered {code}: {answer}"),
)


@register.filter
def reason_in_words(reason: str) -> str:
    for pattern, sentence in _patterns():
        if match := pattern.fullmatch(reason):
            return _(sentence).format(**match.groupdict())
    return reason


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(sentence))), sentence)
        for sentence in SENTENCES
    ]
