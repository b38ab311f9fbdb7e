"""Everything that changes people who work here and what they may do."""

import secrets
from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import ApiToken, Team, User
from core.events import record

# Role → rights. Who may see which ticket is a matter of teams and inboxes, not of roles, but
# for `view_all_ticket`.
LIGHT_AGENT = {"tickets.view_ticket", "tickets.note_ticket", "customers.view_customer"}
AGENT = LIGHT_AGENT | {
    "tickets.add_ticket",
    "tickets.reply_ticket",
    "tickets.change_ticket",
    "customers.change_customer",
}
SUPERVISOR = AGENT | {
    "tickets.view_all_ticket",
    "tickets.reopen_closed_ticket",
    "connectors.view_rawdelivery",
    "connectors.view_senderblock",
    "connectors.add_senderblock",
    "connectors.delete_senderblock",
    "tickets.delete_message",
    "tickets.view_delivery",
    "core.view_event",
}
ADMIN = SUPERVISOR | {
    "connectors.change_rawdelivery",
    "connectors.view_suppression",
    "connectors.delete_suppression",
    "core.view_reaction",
    "core.change_reaction",
    *(
        f"{app}.{verb}_{model}"
        for app, models in {
            "accounts": ("user", "team", "apitoken"),
            "customers": ("tier", "purpose", "notice"),
            "connectors": ("brand", "inbox"),
            "tickets": ("status",),
        }.items()
        for model in models
        for verb in ("view", "add", "change", "delete")
    ),
}
ROLES = {
    "admin": ADMIN,
    "supervisor": SUPERVISOR,
    "agent": AGENT,
    "light agent": LIGHT_AGENT,
}


@transaction.atomic
def set_up_roles() -> None:
    """Make the roles and give them their rights; safe to repeat."""
    for name, rights in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        wanted = {tuple(right.split(".")) for right in rights}
        group.permissions.set(
            permission
            for permission in Permission.objects.select_related("content_type")
            if (permission.content_type.app_label, permission.codename) in wanted
        )


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
def add_team(name: str, *, actor: User | None = None) -> Team:
    team = Team.objects.create(name=name)
    record("team.added", subject=team, actor=actor)
    return team


@transaction.atomic
def create_token(user: User, *, label: str = "", actor: User | None = None) -> str:
    """Return the secret; it cannot be read again."""
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, label=label, digest=ApiToken.digest_of(secret))
    record("api_token.created", subject=token, actor=actor, user=user.pk)
    return secret


@transaction.atomic
def set_preferences(
    user: User, *, language: str, timezone: str, theme: str, signature: str | None = None
) -> User:
    """Without a signature the present one stays."""
    user.language, user.timezone, user.theme = language, timezone, theme
    user.signature = user.signature if signature is None else signature
    user.save(update_fields=["language", "timezone", "theme", "signature"])
    return user


@transaction.atomic
def set_team_signature(team: Team, *, signature: str, actor: User) -> Team:
    team.signature = signature
    team.save(update_fields=["signature"])
    record("team.signature_changed", subject=team, actor=actor)
    return team
