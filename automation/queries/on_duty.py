"""Who is at work in a team now, for what cannot wait."""

from accounts.models import Team, User
from accounts.queries import is_absent, shift_in
from automation.models import TeamRouting
from automation.queries.floor import build_candidates


def people_on_duty(team: Team) -> list[User]:
    """Of the team's own: who is online and works now; where nobody is, those who lead routing
    there, so that it is told to somebody."""
    members = User.objects.filter(teams=team, is_active=True, kind=User.Kind.PERSON)
    people = list(members.select_related("presence", "calendar", "capacity").order_by("name"))
    there = build_candidates(people, TeamRouting(team=team), own={user.pk for user in people})
    away = {one.id: one.away for one in there}
    working = [user for user in people if not away[user.pk]]
    return working or [user for user in people if user.may("automation.set_up_routing")]


def is_at_work(user: User) -> bool:
    """By what is planned: not out of office, and within their hours if they have any of their
    own. Whose page is closed hears of it by mail."""
    if is_absent(user):
        return False
    return user.calendar is None or shift_in(user.calendar).is_working
