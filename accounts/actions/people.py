"""People who work here: how they come in, what changes, how they leave."""

import secrets
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.errors import InUse, LastAdmin, OutOfReach
from accounts.models import ApiToken, Team, User
from accounts.queries import (
    admins_left,
    check_manages,
    check_may_give_role,
    read_invitation,
    rights_rooms,
    roles_of,
)
from core.clock import now
from core.errors import Invalid
from core.events import record
from core.ids import new_id


@transaction.atomic
def add_user(
    email: str,
    *,
    name: str,
    role: str,
    password: str | None = None,
    teams: Iterable[Team] = (),
    actor: User | None = None,
    language: str = "",
    timezone: str = "UTC",
) -> User:
    user = User.objects.create_user(
        email,
        password,
        name=name,
        language=language,
        timezone=timezone,
        is_staff=role == "admin",
    )
    user.groups.add(Group.objects.get(name=role))
    user.teams.set(teams)
    record("user.added", subject=user, actor=actor, role=role)
    return user


@transaction.atomic
def add_bot_user(name: str, *, actor: User | None = None) -> User:
    """Whose name stands under a bot's words. Inactive: nobody signs in as it, and it is offered
    nowhere as somebody who works."""
    pk = new_id()
    user = User.objects.create_user(
        f"{pk.hex}@bots.invalid", id=pk, name=name, kind=User.Kind.BOT, is_active=False
    )
    record("user.added", subject=user, actor=actor, role="bot")
    return user


@transaction.atomic
def rename_bot_user(user: User, *, name: str) -> None:
    User.objects.filter(pk=user.pk, kind=User.Kind.BOT).update(name=name)


@transaction.atomic
def invite_user(
    email: str, *, name: str, role: Group, teams: Iterable[Team] = (), actor: User, language: str
) -> User:
    """Somebody new; the reaction sends them a link with which they choose a password."""
    check_may_give_role(actor, role)
    teams = list(teams)
    check_teams(actor, teams)
    email = email.strip().lower()
    try:
        with transaction.atomic():
            user = add_user(
                email, name=name, role=role.name, teams=teams, actor=actor, language=language
            )
    except IntegrityError:
        raise Invalid(_("Somebody with this address works here already."), field="email") from None
    record("user.invited", subject=user, actor=actor)
    return user


@transaction.atomic
def invite_again(user: User, *, actor: User) -> User:
    """A new link; those sent before are no longer good."""
    user = _lock(user)
    check_manages(actor, user)
    if user.has_usable_password() or user.last_login or not user.is_active:
        raise InUse(_("This person has come in already."))
    user.set_unusable_password()
    user.save(update_fields=["password"])
    record("user.invited", subject=user, actor=actor)
    return user


@transaction.atomic
def show_invitation(user: User, *, actor: User) -> None:
    """Note that somebody took the link to pass it on by another way than mail."""
    check_manages(actor, user)
    record("user.invitation_shown", subject=user, actor=actor)


@transaction.atomic
def accept_invitation(token: str, *, name: str, password: str, timezone: str = "UTC") -> User:
    """Once only: of two at the same time one comes too late. Raises ``InvitationOver``."""
    user = _lock(read_invitation(token))
    read_invitation(token)  # as it is under the lock
    user.name, user.timezone = " ".join(name.split()) or user.name, timezone
    user.set_password(password)
    user.save(update_fields=["name", "timezone", "password"])
    record("user.accepted", subject=user, actor=user)
    return user


@transaction.atomic
def change_user(
    user: User,
    *,
    name: str,
    role: Group,
    teams: Iterable[Team],
    actor: User,
    chat_capacity: int | None = None,
) -> User:
    """What a colleague is called, may do, and where they work. Holds at once."""
    user = _lock(user)
    check_manages(actor, user)
    teams, held = list(teams), roles_of(user)
    changed: dict[str, Any] = {}
    if held != role.name:
        check_may_give_role(actor, role)
        if role.name != "admin":
            _keep_an_admin(user, actor)
        user.groups.set([role])
        user.is_staff = role.name == "admin"
        changed |= {"was": held, "role": role.name}
    changed |= _change_teams(user, teams, actor)
    if user.name != name:
        changed["renamed"] = True
    if chat_capacity is not None and user.chat_capacity != chat_capacity:
        changed["chats_at_a_time"] = user.chat_capacity = chat_capacity
    if not changed:
        return user
    user.name = name
    user.save(update_fields=["name", "is_staff", "chat_capacity"])
    record("user.changed", subject=user, actor=actor, rooms=rights_rooms([user.pk]), **changed)
    return user


def _change_teams(user: User, teams: list[Team], actor: User) -> dict[str, Any]:
    before = set(user.teams.values_list("pk", flat=True))
    after = {team.pk for team in teams}
    if before == after:
        return {}
    check_teams(actor, [team for team in teams if team.pk not in before])
    user.teams.set(teams)
    return {"joined": sorted(after - before), "left": sorted(before - after)}


def check_teams(actor: User, teams: Iterable[Team]) -> None:
    """Nobody lets others into teams whose tickets they may not see themselves."""
    if actor.may("tickets.view_all_ticket"):
        return
    if any(team.pk not in actor.access.teams for team in teams):
        raise OutOfReach(_("You can only give access to teams in which you work yourself."))


@transaction.atomic
def deactivate_user(user: User, *, actor: User) -> User:
    """End their access at once: sessions, keys of programs, sockets. Open tickets are handed over
    by ``tickets.actions.hand_over_and_deactivate``, which calls this."""
    user = _lock(user)
    check_manages(actor, user)
    if not user.is_active:
        return user
    _keep_an_admin(user, actor)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_sessions(user)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now())
    record("user.deactivated", subject=user, actor=actor, rooms=rights_rooms([user.pk]))
    return user


@transaction.atomic
def reactivate_user(user: User, *, actor: User) -> User:
    """Keys of programs stay revoked; who never came in needs a new invitation."""
    user = _lock(user)
    check_manages(actor, user)
    if user.is_active:
        return user
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("user.reactivated", subject=user, actor=actor)
    return user


def end_sessions(user: User) -> int:
    """Whose a session is stands only inside of it, so all that are alive are opened."""
    own = [
        session.pk
        for session in Session.objects.filter(expire_date__gt=now()).iterator()
        if session.get_decoded().get("_auth_user_id") == str(user.pk)
    ]
    Session.objects.filter(pk__in=own).delete()
    return len(own)


def _lock(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)


def _keep_an_admin(user: User, actor: User) -> None:
    # The role's row is locked: of two admins who remove each other one comes too late.
    admins = Group.objects.select_for_update().get(name="admin")
    if not user.groups.filter(pk=admins.pk).exists():
        return
    if not admins_left(without=user).exists():
        raise LastAdmin(_("This is the last admin. Make somebody else an admin first."))


@transaction.atomic
def create_token(user: User, *, label: str = "", actor: User | None = None) -> str:
    """Return the secret; it cannot be read again."""
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, label=label, digest=ApiToken.digest_of(secret))
    record("api_token.created", subject=token, actor=actor, user=user.pk)
    return secret


@transaction.atomic
def set_preferences(
    user: User,
    *,
    language: str,
    timezone: str,
    theme: str,
    signature: str | None = None,
    **told: bool,
) -> User:
    """Without a signature the present one stays. ``told``: what they want to be told, and how."""
    user.language, user.timezone, user.theme = language, timezone, theme
    user.signature = user.signature if signature is None else signature
    for name in ("notify_by_mail", "notify_of_promises"):
        setattr(user, name, told.get(name, getattr(user, name)))
    user.save(
        update_fields=[
            "language",
            "timezone",
            "theme",
            "signature",
            "notify_by_mail",
            "notify_of_promises",
        ]
    )
    return user
