"""Customers who open the links of the mails they get: some answer once, some twice, some at the
same moment from two devices, and some never. A broken line is asked again."""

import heapq
import http.client
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlencode

from aiosmtpd.smtp import Envelope

from faults.clients import BROKEN, TIMEOUT
from faults.ledger import Pulse
from faults.sink import WatchfulSink
from faults.system import System

THREADS = 6
AGAIN = 0.4
# Most answer at once; the others let a dead sender's successor come first.
AT_ONCE, SOON, LATER = 0.6, (0.0, 5.0), (25.0, 50.0)
LINK = re.compile(r"/survey/([0-9a-f]{32})[0-9a-f]{32}/")
OWN_ID = re.compile(r"hd\.([0-9a-f]{32})\.")
# Habit → how many of a hundred have it.
HABITS = {"never": 20, "once": 45, "twice": 20, "together": 15}
COMMENTS = ("", "", "It took rather long.", "Thank you, that was quick.")


@dataclass(frozen=True)
class Asking:
    """A mail that asks, as it arrived."""

    at: float  # by the clock on the wall
    to: str
    invitation: str  # 32 hexadecimal digits, as in the link
    mail: str  # those of its Message-ID
    path: str

    @property
    def is_first(self) -> bool:
        """Not a reminder."""
        return self.mail == self.invitation


class SurveySink(WatchfulSink):
    """Keeps account of what asks; may be out of order for a while."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__(pulse)
        self.asked: list[Asking] = []
        self.is_refusing = False
        self.refused = 0

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        if self.is_refusing:
            self.refused += 1
            return "451 4.3.0 out of order"
        answer = await super().handle_DATA(server, session, envelope)
        received = self.mails[-1]
        link, own = LINK.search(received.text), OWN_ID.search(str(received.mail["Message-ID"]))
        if link and own:
            to = received.recipients[0]
            self.asked.append(Asking(time.time(), to, link[1], own[1], link[0]))
        return answer


@dataclass
class Given:
    """One answer somebody gives, repeated until it is taken."""

    invitation: str
    path: str
    score: int
    comment: str
    tries: int = 0
    status: int = 0


class Respondents:
    def __init__(self, system: System, sink: SurveySink, *, seed: int) -> None:
        self.system, self.sink = system, sink
        self.seed = seed
        self.given: list[Given] = []
        self.habits: Counter[str] = Counter()
        self.looks = 0
        self.known: set[str] = set()
        self.read = 0
        self.due: list[tuple[float, int, Given]] = []
        self.busy = 0
        self.lock = threading.Lock()
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.labour, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(20)

    def is_done(self) -> bool:
        with self.lock:
            return not self.busy and not self.due and self.read == len(self.sink.asked)

    def labour(self) -> None:
        while not self.is_over.is_set():
            self.read_mails()
            one = self.take()
            if one is None:
                time.sleep(0.02)
                continue
            if not self.answer(one):
                self.plan(one, AGAIN)
            with self.lock:
                self.busy -= 1

    def take(self) -> Given | None:
        with self.lock:
            if not self.due or self.due[0][0] > time.monotonic():
                return None
            self.busy += 1
            return heapq.heappop(self.due)[2]

    def plan(self, one: Given, pause: float) -> None:
        with self.lock:
            heapq.heappush(self.due, (time.monotonic() + pause, id(one), one))

    # What they make of it

    def read_mails(self) -> None:
        with self.lock:
            fresh = self.sink.asked[self.read :]
            self.read += len(fresh)
            fresh = [one for one in fresh if one.is_first and one.invitation not in self.known]
            self.known |= {one.invitation for one in fresh}
            self.busy += 1
        for one in fresh:
            self.consider(one)
        with self.lock:
            self.busy -= 1

    def consider(self, asking: Asking) -> None:
        """By a draw of its own, so that a run may be repeated."""
        dice = random.Random(f"{self.seed}{asking.to}{len(self.known)}")
        habit = dice.choices(list(HABITS), list(HABITS.values()))[0]
        self.habits[habit] += 1
        at = dice.uniform(*(SOON if dice.random() < AT_ONCE else LATER))
        for number in range({"never": 0, "once": 1}.get(habit, 2)):
            one = Given(asking.invitation, asking.path, dice.randint(1, 5), dice.choice(COMMENTS))
            self.given.append(one)
            self.plan(one, at + (dice.uniform(1, 8) if number and habit == "twice" else 0))

    def answer(self, one: Given) -> bool:
        """Opened with a score chosen, as mail programs do by themselves, then confirmed."""
        one.tries += 1
        try:
            if one.tries == 1:
                self.ask("GET", f"{one.path}{6 - one.score}/", "")
                self.looks += 1
            said = urlencode({"score": one.score, "comment": one.comment})
            one.status = self.ask("POST", one.path, said)
        except BROKEN:
            return False
        return one.status < 500 and one.status != 429

    def ask(self, method: str, path: str, content: str) -> int:
        port = self.system.proxies["web"].port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        headers = {"Host": f"localhost:{port}"}
        if content:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, content or None, headers)
            response = connection.getresponse()
            response.read()
            return response.status
        finally:
            connection.close()
