"""What runs inside the house: `python -m bench.inside FUNCTION JSON-ARGUMENTS` prints JSON."""

import json
import os
import random
import re
import sys
import time
from collections import Counter
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()

from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.actions import create_token
from accounts.models import User
from bench import probe
from bench.counting import counted
from bench.giving import give_tickets as give_tickets
from bench.guests import read_turns as read_turns
from bench.guests import seat_guests as seat_guests
from bench.kept_views import COUNTED, TYPICAL, condition
from bench.ruling import judge_rules as judge_rules
from bench.seating import seat_visitors as seat_visitors
from bench.seating import unseat_visitors as unseat_visitors
from bench.shelving import ask_articles as ask_articles
from bench.shelving import memory_of_meaning as memory_of_meaning
from bench.shelving import shelve as shelve
from connectors.models import Inbox, RawDelivery
from core import words
from core.events import record
from core.fields import warm_keys
from tickets.actions.macros import save_macro
from tickets.actions.saved_views import create_view
from tickets.models import Macro, Message, SavedView, Ticket
from tickets.queries.saved import key_of

SAMPLE = 2000
FREQUENT = 0.22  # of all messages
TICKETS = 200
MACRO = "Benched"


def furnish() -> dict[str, Any]:
    """Who asks and what for: one agent's cookie and token, tickets, addresses."""
    inbox = Inbox.objects.filter(is_active=True, team__isnull=False, address__contains="@").first()
    assert inbox is not None  # noqa: S101 - the volume has made it
    agent = User.objects.filter(teams=inbox.team, groups__name="agent", is_active=True).first()
    assert agent is not None  # noqa: S101 - the volume has made one
    visible = Ticket.objects.visible_to(agent).filter(messages__isnull=False).distinct()
    newest = visible.filter(category="open").order_by("-last_at").values_list("pk", flat=True)
    return {
        "cookie": cookie_of(agent),
        "token": create_token(agent, label="bench"),
        "tickets": [str(pk) for pk in newest[:TICKETS]],
        "address": inbox.address,
        "user": str(agent.pk),
    }


def add_macro(user: str) -> str:
    """The name of a macro of this agent's own, which sets the priority."""
    agent = User.objects.get(pk=user)
    if not Macro.objects.filter(name=MACRO).exists():
        steps = [{"do": "set_priority", "value": 30}]
        save_macro(None, actor=agent, owner=agent, name=MACRO, body="", actions=steps)
    return MACRO


def keep_views(user: str) -> list[str]:
    """The names under which the typical views of this agent are listed; there are more to count."""
    agent = User.objects.get(pk=user)
    SavedView.objects.filter(owner=agent).delete()
    keys = []
    for name, (sort, every, some) in TYPICAL.items():
        kept = {"all": every, "any": some}
        keys.append(key_of(create_view(actor=agent, name=name, filter=kept, sort=sort)))
    countable = list(TYPICAL.values())[:4]  # the last has no number: it would only ever grow
    for number in range(COUNTED - len(countable)):
        _, every, some = countable[number % len(countable)]
        kept = {"all": [*every, condition("created", "within", f"{number + 1} w")], "any": some}
        create_view(actor=agent, name=f"View {number}", filter=kept)
    return keys


def cookie_of(user: User) -> str:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def choose_words(seed: int = 1) -> dict[str, list[str]]:
    """Queries of each kind, found in what is there."""
    rng = random.Random(seed)  # noqa: S311 - the same words each time
    messages = list(
        Message.objects.filter(kind="public").select_related("ticket").order_by("-at")[:SAMPLE]
    )
    warm_keys(messages)
    bodies = [message.body for message in messages]
    latin = [set(re.findall(r"[a-z]{4,}", body.lower())) for body in bodies]
    counts = Counter(word for found in latin for word in found)
    subjects = " ".join(message.ticket.subject for message in messages)
    frequent = min(counts, key=lambda word: abs(counts[word] / len(bodies) - FREQUENT))
    share = counts[frequent] / len(bodies)
    return {
        "rare word": sorted(set(re.findall(r"\d{5,}", subjects)))[:40],
        f"word of {share:.0%} of the messages": [frequent],
        "phrase": some([phrase_in(body, counts, len(bodies)) for body in bodies], rng),
        "Chinese phrase": some([chinese_in(body) for body in bodies], rng),
        "no hit": [f"zq{number}xv" for number in range(20)],
    }


def some(found: list[str], rng: random.Random) -> list[str]:
    known = sorted(set(filter(None, found)))
    return [f'"{text}"' for text in rng.sample(known, min(20, len(known)))]


def phrase_in(body: str, counts: Counter[str], bodies: int) -> str:
    """Two words that stand side by side, both of them common."""
    for pair in re.finditer(r"\b([a-z]{4,}) ([a-z]{4,})\b", body):
        if min(counts[pair[1]], counts[pair[2]]) > bodies // 50:
            return pair[0]
    return ""


def chinese_in(body: str) -> str:
    found = re.search(rf"[{words.CJK}]{{4}}", body)
    return found[0] if found else ""


def count_statements(asked: dict[str, list[Any]]) -> dict[str, dict[str, int]]:
    """Statements, commits and bytes of each request (method, path, body, headers)."""
    settings.ALLOWED_HOSTS.append("testserver")
    return {name: counted(*request) for name, request in asked.items()}


def ping(events: int, per_second: float) -> float:
    """Record events, each in a transaction of its own; how many a second there were."""
    user = User.objects.order_by("pk").first()
    assert user is not None  # noqa: S101 - furnished
    return paced(lambda sent: ping_once(user, sent), events, per_second)


def ping_once(user: User, sent: int) -> None:
    with transaction.atomic():
        record("bench.pinged", subject=user, actor=None, sent=sent)


def delay(tasks: int, per_second: float) -> float:
    return paced(probe.plain_task.delay, tasks, per_second)


def paced(act: Any, times: int, per_second: float) -> float:
    """As fast as it goes when ``per_second`` is 0."""
    probe.valkey().delete(probe.STARTS)
    started = time.monotonic()
    for number in range(times):
        if per_second:
            time.sleep(max(0.0, started + number / per_second - time.monotonic()))
        act(time.monotonic_ns())
    return times / (time.monotonic() - started)


def read_starts() -> list[float]:
    """Milliseconds from the event to the start of its reaction."""
    return [int(text) / 1e6 for text in probe.valkey().lrange(probe.STARTS, 0, -1)]


def count_mails() -> dict[str, int]:
    rows = RawDelivery.objects.values_list("state", flat=True)
    return dict(Counter(rows))


if __name__ == "__main__":
    answer = globals()[sys.argv[1]](*json.loads(sys.argv[2]))
    sys.stdout.write(f"{json.dumps(answer)}\n")
