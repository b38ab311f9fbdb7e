"""What people set for themselves, and what admins set for everybody."""

from accounts.views import (
    access,
    calendars,
    entrance,
    people,
    preferences,
    presence,
    roles,
    teams,
    viewing,
    workspace,
)

__all__ = [
    "access",
    "calendars",
    "entrance",
    "people",
    "preferences",
    "presence",
    "roles",
    "teams",
    "viewing",
    "workspace",
]
