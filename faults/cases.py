"""Requests that are opened, answered, solved and taken up again, by people who never give up: each
step is asked for under the same key until somebody answers it."""

import heapq
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from faults.clients import BROKEN, PEOPLE, ask
from faults.system import System

ORIGIN = "https://shop.example"
CUSTOMERS, CHATS_EACH = 140, 3
# Shares of all cases; the rest comes by mail.
CHATS, BY_BOT, SLOW = 0.2, 0.14, 0.08
THREADS, ACCEPTS = 8, 12
AGAIN = 0.4
# Path of a request → how many of a hundred go it.
LIVES = {
    ("open", "reply", "resolve"): 50,
    ("open", "reply", "resolve", "reopen", "resolve"): 25,
    ("open", "reply", "resolve", "reopen", "reply", "resolve", "reopen", "resolve"): 10,
    ("open", "reply", "resolve", "reopen"): 10,
    ("open", "reply"): 5,
}
# An answer that solved it is taken back before it has left; much later it is solved all the same.
TAKEN_BACK = ("open", "solve", "withdraw", "resolve")
CHAT = ("begin", "accept", "reply", "leave", "rate", "resolve")


@dataclass
class Case:
    number: int
    door: str  # mail, bot, slow, chat
    address: str
    steps: tuple[str, ...]
    token: str
    client_id: str = field(default_factory=lambda: str(uuid4()))
    ticket: str = ""
    message: str = ""
    chat: str = ""
    is_asked: bool = False  # at the end of the chat
    visitor: "Visitor | None" = None
    done: int = 0
    tries: int = 0  # to accept it

    @property
    def step(self) -> str:
        return self.steps[self.done] if self.done < len(self.steps) else ""

    @property
    def key(self) -> str:
        return f"{self.token}-{self.done}"

    @property
    def person(self) -> str:
        return PEOPLE[self.number % len(PEOPLE)]


@dataclass
class Visitor:
    """A browser; its chats follow one another."""

    number: int
    token: str = ""
    cases: list[Case] = field(default_factory=list)


@dataclass
class Rating:
    """What a visitor answered at the end of a chat."""

    ticket: str
    score: int
    tries: int = 0
    is_taken: bool = False


class Staff:
    """All who have a hand in requests, and the visitors of the chat."""

    def __init__(
        self,
        system: System,
        made: dict[str, Any],
        *,
        run: str,
        cases: int,
        seconds: float,
        seed: int,
    ) -> None:
        self.system, self.made, self.run, self.seconds = system, made, run, seconds
        self.dice = random.Random(seed)
        self.lock = threading.Lock()
        self.steps: Counter[str] = Counter()
        self.refusals: list[str] = []
        self.ratings: list[Rating] = []
        self.due: list[tuple[float, int, Case]] = []
        self.busy = 0
        self.is_over = threading.Event()
        self.cases = self.make_cases(cases)
        self.threads = [threading.Thread(target=self.labour, daemon=True) for _ in range(THREADS)]

    # What there is to do

    def make_cases(self, count: int) -> list[Case]:
        chats, slow = round(count * CHATS), round(count * SLOW)
        bots = [Case(n, "bot", *given) for n, given in enumerate(self.bot_cases())]
        doors = ["chat"] * chats + ["slow"] * slow
        doors += ["mail"] * (count - len(doors) - len(bots))
        self.dice.shuffle(doors)
        found = bots + [self.make_case(n, door) for n, door in enumerate(doors, len(bots))]
        self.seat_visitors([case for case in found if case.door == "chat"])
        return found

    def bot_cases(self) -> list[tuple[str, tuple[str, ...], str]]:
        """Their tickets are there: the bot has answered them."""
        return [
            (one["address"], self.draw_life()[2:] or ("resolve",), f"b{self.run}x{number:04}")
            for number, one in enumerate(self.made["bot_tickets"])
        ]

    def make_case(self, number: int, door: str) -> Case:
        steps = {"chat": CHAT, "slow": TAKEN_BACK}.get(door) or self.draw_life()
        address = address_of(self.dice.randrange(CUSTOMERS))
        return Case(number, door, address, steps, f"c{self.run}x{number:04}")

    def draw_life(self) -> tuple[str, ...]:
        return self.dice.choices(list(LIVES), list(LIVES.values()))[0]

    def seat_visitors(self, cases: list[Case]) -> None:
        for place, case in enumerate(cases):
            if place % CHATS_EACH == 0:
                visitor = Visitor(place // CHATS_EACH)
            case.address, case.visitor = "", visitor
            visitor.cases.append(case)

    # Doing it

    def start(self) -> None:
        for case, one in zip(self.cases, self.made["bot_tickets"], strict=False):
            case.ticket = one["ticket"]
        began = time.monotonic()
        for place, case in enumerate(self.cases):
            first = case.visitor is None or case.visitor.cases[0] is case
            if first:
                at = began + self.dice.random() * self.seconds * 0.8
                heapq.heappush(self.due, (at, place, case))
        for thread in self.threads:
            thread.start()

    def labour(self) -> None:
        while not self.is_over.is_set():
            case = self.take()
            if case is None:
                time.sleep(0.02)
                continue
            pause = AGAIN
            try:
                if STEPS[case.step](self, case):
                    pause = self.advance(case)
            except (*BROKEN, LookupError):
                pause = AGAIN
            self.put_back(case, pause)

    def take(self) -> Case | None:
        with self.lock:
            if not self.due or self.due[0][0] > time.monotonic():
                return None
            self.busy += 1
            return heapq.heappop(self.due)[2]

    def advance(self, case: Case) -> float:
        """The step is done; how long until the next."""
        done = case.step
        with self.lock:
            self.steps[done] += 1
            case.done += 1
            if done in ("begin", "accept", "leave", "solve"):
                return 0.0
            if done == "withdraw":  # beyond the delay of the survey, or within it
                return self.dice.choice((3.0, 75.0))
            return 0.0 if self.dice.random() < 0.3 else self.dice.uniform(0.5, 10)

    def put_back(self, case: Case, pause: float) -> None:
        with self.lock:
            self.busy -= 1
            following = case
            if not case.step and case.visitor and case is not case.visitor.cases[-1]:
                following = case.visitor.cases[case.visitor.cases.index(case) + 1]
            if following.step:
                at = time.monotonic() + pause
                heapq.heappush(self.due, (at, following.number, following))

    def is_done(self) -> bool:
        with self.lock:
            return not self.busy and not self.due

    def stop(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(20)

    # Over the API. Each says whether it is done

    def call(self, case: Case, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        headers = {"Authorization": f"Token {self.system.tokens[case.person]}"}
        headers["Idempotency-Key"] = case.key
        port = self.system.proxies["web"].port
        status, answer = ask(port, "POST", f"/api/v1{path}", headers=headers, body=body)
        return self.weigh(case, status, answer, wanted=201)

    def weigh(self, case: Case, status: int, answer: Any, *, wanted: int) -> dict[str, Any] | None:
        """The answer; None for another try. Where there is nothing to do any more, nothing."""
        if status == wanted:
            return answer or {}
        if status >= 500 or status == 429:
            return None
        if status != 409:
            self.refusals.append(f"{case.step} of {case.token}: {status} {str(answer)[:160]}")
        self.steps[f"{case.step}: {status}"] += 1
        return {}

    def open(self, case: Case) -> bool:
        words = f"Lamp {case.token} flickers. Can you help me?"
        body = {"subject": words, "body": words, "customer": {"name": "", "email": case.address}}
        inbox = self.made["slow"] if case.door == "slow" else self.system.inbox
        answer = self.call(case, "/tickets/", body | {"inbox": inbox})
        case.ticket = answer["id"] if answer else ""
        return bool(case.ticket)

    def reply(self, case: Case) -> bool:
        said = {"body": f"Hello, try another bulb, {case.token} n{case.done}. Is it solved now?"}
        return self.call(case, f"/tickets/{case.ticket}/replies/", said) is not None

    def solve(self, case: Case) -> bool:
        """Answered and solved in one; it leaves after the undo delay."""
        said = {"body": f"Hello, that was the wrong bulb, {case.token}.", "status": "resolved"}
        answer = self.call(case, f"/tickets/{case.ticket}/replies/", said)
        case.message = answer["id"] if answer else ""
        return bool(case.message)

    def withdraw(self, case: Case) -> bool:
        return self.call(case, f"/messages/{case.message}/withdrawal/", {}) is not None

    def resolve(self, case: Case) -> bool:
        return self.move(case, "resolved")

    def reopen(self, case: Case) -> bool:
        return self.move(case, "open")

    def move(self, case: Case, status: str) -> bool:
        path = f"/tickets/{case.ticket}/transitions/"
        return self.call(case, path, {"status": status}) is not None

    # In the chat

    def visit(self, case: Case, path: str, body: dict[str, Any], wanted: int) -> Any:
        assert case.visitor
        headers = {"Origin": ORIGIN, "X-Chat-Language": "en"}
        if case.visitor.token:
            headers["Authorization"] = f"Bearer {case.visitor.token}"
        port = self.system.proxies["chat"].port
        where = f"/chat/{self.made['key']}/{path}"
        status, answer = ask(port, "POST", where, headers=headers, body=body)
        return self.weigh(case, status, answer, wanted=wanted)

    def begin(self, case: Case) -> bool:
        assert case.visitor
        if not case.visitor.token:
            met = self.visit(case, "visitors/", {}, 201)
            case.visitor.token = met["token"] if met else ""
            return False
        said = {"client_id": case.client_id, "text": f"My lamp {case.token} flickers", "fields": {}}
        begun = self.visit(case, "chats/", said, 201)
        case.chat = begun["id"] if begun else ""
        case.ticket = self.ticket_of(case.chat) if case.chat else ""
        return bool(case.ticket)

    def ticket_of(self, chat: str) -> str:
        """A visitor is not told; agents see it on their desk."""
        with self.system.connect() as connection:
            query = "SELECT ticket_id::text FROM livechat_chat WHERE id = %s"
            row = connection.execute(query, [chat]).fetchone()
        return str(row[0]) if row else ""

    def accept(self, case: Case) -> bool:
        agent = self.made["agents"][case.tries % len(self.made["agents"])]
        case.tries += 1
        csrf = "f" * 32
        headers = {"Cookie": f"sessionid={agent['session']}; csrftoken={csrf}"}
        headers |= {"X-CSRFToken": csrf, "HX-Request": "true"}
        port = self.system.proxies["web"].port
        status, answer = ask(port, "POST", f"/chats/{case.chat}/accept/", headers=headers, body={})
        if status == 409 and case.tries < ACCEPTS:  # it is offered to a colleague
            return False
        return self.weigh(case, status, answer, wanted=204) is not None

    def leave(self, case: Case) -> bool:
        ended = self.visit(case, f"chats/{case.chat}/end/", {}, 200)
        case.is_asked = bool(ended and ended.get("survey"))
        return ended is not None

    def rate(self, case: Case) -> bool:
        """Whoever is asked says it, some once more and some nothing."""
        habit = case.number % 4
        if not case.is_asked or habit == 3:
            return True
        for score in (1 + case.number % 5, 5 - case.number % 5)[: 1 + (habit == 2)]:
            rating = Rating(case.ticket, score)
            self.ratings.append(rating)
            while not self.rate_once(case, rating) and not self.is_over.wait(AGAIN):
                pass
        return True

    def rate_once(self, case: Case, rating: Rating) -> bool:
        rating.tries += 1
        body = {"score": rating.score, "comment": ""}
        try:
            answer = self.visit(case, f"chats/{case.chat}/rating/", body, 204)
        except BROKEN:
            return False
        rating.is_taken = answer is not None
        return rating.is_taken


STEPS: dict[str, Callable[[Staff, Case], bool]] = {
    "open": Staff.open,
    "reply": Staff.reply,
    "solve": Staff.solve,
    "withdraw": Staff.withdraw,
    "resolve": Staff.resolve,
    "reopen": Staff.reopen,
    "begin": Staff.begin,
    "accept": Staff.accept,
    "leave": Staff.leave,
    "rate": Staff.rate,
}


def address_of(number: int) -> str:
    return f"who{number:03}@asked.example"
