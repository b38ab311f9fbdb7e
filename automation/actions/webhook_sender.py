"""Sending the heads of lines, many at once, beside the other work of a worker process.

One thread decides and writes; each call has a thread of its own that only waits for the other
side, so whoever hangs takes up one place for as long as a call may last, and holds up nobody.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from uuid import UUID

from django.db import connection

from automation.actions.webhook_lines import Head, Outcome, claim, note_landed, spread
from automation.models import Webhook
from automation.queries.webhooks import due_lines, inside_hosts
from automation.webhooks.patience import read_retry_after
from automation.webhooks.signing import sign
from core.clock import now
from core.crypto import DecryptionError
from core.outside import Answer, Limits, Unreachable, post

log = logging.getLogger("helpdesk.webhooks")

# Calls of one process at a time; at most half of them to those who failed last time.
PLACES, FAILING_PLACES = 16, 8
LIMITS = Limits(connect=3.0, whole=10.0, body=16 * 1024)
# A name server may hold a call up beyond its limit; then it counts as over.
_OVERDUE = LIMITS.whole + 2.0
_LOOK = 0.2
# A process that has just sent something looks again for so long, instead of being told to.
_LINGER = 2.0
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True)
class Letter:
    url: str
    body: bytes
    headers: Mapping[str, str]


Carrier = Callable[[Letter], Outcome]


@dataclass(eq=False, slots=True)
class Flight:
    head: Head
    began: float = field(default_factory=time.monotonic)

    @property
    def is_overdue(self) -> bool:
        return time.monotonic() - self.began > _OVERDUE


def write_letter(webhook: Webhook, *, id: UUID, payload: Mapping[str, object]) -> Letter:
    """Signed for this try; its id is the same at each."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    at = int(now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Helpdesk-Webhooks/1",
        "webhook-id": str(id),
        "webhook-timestamp": str(at),
        "webhook-signature": sign(body, id=str(id), at=at, secrets=valid_secrets(webhook)),
    }
    return Letter(str(webhook.url), body, headers)


def valid_secrets(webhook: Webhook) -> list[str]:
    """The newest first."""
    is_old_valid = webhook.old_until is not None and now() < webhook.old_until
    old = [str(webhook.old_secret)] if is_old_valid and webhook.old_secret else []
    return [str(webhook.secret), *old]


def carry(letter: Letter) -> Outcome:
    began = time.monotonic()
    try:
        answer = post(
            letter.url,
            body=letter.body,
            headers=letter.headers,
            inside=inside_hosts(),
            limits=LIMITS,
        )
    except Unreachable as refusal:
        return Outcome(str(refusal), milliseconds=_since(began))
    return _judge(answer, _since(began))


def _judge(answer: Answer, milliseconds: int) -> Outcome:
    is_taken = 200 <= answer.status < 300
    problem = "" if is_taken else "redirect" if answer.status in _REDIRECTS else "status"
    return Outcome(
        problem,
        code=answer.status,
        milliseconds=milliseconds,
        said=answer.body.decode("utf-8", "replace").replace("\0", ""),
        retry_after=read_retry_after(answer.headers.get("retry-after", ""), at=now()),
    )


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


class Sender:
    def __init__(
        self,
        *,
        places: int = PLACES,
        failing_places: int = FAILING_PLACES,
        carry: Carrier = carry,
    ) -> None:
        self.places, self.failing_places, self.carry = places, failing_places, carry
        self.flights: dict[UUID, Flight] = {}
        self.landed: SimpleQueue[tuple[Flight, Outcome]] = SimpleQueue()

    def run(self, *, linger: float = 0.0) -> None:
        """Until nothing was due for ``linger`` seconds."""
        last = time.monotonic()
        while True:
            is_behind = spread() > 0
            self._take_off()
            if self.flights:
                self._land(0.0 if is_behind else _LOOK)
                last = time.monotonic()
            elif not is_behind:
                if time.monotonic() - last >= linger:
                    return
                time.sleep(_LOOK)

    def _take_off(self) -> None:
        failing = sum(flight.head.webhook.failures > 0 for flight in self.flights.values())
        free = self.places - len(self.flights)
        if free:
            for head in claim(free, failing=self.failing_places - failing):
                self._begin(Flight(head))

    def _begin(self, flight: Flight) -> None:
        webhook, delivery = flight.head.webhook, flight.head.delivery
        self.flights[webhook.pk] = flight
        try:
            letter = write_letter(webhook, id=delivery.event_id, payload=delivery.payload)
        except DecryptionError:
            self.landed.put((flight, Outcome("secret")))
            return
        threading.Thread(target=self._fly, args=(flight, letter), daemon=True).start()

    def _fly(self, flight: Flight, letter: Letter) -> None:
        self.landed.put((flight, self.carry(letter)))

    def _land(self, seconds: float) -> None:
        """Wait for one and write down all that came."""
        arrived: list[tuple[Flight, Outcome]] = []
        with suppress(Empty):
            arrived.append(
                self.landed.get(timeout=seconds) if seconds else self.landed.get_nowait()
            )
            while True:
                arrived.append(self.landed.get_nowait())
        for flight in [one for one in self.flights.values() if one.is_overdue]:
            arrived.append((flight, Outcome("timeout", milliseconds=_since(flight.began))))
        self._note(arrived)

    def _note(self, arrived: list[tuple[Flight, Outcome]]) -> None:
        """What lands after it counted as over is nobody's any more."""
        landed = []
        for flight, outcome in arrived:
            pk = flight.head.webhook.pk
            if self.flights.get(pk) is flight:
                del self.flights[pk]
                landed.append((flight.head, outcome))
        for following in note_landed(landed) if landed else ():
            self._begin(Flight(following))


_wakes = threading.Lock()
_thread: threading.Thread | None = None


def send_due() -> None:
    """Put into the lines what happened; if something is due, have this process send it, in a
    thread beside its other work, for a call may take longer than others can wait."""
    global _thread
    spread()
    with _wakes:
        if (_thread is None or not _thread.is_alive()) and due_lines().exists():
            _thread = threading.Thread(target=_work, name="webhooks", daemon=True)
            _thread.start()


def _work() -> None:
    try:
        Sender().run(linger=_LINGER)
    except Exception:  # a thread of its own: nobody above it would say so; leases end by themselves
        log.exception("Sending webhooks was broken off.")
    finally:
        connection.close()
