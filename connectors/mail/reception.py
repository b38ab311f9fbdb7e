"""The database side of the mail door: which inbox, and store before anyone is told "received"."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections, transaction

from connectors.actions import store_raw
from connectors.mail.parse import find_external_id
from connectors.models import Inbox
from connectors.queries import inbox_for_address

log = logging.getLogger("helpdesk.mail")

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail for one inbox, with the addresses of that inbox it was sent to."""

    inbox: Inbox
    recipients: tuple[str, ...]


def find_inbox(address: str) -> Inbox | None:
    """Only for addresses that could be one of ours at all; others no query can carry."""
    if not address.isprintable() or "@" not in address or len(address) > 320:
        return None
    return inbox_for_address(address)


def store_arrivals(
    arrivals: Sequence[Arrival], *, raw: bytes, source: str, mail_from: str, peer: str, helo: str
) -> list[str]:
    """Committed on return, for all inboxes or for none; the ids of the deliveries."""
    external_id = find_external_id(raw)
    stored = []
    with transaction.atomic():
        for arrival in arrivals:
            envelope = {
                "mail_from": mail_from,
                "rcpt_to": list(arrival.recipients),
                "peer": peer,
                "helo": helo,
            }
            delivery = store_raw(
                arrival.inbox, raw=raw, source=source, external_id=external_id, envelope=envelope
            )
            stored.append(str(delivery.pk))
    for arrival, delivery_id in zip(arrivals, stored, strict=True):
        log.info("accepted %s for inbox %s", delivery_id, arrival.inbox.pk)
    return stored


class DatabaseThreads:
    """A few threads with a connection each: the event loop itself never waits for a commit."""

    def __init__(self, size: int = 4) -> None:
        self.size = size
        self.pool = ThreadPoolExecutor(size, thread_name_prefix="mail-db")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        def call() -> T:
            # Drops connections that the server closed meanwhile.
            close_old_connections()
            try:
                return function(*args, **kwargs)
            finally:
                close_old_connections()

        return await asyncio.get_running_loop().run_in_executor(self.pool, call)

    def close(self) -> None:
        """Connections belong to their thread, so each thread closes its own."""
        gate = threading.Barrier(self.size)

        def close_mine() -> None:
            gate.wait(timeout=30)
            connections.close_all()

        for closing in [self.pool.submit(close_mine) for _ in range(self.size)]:
            closing.result()
        self.pool.shutdown()
