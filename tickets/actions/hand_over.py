"""What somebody leaves behind goes to others in the same transaction in which they leave."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import actions as accounts
from accounts.models import Team, User
from accounts.queries import find_taker
from connectors.models import Inbox
from core.errors import Invalid
from core.events import record
from customers.models import Tier
from tickets.actions.change import assign, move_to_team
from tickets.models import Macro, Recurrence, SavedView, Ticket

_SHARED = (Macro, SavedView, Recurrence)


@transaction.atomic
def hand_over_and_deactivate(
    user: User, *, to: User | Team | None, actor: User
) -> tuple[User, int]:
    """End somebody's access and give their open tickets to a colleague or a team; with neither
    they stay where they are, without an assignee. Returns how many there were."""
    if isinstance(to, User) and (to.pk == user.pk or not to.may("tickets.reply_ticket")):
        raise Invalid(_("Choose somebody else who answers tickets."), field="to")
    user = accounts.deactivate_user(user, actor=actor)
    count = 0
    for ticket in Ticket.objects.unresolved().filter(assignee=user).order_by("pk"):
        _hand_over(ticket, to, actor)
        count += 1
    User.objects.filter(stand_in=user).update(stand_in=None)
    record("user.handed_over", subject=user, actor=actor, tickets=count)
    return user, count


def _hand_over(ticket: Ticket, to: User | Team | None, actor: User) -> None:
    if isinstance(to, Team):
        if ticket.team_id != to.pk:
            move_to_team(ticket, actor=actor, team=to)
        ticket.refresh_from_db(fields=["assignee"])
        if ticket.assignee_id is None:
            return
    assign(ticket, actor=actor, assignee=to if isinstance(to, User) else None)


@transaction.atomic
def hand_over_absence(user: User) -> int:
    """Open tickets of somebody who is out of office go to their stand-in or back to their teams.
    Returns how many."""
    taker = find_taker(user)
    count = 0
    for ticket in Ticket.objects.unresolved().filter(assignee=user).order_by("pk"):
        assign(ticket, actor=None, assignee=taker)
        count += 1
    record("user.handed_over", subject=user, actor=None, tickets=count)
    return count


@transaction.atomic
def hand_over_and_delete_team(team: Team, *, to: Team | None, actor: User) -> int:
    """Move all that hangs on a team to another one and delete it. A team on which nothing hangs
    needs no other. Who does not see the tickets of all teams closes and fills only their own.
    Returns how many tickets moved."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    accounts.check_teams(actor, [team] if to is None else [team, to])
    if to is not None and to.pk == team.pk:
        raise Invalid(_("Choose another team."), field="to")
    tickets: list[UUID] = list(Ticket.objects.filter(team=team).values_list("pk", flat=True))
    inboxes, tiers = Inbox.objects.filter(team=team), Tier.objects.filter(team=team)
    shared = any(model._default_manager.filter(team=team).exists() for model in _SHARED)
    if to is None and (tickets or shared or inboxes.exists() or tiers.exists()):
        raise Invalid(_("Choose a team that takes over what this one has."), field="to")
    for pk in tickets:
        move_to_team(Ticket(pk=pk), actor=actor, team=to)
    for model in _SHARED:
        model._default_manager.filter(team=team).update(team=to)
    inboxes.update(team=to)
    tiers.update(team=to)
    accounts.delete_team(team, actor=actor)
    return len(tickets)
