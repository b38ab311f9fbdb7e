"""Looking, without acting, with the eyes of a colleague."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.errors import OutOfReach
from accounts.models import User
from accounts.queries import check_manages
from core.errors import NotAllowed
from core.events import record


@transaction.atomic
def begin_viewing(user: User, *, actor: User) -> None:
    if not actor.may("accounts.view_as_user"):
        raise NotAllowed(_("Your role does not allow this."))
    if user.pk == actor.pk or not user.is_active:
        raise OutOfReach(_("Choose a colleague who works here."))
    check_manages(actor, user)
    record("user.viewed_as", subject=user, actor=actor)


@transaction.atomic
def end_viewing(user: User, *, actor: User) -> None:
    record("user.viewing_ended", subject=user, actor=actor)
