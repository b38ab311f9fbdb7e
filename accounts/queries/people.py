"""People who work here, as admins see them."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import Group
from django.core import signing
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.errors import InvitationOver, OutOfReach
from accounts.models import User

INVITATION_GOOD_FOR = timedelta(days=7)
_SALT = "accounts.invitation"


@dataclass(frozen=True, slots=True)
class PersonRow:
    user: User
    role: str
    is_invited: bool  # has not come in yet


def list_people() -> list[PersonRow]:
    """Those who work here first, by name; then who left."""
    found = User.objects.filter(kind=User.Kind.PERSON).prefetch_related("groups", "teams")
    people = found.order_by("-is_active", "name", "pk")
    return [PersonRow(user, roles_of(user), is_invited(user)) for user in people]


def roles_of(user: User) -> str:
    return ", ".join(sorted(group.name for group in user.groups.all()))


def is_invited(user: User) -> bool:
    return user.is_active and user.last_login is None and not user.has_usable_password()


def admins_left(*, without: User) -> "QuerySet[User]":
    """Those who could still let others in, were this one gone."""
    admins = User.objects.filter(is_active=True, groups__name="admin").exclude(pk=without.pk)
    never_came = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, last_login=None)
    return admins.exclude(never_came)


def can_manage(actor: User, user: User) -> bool:
    """Nobody changes somebody who may do more than they."""
    if user.is_superuser and not actor.is_superuser:
        return False
    if actor.is_superuser:
        return True
    if not actor.may("tickets.view_all_ticket"):
        theirs, own = user.access, actor.access
        if not (theirs.teams <= own.teams and theirs.inboxes <= own.inboxes):
            return False
    return all(actor.may(right) for right in user.access.rights)


def check_manages(actor: User, user: User) -> None:
    if not can_manage(actor, user):
        raise OutOfReach(_("This person may do more than you; an admin has to do this."))


def find_role(name: str) -> Group | None:
    return Group.objects.filter(name=name).first()


# Invitations


def invitation_of(user: User) -> str:
    """The secret in the link. It dies with the first password, and when a new one is made."""
    return signing.dumps({"user": user.pk.hex, "state": _state_of(user)}, salt=_SALT)


def read_invitation(token: str) -> User:
    """Raises ``InvitationOver``."""
    try:
        told = signing.loads(token, salt=_SALT, max_age=INVITATION_GOOD_FOR)
    except signing.BadSignature:
        raise InvitationOver(_over()) from None
    user = User.objects.filter(pk=UUID(hex=told["user"]), is_active=True).first()
    if user is None or not is_invited(user) or _state_of(user) != told["state"]:
        raise InvitationOver(_over())
    return user


def _state_of(user: User) -> str:
    # An unusable password is random, so each invitation has its own.
    return hashlib.sha256(f"{user.pk}{user.password}".encode()).hexdigest()[:32]


def _over() -> str:
    return _("This invitation is no longer good. Ask whoever sent it for a new one.")
