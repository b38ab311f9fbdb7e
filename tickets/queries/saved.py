"""Saved views: which of them somebody has, and how many tickets stand in each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import BinaryField, CharField, Count, JSONField, Q, Value

from accounts.models import Team, User
from core.fields import warm_keys
from tickets.models import UNRESOLVED, SavedView, Ticket
from tickets.queries.conditions import condition_of, is_of_unresolved, is_unresolved_only

SAVED = "saved-"  # before the id, as the name of a view
# As the model has them, which is how it takes them.
_COLUMNS = ("id", "name", "filter", "sort", "columns", "owner_id", "team_id", "position")


@dataclass(slots=True)
class Menu:
    """What stands beside a list: the reader's teams and saved views, by name."""

    teams: list[tuple[UUID, str]] = field(default_factory=list)
    views: list[SavedView] = field(default_factory=list)

    def find(self, key: str) -> SavedView | None:
        return next((view for view in self.views if key == key_of(view)), None)


def key_of(view: SavedView) -> str:
    return f"{SAVED}{view.pk}"


def load_menu(user: User) -> Menu:
    """In one query: the page of a list has few to spend. The filters stay sealed until read."""
    views = SavedView.objects.visible_to(user).annotate(is_team=Value(0))
    nothing = {
        "owner_id": Value(None, output_field=CharField()),
        "team_id": Value(None, output_field=CharField()),
        "position": Value(0),
        "sort": Value(""),
        "columns": Value(None, output_field=JSONField()),
        "filter": Value(None, output_field=BinaryField()),
    }
    teams = _teams_of(user).annotate(is_team=Value(1), **nothing)
    names = ("is_team", *_COLUMNS)
    both = (
        views.order_by().values_list(*names).union(teams.order_by().values_list(*names), all=True)
    )
    menu = Menu()
    for is_team, *values in both:
        if is_team:
            menu.teams.append((values[0], values[1]))
        else:
            menu.views.append(SavedView.from_db("default", _COLUMNS, values))
    menu.teams.sort(key=lambda team: team[1].casefold())
    menu.views.sort(key=lambda view: (view.owner_id is None, view.position, view.name.casefold()))
    return menu


def _teams_of(user: User) -> Any:
    if user.may("tickets.view_all_ticket"):
        return Team.objects.all()
    return Team.objects.filter(pk__in=user.access.teams)


def find_view(user: User, key: str) -> SavedView | None:
    """By the name it has in an address; none if it is gone or not for this user."""
    try:
        pk = UUID(key.removeprefix(SAVED))
    except ValueError:
        return None
    found: Any = SavedView.objects.visible_to(user).filter(pk=pk).first()
    view: SavedView | None = found
    return view


def count_saved(user: User, views: Iterable[SavedView]) -> dict[str, int]:
    """All numbers in one statement over the index of unresolved tickets. Views in which others
    can stand have none: it would only ever grow."""
    views = list(views)
    warm_keys(views)
    counted = [view for view in views if is_of_unresolved(view.filter)]
    if not counted:
        return {}
    tickets = Ticket.objects.visible_to(user).filter(category__in=UNRESOLVED, spam_at=None)
    numbers = tickets.aggregate(
        **{f"n{n}": Count("category", filter=_beyond(view, user)) for n, view in enumerate(counted)}
    )
    return {key_of(view): numbers[f"n{n}"] for n, view in enumerate(counted)}


def _beyond(view: SavedView, user: User) -> Q | None:
    """What a view asks of tickets that are known to be unresolved: asking that again thirty times
    of each row would be most of the work."""
    rest = [one for one in view.filter["all"] if not is_unresolved_only(one)]
    return condition_of({**view.filter, "all": rest}, user) or None
