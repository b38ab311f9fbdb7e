"""What a mail brought along beside its words: invitations, protection, how it came to us."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from tickets.models import Message, Suggestion, Ticket

register = template.Library()

_PROTECTION = {
    "pgp-encrypted": gettext_lazy(
        "Encrypted with PGP: it cannot be read here. Download the mail to open it with your key."
    ),
    "smime-encrypted": gettext_lazy(
        "Encrypted with S/MIME: it cannot be read here. "
        "Download the mail to open it with your certificate."
    ),
    "pgp-signed": gettext_lazy("Signed with PGP. The signature is not checked here."),
    "smime-signed": gettext_lazy("Signed with S/MIME. The signature is not checked here."),
}
_METHODS = {
    "request": gettext_lazy("Invitation"),
    "publish": gettext_lazy("Appointment"),
    "cancel": gettext_lazy("Cancelled"),
    "reply": gettext_lazy("Answer to an invitation"),
    "counter": gettext_lazy("Another time is proposed"),
}


# As it is stored where a mail had none.
_NO_SUBJECT = ("", gettext_noop("(no subject)"))


@register.filter
def subject_line(ticket: Ticket) -> str:
    return _("(no subject)") if ticket.subject in _NO_SUBJECT else ticket.subject


@register.filter
def protection_words(protection: str) -> str:
    return str(_PROTECTION.get(protection, ""))


@register.filter
def is_locked(protection: str) -> bool:
    return protection.endswith("-encrypted")


@register.filter
def invitation_kind(invitation: Mapping[str, Any]) -> str:
    method = str(invitation.get("method", "")).lower()
    return str(_METHODS.get(method, _METHODS["publish"]))


@register.filter
def invitation_time(invitation: Mapping[str, Any]) -> str:
    """From when to when in the reader's zone; the organizer's own words where they tell no zone."""
    starts, ends = _moment(invitation.get("starts")), _moment(invitation.get("ends"))
    if starts is None:
        return ""
    if not isinstance(starts, datetime):
        return date_format(starts, "DATE_FORMAT")
    return f"{_day(starts)}, {_hours(starts, ends)}{_zone(starts)}"


def _moment(text: object) -> datetime | date | None:
    try:
        value = datetime.fromisoformat(str(text or ""))
        if len(str(text)) == len("2026-01-31"):
            return value.date()
        return timezone.localtime(value) if value.tzinfo else value
    except (ValueError, OverflowError):
        return None


def _day(moment: datetime) -> str:
    return f"{date_format(moment, 'D')} {date_format(moment, 'DATE_FORMAT')}"


def _hours(starts: datetime, ends: datetime | date | None) -> str:
    if not isinstance(ends, datetime):
        return f"{starts:%H:%M}"
    if starts.date() == ends.date():
        return f"{starts:%H:%M}–{ends:%H:%M}"
    return f"{starts:%H:%M} – {_day(ends)}, {ends:%H:%M}"


def _zone(moment: datetime) -> str:
    return f" ({moment:%Z})" if moment.tzinfo else " " + _("(time zone not told)")


@register.filter
def suggestion_reason(code: str) -> str:
    known = dict(Suggestion.Reason.choices)
    return str(known.get(code, code))


@register.filter
def is_mail(message: Message) -> bool:
    """It came to us as a mail, so that there is a raw one behind it."""
    return message.is_inbound and bool(message.external_index)
