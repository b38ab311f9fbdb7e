"""What decides on what somebody sees, in the form that prepared queries take it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from accounts.models import Access, User


class Reach(NamedTuple):
    """All that ``visible_to`` may decide by; the ids come as values beside it."""

    is_active: bool
    is_superuser: bool
    rights: frozenset[str]
    teams: int
    inboxes: int


def reach_of(user: User) -> tuple[list[UUID], Reach]:
    """The ids of the user, the teams and the inboxes, and what there is of each."""
    access = user.access
    reach = Reach(
        user.is_active,
        user.is_superuser,
        frozenset(access.rights),
        len(access.teams),
        len(access.inboxes),
    )
    return [user.pk, *access.teams, *access.inboxes], reach


def stand_in_for(ids: Sequence[UUID], reach: Reach) -> User:
    """A user with this reach and nothing else, to build a prepared query with."""
    user = User(pk=ids[0], is_active=reach.is_active, is_superuser=reach.is_superuser)
    teams, inboxes = ids[1 : 1 + reach.teams], ids[1 + reach.teams :]
    user.access = Access(set(reach.rights), set(teams), set(inboxes))
    return user
