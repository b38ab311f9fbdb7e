"""kill -9 while mails and API posts flow: what was acknowledged is there, once."""

import contextlib
import http.client
import math
import queue
import random
import smtplib
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from tests.system.deployment import Answer, Deployment, Received, Sink, until

INBOX = "rush@demo.test"
KINDS = {"mail": 120, "ticket": 70, "note": 60, "reply": 50}
# Each blow falls right after more work was handed out. A name with "'s child" is the process that
# does the work of the one so named.
BLOWS = (["web-1"], ["mail", "worker's child"], ["web-2", "mail", "worker"])
BROKEN = (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError)
THREADS = 8
PATIENCE = 60.0


@dataclass
class Work:
    """One thing a client wants done, and what it was told."""

    number: int
    kind: str
    tries: int = 0
    acknowledged: str = ""

    @property
    def words(self) -> str:
        return f"Storm {self.number:03} ({self.kind})"

    @property
    def key(self) -> str:
        return f"storm-{self.number:03}"


@dataclass
class Ledger:
    work: list[Work]
    seconds: float = 0.0
    blows: Counter[str] = field(default_factory=Counter)


class Storm:
    """Clients that never give up, and someone with an axe."""

    def __init__(self, running: Deployment, tickets: list[str]) -> None:
        self.running = running
        self.tickets = tickets
        self.open: queue.Queue[Work] = queue.Queue()
        self.deadline = time.monotonic() + PATIENCE

    def rage(self, work: list[Work]) -> Ledger:
        ledger = Ledger(work)
        started = time.monotonic()
        clients = [threading.Thread(target=self.serve) for _ in range(THREADS)]
        for client in clients:
            client.start()
        share = math.ceil(len(work) / len(BLOWS))
        for number, names in enumerate(BLOWS):
            for one in work[number * share : (number + 1) * share]:
                self.open.put(one)
            # Some of the share is done, most of it is not.
            until(lambda: self.open.qsize() < share * 2 // 3, "work is taken", seconds=PATIENCE)
            for name in names:
                self.strike(name)
                ledger.blows[name] += 1
        for _ in clients:
            self.open.put(None)
        for client in clients:
            client.join(PATIENCE + 30)
        ledger.seconds = time.monotonic() - started
        return ledger

    def strike(self, name: str) -> None:
        until(lambda: self.kill(name), f"{name} killed", seconds=PATIENCE)

    def kill(self, name: str) -> bool:
        """False while there is nobody to kill: it was, and is not back yet."""
        parent, _, is_child = name.partition("'s ")
        with contextlib.suppress(KeyError, psutil.Error):
            process = psutil.Process(self.running.pids()[parent])
            victims = process.children() if is_child else [process]
            for victim in victims[:1]:
                victim.kill()
                return True
        return False

    def serve(self) -> None:
        while work := self.open.get():
            while not work.acknowledged and time.monotonic() < self.deadline:
                work.tries += 1
                # A broken connection: nobody knows what was done, so it is asked again.
                with contextlib.suppress(*BROKEN):
                    work.acknowledged = self.ask(work)

    def ask(self, work: Work) -> str:
        """What it is known by from now on; "" when it was turned away for the moment."""
        if work.kind == "mail":
            code, text = self.running.send_mail(mail_of(work), to=INBOX)
            return text if code == 250 else ""
        answer = self.post(work)
        assert answer.status == 201 or answer.status >= 500, answer
        return answer.body["id"] if answer.status == 201 else ""

    def post(self, work: Work) -> Answer:
        api = self.running.api(("alice@demo.test", "bob@demo.test")[work.number % 2])
        if work.kind == "ticket":
            body = {
                "subject": work.words,
                "body": work.words,
                "inbox": self.running.inboxes[INBOX],
                "customer": {"name": "", "email": f"api{work.number % 30}@storm.example"},
            }
            return api.post("/tickets/", body, key=work.key)
        ticket = self.tickets[work.number % len(self.tickets)]
        path = {"note": "notes", "reply": "replies"}[work.kind]
        return api.post(f"/tickets/{ticket}/{path}/", {"body": work.words}, key=work.key)


def mail_of(work: Work) -> bytes:
    return (
        f"From: mail{work.number % 30}@storm.example\nTo: {INBOX}\nSubject: {work.words}\n"
        f"Message-ID: <{work.key}@storm.example>\n\n{work.words}\n"
    ).encode()


@pytest.fixture(scope="module")
def earlier(running: Deployment) -> set[str]:
    """What other tests said to the same inbox before."""
    return {message["id"] for message in running.call("list_said", INBOX)}


@pytest.fixture(scope="module")
def storm(running: Deployment, earlier: set[str]) -> Iterator[Ledger]:
    """After the storm: everybody has been answered and the workers have come to rest."""
    api = running.api()
    tickets = []
    for number in range(10):
        body = {
            "subject": "Before the storm",
            "body": "Calm",
            "inbox": running.inboxes[INBOX],
            "customer": {"email": f"calm{number}@storm.example"},
        }
        tickets.append(api.post("/tickets/", body).body["id"])
    programs = len(running.pids())
    kinds = [kind for kind, count in KINDS.items() for _ in range(count)]
    random.Random(6).shuffle(kinds)
    ledger = Storm(running, tickets).rage([Work(n, kind) for n, kind in enumerate(kinds)])
    until(lambda: len(running.pids()) == programs, "all programs are back")
    # Work that a killed worker had under a lease is another's when the lease ends; so that nobody
    # has to wait two minutes here, it ends now.
    running.query("UPDATE core_reaction SET lease_until = now() WHERE lease_until > now()")
    running.wait_idle(seconds=60)
    yield ledger


@pytest.fixture(scope="module")
def said(running: Deployment, storm: Ledger, earlier: set[str]) -> dict[str, list[dict]]:
    """The messages there are, by their words."""
    found = defaultdict(list)
    for message in running.call("list_said", INBOX):
        if message["id"] not in earlier:
            found[message["body"]].append(message)
    return found


def test_the_storm_was_one(storm: Ledger) -> None:
    tries = Counter(work.tries for work in storm.work)
    print(f"\n{len(storm.work)} asked for in {storm.seconds:.1f} s; killed: {dict(storm.blows)}; ")
    print(f"tries → requests: {dict(sorted(tries.items()))}")
    assert storm.blows.keys() >= {"web-1", "web-2", "worker", "mail"}
    assert sum(work.tries > 1 for work in storm.work) >= 3


def test_everybody_was_answered_in_the_end(storm: Ledger) -> None:
    assert [work.key for work in storm.work if not work.acknowledged] == []


def test_what_was_acknowledged_is_there_once_and_nothing_else(
    storm: Ledger, said: dict[str, list[dict]]
) -> None:
    wanted = {work.words: 1 for work in storm.work} | {"Calm": 10}

    assert {words: len(messages) for words, messages in said.items()} == wanted


def test_the_answers_named_what_is_there(
    running: Deployment, storm: Ledger, said: dict[str, list[dict]]
) -> None:
    rows = running.deliveries()
    for work in storm.work:
        [message] = said[work.words]
        if work.kind == "mail":
            row = rows[work.acknowledged.rpartition(" ")[2]]
            assert (row["state"], row["message"]) == ("applied", message["id"]), work
        elif work.kind == "ticket":
            assert message["ticket"] == work.acknowledged, work
        else:
            assert message["id"] == work.acknowledged, work


def test_every_answer_left_under_one_message_id(
    storm: Ledger, said: dict[str, list[dict]], sink: Sink
) -> None:
    mails: dict[str, list[Received]] = defaultdict(list)
    for mail in sink.mails:
        mails[mail.text.strip().partition("\r\n")[0]].append(mail)  # without the follow link
    replies = {work.words for work in storm.work if work.kind == "reply"}
    ids = {words: {mail.mail["Message-ID"] for mail in mails[words]} for words in replies}

    assert {words for words in mails if words.startswith("Storm")} == replies
    assert {words: len(found) for words, found in ids.items()} == dict.fromkeys(replies, 1)
    assert len(set.union(*ids.values())) == len(replies)
    assert {said[words][0]["delivery"] for words in replies} == {"sent"}
    again = sum(len(mails[words]) - 1 for words in replies)
    print(f"\n{len(replies)} answers left, {again} of them twice under the same Message-ID")


def test_the_history_is_whole_after_the_storm(running: Deployment, storm: Ledger) -> None:
    running.manage("seal_audit")
    assert "The history is intact" in running.manage("verify_audit")
    assert running.count("core_reaction", "state = 'failed'") == 0
