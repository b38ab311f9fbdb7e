"""Any number of routers at once: nothing is given twice, nobody gets more than they may carry."""

import random
import threading
from collections import Counter

import pytest
from django.db import OperationalError, connection

from accounts.models import Presence
from automation.actions import routing
from automation.models import AgentCapacity, Decision, TeamRouting
from core.clock import now
from core.models import Event
from tickets.models import Ticket

ROUTERS = 8


@pytest.fixture
def busy(support, inbox, alice, bob, supervisor, mail_in):
    TeamRouting.objects.create(team=support, mode="push", follows_hours=False)
    for user, units in ((alice, 3), (bob, 4), (supervisor, 2)):
        Presence.objects.update_or_create(user=user, defaults={"seen_at": now()})
        AgentCapacity.objects.create(user=user, units=units)
    return [mail_in(inbox, f"w{n}@example.org", "Help", "Please.").ticket for n in range(24)]


def run_routers(team):
    """As many threads as routers, each with a connection of its own. Returns who was cut off."""
    ready, failures = threading.Barrier(ROUTERS), []

    def route(number):
        try:
            ready.wait(20)
            routing.drain_team(team)
        except OperationalError:
            failures.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=route, args=[n]) for n in range(ROUTERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return failures


@pytest.fixture
def dies():
    return False


@pytest.fixture(autouse=True)
def long_way(monkeypatch, dies):
    """From a look to the commit it takes so long that the others look meanwhile. Where one dies,
    the first that gives something is cut off before it commits."""
    keep, victims = routing.keep, [1] if dies else []

    def keep_slowly(*given, **more):
        dying = victims and victims.pop()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.03)")
            if dying:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return keep(*given, **more)

    monkeypatch.setattr(routing, "keep", keep_slowly)
    # Each has another plan: from the same they would give the same things, and skip one another.
    look = routing.most_urgent
    monkeypatch.setattr(
        routing,
        "most_urgent",
        lambda waiting: random.sample(found := look(waiting), min(len(found), 10)),
    )


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dies", [False, True])
def test_eight_routers_at_once_claim_nothing_twice(busy, support, dies):
    failures = run_routers(support.pk)
    routing.drain_team(support.pk)  # whatever a killed one left behind
    assert len(failures) == dies
    given = Counter(Ticket.objects.exclude(assignee=None).values_list("assignee__name", flat=True))
    assert given == {"Alice Moreau": 3, "Bob Achterberg": 4, "Susan Park": 2}
    decided = Counter(Decision.objects.exclude(agent=None).values_list("ticket", flat=True))
    events = Counter(
        Event.objects.filter(name="ticket.assigned").values_list("ticket_id", flat=True)
    )
    assert set(decided.values()) == set(events.values()) == {1}
    assert len(decided) == 9 and decided.keys() == events.keys()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_freed_room_is_filled_once_by_eight_routers(busy, support):
    run_routers(support.pk)
    for _round in range(3):
        done = Ticket.objects.exclude(assignee=None).filter(category="new")[:4]
        Ticket.objects.filter(pk__in=[ticket.pk for ticket in done]).update(
            category="resolved", resolved_at=now()
        )
        run_routers(support.pk)
        held = Counter(
            Ticket.objects.filter(category="new")
            .exclude(assignee=None)
            .values_list("assignee__name", flat=True)
        )
        units = {"Alice Moreau": 3, "Bob Achterberg": 4, "Susan Park": 2}
        assert all(held[name] <= units[name] for name in held)
    decided = Counter(Decision.objects.exclude(agent=None).values_list("ticket", flat=True))
    assert set(decided.values()) == {1}
