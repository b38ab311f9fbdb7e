"""As whom rules act: an account nobody signs in as, with chosen rights."""

from collections.abc import Collection

from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils.translation import gettext as _
from guardian.shortcuts import assign_perm, remove_perm

from accounts.actions import add_bot_user, rename_bot_user
from accounts.models import Team, User
from automation.models import RuleAccount
from core.errors import Invalid, NotAllowed
from core.events import record
from tickets.models import Ticket

NAME = "Rules"
# What it may be given, and what it has until somebody chooses otherwise: it writes to no customer.
ALL_TICKETS = "tickets.view_all_ticket"
CHOICES = (
    "tickets.change_ticket",
    "tickets.note_ticket",
    "tickets.reply_ticket",
    "tickets.reopen_closed_ticket",
)
AT_FIRST = ("tickets.view_ticket", ALL_TICKETS, "tickets.change_ticket", "tickets.note_ticket")


def find_rule_account() -> User | None:
    found = RuleAccount.objects.select_related("user").first()
    return found.user if found else None


@transaction.atomic
def rule_account() -> User:
    """Made with the first rule."""
    if known := find_rule_account():
        return known
    user = add_bot_user(NAME)
    _give(user, AT_FIRST)
    found, is_new = RuleAccount.objects.get_or_create(only=True, defaults={"user": user})
    if not is_new:  # somebody was quicker
        user.delete()
    return found.user


def _give(user: User, rights: Collection[str]) -> None:
    pairs = [right.split(".") for right in rights]
    found = [
        Permission.objects.get(content_type__app_label=app, codename=name) for app, name in pairs
    ]
    user.user_permissions.set(found)


def may(actor: User, right: str) -> bool:
    """The account is inactive, as nobody signs in as it; so its rights are asked for themselves."""
    return right in actor.access.rights if actor.is_bot else actor.may(right)


def sees(actor: User, ticket: Ticket) -> bool:
    if not actor.is_bot:
        return Ticket.objects.visible_to(actor).filter(pk=ticket.pk).exists()
    return may(actor, ALL_TICKETS) or ticket.team_id in actor.access.teams


@transaction.atomic
def change_rule_account(
    *, actor: User | None, name: str, rights: Collection[str], teams: Collection[Team] | None
) -> User:
    """``teams``: whose tickets it may touch; None: all. Nobody gives it what they lack; as actor
    ``None`` is the program itself."""
    user = User.objects.select_for_update().get(pk=rule_account().pk)
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise Invalid(_("A name of at most 60 characters."), field="name")
    wanted = {right for right in rights if right in CHOICES} | {"tickets.view_ticket"}
    if teams is None:
        wanted.add(ALL_TICKETS)
    had = user.access.rights
    if actor and any(not actor.may(right) for right in wanted - had):
        raise NotAllowed(_("You cannot give a right that you do not have yourself."))
    rename_bot_user(user, name=name)
    _give(user, wanted)
    _set_teams(user, teams or (), actor)
    record("rule.account_changed", subject=user, actor=actor, rights=sorted(wanted))
    return User.objects.get(pk=user.pk)


def _set_teams(user: User, teams: Collection[Team], actor: User | None) -> None:
    own, wanted = user.access.teams, {team.pk: team for team in teams}
    sees_all = actor is None or actor.may(ALL_TICKETS)
    for pk, team in wanted.items():
        if pk not in own:
            if actor and not sees_all and pk not in actor.access.teams:
                raise NotAllowed(_("You do not work in this team yourself."))
            assign_perm("accounts.work_in_team", user, team)
    for team in Team.objects.filter(pk__in=own - wanted.keys()):
        remove_perm("accounts.work_in_team", user, team)
