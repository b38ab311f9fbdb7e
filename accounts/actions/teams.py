"""Teams, and who works in them or in an inbox without being a member."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from accounts.actions.people import check_teams
from accounts.errors import OutOfReach
from accounts.models import Calendar, Team, User
from accounts.queries import rights_rooms
from core.errors import Invalid
from core.events import record


@transaction.atomic
def add_team(
    name: str,
    *,
    actor: User | None = None,
    signature: str = "",
    calendar: Calendar | None = None,
) -> Team:
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, signature=signature, calendar=calendar)
    except IntegrityError:
        raise Invalid(_("There is a team of this name already."), field="name") from None
    record("team.added", subject=team, actor=actor)
    return team


@transaction.atomic
def change_team(
    team: Team, *, name: str, signature: str, calendar: Calendar | None, actor: User
) -> Team:
    team = Team.objects.select_for_update().get(pk=team.pk)
    values = {"name": name, "signature": signature, "calendar": calendar}
    changed = [key for key, value in values.items() if getattr(team, key) != value]
    if not changed:
        return team
    if Team.objects.exclude(pk=team.pk).filter(name=name).exists():
        raise Invalid(_("There is a team of this name already."), field="name")
    for key in changed:
        setattr(team, key, values[key])
    team.save(update_fields=changed)
    record("team.changed", subject=team, actor=actor, fields=changed)
    return team


@transaction.atomic
def set_members(team: Team, members: Iterable[User], *, actor: User) -> None:
    """Who joins or leaves sees more or less at once."""
    check_teams(actor, [team])
    before = set(_members_of(team))
    after = {user.pk for user in members}
    if before == after:
        return
    for user in User.objects.filter(pk__in=before ^ after):
        user.teams.add(team) if user.pk in after else user.teams.remove(team)
    record(
        "team.members_changed",
        subject=team,
        actor=actor,
        joined=sorted(after - before),
        left=sorted(before - after),
        rooms=rights_rooms(before ^ after),
    )


@transaction.atomic
def delete_team(team: Team, *, actor: User) -> None:
    """Its tickets belong to another team by now (``tickets.actions.hand_over_and_delete_team``)."""
    record("team.removed", subject=team, actor=actor, rooms=rights_rooms(_members_of(team)))
    team.delete()


def _members_of(team: Team) -> list[UUID]:
    return list(User.objects.filter(teams=team).values_list("pk", flat=True))


@transaction.atomic
def set_team_signature(team: Team, *, signature: str, actor: User) -> Team:
    team.signature = signature
    team.save(update_fields=["signature"])
    record("team.signature_changed", subject=team, actor=actor)
    return team


# Rights on one team or inbox


@transaction.atomic
def grant_work(place: models.Model, *, to: User | Group, actor: User) -> None:
    """Let somebody, or everybody of a role, work in this team or inbox without being a member."""
    _check_place(place, actor)
    assign_perm(_work_in(place), to, place)
    _record_grant("access.granted", place, to, actor)


@transaction.atomic
def revoke_work(place: models.Model, *, of: User | Group, actor: User) -> None:
    _check_place(place, actor)
    remove_perm(_work_in(place), of, place)
    _record_grant("access.revoked", place, of, actor)


def _work_in(place: models.Model) -> str:
    return f"{place._meta.app_label}.work_in_{place._meta.model_name}"


def _record_grant(name: str, place: models.Model, holder: User | Group, actor: User) -> None:
    if isinstance(holder, User):
        kind, people = "user", [holder.pk]
    else:
        kind, people = "role", list(holder.user_set.values_list("pk", flat=True))
    rooms = rights_rooms(people)
    record(name, subject=place, actor=actor, rooms=rooms, to=kind, holder=str(holder.pk))


def _check_place(place: models.Model, actor: User) -> None:
    if actor.may("tickets.view_all_ticket"):
        return
    if place.pk not in actor.access.teams | actor.access.inboxes:
        raise OutOfReach(_("You can only give access to what you may see yourself."))
