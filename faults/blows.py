"""Every way in which we break it, each as one function that says what it has done."""

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import psutil

from faults.proxy import Hold, Snap
from faults.sink import WatchfulSink
from faults.system import System
from tests.system.deployment import until

PATIENCE = 60.0
# Shares of the lines, each time.
DROPPED, FROZEN = 0.004, 0.2
END_OF_MAIL = b"\r\n.\r\n"
OUR_ID = re.compile(rb"Message-ID:\s*<hd\.([0-9a-f]{32})\.")
# The other worker process needs a sweep (one a second) to get the work.
TAKE_OVER_SECONDS = 25.0
CATCH_SECONDS = 20.0


@dataclass
class Blow:
    """One thing that was done to the system, and when (monotonic)."""

    kind: str
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    kills: int = 0
    # Senders that may have been between DATA and commit: each may cause one mail sent twice.
    senders: int = 0
    skipped: str = ""
    note: str = ""
    # The clients' own ports of the lines that were struck one by one.
    ports: list[int] = field(default_factory=list)


class Breaker:
    def __init__(self, system: System, sink: WatchfulSink, *, seed: int) -> None:
        self.system, self.sink = system, sink
        self.random = random.Random(seed)

    def strike(self, kind: str) -> Blow:
        blow = Blow(kind)
        verb, _, what = kind.partition(" ")
        try:
            VERBS[verb](self, what, blow)
        except (psutil.Error, OSError, AssertionError) as error:
            # A victim that died by itself a moment ago is none.
            blow.skipped = f"{type(error).__name__}: {error}"[:120]
        blow.ended = time.monotonic()
        return blow

    # Death

    def kill(self, name: str, blow: Blow) -> None:
        """kill -9 of a process that lives; waits until there is one."""
        victim = self._wait_for(name)
        if name.startswith("worker"):
            blow.senders = 1 if name.endswith("child") else len(victim.children())
        if name == "postgres":
            blow.senders = self._count_senders()
        blow.began = time.monotonic()
        victim.kill()
        blow.kills = 1

    def catch(self, what: str, blow: Blow) -> None:
        """kill -9 of a worker that has handed over such a mail and waits for the answer."""
        proxy = self.system.proxies["sink"]
        deadline = time.monotonic() + CATCH_SECONDS
        while not blow.kills:
            left = deadline - time.monotonic()
            hold = proxy.hold(END_OF_MAIL)
            try:
                until(hold.caught.is_set, "a mail is handed over", seconds=left)
                if CAUGHT[what] in hold.said:
                    victim = self._who_waits(hold)
                    blow.began = time.monotonic()
                    victim.kill()
                    blow.kills = blow.senders = 1
            finally:
                proxy.release(hold)
                proxy.board.call(partial(forget, proxy.snaps, hold))

    def _wait_for(self, name: str) -> psutil.Process:
        found = until(lambda: self.system.find(name), f"{name} is there", seconds=PATIENCE)
        assert found is not None
        return found

    def _count_senders(self) -> int:
        worker = self.system.find("worker")
        return len(worker.children()) if worker else 0

    def flush(self, _: str, blow: Blow) -> None:
        self.system.flush_valkey()

    # Lines

    def cut(self, name: str, blow: Blow) -> None:
        """Reset every connection through this proxy."""
        blow.senders = self._count_senders() if name in ("db", "sink") else 0
        blow.note = f"{self.system.proxies[name].cut()} lines"

    def snap(self, name: str, blow: Blow) -> None:
        """Cut after the question, before the answer: nobody on this side knows what was done."""
        marker, count = MARKERS[name]
        proxy = self.system.proxies[name]
        before = proxy.cut_links
        snap = proxy.snap(marker, count)
        with contextlib.suppress(AssertionError):
            until(lambda: proxy.cut_links - before >= count, "all were snapped", seconds=8)
        snap.left = 0
        cut = proxy.cut_links - before
        blow.senders = cut if name in ("db", "sink") else 0
        blow.note = f"{cut} lines"

    def delay(self, name: str, blow: Blow) -> None:
        proxy = self.system.proxies[name]
        # Each question to the database waits, and there are dozens in a request.
        proxy.delay = 0.03 if name == "db" else self.random.uniform(0.3, 0.6)
        blow.note = f"{proxy.delay:.2f} s each way"
        time.sleep(self.random.uniform(3, 5))
        proxy.delay = 0.0

    def hole(self, name: str, blow: Blow) -> None:
        """Nothing passes for some seconds, then all lines are reset."""
        proxy = self.system.proxies[name]
        blow.senders = self._count_senders() if name in ("db", "sink") else 0
        proxy.open_hole()
        time.sleep(self.random.uniform(3, 5))
        proxy.cut()
        proxy.close_hole()

    def drop(self, what: str, blow: Blow) -> None:
        """For so many seconds single lines are reset, here one and there one."""
        name, _, seconds = what.rpartition(" ")
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            blow.ports += self.system.proxies[name].cut_some(DROPPED, self.random)
            time.sleep(self.random.uniform(0.1, 0.5))
        blow.note = f"{len(blow.ports)} lines"

    def freeze(self, name: str, blow: Blow) -> None:
        """A part of the lines is half open from now on: nothing passes, nobody is told."""
        blow.ports = self.system.proxies[name].freeze_some(FROZEN, self.random)
        blow.note = f"{len(blow.ports)} lines"

    def down(self, what: str, blow: Blow) -> None:
        """kill -9, and for so many seconds nobody reaches the one that is started in its place."""
        name, _, seconds = what.rpartition(" ")
        proxy = self.system.proxies[name]
        victim = self._wait_for(name)
        blow.began = time.monotonic()
        proxy.shut()
        victim.kill()
        blow.kills = 1
        time.sleep(float(seconds))
        self._wait_for(name)
        proxy.unshut()

    # Sleep

    def stop(self, what: str, blow: Blow) -> None:
        """SIGSTOP for the given seconds, then SIGCONT."""
        name, _, seconds = what.rpartition(" ")
        victim = self._wait_for(name)
        blow.began = time.monotonic()
        with suspended([victim, *victim.children(recursive=True)]):
            time.sleep(float(seconds))

    def zombie(self, _: str, blow: Blow) -> None:
        """A worker sleeps between DATA and commit, its lease ends, another sends, it wakes up."""
        proxy = self.system.proxies["sink"]
        hold = proxy.hold(END_OF_MAIL)
        try:
            until(hold.caught.is_set, "a mail is handed over", seconds=20)
            sleeper = self._who_waits(hold)
            [found] = OUR_ID.findall(hold.said)[-1:]
            with suspended([sleeper]):
                blow.senders = 1
                self._end_lease(UUID(found.decode()))
                blow.note = self._wait_for_repeat(found.decode())
                proxy.release(hold)
                time.sleep(0.2)
        finally:
            proxy.release(hold)
            proxy.board.call(lambda: forget(proxy.snaps, hold))

    def _who_waits(self, hold: Hold) -> psutil.Process:
        worker = self.system.find("worker")
        for child in worker.children() if worker else []:
            if any(line.laddr.port == hold.port for line in child.net_connections(kind="tcp")):
                return child
        raise AssertionError("Nobody waits for this answer.")

    def _end_lease(self, message: UUID) -> None:
        with self.system.connect() as connection:
            connection.execute(
                "UPDATE core_reaction r SET lease_until = now() - interval '1 second', "
                "hint_after = now(), hints = 0 FROM core_event e WHERE e.id = r.event_id "
                "AND r.lane = 'send' AND %s IN (e.details->>'message', e.subject_id::text)",
                [str(message)],
            )

    def _wait_for_repeat(self, message: str) -> str:
        def repeated() -> bool:
            return any(message in pk for pk in self.sink.repeats())

        with contextlib.suppress(AssertionError):
            until(repeated, "another worker sends it", seconds=TAKE_OVER_SECONDS)
            return "overtaken"
        return "nobody took over"

    # Room

    def fill(self, what: str, blow: Blow) -> None:
        """The disk of the application's data or of the engines is full for some seconds."""
        name, _, seconds = what.rpartition(" ")
        disk = self.system.disks[name]
        if self.system.why_no_disk:
            blow.skipped = self.system.why_no_disk
            return
        blow.senders = self._count_senders() if name == "engines" else 0
        try:
            disk.fill()
            time.sleep(float(seconds))
        finally:
            disk.empty()

    def heal(self) -> None:
        for proxy in self.system.proxies.values():
            proxy.heal()
        for disk in self.system.disks.values():
            disk.empty()


def forget(snaps: list[Snap], hold: Hold) -> None:
    snaps[:] = [snap for snap in snaps if snap.hold is not hold]


@contextmanager
def suspended(family: list[psutil.Process]) -> Iterator[None]:
    for process in family:
        process.suspend()
    try:
        yield
    finally:
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.resume()


VERBS: dict[str, Callable[[Breaker, str, Blow], None]] = {
    "kill": Breaker.kill,
    "catch": Breaker.catch,
    "flush": Breaker.flush,
    "cut": Breaker.cut,
    "snap": Breaker.snap,
    "delay": Breaker.delay,
    "hole": Breaker.hole,
    "drop": Breaker.drop,
    "freeze": Breaker.freeze,
    "down": Breaker.down,
    "stop": Breaker.stop,
    "zombie": Breaker.zombie,
    "fill": Breaker.fill,
}
# What is in the mail of which a sender is caught.
CAUGHT = {"sender": b"", "survey's sender": b"/survey/"}
# What is said before the answer that never arrives, and how often in one blow.
MARKERS = {
    "web": (b"POST /api", 3),
    "mail": (END_OF_MAIL, 2),
    "db": (b"COMMIT", 4),
    "sink": (END_OF_MAIL, 2),
    "chat": (b"/messages/ HTTP", 8),
}
# Kind → how often in a run of PLAN_SECONDS.
PLAN_SECONDS = 420
PLAN = {
    "kill web-1": 9,
    "kill web-2": 8,
    "kill worker": 8,
    "kill worker's child": 14,
    "kill mail": 10,
    "kill beat": 5,
    "kill postgres": 6,
    "kill valkey": 7,
    "flush valkey": 4,
    "cut web": 3,
    "cut mail": 3,
    "cut db": 3,
    "cut valkey": 3,
    "cut sink": 2,
    "snap web": 4,
    "snap mail": 4,
    "snap db": 5,
    "snap sink": 5,
    "delay web": 1,
    "delay mail": 1,
    "delay db": 2,
    "delay valkey": 2,
    "delay sink": 1,
    "hole db": 1,
    "hole valkey": 2,
    "hole sink": 1,
    "stop web-1 5": 2,
    "stop worker 8": 1,
    "stop worker 20": 1,
    "stop mail 6": 1,
    "stop beat 8": 1,
    "stop worker's child 12": 1,
    "zombie sender": 3,
    "fill data 6": 1,
    "fill engines 6": 1,
}
# Also in the shortest run.
ALWAYS = (
    "kill web-1",
    "kill worker",
    "kill worker's child",
    "kill mail",
    "kill beat",
    "kill postgres",
    "kill valkey",
    "flush valkey",
    "snap web",
    "snap db",
    "snap sink",
    "zombie sender",
)


def plan_blows(seconds: float, *, seed: int, only: str = "") -> list[str]:
    """A seeded order; ``only`` picks the kinds that contain one of its words."""
    share, words = seconds / PLAN_SECONDS, only.split(",")
    plan = [
        kind
        for kind, count in PLAN.items()
        if any(word in kind for word in words)
        for _ in range(max(round(count * share), kind in ALWAYS or bool(only)))
    ]
    random.Random(seed).shuffle(plan)
    return plan


# The chat's own: kind → how often in a run of CHAT_SECONDS.
CHAT_SECONDS = 200
CHAT_PLAN = {
    "freeze chat": 1,
    "drop chat 10": 3,
    "cut chat": 1,
    "hole chat": 1,
    "snap chat": 2,
    "kill web-1": 1,
    "kill web-2": 1,
    "down valkey 30": 1,
}


def plan_chat(seconds: float, *, seed: int, only: str = "") -> list[str]:
    """A seeded order. Half-open lines come first: it takes longest until their clients find out."""
    share, words = seconds / CHAT_SECONDS, only.split(",")
    kinds = [kind for kind in CHAT_PLAN if any(word in kind for word in words)]
    plan = [kind for kind in kinds for _ in range(max(round(CHAT_PLAN[kind] * share), 1))]
    random.Random(seed).shuffle(plan)
    plan.sort(key=lambda kind: not kind.startswith("freeze"))
    return [shorten(kind, min(share, 1.0)) for kind in plan]


def shorten(kind: str, share: float) -> str:
    verb, _, seconds = kind.rpartition(" ")
    return f"{verb} {max(float(seconds) * share, 5):.0f}" if seconds.isdigit() else kind
