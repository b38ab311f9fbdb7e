"""How the parts of a ticket are drawn and named: status, priority, channel, files, events."""

from functools import cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext_lazy
from django.utils.translation import gettext as _

from connectors.queries import text_to_html
from core.fulltext import find_snippet
from core.models import Event
from core.registry import ThreadPart
from core.templatetags.frame import words_script
from core.templatetags.icons import icon
from tickets.models import WAITING, Category, Delivery, Message, Priority, Status, Ticket
from tickets.templatetags.event_causes import add_cause, describe_other
from tickets.templatetags.event_words import describe_event, undo_address

register = template.Library()

_CHANNEL_ICONS = {"mail": "mail", "api": "webhook", "chat": "message-square"}
_CHANNEL_WORDS = {
    "mail": gettext_lazy("by e-mail"),
    "api": gettext_lazy("by API"),
    "chat": gettext_lazy("in the chat"),
}
_PRIORITY = {
    Priority.LOW: ("low", "arrow-down"),
    Priority.HIGH: ("high", "chevron-up"),
    Priority.URGENT: ("urgent", "chevrons-up"),
}
_TYPES = {
    "automatic": gettext_lazy("Automatic"),
    "complaint": gettext_lazy("Complaint"),
    "feedback": gettext_lazy("Feedback"),
    "incident": gettext_lazy("Incident"),
    "question": gettext_lazy("Question"),
    "request": gettext_lazy("Request"),
    "return": gettext_lazy("Return"),
}
# Sentences of the inbox's scripts. {name} is filled in there.
WORDS = {
    "fresh": gettext_lazy("{n} new"),
    "show_fresh": gettext_lazy("Show what is new"),
    "sending": gettext_lazy("Sending…"),
    "sent_in": gettext_lazy("Sends in {n} s"),
    "undone": gettext_lazy("Not sent. Your text is back in the box."),
    "note_added": gettext_lazy("Note added"),
    "send": {
        "waiting_customer": gettext_lazy("Send and set waiting"),
        "open": gettext_lazy("Send and keep open"),
        "resolved": gettext_lazy("Send and resolve"),
        "note": gettext_lazy("Add internal note"),
        "chat": pgettext_lazy("in a chat", "Send"),
    },
    "sends": {
        "enter": gettext_lazy("Enter sends"),
        "ctrl_enter": gettext_lazy("Ctrl Enter sends"),
    },
    "box": {"reply": gettext_lazy("Your reply"), "note": gettext_lazy("Internal note")},
    "hint": {
        "reply": gettext_lazy("Write an answer"),
        "note": gettext_lazy("Only your team sees this"),
    },
    "kept": gettext_lazy("Your text is kept."),
    "not_sent": gettext_lazy("Your answer was not sent."),
    "unconfirmed": gettext_lazy(
        "The page closed before it was confirmed. Sending it again sends it only once."
    ),
    "unseen_one": gettext_lazy("{name} wrote in the meantime."),
    "send_anyway": gettext_lazy("Send anyway"),
    "read_it": gettext_lazy("Read it"),
    "uploading": gettext_lazy("Files are still being uploaded."),
    "upload_failed": gettext_lazy("{name} was not uploaded."),
    "remove": gettext_lazy("Remove {name}"),
    "progress": gettext_lazy("Progress of {name}"),
    "done": {
        "status": gettext_lazy("Now: {value}"),
        "assignee": gettext_lazy("Assigned to {value}"),
        "team": gettext_lazy("Moved to {value}"),
        "priority": gettext_lazy("Priority: {value}"),
        "tags": gettext_lazy("Tags changed"),
    },
    "new_message": gettext_lazy("New message below"),
    "you": gettext_lazy("You"),
    "draft": gettext_lazy("Draft kept"),
    "gone": gettext_lazy("The ticket now lies with a team you do not work in."),
    "add_tag": gettext_lazy("Add “{name}”"),
    # Many at once
    "select": gettext_lazy("Select"),
    "select_row": gettext_lazy("Select the ticket of {name}"),
    "chosen": gettext_lazy("{n} selected"),
    "at_most": gettext_lazy("At most {n} tickets at once."),
    "bulk_done": gettext_lazy("{n} changed."),
    "bulk_refused": gettext_lazy("{n} not changed:"),
    "bulk_undone": gettext_lazy("{n} changed back."),
    "next_none": gettext_lazy("Nothing else waits for you."),
    "next_skip": gettext_lazy("Skip"),
    "next_taken": gettext_lazy("Yours now: {what}"),
    # Saved views
    "value": gettext_lazy("Value"),
    "length": gettext_lazy("How long"),
    "unit": gettext_lazy("Unit of time"),
    "units": {
        "min": gettext_lazy("minutes"),
        "h": gettext_lazy("hours"),
        "d": gettext_lazy("days"),
        "w": gettext_lazy("weeks"),
    },
    "choose": gettext_lazy("Choose…"),
    "add_value": gettext_lazy("Use “{name}”"),
    "field_gone": gettext_lazy("This field is gone. Remove the condition or choose another."),
    "value_gone": gettext_lazy("Something chosen here is gone."),
    "gone_name": gettext_lazy("(gone)"),
    "view_saved": gettext_lazy("“{name}” is saved."),
    "view_deleted": gettext_lazy("“{name}” is deleted."),
}


@register.simple_tag
def ticket_words() -> SafeString:
    return _ticket_words(get_language())


@cache
def _ticket_words(language: str | None) -> SafeString:
    return words_script(WORDS)


@register.filter
def mark(category: str) -> str:
    """The shape of a status: both kinds of waiting share one."""
    return "waiting" if category in WAITING else category


@register.simple_tag
def status_dot(category: str) -> SafeString:
    return format_html('<span class="st" data-st="{}"></span>', mark(category))


@register.filter
def status_name(status: Status) -> str:
    """As admins named it; the names we ship are translated."""
    return _(status.name)


@register.filter
def category_name(code: str) -> str:
    return str(Category(code).label) if code in Category.values else code.replace("_", " ")


@register.filter
def priority_name(value: int) -> str:
    return str(Priority(value).label) if value in Priority.values else str(value)


@register.filter
def type_name(code: str) -> str:
    if code in _TYPES:
        return str(_TYPES[code])
    return code.replace("_", " ").replace("-", " ").capitalize()


@register.simple_tag
def priority_glyph(value: int) -> SafeString:
    if value not in _PRIORITY:
        return SafeString("")
    name, glyph = _PRIORITY[Priority(value)]
    return format_html('<span class="prio-{}">{}</span>', name, icon(glyph, "s"))


@register.simple_tag
def channel_glyph(kind: str, size: str = "") -> SafeString:
    return icon(_CHANNEL_ICONS.get(kind, "inbox"), size)


@register.filter
def way_words(kind: str) -> str:
    return str(_CHANNEL_WORDS.get(kind, ""))


@register.simple_tag
def came_by(message: Message, part: ThreadPart | None) -> str:
    """The kind of door a message went through: on a ticket of another kind mails come, too."""
    if not part or message.thread_id in part.said_here:
        return str(message.ticket.inbox.kind)
    return "mail"


@register.filter
def tier_code(ticket: Ticket) -> str:
    return ticket.customer.tier.code


@register.filter
def file_glyph(kind: str) -> str:
    family, _slash, rest = kind.partition("/")
    if family == "image":
        return "image"
    if rest in {"zip", "gzip", "x-7z-compressed"}:
        return "file-archive"
    if rest in {"csv", "vnd.ms-excel"} or "spreadsheet" in rest:
        return "file-spreadsheet"
    return "file-text"


@register.filter
def said(text: str) -> SafeString:
    """Plain words as paragraphs with links that tell the other side nothing about us."""
    html = text_to_html(text)
    safe = html.replace("<a href=", '<a target="_blank" rel="noopener noreferrer nofollow" href=')
    return mark_safe(safe)  # noqa: S308  text_to_html escapes every sign of the text


@register.filter
def cut_into_hits(text: str, query: str) -> list[tuple[str, bool]]:
    """A subject in pieces, each with whether the search meant it."""
    return find_snippet(text, query)


@register.filter
def author_name(message: Message) -> str:
    if message.author:
        return message.author.name
    if message.customer:
        return message.customer.name
    if not message.is_inbound:
        return _("Automatic confirmation")
    return str(message.addresses.get("from", ""))


@register.filter
def undo_left(delivery: Delivery | None) -> str:
    """When an answer that can still be taken back will leave, for the scripts."""
    is_waiting = delivery is not None and delivery.state == Delivery.State.SCHEDULED
    return delivery.not_before.isoformat() if delivery and is_waiting else ""


@register.simple_tag
def event_line(entry: Any) -> SafeString:
    """One quiet sentence on who did what."""
    item = entry.item
    sentence = describe_event(item.event, _who(item, entry.words))
    if sentence is None:
        sentence = _SENTENCES.get(item.event.name, _other)(item, entry.words)
    return add_cause(sentence, item.event, entry.words)


@register.simple_tag
def group_line(entry: Any) -> str:
    """ "4 changes by Alice", which unfolds."""
    n, who = entry.group.count, _who(entry.item, entry.words)
    if entry.words.get("by_me"):
        return ngettext("%(n)d change of yours", "%(n)d changes of yours", n) % {"n": n}
    return ngettext("%(n)d change by %(who)s", "%(n)d changes by %(who)s", n) % {"n": n, "who": who}


@register.simple_tag
def undo_of(entry: Any, ticket: Ticket) -> str:
    return undo_address(entry.item.event, ticket)


def _who(item: Any, words: dict[str, str]) -> str:
    if words.get("by_me"):
        return _("You")
    return item.actor.name if item.actor is not None else _("The system")


def _line(sentence: str, **names: str) -> SafeString:
    """Fill in the names in bold; the sentence is ours, the names are not."""
    safe = {key: format_html('<b dir="auto">{}</b>', name) for key, name in names.items()}
    return format_html(sentence, **safe) if safe else format_html("{}", sentence)


def _status_changed(item: Any, words: dict[str, str]) -> SafeString:
    target = category_name(str(item.event.details.get("to", "")))
    if item.event.actor_kind == Event.ActorKind.SYSTEM:
        return _line(_("The status changed to {status}"), status=target)
    if item.event.actor_kind == Event.ActorKind.CUSTOMER:
        return _line(_("The answer set the status to {status}"), status=target)
    return _line(_("{who} set the status to {status}"), who=_who(item, words), status=target)


def _resolved(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} resolved the ticket"), who=_who(item, words))


def _reopened(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} reopened the ticket"), who=_who(item, words))


def _assigned(item: Any, words: dict[str, str]) -> SafeString:
    who, assignee, previous = _who(item, words), words["assignee"], words["previous"]
    if not assignee:
        return _line(_("{who} took the ticket away from {previous}"), who=who, previous=previous)
    if words["took"]:
        return _line(_("{who} took the ticket"), who=who)
    name = _("you") if words["to_me"] else assignee
    return _line(_("{who} assigned the ticket to {name}"), who=who, name=name)


def _moved(item: Any, words: dict[str, str]) -> SafeString:
    if not words["team"]:
        return _line(_("{who} took the ticket out of its team"), who=_who(item, words))
    return _line(_("{who} moved the ticket to {team}"), who=_who(item, words), team=words["team"])


def _priority_changed(item: Any, words: dict[str, str]) -> SafeString:
    value = priority_name(int(item.event.details.get("to", 0)))
    return _line(_("{who} set the priority to {value}"), who=_who(item, words), value=value)


def _tagged(item: Any, words: dict[str, str]) -> SafeString:
    details, who = item.event.details, _who(item, words)
    added, removed = ", ".join(details.get("added", [])), ", ".join(details.get("removed", []))
    if added and removed:
        return _line(
            _("{who} added the tags {added} and removed {removed}"),
            who=who,
            added=added,
            removed=removed,
        )
    if added:
        return _line(_("{who} added the tags {added}"), who=who, added=added)
    return _line(_("{who} removed the tags {removed}"), who=who, removed=removed)


def _type_changed(item: Any, words: dict[str, str]) -> SafeString:
    value = type_name(str(item.event.details.get("to", "")))
    return _line(_("{who} set the type to {value}"), who=_who(item, words), value=value)


def _fields_changed(item: Any, words: dict[str, str]) -> SafeString:
    codes = ", ".join(item.event.details.get("fields", []))
    return _line(_("{who} changed the fields {codes}"), who=_who(item, words), codes=codes)


def _withdrawn(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} took an answer back before it was sent"), who=_who(item, words))


def _macro_applied(item: Any, words: dict[str, str]) -> SafeString:
    if name := words.get("macro"):
        return _line(_("{who} applied the macro {name}"), who=_who(item, words), name=name)
    return _line(_("{who} applied a macro"), who=_who(item, words))


def _macro_undone(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} undid a macro"), who=_who(item, words))


def _marked_spam(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} put the ticket into the spam folder"), who=_who(item, words))


def _unmarked_spam(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} took the ticket out of the spam folder"), who=_who(item, words))


def _redacted(item: Any, words: dict[str, str]) -> SafeString:
    return _line(_("{who} removed the words of a message"), who=_who(item, words))


def _bounced(item: Any, words: dict[str, str]) -> SafeString:
    return format_html("{}", _("An answer came back undelivered"))


def _failed(item: Any, words: dict[str, str]) -> SafeString:
    return format_html("{}", _("An answer could not be delivered"))


def _other(item: Any, words: dict[str, str]) -> SafeString:
    return describe_other(item.event, _who(item, words))


_SENTENCES = {
    "ticket.status_changed": _status_changed,
    "ticket.resolved": _resolved,
    "ticket.reopened": _reopened,
    "ticket.assigned": _assigned,
    "ticket.moved": _moved,
    "ticket.priority_changed": _priority_changed,
    "ticket.tagged": _tagged,
    "ticket.type_changed": _type_changed,
    "ticket.fields_changed": _fields_changed,
    "message.withdrawn": _withdrawn,
    "macro.applied": _macro_applied,
    "macro.undone": _macro_undone,
    "message.redacted": _redacted,
    "ticket.marked_spam": _marked_spam,
    "ticket.unmarked_spam": _unmarked_spam,
    "delivery.bounced": _bounced,
    "delivery.failed": _failed,
}
