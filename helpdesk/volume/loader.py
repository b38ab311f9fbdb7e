"""Any number of tickets for measuring: rows in bulk, each as the actions would have left it.

Nothing is sent and nothing reacts. The same seed makes the same tickets, and those that are there
already are not made again: a broken run is finished by the next one, a larger number adds.
"""

import gc
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from uuid import UUID, uuid5

from django.db import connection, transaction

from accounts.actions import add_team, add_user
from accounts.models import Team, User
from connectors.actions import add_brand, add_inbox
from connectors.models import Brand, Inbox
from core import blind, clock, events
from core.fields import warm_keys
from core.ids import new_id
from customers.models import Customer, Identity, Tier
from helpdesk.demo.telling import read_content
from helpdesk.volume.lives import DAYS, DOMAIN, House, Life, Rows, write_customer
from helpdesk.volume.words import LANGUAGES, invent_name, pick
from tickets.models import Message, Status

PER_CUSTOMER = 5
PER_COMMIT = 200
_SPACE = UUID("6b1b2a44-5e0e-4f5c-9a0e-3d1a9f0c7d11")


def load(tickets: int, *, seed: int = 1, processes: int = 1) -> Iterator[int]:
    """Yield how many tickets each commit has added.

    Preconditions: ``set_up`` has run; with several processes, no transaction is open.
    """
    house = prepare_house()
    batches = [
        range(start, min(start + PER_COMMIT, tickets)) for start in range(0, tickets, PER_COMMIT)
    ]
    write = partial(write_batch, house=house, seed=seed)
    if processes == 1 or len(batches) == 1:
        yield from map(write, batches)
        return
    # A connection must not be shared with what is forked.
    connection.close()
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        yield from pool.map(write, batches)


def write_batch(numbers: range, *, house: House, seed: int) -> int:
    # Rows come and go by the thousand; the collector need not look through all the rest each time.
    gc.freeze()
    try:
        with transaction.atomic():
            rows = tell(numbers, house, seed)
            rows.save()
    finally:
        gc.unfreeze()
    return len(rows.tickets)


def prepare_house() -> House:
    with events.history(), events.through("cli"):
        return furnish()


@transaction.atomic
def furnish() -> House:
    """The doors and the agents there are; what is missing is made."""
    if not Inbox.objects.filter(is_active=True, team__isnull=False).exists():
        add_inbox(
            brand=Brand.objects.first() or add_brand("Perchwood"),
            kind=Inbox.Kind.MAIL,
            name="Support",
            address=f"support@{DOMAIN}",
            team=Team.objects.first() or add_team("Support"),
        )
    inboxes = Inbox.objects.filter(is_active=True, team__isnull=False).select_related("team")
    return House(
        inboxes=list(inboxes.order_by("pk")),
        agents={inbox.team.pk: find_agents(inbox.team) for inbox in inboxes if inbox.team},
        statuses={status.category: status for status in Status.objects.filter(is_default=True)},
        tiers=list(Tier.objects.all()),
    )


def find_agents(team: Team) -> list[User]:
    agents = list(
        User.objects.filter(teams=team, is_active=True, groups__name="agent").order_by("pk")
    )
    if agents:
        return agents
    names = [agent["name"] for agent in read_content("lexicon")["agents"][:3]]
    return [
        add_user(f"agent{n}.{team.pk.hex[-8:]}@{DOMAIN}", name=name, role="agent", teams=[team])
        for n, name in enumerate(names)
    ]


def tell(numbers: range, house: House, seed: int) -> Rows:
    """The rows of these tickets, without those that are there."""
    rows = Rows()
    keys = {uuid5(_SPACE, f"{seed}.{number}"): number for number in numbers}
    there = set(Message.objects.filter(client_id__in=keys).values_list("client_id", flat=True))
    missing = {key: number for key, number in keys.items() if key not in there}
    known = find_customers({number // PER_CUSTOMER for number in missing.values()}, seed)
    for key, number in missing.items():
        who = number // PER_CUSTOMER
        if who not in known:
            known[who] = meet(who, house, seed)
            write_customer(known[who], rows)
        rng = random.Random(f"{seed}.{number}")  # noqa: S311  the same tickets everywhere
        Life(known[who], key=key, house=house, rows=rows, rng=rng).tell()
    return rows


def find_customers(numbers: set[int], seed: int) -> dict[int, Identity]:
    indexes = {blind.email_index(email_of(who, seed)): who for who in numbers}
    held = Identity.objects.filter(
        scope="", kind=Identity.Kind.EMAIL, value_index__in=list(indexes), valid_to=None
    ).select_related("customer__tier")
    warm_keys(held)
    return {indexes[bytes(identity.value_index)]: identity for identity in held}


def meet(who: int, house: House, seed: int) -> Identity:
    rng = random.Random(f"{seed}.customer.{who}")  # noqa: S311  see above
    language = pick(LANGUAGES, rng)
    at = clock.now() - timedelta(days=DAYS + 20 + rng.random() * 900)
    weights = [{"vip": 5, "new": 15}.get(tier.code, 80) for tier in house.tiers]
    customer = Customer(
        id=new_id(),
        tier=rng.choices(house.tiers, weights)[0],
        name=invent_name(language, rng),
        locale=language,
        created_at=at,
    )
    email = email_of(who, seed)
    return Identity(
        id=new_id(),
        customer=customer,
        kind=Identity.Kind.EMAIL,
        value=email,
        value_index=blind.email_index(email),
        valid_from=at,
    )


def email_of(who: int, seed: int) -> str:
    return f"customer{who:06}.{seed}@{DOMAIN}"
