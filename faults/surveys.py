"""The run of surveys: requests are solved, taken up and solved again, customers answer what they
are mailed, and everything breaks. In the end everybody was asked once or has a reason why not."""

import contextlib
import random
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from faults.blows import Blow, Breaker
from faults.cases import BY_BOT, CUSTOMERS, ORIGIN, Staff, address_of
from faults.ledger import Pulse
from faults.proxy import Switchboard
from faults.respondents import Respondents, SurveySink
from faults.run import HASTEN
from faults.survey_found import Found, Told
from faults.survey_verdicts import judge_surveys
from faults.system import System
from tests.system.deployment import until

CASES, SECONDS = 300, 180.0
CAP, AGENTS, DENIED = 2, 4, 8
WARM_UP = 3.0
PATIENCE, PEACE = 120.0, 420.0
REFUSE, RUBRIC = "refuse mails", "another rubric"
CATCH = "catch survey's sender"
PLAN = (
    *(CATCH, "kill worker", "kill worker's child", "snap db", "kill valkey", "cut db"),
    *(CATCH, "snap sink", "kill postgres", "kill web-1", "zombie sender", "cut sink"),
    *("kill worker's child", CATCH, "kill worker", "flush valkey", "snap db", "kill web-2"),
    *(CATCH, "snap sink", "kill worker's child", "cut db", "kill beat", "snap web"),
)
ON_THEIR_WAY = (
    "SELECT id::text FROM surveys_invitation "
    "WHERE state IN ('waiting', 'sending') AND due_at < now() ORDER BY id DESC"
)
PENDING = "SELECT count(*) FROM core_reaction WHERE state = 'pending'"


class SurveyRun:
    def __init__(
        self,
        seconds: float,
        *,
        seed: int,
        cases: int = CASES,
        only: str = "",
        keep: bool = False,
    ) -> None:
        self.seconds, self.seed, self.only, self.keep = seconds, seed, only, keep
        self.count = cases
        self.folder = Path(tempfile.mkdtemp(prefix="helpdesk-survey-faults-"))
        self.board = Switchboard()
        self.sink = SurveySink(Pulse())
        self.sink.start()
        self.system = System(self.board, self.sink)
        self.blows: list[Blow] = []
        self.dice = random.Random(seed)
        # The first few never wanted to be asked; others say so while their mail is on its way.
        self.denied = {address_of(number): "" for number in range(DENIED)}

    def carry_out(self) -> dict[str, Any]:
        try:
            self.system.start()
            return self.rage()
        finally:
            with contextlib.suppress(OSError, shutil.Error):
                shutil.copytree(self.system.data_dir / "logs", self.folder / "logs")
            self.system.stop()
            self.sink.stop()
            self.board.stop()
            if self.keep:
                say(f"the logs are in {self.folder}")
            else:
                shutil.rmtree(self.folder, ignore_errors=True)

    def rage(self) -> dict[str, Any]:
        made = self.furnish()
        self.staff = Staff(
            self.system,
            made,
            run=secrets.token_hex(2),
            cases=self.count,
            seconds=self.seconds,
            seed=self.seed,
        )
        self.respondents = Respondents(self.system, self.sink, seed=self.seed)
        say(f"{self.count} requests come from {CUSTOMERS} customers")
        self.staff.start()
        self.respondents.start()
        self.strike_all()
        say("the blows are over; waiting for peace")
        since = time.monotonic()
        self.make_peace()
        say(f"peace after {time.monotonic() - since:.0f} s")
        return self.judge()

    def furnish(self) -> dict[str, Any]:
        chats = round(self.count / AGENTS) + 2
        made: dict[str, Any] = self.system.call("furnish_chat", AGENTS, chats, ORIGIN)
        bots = [
            address_of(self.dice.randrange(CUSTOMERS)) for _ in range(round(self.count * BY_BOT))
        ]
        made |= self.system.call("furnish_surveys", bots, list(self.denied), CAP)
        return made

    # Everything breaks

    def strike_all(self) -> None:
        breaker = Breaker(self.system, self.sink, seed=self.seed)
        plan = self.plan_blows()
        step = (self.seconds - 2 * WARM_UP) / max(len(plan), 1)
        started = time.monotonic() + WARM_UP
        for number, kind in enumerate(plan):
            time.sleep(max(started + number * step - time.monotonic(), 0.2))
            blow = self.strike(breaker, kind)
            self.blows.append(blow)
            trouble = f": {blow.skipped}" if blow.skipped else f" {blow.note}"
            say(f"{blow.began - started:5.0f} s  {kind}{trouble}")
            self.hasten()
        breaker.heal()
        time.sleep(max(started + self.seconds - WARM_UP - time.monotonic(), 0.5))

    def plan_blows(self) -> list[str]:
        """A shorter run has the first of them; what changes who is right comes in the middle."""
        plan = [kind for kind in PLAN if any(word in kind for word in self.only.split(","))]
        wanted = max(round(len(PLAN) * self.seconds / SECONDS), 1)
        plan = plan[:wanted]
        self.dice.shuffle(plan)
        third, half = len(plan) // 3, len(plan) // 2
        return [*plan[:third], REFUSE, *plan[third:half], RUBRIC, *plan[half:]]

    def strike(self, breaker: Breaker, kind: str) -> Blow:
        if kind not in (REFUSE, RUBRIC):
            return breaker.strike(kind)
        blow = Blow(kind)
        try:
            blow.note = self.refuse_mails() if kind == REFUSE else self.publish_rubric()
        except AssertionError as error:
            blow.skipped = str(error)[-200:]
        blow.ended = time.monotonic()
        return blow

    def refuse_mails(self) -> str:
        """Nobody takes our mails; meanwhile some of those whom one is on its way to object."""
        self.sink.is_refusing = True
        try:
            with contextlib.suppress(AssertionError):  # with few of them it is tried all the same
                until(lambda: len(self.on_their_way()) >= 6, "some are on their way", seconds=15)
            waiting = self.system.call("list_addresses", self.on_their_way())
            chosen = sorted(set(waiting) - self.denied.keys())[:DENIED]
            self.denied |= self.system.call("deny_surveys", chosen)
        finally:
            self.sink.is_refusing = False
        return f"{self.sink.refused} refused, {len(chosen)} objected meanwhile"

    def on_their_way(self) -> list[str]:
        with contextlib.suppress(psycopg.Error), self.system.connect() as connection:
            return [row[0] for row in connection.execute(ON_THEIR_WAY).fetchall()]
        return []

    def publish_rubric(self) -> str:
        return f"number {self.system.call('publish_rubric')}"

    # Peace and judgement

    def make_peace(self) -> None:
        """What does not come to rest in time is shown by the verdicts."""
        for condition, what, seconds in (
            (self.system.all_live, "all processes are back", PATIENCE),
            (self.staff.is_done, "every request has lived its life", PEACE),
            (self.is_idle, "every reaction is done and every answer given", PEACE),
        ):
            try:
                until(condition, what, seconds=seconds, pause=0.5)
            except AssertionError as delay:
                say(str(delay))
        self.staff.stop()
        self.respondents.stop()

    def is_idle(self) -> bool:
        is_answered = self.respondents.is_done()
        left = self.hasten()
        return left == 0 and is_answered and self.respondents.is_done()

    def hasten(self) -> int | None:
        """Nobody waits here for a dead worker's lease, nor for the next try of a mail. How many
        reactions are left."""
        with contextlib.suppress(psycopg.Error), self.system.connect() as connection:
            for statement in HASTEN:
                connection.execute(statement)
            [left] = connection.execute(PENDING).fetchone() or [None]
            return left
        return None

    def judge(self) -> dict[str, Any]:
        forgotten = self.system.call("inspect_what_was_forgotten")
        with self.system.connect() as connection:
            found = Found(connection)
        told = Told(self.staff, self.respondents, self.sink, self.denied, self.blows, forgotten)
        report = judge_surveys(found, told, cap=CAP, early=DENIED)
        return report | {"seconds": self.seconds, "seed": self.seed, "cases": self.count}


def say(text: str) -> None:
    print(text, flush=True)


def make_run(options: Any) -> dict[str, Any]:
    return SurveyRun(
        options.survey_seconds,
        seed=options.seed,
        cases=options.cases,
        only=options.only,
        keep=options.keep,
    ).carry_out()
