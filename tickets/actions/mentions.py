"""Colleagues and teams somebody calls in a text."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Team, User
from core.errors import Invalid
from tickets.models import Ticket

MOST = 20
_MENTION = re.compile(r"(user|team):([0-9a-f-]{36})")


def check_mentions(picks: Iterable[str], *, ticket: Ticket) -> dict[str, list[str]]:
    """For an event's details: "user:<id>" and "team:<id>", each once and of somebody who is here
    and may see the ticket. Of a team only those who may are told.

    Nothing where nobody is meant, so that such events stay as they are.
    """
    wanted = list(dict.fromkeys(picks))
    if not wanted:
        return {}
    if len(wanted) > MOST:
        raise Invalid(_("At most %(n)d people and teams.") % {"n": MOST}, field="mentions")
    ids: dict[str, set[UUID]] = {"user": set(), "team": set()}
    for pick in wanted:
        kind, pk = _read(pick)
        ids[kind].add(pk)
    here = list(User.objects.filter(pk__in=ids["user"], is_active=True).order_by("name"))
    teams = Team.objects.filter(pk__in=ids["team"]).count()
    if len(here) != len(ids["user"]) or teams != len(ids["team"]):
        raise Invalid(_("Somebody you name is no longer here."), field="mentions")
    if strangers := [user.name for user in here if not _may_see(user, ticket)]:
        reason = _("May not see this ticket and would hear nothing: %(names)s.")
        raise Invalid(reason % {"names": ", ".join(strangers)}, field="mentions")
    return {"mentions": wanted}


def _may_see(user: User, ticket: Ticket) -> bool:
    return Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()


def _read(pick: str) -> tuple[str, UUID]:
    found = _MENTION.fullmatch(pick)
    try:
        if found:
            return found[1], UUID(found[2])
    except ValueError:
        pass
    raise Invalid(_("That is no id."), field="mentions")
