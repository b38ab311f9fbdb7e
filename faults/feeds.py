"""Readers of everything that happens: the product's feed, a careful reader, and a naive one.

The naive one keeps the greatest id it has seen and asks for greater ones. Ids are taken at
INSERT and appear at COMMIT, so it loses rows; if it does not, this harness has no bite.
"""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg

from faults.clients import BROKEN, ask
from faults.system import System

PROBE = """
CREATE SCHEMA faults;
CREATE TABLE faults.probe (
    id bigserial PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), writer int NOT NULL
);
CREATE INDEX ON faults.probe (xid, id);
"""
NAIVE = "SELECT id FROM faults.probe WHERE id > %s ORDER BY id LIMIT 500"
CAREFUL = """
SELECT xid::text::bigint, id FROM faults.probe
WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) AND (xid, id) > (%s::text::xid8, %s)
ORDER BY xid, id LIMIT 500
"""
NAIVE_EVENTS = "SELECT id FROM core_event WHERE id > %s ORDER BY id LIMIT 500"
WRITERS = 4
LONGEST_TRANSACTION = 0.06


class Feeds:
    def __init__(self, system: System, *, seed: int) -> None:
        self.system, self.seed = system, seed
        self.is_over = threading.Event()
        self.stops_reading = threading.Event()
        self.naive: set[int] = set()
        self.naive_last = 0
        self.careful: Counter[int] = Counter()
        self.careful_last = (0, 0)
        self.naive_events: set[UUID] = set()
        self.naive_event_last = UUID(int=0)
        self.feed: Counter[str] = Counter()
        self.cursor = ""
        self.writers: list[threading.Thread] = []
        self.readers: list[threading.Thread] = []

    def start(self) -> None:
        with self.system.connect() as connection:
            connection.execute(PROBE)
        self.writers = [
            threading.Thread(target=self.keep, args=(self.write, self.is_over, number), daemon=True)
            for number in range(WRITERS)
        ]
        readers: list[Callable[..., None]] = [self.read_naive, self.read_careful, self.read_events]
        self.readers = [
            threading.Thread(target=self.keep, args=(read, self.stops_reading), daemon=True)
            for read in readers
        ]
        self.readers.append(threading.Thread(target=self.read_feed, daemon=True))
        for thread in (*self.writers, *self.readers):
            thread.start()

    def stop_writing(self) -> None:
        self.is_over.set()
        for thread in self.writers:
            thread.join(15)

    def stop_reading(self) -> None:
        self.stops_reading.set()
        for thread in self.readers:
            thread.join(20)

    def keep(self, work: Callable[..., None], end: threading.Event, *given: int) -> None:
        """Through every crash of the database."""
        while not end.is_set():
            with contextlib.suppress(psycopg.Error, OSError), self.system.connect() as connection:
                work(connection, *given)
            end.wait(0.2)

    # One turn of each: returns at the end or when the connection breaks

    def write(self, connection: "psycopg.Connection[Any]", number: int) -> None:
        dice = random.Random(f"{self.seed}-{number}-{time.monotonic_ns()}")
        while not self.is_over.is_set():
            with connection.transaction():
                statement = "INSERT INTO faults.probe (writer) VALUES (%s)"
                connection.execute(statement, [number])
                time.sleep(dice.uniform(0, LONGEST_TRANSACTION))
                connection.execute(statement, [number])
            time.sleep(dice.uniform(0.02, 0.12))

    def read_naive(self, connection: "psycopg.Connection[Any]") -> None:
        while not self.stops_reading.wait(0.02):
            for (pk,) in connection.execute(NAIVE, [self.naive_last]).fetchall():
                self.naive.add(pk)
                self.naive_last = pk

    def read_careful(self, connection: "psycopg.Connection[Any]") -> None:
        while not self.stops_reading.wait(0.02):
            rows = connection.execute(CAREFUL, [str(self.careful_last[0]), self.careful_last[1]])
            for xid, pk in rows.fetchall():
                self.careful[pk] += 1
                self.careful_last = (xid, pk)

    def read_events(self, connection: "psycopg.Connection[Any]") -> None:
        while not self.stops_reading.wait(0.05):
            for (pk,) in connection.execute(NAIVE_EVENTS, [self.naive_event_last]).fetchall():
                self.naive_events.add(pk)
                self.naive_event_last = pk

    def read_feed(self) -> None:
        """The product's own feed, as an outside program follows it."""
        headers = {"Authorization": f"Token {self.system.tokens['admin@demo.test']}"}
        while not self.stops_reading.is_set():
            path = f"/api/v1/events/?after={self.cursor}"
            try:
                status, page = ask(self.system.proxies["web"].port, "GET", path, headers=headers)
            except BROKEN:
                status, page = 0, None
            if status == 200:
                self.feed.update(event["id"] for event in page["results"])
                self.cursor = page["next"] or self.cursor
            if status != 200 or len(page["results"]) < 100:
                self.stops_reading.wait(0.5)

    def is_caught_up(self) -> bool:
        with self.system.connect() as connection:
            [events] = connection.execute("SELECT count(*) FROM core_event").fetchone() or (0,)
            [rows] = connection.execute("SELECT count(*) FROM faults.probe").fetchone() or (0,)
        return bool(len(self.feed) >= events and len(self.careful) >= rows)

    def count(self) -> dict[str, Any]:
        with self.system.connect() as connection:
            rows = {pk for (pk,) in connection.execute("SELECT id FROM faults.probe")}
            found = connection.execute("SELECT id FROM core_event").fetchall()
        events = {pk for (pk,) in found}
        named = {str(pk) for pk in events}
        return {
            "rows": len(rows),
            "naive_lost": len(rows - self.naive),
            "careful_lost": len(rows - self.careful.keys()),
            "careful_twice": sum(count > 1 for count in self.careful.values()),
            "events": len(events),
            "feed_lost": len(named - self.feed.keys()),
            "feed_unexpected": len(self.feed.keys() - named),
            "feed_twice": sum(count > 1 for count in self.feed.values()),
            "naive_events_lost": len(events - self.naive_events),
        }
