"""Saved views: made, changed, put in order, deleted and brought back."""

from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Team, User
from core.errors import Invalid, NotAllowed
from core.events import record
from tickets.models import SavedView
from tickets.queries.conditions import Filter, read_filter
from tickets.queries.lists import SORTS

COLUMNS = ("tags", "compact")
MAX_VIEWS = 60  # of one person, team, or of everybody: their numbers are counted together
BRING_BACK_SECONDS = 3600
_SALT = "tickets.saved-view"


def may_change(view: SavedView, user: User) -> bool:
    """One's own; those of a team by who answers in it; everybody's, and any team's, by right."""
    if view.owner_id:
        return view.owner_id == user.pk
    if user.may("tickets.share_savedview"):
        return True
    in_team = view.team_id is not None and view.team_id in user.access.teams
    return in_team and user.may("tickets.change_ticket")


@transaction.atomic
def create_view(
    *,
    actor: User,
    name: str,
    filter: Any,
    sort: str = "newest",
    columns: list[str] | None = None,
    scope: str = "me",
) -> SavedView:
    """``scope`` is "me", "everybody" or the id of a team."""
    view = SavedView(columns=["tags"] if columns is None else columns)
    _fill(view, name=name, filter=read_filter(filter), sort=sort, columns=view.columns)
    _share(view, scope, actor)
    _check_room(view)
    view.position = 1 + (_beside(view).aggregate(last=Max("position"))["last"] or 0)
    view.save(force_insert=True)
    record("view.created", subject=view, actor=actor, team=view.team_id)
    return view


@transaction.atomic
def change_view(view: SavedView, *, actor: User, **changes: Any) -> SavedView:
    """Any of name, filter, sort, columns and scope."""
    view = _locked(view, actor)
    scope = changes.pop("scope", None)
    now: dict[str, Any] = {
        "name": view.name,
        "filter": view.filter,
        "sort": view.sort,
        "columns": view.columns,
    }
    if "filter" in changes:
        changes["filter"] = read_filter(changes["filter"])
    _fill(view, **(now | changes))
    if scope is not None and scope != scope_of(view):
        _share(view, scope, actor)
        _check_room(view)
    view.save()
    record("view.changed", subject=view, actor=actor, team=view.team_id, fields=sorted(changes))
    return view


@transaction.atomic
def delete_view(view: SavedView, *, actor: User) -> str:
    """Returns what ``restore_view`` brings it back from."""
    view = _locked(view, actor)
    kept = {
        "by": str(actor.pk),
        "id": str(view.pk),
        "name": view.name,
        "filter": view.filter,
        "sort": view.sort,
        "columns": view.columns,
        "scope": scope_of(view),
        "position": view.position,
    }
    record("view.deleted", subject=view, actor=actor, team=view.team_id)
    view.delete()
    return signing.dumps(kept, salt=_SALT, compress=True)


@transaction.atomic
def restore_view(token: str, *, actor: User) -> SavedView:
    try:
        kept = signing.loads(token, salt=_SALT, max_age=BRING_BACK_SECONDS)
    except signing.BadSignature:
        raise Invalid(_("This can no longer be undone."), field="token") from None
    if kept["by"] != str(actor.pk):
        raise NotAllowed(_("Only who deleted it can undo that."))
    if SavedView.objects.filter(pk=kept["id"]).exists():
        return SavedView.objects.get(pk=kept["id"])
    view = SavedView(pk=UUID(kept["id"]), position=kept["position"])
    _fill(view, **{name: kept[name] for name in ("name", "filter", "sort", "columns")})
    _share(view, kept["scope"], actor)
    view.save(force_insert=True)
    record("view.created", subject=view, actor=actor, team=view.team_id)
    return view


@transaction.atomic
def move_view(view: SavedView, *, actor: User, by: int) -> SavedView:
    """Up (-1) or down (1) among those that belong to the same."""
    view = _locked(view, actor)
    order = list(_beside(view).select_for_update(of=("self",)).order_by("position", "name"))
    here = next(n for n, one in enumerate(order) if one.pk == view.pk)
    to = min(max(here + by, 0), len(order) - 1)
    order.insert(to, order.pop(here))
    for position, one in enumerate(order):
        if one.position != position:
            SavedView.objects.filter(pk=one.pk).update(position=position)
    record("view.moved", subject=view, actor=actor, to=to)
    view.position = to
    return view


def scope_of(view: SavedView) -> str:
    if view.owner_id:
        return "me"
    return str(view.team_id) if view.team_id else "everybody"


def _fill(view: SavedView, *, name: str, filter: Filter, sort: str, columns: list[str]) -> None:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("Give the view a name of at most 60 characters."), field="name")
    if sort not in SORTS:
        raise Invalid(_("There is no such order."), field="sort")
    if unknown := set(columns) - set(COLUMNS):
        reason = _("There is no column “%(name)s”.") % {"name": sorted(unknown)[0]}
        raise Invalid(reason, field="columns")
    view.name, view.filter, view.sort = name, filter, sort
    view.columns = [column for column in COLUMNS if column in columns]


def _share(view: SavedView, scope: str, actor: User) -> None:
    view.owner = actor if scope == "me" else None
    view.team = None
    if scope not in ("me", "everybody"):
        view.team = _team(scope, actor)
    if not may_change(view, actor):
        raise NotAllowed(_("Your role does not allow sharing this view."))


def _team(scope: str, actor: User) -> Team:
    try:
        teams = Team.objects.filter(pk=UUID(scope))
    except ValueError:
        teams = Team.objects.none()
    if not actor.may("tickets.share_savedview"):
        teams = teams.filter(pk__in=actor.access.teams)
    team = teams.first()
    if team is None:
        raise Invalid(_("There is no such team among yours."), field="scope")
    return team


def _beside(view: SavedView) -> Any:
    return SavedView.objects.filter(owner=view.owner, team=view.team)


def _check_room(view: SavedView) -> None:
    if _beside(view).exclude(pk=view.pk).count() >= MAX_VIEWS:
        raise Invalid(_("There are %(n)d views already; delete one first.") % {"n": MAX_VIEWS})


def _locked(view: SavedView, actor: User) -> SavedView:
    found: Any = SavedView.objects.select_for_update(of=("self",)).filter(pk=view.pk).first()
    if found is None:
        raise Invalid(_("This view is gone."))
    if not may_change(found, actor):
        raise NotAllowed(_("This view belongs to others; duplicate it to change it."))
    locked: SavedView = found
    return locked
