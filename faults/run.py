"""One run: start, load, blows, peace, judgement."""

import contextlib
import json
import random
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from faults.blows import PLAN_SECONDS, Blow, Breaker, plan_blows
from faults.browsers import Browsers, Watch
from faults.clients import Load, Reader
from faults.feeds import Feeds
from faults.ledger import Entry, Ledger, Pulse, count_kinds, read_ledger
from faults.proxy import Switchboard
from faults.report import sum_up
from faults.sink import WatchfulSink
from faults.system import System
from faults.verdicts import (
    SAMPLE,
    Observed,
    Verdict,
    judge_ambiguous,
    judge_answers,
    judge_events,
    judge_feeds,
    judge_files,
    judge_lag,
    judge_messages,
    judge_outgoing,
    judge_search,
    judge_sockets,
    judge_timeline,
    read_deliveries,
)
from tests.system.deployment import until

# Of a run of PLAN_SECONDS; a shorter one owes its share.
KILLS, ACKNOWLEDGED = 60, 5000
WARM_UP = 2.0
WATCHED = 20
PATIENCE = 60.0
# A live page learns of a lost signal at its socket's next beat, after 15 seconds.
PAGES_SECONDS = 40.0
# A living sender renews its lease of 45 s every 15 s; other leases last two minutes.
HASTEN = (
    "UPDATE core_reaction SET lease_until = NULL WHERE state = 'pending' "
    "AND lease_until < now() + CASE lane WHEN 'send' THEN interval '25 s' "
    "ELSE interval '100 s' END",
    "UPDATE core_reaction SET next_at = now(), hint_after = now() WHERE state = 'pending' "
    "AND lease_until IS NULL AND next_at > now()",
)
OVERTAKEN = "was taken over by another worker"


class Run:
    def __init__(self, seconds: float, *, seed: int, only: str = "", keep: bool = False) -> None:
        self.seconds, self.seed, self.only, self.keep = seconds, seed, only, keep
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-faults-"))
        self.pulse = Pulse()
        self.board = Switchboard()
        self.sink = WatchfulSink(self.pulse)
        self.sink.start()
        self.system = System(self.board, self.sink)
        self.blows: list[Blow] = []
        self.fenced = 0

    def carry_out(self) -> tuple[dict[str, Any], list[Verdict]]:
        try:
            self.system.start()
            say("the system is up")
            return self.rage()
        finally:
            self.save_logs()
            self.system.stop()
            self.sink.stop()
            self.board.stop()
            if self.keep:
                say(f"logs and ledger are in {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def save_logs(self) -> None:
        for name in ("data", "engines"):
            with contextlib.suppress(OSError, shutil.Error):
                source = self.system.home / name / "logs"
                shutil.copytree(source, self.folder / f"logs-{name}")

    def rage(self) -> tuple[dict[str, Any], list[Verdict]]:
        ledger = Ledger(self.folder / "ledger.jsonl", self.pulse)
        run = secrets.token_hex(2)
        self.load = Load(self.system, self.sink, ledger, run=run, seed=self.seed)
        self.load.open_pool()
        self.reader = Reader(self.load, seed=self.seed)
        self.browsers = Browsers(self.system, self.load.pool[:WATCHED])
        self.feeds = Feeds(self.system, seed=self.seed)
        self.feeds.start()
        self.watch = Watch(self.browsers, self.heads)
        self.browsers.thread.start()
        self.watch.thread.start()
        self.reader.thread.start()
        self.load.start()
        self.strike_all()
        say("the blows are over; waiting for peace")
        since = time.monotonic()
        self.make_peace()
        say(f"peace after {time.monotonic() - since:.0f} s")
        return self.judge(ledger)

    def strike_all(self) -> None:
        breaker = Breaker(self.system, self.sink, seed=self.seed)
        plan = plan_blows(self.seconds, seed=self.seed, only=self.only)
        started = time.monotonic() + WARM_UP
        step = (self.seconds - 2 * WARM_UP) / max(len(plan), 1)
        for number, kind in enumerate(plan):
            time.sleep(max(started + number * step - time.monotonic(), 0.2))
            blow = breaker.strike(kind)
            self.blows.append(blow)
            trouble = f": {blow.skipped}" if blow.skipped else f" {blow.note}"
            say(f"{blow.began - started:5.0f} s  {kind}{trouble}")
        breaker.heal()
        time.sleep(max(started + self.seconds - WARM_UP - time.monotonic(), 0.5))

    def make_peace(self) -> None:
        """Until nothing moves any more."""
        self.load.finish(patience=PATIENCE)
        self.feeds.stop_writing()
        # What does not come to rest in time is shown by the verdicts.
        for condition, what, seconds in (
            (self.system.all_live, "all processes are back", PATIENCE),
            (self.is_idle, "every reaction is done", 600.0),
            (self.feeds.is_caught_up, "the feed is read", PATIENCE),
            (self.pages_are_current, "the pages are current", PAGES_SECONDS),
        ):
            try:
                until(condition, what, seconds=seconds, pause=0.5)
            except AssertionError as delay:
                say(str(delay))
        self.feeds.stop_reading()
        self.watch.stop()
        self.browsers.stop()

    def is_idle(self) -> bool:
        """Nobody waits here for a dead worker's lease (two minutes) or the next try (minutes)."""
        try:
            with self.system.connect() as connection:
                for statement in HASTEN:
                    connection.execute(statement)
                left = connection.execute(
                    "SELECT count(*) FROM core_reaction WHERE state = 'pending'"
                ).fetchone()
        except psycopg.Error:
            return False
        return left == (0,)

    def heads(self) -> dict[str, int]:
        with self.system.connect() as connection:
            rows = connection.execute("SELECT id::text, seq FROM tickets_ticket").fetchall()
        return dict(rows)

    def pages_are_current(self) -> bool:
        return not self.browsers.behind(self.heads())

    # Judgement

    def judge(self, ledger: Ledger) -> tuple[dict[str, Any], list[Verdict]]:
        entries = read_ledger(ledger.path)
        observed = Observed(self.system)
        heads = self.heads()
        dice = random.Random(self.seed)
        tickets = {message["ticket"] for message in observed.messages}
        tickets_looked_at = dice.sample(sorted(tickets), min(SAMPLE, len(tickets)))
        found = sorted(observed.by_token.keys() & entries.keys())
        senders = sum(blow.senders for blow in self.blows)
        ambiguous = self.list_ambiguous()
        feeds = self.feeds.count()
        verdicts = [
            *judge_messages(entries, observed),
            judge_answers(entries, observed, read_deliveries(self.system)),
            Verdict("nothing right was refused", ledger.refusals),
            Verdict("reads found what was promised", list(self.reader.missing.queue)),
            judge_files(entries, observed),
            *judge_events(self.system, observed),
            judge_timeline(self.system, observed, tickets_looked_at),
            judge_sockets(self.browsers.pages(), observed, heads),
            judge_lag(self.watch.worst(), self.blows),
            judge_search(self.system, observed, dice.sample(found, min(SAMPLE, len(found)))),
            *judge_outgoing(entries, observed, self.sink, senders=senders),
            judge_ambiguous(self.sink, ambiguous),
            *judge_feeds(feeds),
            self.judge_audit(),
        ]
        verdicts.append(self.judge_volume(entries))
        return self.report(entries, observed, verdicts, feeds, len(ambiguous)), verdicts

    def worst_lags(self) -> list[float]:
        return [round(lag.seconds, 1) for lag in self.watch.worst()[:10]]

    def list_ambiguous(self) -> set[str]:
        """Ids of messages."""
        rows = json.loads(self.system.manage("outgoing", "--json", "--ambiguous"))
        return {row["message"] for row in rows}

    def judge_audit(self) -> Verdict:
        try:
            self.system.manage("seal_audit")
            said = self.system.manage("verify_audit").strip().splitlines()[-1]
        except AssertionError as failure:
            return Verdict("verify_audit", str(failure).splitlines()[-5:])
        return Verdict("verify_audit", [], said)

    def judge_volume(self, entries: dict[str, Entry]) -> Verdict:
        """A run that broke or moved little proves little."""
        share = min(self.seconds / PLAN_SECONDS, 1.0)
        kills = sum(blow.kills for blow in self.blows)
        acknowledged = sum(entry.answer is not None for entry in entries.values())
        too_few = []
        if not self.only and kills < int(KILLS * share):
            too_few.append(f"{kills} kills, {int(KILLS * share)} wanted")
        if acknowledged < int(ACKNOWLEDGED * share):
            too_few.append(f"{acknowledged} acknowledged, {int(ACKNOWLEDGED * share)} wanted")
        return Verdict("volume", too_few, f"{kills} kills, {acknowledged} acknowledged")

    def report(
        self,
        entries: dict[str, Entry],
        observed: Observed,
        verdicts: list[Verdict],
        feeds: dict[str, Any],
        ambiguous: int,
    ) -> dict[str, Any]:
        by_name = {verdict.name: verdict for verdict in verdicts}
        acknowledged = {token for token, entry in entries.items() if entry.answer}
        log = self.system.data_dir / "logs"
        texts = [path.read_text(errors="replace") for path in log.glob("worker.log*")]
        return {
            "seconds": self.seconds,
            "seed": self.seed,
            "passed": all(verdict.holds for verdict in verdicts),
            "counts": {
                "blows": sum(not blow.skipped for blow in self.blows),
                "kills": sum(blow.kills for blow in self.blows),
                "attempted": len(entries),
                "acknowledged": len(acknowledged),
                "observed": len(observed.by_token.keys() & entries.keys()),
                "recovered": len((observed.by_token.keys() & entries.keys()) - acknowledged),
                "lost": len(by_name["lost"].against),
                "unexpected": len(by_name["unexpected"].against),
                "duplicated": len(by_name["duplicated"].against),
                "mails_out": len(self.sink.mails),
                "repeats": sum(self.sink.repeats().values()),
                "sender_blows": sum(blow.senders for blow in self.blows),
                "ambiguous": ambiguous,
                "fenced": sum(text.count(OVERTAKEN) for text in texts),
            },
            "kinds": count_kinds(entries),
            "reads": self.reader.counts,
            "sockets": self.browsers.counts() | {"worst_lag": self.worst_lags()},
            "feeds": feeds,
            "faults": sum_up(self.blows, self.pulse),
            "verdicts": {verdict.name: verdict.as_json() for verdict in verdicts},
        }


def say(text: str) -> None:
    print(text, flush=True)
