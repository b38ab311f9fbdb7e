"""The variables of macros: names in double braces that stand for what a ticket knows.

Nothing is evaluated. What a name stands for is put in once, so that braces in a customer's words
stay what they are.
"""

import re
from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.words import CJK
from tickets.models import Ticket

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_.]{1,60})\s*\}\}")
_HAN_NAME = re.compile(f"[{CJK}]")
_LONGEST = 300

# What each says, for the page on which macros are written.
VARIABLES: dict[str, Promise] = {
    "customer.name": _("the customer’s name"),
    "customer.first_name": _("the customer’s first name"),
    "customer.organisation": _("the customer’s organisation"),
    "ticket.number": _("the number of the ticket"),
    "ticket.subject": _("its subject"),
    "agent.name": _("your name"),
    "agent.first_name": _("your first name"),
    "team.name": _("the team of the ticket"),
    "brand.name": _("the name of the brand"),
    "inbox.address": _("the address of the inbox"),
}

_VALUES: dict[str, Callable[[Ticket, User], str]] = {
    "customer.name": lambda ticket, user: ticket.customer.name,
    "customer.first_name": lambda ticket, user: first_name(ticket.customer.name),
    "customer.organisation": lambda ticket, user: (
        ticket.customer.organisation.name if ticket.customer.organisation else ""
    ),
    "ticket.number": lambda ticket, user: f"#{ticket.number}",
    "ticket.subject": lambda ticket, user: ticket.subject,
    "agent.name": lambda ticket, user: user.name,
    "agent.first_name": lambda ticket, user: first_name(user.name),
    "team.name": lambda ticket, user: ticket.team.name if ticket.team else "",
    "brand.name": lambda ticket, user: ticket.inbox.brand.sender_name or ticket.inbox.brand.name,
    "inbox.address": lambda ticket, user: ticket.inbox.address or "",
}


def render_text(text: str, *, ticket: Ticket, user: User) -> str:
    """Fill in what is known. What has no value stays visible in its braces, so that nobody sends
    a greeting without a name unseen."""

    def fill(match: re.Match[str]) -> str:
        value_of = _VALUES.get(match[1])
        value = one_line(value_of(ticket, user)) if value_of else ""
        return value or match[0]

    return _VARIABLE.sub(fill, text)


def unknown_variables(text: str) -> list[str]:
    """Names in braces that stand for nothing, each once."""
    names = dict.fromkeys(match[1] for match in _VARIABLE.finditer(text))
    return [name for name in names if name not in _VALUES]


def open_variables(text: str) -> list[str]:
    """What is still in braces after ``render_text``."""
    return list(dict.fromkeys(match[0] for match in _VARIABLE.finditer(text)))


def first_name(name: str) -> str:
    """A Chinese name is not taken apart: nobody is addressed by half of it."""
    words = name.split()
    if not words or _HAN_NAME.match(words[0]):
        return name.strip()
    return words[0]


def one_line(value: str) -> str:
    """A name or subject comes from outside: it must not bring lines of its own along."""
    return " ".join(value.split())[:_LONGEST]
