"""The list of tickets and the counts beside it. Budget: the page stays within 8 queries."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.db.models import F, IntegerField, Q, UUIDField, Value
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import Invalid
from core.fields import warm_keys
from tickets.models import (
    NEVER,
    WAITING,
    Category,
    Priority,
    SavedView,
    Ticket,
    TicketQuerySet,
    or_never,
)
from tickets.queries.conditions import Filter, condition_of, read_filter
from tickets.queries.counts import NUMBERS, add_up, count_by_team
from tickets.queries.rows import load_rows
from tickets.queries.saved import SAVED, find_view
from tickets.queries.search import find_tickets

VIEWS = ("open", "mine", "unassigned", "waiting", "resolved", "all", "spam")
Columns = tuple[tuple[str, str], ...]
SORTS: dict[str, Columns] = {
    # Name → columns with the direction in which the next page lies; the id makes them unique.
    "newest": (("last_at", "lt"), ("id", "lt")),
    "oldest": (("last_at", "gt"), ("id", "gt")),
    "waiting": (("waits_since", "gt"), ("id", "gt")),
    "priority": (("priority", "lt"), ("last_at", "lt"), ("id", "lt")),
    "due": (("due_at", "gt"), ("id", "gt")),
}
# The spam folder in the order in which it was filled, as its index keeps it.
_SPAM_NEWEST = (("spam_at", "lt"), ("id", "lt"))
# What is sorted by → the column it comes from, which may be empty.
_OR_NEVER = {"waits_since": "waiting_since", "due_at": "next_due_at"}
_NO_NUMBERS = {name: Value(None, output_field=IntegerField()) for name in NUMBERS}


@dataclass(frozen=True, slots=True)
class ListRequest:
    view: str = "open"
    sort: str = "newest"
    status: str = ""
    priority: str = ""
    tag: str = ""
    q: str = ""
    after: str = ""
    limit: int = 50
    filter: str = ""  # as JSON, of programs; people save theirs as views
    saved: SavedView | None = None

    @classmethod
    def from_query(cls, query: Any) -> Self:
        """From a request's query string; what is unknown falls back to the default."""
        given = {
            name: query[name].replace("\0", "")  # which the database cannot even be asked about
            for name in ("status", "priority", "tag", "q", "after", "filter")
            if name in query
        }
        view, sort = query.get("view", "open"), query.get("sort", "")
        known = view in VIEWS or view.startswith(("team-", SAVED))
        usual = "" if view.startswith(SAVED) else "newest"  # a saved view has its own
        return cls(view=view if known else "open", sort=sort if sort in SORTS else usual, **given)

    def at(self, cursor: str) -> Self:
        return replace(self, after=cursor)

    def of(self, saved: SavedView | None) -> Self:
        """In the order of its saved view, unless another was asked for."""
        usual = saved.sort if saved and saved.sort in SORTS else "newest"
        return replace(self, saved=saved, sort=self.sort or usual)

    @property
    def is_gone(self) -> bool:
        return self.view.startswith(SAVED) and self.saved is None


@dataclass(frozen=True, slots=True)
class ListPage:
    rows: list[Ticket]
    next: str


def list_tickets(user: User, request: ListRequest) -> ListPage:
    request = _with_its_view(user, request)
    if request.is_gone:
        return ListPage([], "")
    columns = columns_of(request)
    ids = _found(user, request, columns).values_list("pk", flat=True)
    return _page_of(ids, user, request, columns)


def list_with_counts(user: User, request: ListRequest) -> tuple[ListPage, dict[str, int]]:
    """With the numbers beside the usual views and teams, which take no statement of their own."""
    request = _with_its_view(user, request)
    columns = columns_of(request)
    names = ("row", "team_id", *NUMBERS)
    numbers = count_by_team(user).annotate(row=Value(None, output_field=UUIDField()))
    both = numbers.values_list(*names)
    if not request.is_gone:
        found = _found(user, request, columns).annotate(row=F("pk"), **_NO_NUMBERS)
        both = found.values_list(*names).union(both, all=True)
    ids, per_team = [], []
    for pk, *rest in both:
        if pk is None:
            per_team.append(rest)
        else:
            ids.append(pk)
    return _page_of(ids, user, request, columns), add_up(per_team)


def _with_its_view(user: User, request: ListRequest) -> ListRequest:
    if request.view.startswith(SAVED) and request.saved is None:
        return request.of(find_view(user, request.view))
    return request


def _found(user: User, request: ListRequest, columns: Columns) -> TicketQuerySet:
    """The tickets of the page, and one of the next. What their rows show is asked for after that:
    with it the database would plan ten times as long as it runs."""
    tickets = _asked_for(user, request)
    made_up = {name: or_never(column) for name, column in _OR_NEVER.items()}
    asked = [name for name, _way in columns]
    tickets = tickets.annotate(**{name: made_up[name] for name in asked if name in made_up})
    if request.after:
        tickets = tickets.filter(_behind(request.after, columns))
    order = [F(name).desc() if way == "lt" else F(name).asc() for name, way in columns]
    return tickets.order_by(*order)[: request.limit + 1]


def _page_of(ids: Iterable[UUID], user: User, request: ListRequest, columns: Columns) -> ListPage:
    found = load_rows(ids, user)
    more = len(found) > request.limit
    rows = found[: request.limit]
    warm_keys(rows)
    return ListPage(rows, _cursor_of(rows[-1], columns) if more else "")


def _asked_for(user: User, request: ListRequest) -> TicketQuerySet:
    if request.q.strip():
        visible = find_tickets(user, request.q)
    else:
        visible = Ticket.objects.visible_to(user)
    tickets = _filtered(in_view(visible, request.view, user), request)
    if request.saved:
        tickets = tickets.filter(condition_of(request.saved.filter, user))
    if request.filter:
        tickets = tickets.filter(condition_of(_given_filter(request.filter), user))
    return tickets


def _given_filter(text: str) -> Filter:
    try:
        return read_filter(json.loads(text))
    except (ValueError, RecursionError):
        raise Invalid(_("The filter is no JSON."), field="filter") from None


def columns_of(request: ListRequest) -> Columns:
    is_folder = request.view == "spam" and request.sort == "newest"
    return _SPAM_NEWEST if is_folder else SORTS[request.sort]


def in_view(tickets: TicketQuerySet, view: str, user: User) -> TicketQuerySet:
    """Spam stands in its own view and in no other."""
    if view == "spam":
        return tickets.filter(spam_at__isnull=False)
    return _wanted(tickets.filter(spam_at__isnull=True, merged_into__isnull=True), view, user)


def _wanted(tickets: TicketQuerySet, view: str, user: User) -> TicketQuerySet:
    match view:
        case _ if view == "all" or view.startswith(SAVED):
            return tickets
        case "mine":
            return tickets.unresolved().filter(assignee=user)
        case "unassigned":
            return tickets.unresolved().filter(assignee=None)
        case "waiting":
            return tickets.filter(category__in=WAITING)
        case "resolved":
            return tickets.filter(category__in=[Category.RESOLVED, Category.CLOSED])
        case _ if view.startswith("team-"):
            return tickets.unresolved().filter(team=_team_of(view))
        case _:
            return tickets.unresolved()


def _team_of(view: str) -> UUID | None:
    try:
        return UUID(view.removeprefix("team-"))
    except ValueError:
        return None


def _filtered(tickets: TicketQuerySet, request: ListRequest) -> TicketQuerySet:
    if request.status:
        tickets = tickets.filter(Q(status__code=request.status) | Q(category=request.status))
    if request.priority:
        tickets = tickets.filter(priority=_priority_of(request.priority))
    if request.tag:
        tickets = tickets.filter(tags__contains=[request.tag.lower()])
    return tickets


def _priority_of(text: str) -> int:
    by_name = {priority.name.lower(): priority.value for priority in Priority}
    by_number = {str(value): value for value in Priority.values}
    return (by_name | by_number).get(text.lower(), -1)


# Keyset cursors: the sort columns of the last row, so that a page costs the same at any depth.


def _cursor_of(row: Ticket, columns: Columns) -> str:
    values = [str(_value_of(row, name)) for name, _way in columns]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _value_of(row: Ticket, name: str) -> Any:
    column = _OR_NEVER.get(name)
    return (getattr(row, column) or NEVER) if column else getattr(row, name)


def _behind(cursor: str, columns: Columns) -> Q:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.urlsafe_b64decode(padded))
        typed = [_typed(name, value) for (name, _way), value in zip(columns, values, strict=True)]
    except (ValueError, TypeError, RecursionError):
        return Q(pk__in=[])  # a cursor that is none ends the list
    condition, equal = Q(), Q()
    for (name, way), value in zip(columns, typed, strict=True):
        condition |= equal & Q(**{f"{name}__{way}": value})
        equal &= Q(**{name: value})
    return condition & Q(**{f"{columns[0][0]}__{columns[0][1]}e": typed[0]})


def _typed(name: str, value: object) -> Any:
    if not isinstance(value, str):
        raise TypeError(name)
    if name == "id":
        return UUID(value)
    return int(value) if name == "priority" else datetime.fromisoformat(value)
