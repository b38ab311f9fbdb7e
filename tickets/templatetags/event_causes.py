"""Why something happened, in a few words after its sentence; and what has no sentence elsewhere."""

from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import Event

_DOORS = {
    "api": gettext_lazy("through the API"),
    "cli": gettext_lazy("by a command"),
    "portal": gettext_lazy("in the portal"),
}


def cause_of(event: Event, words: dict[str, str]) -> str:
    """Empty where a person did it by hand on our pages, which needs no word."""
    if name := words.get("by_macro"):
        return _("by the macro %(name)s") % {"name": name}
    if words.get("is_by_macro"):
        return _("by a macro")
    details = event.details
    if details.get("undone") or details.get("undo"):
        return _("taken back")
    if details.get("instead_of"):
        return _("instead of somebody who is out of office")
    if details.get("rule"):
        return _("by a rule")
    if details.get("bulk"):
        return _("together with other tickets")
    if event.via == "mail" and event.actor_kind == Event.ActorKind.SYSTEM:
        return _("after a mail came in")
    return str(_DOORS.get(event.via, ""))


def add_cause(sentence: SafeString, event: Event, words: dict[str, str]) -> SafeString:
    why = cause_of(event, words)
    return format_html('{} <span class="why">({})</span>', sentence, why) if why else sentence


def describe_other(event: Event, who: str) -> SafeString:
    """What no other module has a sentence for; never the name of the event itself."""
    sentence = {
        "ticket.fields_changed": _("{who} changed its fields"),
        "message.deleted": _("{who} removed a message"),
        "suggestion.dismissed": _("{who} said that another ticket is not the same request"),
        "delivery.released": _("{who} let a held back message through"),
        "delivery.recalled": _("{who} stopped an answer"),
    }.get(event.name)
    sentence = sentence or _("{who} changed the ticket")
    return format_html(sentence, who=format_html('<b dir="auto">{}</b>', who))


SENTENCES = frozenset(
    [
        "ticket.fields_changed",
        "message.deleted",
        "suggestion.dismissed",
        "delivery.released",
        "delivery.recalled",
    ]
)


def note_macros(entries: list[Any]) -> None:
    """Changes a macro made know it: they stand between its beginning and its own event."""
    for applied in entries:
        event = applied.item.event
        if event is None or event.name != "macro.applied":
            continue
        since = int(event.details.get("since", event.seq))
        for entry in entries:
            other = entry.item.event
            if other and other.actor_id == event.actor_id and since < other.seq < event.seq:
                entry.words["by_macro"] = applied.words.get("macro", "")
                entry.words["is_by_macro"] = "yes"
