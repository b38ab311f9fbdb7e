"""What the clients tried and what they were told, on disk before and after each try.

The words are those of Jepsen's queue checker: attempts A, acknowledged K, observed O; lost is
K without O, unexpected is O without A, recovered is what nobody was told of but is there.
"""

import bisect
import itertools
import json
import os
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

MAIL_KINDS = ("mail", "file", "answer")
DOORS = ("api", "mail", "out")


@dataclass
class Work:
    """One thing a client wants done; every try of it bears the same ids."""

    number: int
    kind: str  # mail, file, answer (to a mail of ours); ticket, note, reply
    token: str
    key: str = ""
    client_id: UUID = field(default_factory=uuid4)
    place: dict[str, str] = field(default_factory=dict)
    tries: int = 0
    answer: dict[str, Any] | None = None

    @property
    def door(self) -> str:
        return "mail" if self.kind in MAIL_KINDS else "api"

    @property
    def words(self) -> str:
        return f"Lamp {self.token} flickers"


class Pulse:
    """When each door last did something for somebody: (begun, done) by door."""

    def __init__(self) -> None:
        self.beats: dict[str, list[tuple[float, float]]] = {door: [] for door in DOORS}

    def note(self, door: str, begun: float) -> None:
        self.beats[door].append((begun, time.monotonic()))

    def recovered_at(self, door: str, after: float) -> float | None:
        """When the first thing begun after the moment was done."""
        return min((done for begun, done in self.beats[door] if begun >= after), default=None)

    def longest_gap(self, door: str, first: float, last: float) -> float:
        """Between two answers one after the other, as far as the time between has a part in it."""
        done = sorted(done for _, done in self.beats[door])
        start = max(bisect.bisect_left(done, first) - 1, 0)
        end = bisect.bisect_right(done, last) + 1
        near = done[start:end]
        return max((b - a for a, b in itertools.pairwise(near)), default=0.0)


class Ledger:
    """Append-only, and on the disk (fsync) before the try and after the answer."""

    def __init__(self, path: Path, pulse: Pulse) -> None:
        self.path, self.pulse = path, pulse
        self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.lock = threading.Lock()
        self.refusals: list[str] = []

    def attempt(self, work: Work) -> float:
        work.tries += 1
        self._write({"is": "attempt", "n": work.number, "kind": work.kind, "token": work.token})
        return time.monotonic()

    def acknowledge(self, work: Work, begun: float, answer: dict[str, Any]) -> None:
        self._write({"is": "ack", "n": work.number, "answer": answer})
        work.answer = answer
        self.pulse.note(work.door, begun)

    def refuse(self, work: Work, what: str) -> None:
        """A final no, which none of these requests deserves."""
        self._write({"is": "refusal", "n": work.number, "what": what})
        self.refusals.append(f"{work.kind} {work.token}: {what}")

    def _write(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry | {"at": round(time.time(), 4)}).encode() + b"\n"
        with self.lock:
            os.write(self.descriptor, line)
        # Threads may share a sync; what is written before it is in it.
        os.fsync(self.descriptor)


@dataclass
class Entry:
    """One piece of work as the ledger on disk tells it."""

    kind: str
    token: str
    tries: int = 0
    answer: dict[str, Any] | None = None


def read_ledger(path: Path) -> dict[str, Entry]:
    """By token."""
    by_number: dict[int, Entry] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row["is"] == "attempt":
            entry = by_number.setdefault(row["n"], Entry(row["kind"], row["token"]))
            entry.tries += 1
        elif row["is"] == "ack":
            by_number[row["n"]].answer = row["answer"]
    return {entry.token: entry for entry in by_number.values()}


def count_kinds(entries: dict[str, Entry]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"attempted": 0, "acknowledged": 0})
    for entry in entries.values():
        counts[entry.kind]["attempted"] += 1
        counts[entry.kind]["acknowledged"] += entry.answer is not None
    return dict(sorted(counts.items()))
