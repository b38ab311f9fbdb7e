"""The installation as a whole: its name, and how far it is set up."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.people import add_user
from accounts.errors import InvitationOver
from accounts.models import User, Workspace
from accounts.queries import admins_exist, read_first_link
from core.clock import now
from core.events import record


def _lock() -> Workspace:
    Workspace.objects.get_or_create(only=True)
    return Workspace.objects.select_for_update().get()


@transaction.atomic
def change_workspace(*, actor: User, **values: Any) -> Workspace:
    """``name``, ``language`` (of those who have not chosen one) and ``timezone``."""
    row = _lock()
    changed = [key for key, value in values.items() if getattr(row, key) != value]
    for key in changed:
        setattr(row, key, values[key])
    if changed:
        row.save(update_fields=changed)
        record("workspace.changed", subject=row, actor=actor, fields=changed)
    return row


@transaction.atomic
def finish_step(step: str, *, actor: User) -> Workspace:
    """Remember that a step of the first set-up was done or passed over."""
    row = _lock()
    if step not in row.steps_done:
        row.steps_done = [*row.steps_done, step]
        row.save(update_fields=["steps_done"])
        record("workspace.step_done", subject=row, actor=actor, step=step)
    return row


@transaction.atomic
def finish_set_up(*, actor: User | None) -> Workspace:
    row = _lock()
    if row.set_up_at is None:
        row.set_up_at = now()
        row.save(update_fields=["set_up_at"])
        record("workspace.set_up", subject=row, actor=actor)
    return row


@transaction.atomic
def add_first_admin(
    token: str, *, email: str, name: str, password: str, language: str, timezone: str
) -> User:
    """Whoever holds the link that the start printed; the second one comes too late."""
    read_first_link(token)
    Group.objects.select_for_update().get(name="admin")
    if admins_exist():
        raise InvitationOver(_("Somebody has begun already. Ask them to invite you."))
    return add_user(
        email, name=name, role="admin", password=password, language=language, timezone=timezone
    )
