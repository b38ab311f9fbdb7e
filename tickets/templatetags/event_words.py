"""What happened beside the conversation, as one quiet sentence each."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import Event
from core.registry import event_sentences


def describe_event(event: Event, who: str) -> SafeString | None:
    """None where it is none of these."""
    sentence = _sentence_of(event)
    if sentence is None:
        return None
    details = event.details
    other = details.get("from") or details.get("into") or details.get("number")
    names = {"who": who, "number": f"#{other}" if other else ""}
    bold = {key: format_html('<b dir="auto">{}</b>', name) for key, name in names.items()}
    return format_html(sentence, **bold)


def _sentence_of(event: Event) -> str | None:
    if theirs := event_sentences.get(event.name):
        return theirs(event)
    if event.name in ("ticket.merged", "ticket.unmerged", "ticket.split", "ticket.unsplit"):
        return _moved(event)
    return {
        "ticket.linked": lambda: _linked(str(event.details.get("kind", ""))),
        "ticket.unlinked": lambda: _("{who} unlinked it from {number}"),
        "ticket.repeated": lambda: _("Opened as a recurring ticket"),
        "side.asked": lambda: _("{who} wrote to a third party"),
        "side.answered": lambda: _("A third party answered"),
        "side.closed": lambda: _("{who} closed a side conversation"),
        "side.reopened": lambda: _("{who} opened a side conversation again"),
    }.get(event.name, lambda: None)()


def _moved(event: Event) -> str:
    came = "from" in event.details
    match event.name:
        case "ticket.merged":
            here = _("{who} merged {number} into this ticket")
            return here if came else _("{who} merged this ticket into {number}")
        case "ticket.unmerged":
            here = _("{who} took {number} out of this ticket again")
            return here if came else _("{who} took this ticket out of {number} again")
        case "ticket.split":
            if came:
                return _("{who} split this ticket off {number}")
            n = len(event.details.get("gone", []))
            return ngettext(
                "{who} split a message off as {number}",
                "{who} split %(n)d messages off as {number}",
                n,
            ) % {"n": n}
    here = _("{who} put the messages back into {number}")
    return here if came else _("{who} took the messages back from {number}")


def _linked(kind: str) -> str:
    match kind:
        case "incident":
            return _("{who} linked it with {number} as problem and incident")
        case "duplicate":
            return _("{who} linked it with {number} as duplicates")
    return _("{who} linked it with {number}")


def undo_address(event: Event | None, ticket: Any) -> str:
    """Where a merge or split is taken back, as long as it can be."""
    move = str(event.details.get("move", "")) if event else ""
    if event is None or event.name not in ("ticket.merged", "ticket.split"):
        return ""
    undoable = {str(pk) for pk in getattr(ticket, "undoable", None) or ()}
    return reverse("tickets:undo_move", args=[move]) if move in undoable else ""
