"""Calendar invitations (RFC 5545, RFC 5546), as far as people want to see them."""

from datetime import date
from typing import Any

from icalendar import Calendar

from connectors.mail.decoding import clean_line
from connectors.mail.structure import Part
from connectors.messages import Invitation

CALENDAR_TYPES = ("text/calendar", "application/ics")
MAX_CALENDAR_BYTES = 256 * 1024
MAX_INVITATIONS = 5
MAX_WORDS = 500


def read_invitations(top: Part) -> list[Invitation]:
    """Each event once, though senders attach the calendar as text and as file."""
    found: dict[Invitation, None] = {}
    for part in top.walk():
        if part.content_type in CALENDAR_TYPES and len(found) < MAX_INVITATIONS:
            found |= dict.fromkeys(_read_part(part))
    return list(found)[:MAX_INVITATIONS]


def _read_part(part: Part) -> list[Invitation]:
    text = part.text(MAX_CALENDAR_BYTES)
    if "BEGIN:VEVENT" not in text.upper():
        return []
    try:
        calendar = Calendar.from_ical(text)
        events = calendar.walk("VEVENT")[:MAX_INVITATIONS]
        method = _words(calendar, "method").upper() or part.parameters.get("method", "").upper()
        return [_read_event(event, method) for event in events]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        # The library raises any of these over what strangers write; the file is still attached.
        return []


def _read_event(event: Any, method: str) -> Invitation:
    return Invitation(
        method=method[:20],
        summary=_words(event, "summary"),
        starts=_moment(event, "dtstart"),
        ends=_moment(event, "dtend"),
        location=_words(event, "location"),
        organizer=_words(event, "organizer").removeprefix("MAILTO:").removeprefix("mailto:"),
    )


def _words(component: Any, name: str) -> str:
    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return clean_line(str(value))[:MAX_WORDS] if value is not None else ""


def _moment(event: Any, name: str) -> str:
    value = event.get(name)
    moment = getattr(value, "dt", None)
    return moment.isoformat() if isinstance(moment, date) else ""
