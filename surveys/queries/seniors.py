"""Who works a low score: somebody senior of the team, who has the fewest open."""

from accounts.models import User
from accounts.queries import is_absent
from surveys.models import RecoveryTask
from tickets.models import Ticket

RIGHT = "surveys.work_recovery"


def senior_of(ticket: Ticket) -> User | None:
    """Of the ticket's team, who is not away; else the one who had it, if they may; else nobody,
    and everybody who may sees it."""
    people = User.objects.filter(is_active=True, kind=User.Kind.PERSON)
    if ticket.team_id:
        of_team = people.filter(teams=ticket.team_id).order_by("pk")
        able = [user for user in of_team if user.may(RIGHT)]
        here = [user for user in able if not is_absent(user)] or able
        if here:
            return min(here, key=_count_open)
    holder = ticket.assignee
    return holder if holder and not holder.is_bot and holder.may(RIGHT) else None


def _count_open(user: User) -> int:
    return RecoveryTask.objects.filter(owner=user, state="open").count()
