"""The chat's run: visitors and agents talk, their lines break, and nothing may be missing."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from faults.blows import Blow, Breaker, plan_chat
from faults.chat_verdicts import judge_chat
from faults.ledger import Pulse
from faults.proxy import Switchboard
from faults.sink import WatchfulSink
from faults.system import System
from helpdesk.programs import tie_to
from helpdesk.services import BASE_DIR
from tests.system.deployment import until

ORIGIN = "https://shop.example"
VISITORS, AGENTS = 200, 20
# Of the visitors, behind networks that let no socket through.
BLOCKED = 0.15
# Between two things a visitor says, on the average; fewer visitors say more.
TALK_SECONDS, LEAST_TALK_SECONDS = 240.0, 15.0
COMING_PER_SECOND = 4.0
WARM_UP, CALM = 3.0, 60.0
# Time for words after the return of what was gone: they are timed from five seconds after it.
HEALING = 20.0
READING = 0.05  # of all clients, in a calm
# A client that is not told anything finds out after 40 s, and asks.
PATIENCE = 90.0
HEADS = """
SELECT c.id::text, greatest(
 (SELECT max(touched_seq) FROM tickets_message WHERE ticket_id = c.ticket_id AND kind = 'public'),
 (SELECT max(seq) FROM core_event WHERE ticket_id = c.ticket_id AND name = ANY(%s)
  AND details->>'chat' = c.id::text))
FROM livechat_chat c
"""


class Clients:
    """The process in which they all live."""

    def __init__(self, folder: Path, given: dict[str, Any]) -> None:
        path = folder / "crowd.json"
        path.write_text(json.dumps(given))
        self.errors = (folder / "crowd.log").open("w+")
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "faults.crowd", str(path)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            preexec_fn=lambda: tie_to(parent, signal.SIGKILL),
            text=True,
        )
        self.result = folder / "clients.json"

    def tell(self, words: str) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(f"{words}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "The clients ended:\n" + self.read_errors()
        answer: dict[str, Any] = json.loads(line)
        assert not answer["troubles"], answer["troubles"]
        return answer

    def read_errors(self) -> str:
        self.errors.seek(0)
        return self.errors.read()[-3000:]

    def end(self) -> dict[str, Any]:
        self.tell(f"end {self.result}")
        self.process.wait(20)
        found: dict[str, Any] = json.loads(self.result.read_text())
        return found

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.errors.close()


class ChatRun:
    def __init__(
        self,
        seconds: float,
        *,
        seed: int,
        visitors: int = VISITORS,
        agents: int = AGENTS,
        only: str = "",
        keep: bool = False,
    ) -> None:
        self.seconds, self.seed, self.only, self.keep = seconds, seed, only, keep
        self.visitors, self.agents = visitors, agents
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-chat-faults-"))
        self.board = Switchboard()
        self.sink = WatchfulSink(Pulse())
        self.sink.start()
        self.system = System(self.board, self.sink)
        self.blows: list[Blow] = []
        self.clients: Clients | None = None
        self.lines: list[str] = []

    def carry_out(self) -> dict[str, Any]:
        try:
            self.system.start()
            self.clients = Clients(self.folder, self.furnish())
            return self.rage(self.clients)
        finally:
            if self.clients:
                self.clients.stop()
            self.save_logs()
            self.system.stop()
            self.sink.stop()
            self.board.stop()
            if self.keep:
                say(f"what the clients had and the logs are in {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def save_logs(self) -> None:
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(self.system.data_dir / "logs", self.folder / "logs")

    def furnish(self) -> dict[str, Any]:
        room = self.visitors // self.agents + 2
        made: dict[str, Any] = self.system.call("furnish_chat", self.agents, room, ORIGIN)
        self.lines = made.pop("lines")
        return made | {
            "port": self.system.proxies["chat"].port,
            "origin": ORIGIN,
            "run": secrets.token_hex(2),
            "seed": self.seed,
            "visitors": self.visitors,
            "blocked": round(self.visitors * BLOCKED),
            "come_seconds": self.visitors / COMING_PER_SECOND,
            "talk_seconds": max(TALK_SECONDS * self.visitors / VISITORS, LEAST_TALK_SECONDS),
        }

    def rage(self, clients: Clients) -> dict[str, Any]:
        self.wait_for_all(clients)
        self.strike_all(clients)
        say("the blows are over; waiting for peace")
        since = time.monotonic()
        clients.tell("hush")
        self.make_peace(clients)
        say(f"peace after {time.monotonic() - since:.0f} s")
        found = clients.end()
        return judge_chat(
            found,
            self.system.call("list_chats"),
            self.system.call("list_tickets_of_chats"),
            self.blows,
        ) | {"seconds": self.seconds, "seed": self.seed}

    def wait_for_all(self, clients: Clients) -> None:
        since = time.monotonic()
        wanted = {"begun": self.visitors, "tended": self.visitors}
        wanted["live"] = self.visitors + self.agents

        def missing() -> dict[str, int]:
            stands = clients.tell("look")
            return {name: stands[name] for name in wanted if stands[name] < wanted[name]}

        patience = PATIENCE + self.visitors
        try:
            until(lambda: not missing(), "everybody talks", seconds=patience, pause=1)
        except AssertionError as delay:
            say(f"{delay} Only {missing()} of {wanted}.")
        seconds = time.monotonic() - since
        say(f"{self.visitors} visitors talk with {self.agents} agents after {seconds:.0f} s")

    def strike_all(self, clients: Clients) -> None:
        """Each from calm: what is timed is this blow and not the one before."""
        breaker = Breaker(self.system, self.sink, seed=self.seed)
        started = time.monotonic()
        for kind in plan_chat(self.seconds, seed=self.seed, only=self.only):
            with contextlib.suppress(AssertionError):
                until(lambda: self.is_calm(clients), "calm", seconds=CALM, pause=0.5)
            time.sleep(WARM_UP)
            blow = breaker.strike(kind)
            self.blows.append(blow)
            trouble = f": {blow.skipped}" if blow.skipped else f" {blow.note}"
            say(f"{blow.began - started:5.0f} s  {kind}{trouble}")
            time.sleep(HEALING if kind.startswith("down") else WARM_UP)
        breaker.heal()

    def is_calm(self, clients: Clients) -> bool:
        """Nobody is on the way back; of those who talk some always read."""
        stands = clients.tell("look")
        return not stands["broken"] and stands["reading"] <= (self.visitors + self.agents) * READING

    def make_peace(self, clients: Clients) -> None:
        """What does not come to rest in time is shown by the verdicts."""
        for condition, what in (
            (self.system.all_live, "all processes are back"),
            (lambda: self.is_said(clients), "everything is said, answered and acknowledged"),
            (lambda: self.is_current(clients), "all clients are current"),
        ):
            try:
                until(condition, what, seconds=PATIENCE, pause=0.5)
            except AssertionError as delay:
                say(str(delay))

    def is_said(self, clients: Clients) -> bool:
        """Twice: whoever has just read something is about to think."""
        looks = []
        for _ in range(2):
            looks.append(clients.tell("look"))
            time.sleep(1)
        return not any(look["waiting"] or look["thinking"] for look in looks)

    def is_current(self, clients: Clients) -> bool:
        stands = clients.tell("look")
        try:
            with self.system.connect() as connection:
                heads = dict(connection.execute(HEADS, [self.lines]).fetchall())
                rows = connection.execute(
                    "SELECT t.id::text, t.seq FROM tickets_ticket t JOIN livechat_chat c "
                    "ON c.ticket_id = t.id"
                )
                desks = dict(rows.fetchall())
        except psycopg.Error:
            return False
        if stands["waiting"] or stands["thinking"]:
            return False
        is_live = stands["live"] == self.visitors + self.agents
        behind = [pk for pk, head in stands["desks"].items() if head < desks[pk]]
        return is_live and not behind and bool(stands["heads"] == heads)


def say(text: str) -> None:
    print(text, flush=True)
