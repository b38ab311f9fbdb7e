"""When a shift is over, conversations that go on are handed to who is there."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from accounts.models import User
from automation.actions.choosing import hurried
from automation.models import TeamRouting
from automation.queries.floor import (
    OFF_DUTY,
    OWN_QUEUES,
    build_requests,
    load_floor,
    policy_of,
    pushing_teams,
)
from automation.routing.deciding import decide
from core.clock import now
from core.registry import Channel, channels
from tickets.models import Message, Ticket

# Whoever has answered so lately is in the middle of it.
_SPEAKS = timedelta(minutes=3)


def hand_on_talks() -> int:
    """Only what somebody else would get now: a visitor is not sent to wait for nobody."""
    queues = [channel for kind, channel in channels.items() if kind in OWN_QUEUES]
    if not queues:
        return 0
    teams = pushing_teams().filter(follows_hours=True)
    return sum(_hand_on(channel, routing) for routing in teams for channel in queues)


def _hand_on(channel: Channel, routing: TeamRouting) -> int:
    members = User.objects.filter(teams=routing.team_id, is_active=True)
    talks = channel.talks_of(list(members.values_list("pk", flat=True)))
    if not talks:
        return 0
    floor = load_floor(routing)
    over = {one.id for one in floor if one.away == OFF_DUTY}
    left = {pk: user for pk, user in talks.items() if user in over}
    quiet = left.keys() - _spoken_lately(left)
    tickets = Ticket.objects.filter(pk__in=quiet, team=routing.pk)
    done = 0
    for request in build_requests(list(tickets.select_related("inbox", "customer__tier")), routing):
        decided = decide(request, floor, hurried(policy_of(routing)))
        if decided.chosen:
            done += channel.look_for_another(request.id, of=left[request.id])
    return done


def _spoken_lately(tickets: Collection[UUID]) -> set[UUID]:
    said = Message.objects.filter(
        ticket__in=list(tickets), direction=Message.Direction.OUT, at__gt=now() - _SPEAKS
    )
    return set(said.values_list("ticket_id", flat=True))
