"""The webhooks' run: fifty programs are told of everything. First it is measured what one that is
dead and one that hangs cost the others; then everything is broken, and nobody may miss a thing."""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psycopg

from faults.blows import Blow, Breaker
from faults.clients import BROKEN, ask
from faults.ledger import Pulse
from faults.proxy import Switchboard
from faults.sink import WatchfulSink
from faults.system import System
from faults.webhook_verdicts import judge_webhooks
from helpdesk.embedded import find_free_port
from helpdesk.programs import tie_to
from helpdesk.services import BASE_DIR
from tests.system.deployment import until

ENDPOINTS, SECONDS = 50, 120.0
TICKETS, CHANGES = 12, 1.0  # changes per second
WARM_UP = 3.0
PATIENCE = 240.0
# Half of the time is measured: calm, then with one dead and one hanging, by short turns.
SPAN = 10.0
PLAN = (
    *("kill worker", "kill worker's child", "kill postgres", "kill worker's child", "cut db"),
    *("kill valkey", "kill beat", "snap db", "kill worker's child", "kill worker", "flush valkey"),
)
# Nobody waits here for the next try, nor for dead workers' leases.
HASTEN = "UPDATE automation_webhook SET retry_at = NULL WHERE retry_at > now()"
LEFT = "SELECT count(*) FROM automation_webhookdelivery WHERE state <> 'delivered'"
BEHIND = """
SELECT count(*) FROM core_event e, automation_webhookfeed f
WHERE (e.xid, e.id) > (f.xid::text::xid8, f.event_id)
"""


class Others:
    """The process of those who are told."""

    def __init__(self, folder: Path, given: dict[str, Any]) -> None:
        path = folder / "receivers.json"
        path.write_text(json.dumps(given))
        self.result = folder / "calls.json"
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "faults.receiver", str(path)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=lambda: tie_to(parent, signal.SIGKILL),
            text=True,
        )

    def tell(self, words: str) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "The receivers ended."
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> dict[str, Any]:
        self.tell(f"end {self.result}")
        self.process.wait(20)
        found: dict[str, Any] = json.loads(self.result.read_text())
        return found

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Work:
    """Somebody changes tickets over the API, so many times a second, until told to stop."""

    def __init__(self, system: System, tickets: list[str], *, per_second: float) -> None:
        self.system, self.tickets, self.pause = system, tickets, 1 / per_second
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.go_on, daemon=True)
        self.done = 0

    def go_on(self) -> None:
        headers = {"Authorization": f"Token {self.system.tokens['admin@demo.test']}"}
        began = time.monotonic()
        for number in itertools.count():
            if self.is_over.wait(max(began + number * self.pause - time.monotonic(), 0)):
                return
            path = f"/api/v1/tickets/{self.tickets[number % len(self.tickets)]}/"
            with contextlib.suppress(*BROKEN):
                body = {"tags": [f"round {number}"]}
                status, _ = ask(self.system.port, "PATCH", path, headers=headers, body=body)
                self.done += status == 200

    def stop(self) -> None:
        self.is_over.set()
        self.thread.join(20)


class WebhookRun:
    def __init__(
        self,
        seconds: float,
        *,
        seed: int,
        endpoints: int = ENDPOINTS,
        only: str = "",
        keep: bool = False,
    ) -> None:
        self.seconds, self.seed, self.only, self.keep = seconds, seed, only, keep
        self.names = [f"e{number:02}" for number in range(endpoints)]
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-webhook-faults-"))
        self.board = Switchboard()
        self.sink = WatchfulSink(Pulse())
        self.sink.start()
        self.system = System(self.board, self.sink)
        self.port, self.dead_port = find_free_port(None), find_free_port(None)
        inside = f"127.0.0.1:{self.port},127.0.0.1:{self.dead_port}"
        self.system.variables["WEBHOOK_INTERNAL_HOSTS"] = inside
        self.blows: list[Blow] = []
        self.spans: list[tuple[str, float, float]] = []
        self.others: Others | None = None

    def carry_out(self) -> dict[str, Any]:
        try:
            self.system.start()
            return self.rage()
        finally:
            if self.others:
                self.others.stop()
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(self.system.data_dir / "logs", self.folder / "logs")
            self.system.stop()
            self.sink.stop()
            self.board.stop()
            if self.keep:
                say(f"what came and the logs are in {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def rage(self) -> dict[str, Any]:
        urls = {name: f"http://127.0.0.1:{self.port}/in/{name}" for name in self.names}
        dead = self.bad()[0]
        urls[dead] = f"http://127.0.0.1:{self.dead_port}/in/{dead}"
        made = self.system.call("furnish_webhooks", urls, TICKETS)
        given = {"port": self.port, "dead_port": self.dead_port, "seed": self.seed}
        given["secrets"] = made["secrets"]
        self.others = others = Others(self.folder, given)
        self.ids: dict[str, str] = made["ids"]
        say(f"{len(self.names)} webhooks listen")
        self.measure(others, made["tickets"])
        self.strike_all(others, made["tickets"])
        say("the blows are over; waiting for peace")
        since = time.monotonic()
        self.make_peace()
        say(f"peace after {time.monotonic() - since:.0f} s")
        rows = self.system.call("list_webhook_lines", list(self.ids.values()))
        report = judge_webhooks(others.end(), rows, self.ids, self.spans, self.blows, self.bad())
        return report | {"seconds": self.seconds, "seed": self.seed}

    def bad(self) -> list[str]:
        """Who is dead and who hangs."""
        return self.names[-2:]

    # What the dead and the hanging cost the others

    def measure(self, others: Others, tickets: list[str]) -> None:
        """By turns, so that what else the machine does falls on both."""
        work = Work(self.system, tickets, per_second=CHANGES)
        work.thread.start()
        time.sleep(WARM_UP * 2)
        rounds = max(round(self.seconds / 4 / SPAN), 1)
        for _ in range(rounds):
            for kind in ("calm", "trouble"):
                self.set_trouble(others, is_on=kind == "trouble")
                time.sleep(WARM_UP)
                began = time.time()
                end = time.monotonic() + SPAN
                while time.monotonic() < end:
                    # The hanging one hangs all the while, as the many would that come one by one.
                    self.do(HASTEN)
                    time.sleep(1)
                self.spans.append((kind, began, time.time()))
                say(f"{kind}: {work.done} changes so far")
        self.set_trouble(others, is_on=False)
        work.stop()

    def set_trouble(self, others: Others, *, is_on: bool) -> None:
        others.tell(f"way {self.bad()[1]} {'hanging' if is_on else 'good'}")
        others.tell(f"door {'shut' if is_on else 'open'}")
        self.do(HASTEN)

    def do(self, statement: str) -> None:
        with contextlib.suppress(psycopg.Error), self.system.connect() as connection:
            connection.execute(statement.encode())

    # Everything breaks

    def strike_all(self, others: Others, tickets: list[str]) -> None:
        others.tell("way all unreliable")
        work = Work(self.system, tickets, per_second=CHANGES)
        work.thread.start()
        breaker = Breaker(self.system, self.sink, seed=self.seed)
        plan = [kind for kind in PLAN if any(word in kind for word in self.only.split(","))]
        step = self.seconds / 2 / max(len(plan), 1)
        started = time.monotonic()
        for number, kind in enumerate(plan):
            time.sleep(max(started + number * step - time.monotonic(), 0.2))
            blow = breaker.strike(kind)
            self.blows.append(blow)
            trouble = f": {blow.skipped}" if blow.skipped else f" {blow.note}"
            say(f"{blow.began - started:5.0f} s  {kind}{trouble}")
            self.do(HASTEN)
        breaker.heal()
        time.sleep(WARM_UP)
        work.stop()

    def make_peace(self) -> None:
        """What does not come to rest in time is shown by the verdicts. The receivers stay as
        unreliable as they were: on a slow machine most calls come only now."""
        for condition, what in (
            (self.system.all_live, "all processes are back"),
            (self.is_told, "everybody was told of everything"),
        ):
            try:
                until(condition, what, seconds=PATIENCE, pause=1)
            except AssertionError as delay:
                say(str(delay))

    def is_told(self) -> bool:
        self.do(HASTEN)
        try:
            with self.system.connect() as connection:
                counts = [connection.execute(query).fetchone() for query in (BEHIND, LEFT)]
        except psycopg.Error:
            return False
        return counts == [(0,), (0,)]


def say(text: str) -> None:
    print(text, flush=True)


def make_run(options: Any) -> dict[str, Any]:
    return WebhookRun(
        options.webhook_seconds,
        seed=options.seed,
        endpoints=options.endpoints,
        only=options.only,
        keep=options.keep,
    ).carry_out()
