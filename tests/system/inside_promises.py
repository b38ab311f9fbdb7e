"""Time passes for promises, without anybody waiting."""

from datetime import timedelta

from accounts.models import Presence, User
from automation.models import AgentCapacity, PolicyVersion, RuleVersion, TeamRouting
from connectors.models import Inbox
from core import clock, events
from tickets.actions import open_ticket


def age_promises(hours: int) -> int:
    """As though what is in force had been so for longer; how many versions."""
    versions = PolicyVersion.objects.filter(since__isnull=False, until=None)
    for version in versions:
        version.since -= timedelta(hours=hours)
        version.save(update_fields=["since"])
    return len(versions)


def leave_alone_with_room(email: str) -> None:
    """They have room for more, whatever they hold already, and nobody else is there."""
    user = User.objects.get(email=email)
    AgentCapacity.objects.update_or_create(user=user, defaults={"units": 10_000})
    Presence.objects.exclude(user=user).update(state="away")


def end_all() -> None:
    """Nothing is promised, done by rules or given out any more."""
    TeamRouting.objects.update(mode=TeamRouting.Mode.OFF)
    for versions in (PolicyVersion, RuleVersion):
        versions.objects.filter(since__isnull=False, until=None).update(until=clock.now())


def write_earlier(inbox: str, subject: str, minutes: int) -> str:
    """A request that came so long ago; its ticket's id."""
    with events.through("cli"), clock.at(clock.now() - timedelta(minutes=minutes)):
        ticket = open_ticket(
            Inbox.objects.get(address=inbox),
            actor=User.objects.get(email="supervisor@demo.test"),
            customer_email="dora@promises.example",
            customer_name="Dora Whitlock",
            subject=subject,
            body="I have been waiting for so long.",
        )
    return str(ticket.pk)
