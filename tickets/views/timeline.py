"""The thread as it is read: days, messages with their quotes folded, and what happened between."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.utils import timezone

from accounts.models import Team, User
from connectors.queries import fold_quotes
from tickets.models import Delivery, Macro, Message
from tickets.queries import TimelineItem
from tickets.templatetags.event_causes import note_macros
from tickets.views.grouping import Group, group_changes


@dataclass(slots=True)
class Entry:
    item: TimelineItem
    day: date
    starts_day: bool = False
    is_first_new: bool = False
    visible: str = ""
    quoted: str = ""
    origin: str = ""
    words: dict[str, str] = field(default_factory=dict)
    group: Group | None = None  # it begins one of so many changes
    ends_group: bool = False


def build_timeline(
    items: Iterable[TimelineItem], *, user: User, people: dict[UUID, User], read_seq: int | None
) -> list[Entry]:
    """``read_seq`` is how far the user has read; without it nothing is marked as new."""
    shown = [item for item in items if item.message is None or not item.message.withdrawn_at]
    teams = _teams_in(shown) | _macros_in(shown)
    entries: list[Entry] = []
    last_day: date | None = None
    is_marked = not read_seq
    for item in shown:
        entry = _entry(item, user, people, teams)
        entry.starts_day, last_day = entry.day != last_day, entry.day
        if not is_marked and read_seq is not None and item.seq > read_seq and _by_other(item, user):
            entry.is_first_new = is_marked = True
        entries.append(entry)
    note_macros(entries)
    if read_seq is not None:
        group_changes(entries)  # what comes later is put in one by one
    return entries


def _by_other(item: TimelineItem, user: User) -> bool:
    return item.message is not None and item.message.author_id != user.pk


def _entry(
    item: TimelineItem, user: User, people: dict[UUID, User], teams: dict[str, str]
) -> Entry:
    if item.event:
        moment = timezone.localtime(item.event.at)
        return Entry(item, moment.date(), words=_words(item, user, people, teams))
    message = item.message
    assert message is not None  # noqa: S101  an item is one or the other
    visible, quoted = fold_quotes(message.body)
    entry = Entry(item, timezone.localtime(message.at).date(), visible=visible, quoted=quoted)
    entry.origin = origin_of(message)
    return entry


def origin_of(message: Message) -> str:
    """Decides side and colour: customer, agent, note, or nobody: auto (in), bot (out)."""
    if message.is_note:
        return "note"
    if not message.is_inbound:
        return "bot" if message.is_automatic else "agent"
    return "auto" if message.is_automatic else "customer"


def _words(
    item: TimelineItem, user: User, people: dict[UUID, User], teams: dict[str, str]
) -> dict[str, str]:
    """Names behind the ids in an event's details."""
    details = item.event.details if item.event else {}
    words: dict[str, str] = {}
    for role in ("assignee", "previous"):
        person = people.get(UUID(details[role])) if _is_id(details.get(role)) else None
        words[role] = person.name if person else ""
    words["team"] = teams.get(str(details.get("team")), "")
    words["macro"] = teams.get(str(details.get("macro")), "")
    words["by_me"] = "yes" if item.actor is not None and item.actor.pk == user.pk else ""
    words["to_me"] = "yes" if details.get("assignee") == str(user.pk) else ""
    words["took"] = (
        "yes" if item.actor is not None and details.get("assignee") == str(item.actor.pk) else ""
    )
    return words


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36


def _teams_in(items: list[TimelineItem]) -> dict[str, str]:
    """Names of the teams a ticket was moved to: one query, and only if it ever was."""
    ids = {
        item.event.details.get("team")
        for item in items
        if item.event and item.event.name == "ticket.moved" and item.event.details.get("team")
    }
    if not ids:
        return {}
    return {str(pk): name for pk, name in Team.objects.filter(pk__in=ids).values_list("pk", "name")}


def _macros_in(items: list[TimelineItem]) -> dict[str, str]:
    """Names of the macros that were applied: one query, and only if any ever was."""
    ids = {
        item.event.details.get("macro")
        for item in items
        if item.event and item.event.name == "macro.applied"
    }
    if not ids:
        return {}
    return {
        str(pk): name for pk, name in Macro.objects.filter(pk__in=ids).values_list("pk", "name")
    }


def can_undo(message: Message, user: User) -> bool:
    delivery = message.delivery_or_none
    return (
        delivery is not None
        and delivery.state == Delivery.State.SCHEDULED
        and message.author_id == user.pk
    )
