"""The installation as a whole."""

from datetime import timedelta

from django.core import signing
from django.utils.translation import gettext as _

from accounts.errors import InvitationOver
from accounts.models import User, Workspace

FIRST_LINK_GOOD_FOR = timedelta(days=7)
_SALT = "accounts.first"


def workspace() -> Workspace:
    """The one row; unsaved until something is set."""
    return Workspace.objects.first() or Workspace()


def needs_set_up() -> bool:
    return not Workspace.objects.filter(set_up_at__isnull=False).exists()


def admins_exist() -> bool:
    """Somebody who left counts: whoever holds an old link must not become admin after them."""
    return User.objects.filter(groups__name="admin").exists()


def make_first_link() -> str:
    """The secret with which the first admin comes in. Good only while there is none."""
    return signing.dumps("first", salt=_SALT)


def read_first_link(token: str) -> None:
    """Raises ``InvitationOver``."""
    try:
        signing.loads(token, salt=_SALT, max_age=FIRST_LINK_GOOD_FOR)
    except signing.BadSignature:
        raise InvitationOver(
            _("This link is too old or not complete. Starting the helpdesk again prints a new one.")
        ) from None
    if admins_exist():
        raise InvitationOver(_("Somebody has begun already. Ask them to invite you."))
