"""Clients that never give up: the same request, with the same ids, until somebody says yes."""

import base64
import contextlib
import hashlib
import http.client
import json
import queue
import random
import smtplib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from faults.ledger import Ledger, Work
from faults.sink import WatchfulSink
from faults.system import INBOX, System

BROKEN = (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError)
WEIGHTS = {"mail": 26, "file": 4, "answer": 10, "ticket": 18, "note": 24, "reply": 18}
THREADS = 10
TIMEOUT = 12.0
PEOPLE = ("alice@demo.test", "bob@demo.test")
SENDERS = 60
POOL = 40
LARGEST_FILE = 40_000


def ask(
    port: int, method: str, path: str, *, headers: dict[str, str], body: object = None
) -> tuple[int, Any]:
    """One request on a connection of its own; one of BROKEN if it breaks."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        content = None if body is None else json.dumps(body)
        sent = {"Host": f"localhost:{port}", "Content-Type": "application/json"} | headers
        connection.request(method, path, content, sent)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


class Load:
    """Work without end until `finish`, then patience for what is still open."""

    def __init__(
        self, system: System, sink: WatchfulSink, ledger: Ledger, *, run: str, seed: int
    ) -> None:
        self.system, self.sink, self.ledger, self.run = system, sink, ledger, run
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.count = 0
        self.pool: list[str] = []
        # What a reader must find from now on: (ticket, token).
        self.promised: deque[tuple[str, str]] = deque(maxlen=400)
        self.is_over = threading.Event()
        self.gives_up_at = float("inf")
        self.threads: list[threading.Thread] = []

    def open_pool(self) -> None:
        """The tickets that everybody writes in."""
        for _ in range(POOL):
            work = self.make("ticket")
            self.carry_out(work)
            assert work.answer, "The system takes no tickets even before the first fault."
            self.pool.append(work.answer["id"])

    def start(self) -> None:
        self.threads = [threading.Thread(target=self.labour, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def finish(self, *, patience: float) -> None:
        self.gives_up_at = time.monotonic() + patience
        self.is_over.set()
        for thread in self.threads:
            thread.join(patience + TIMEOUT + 5)

    def labour(self) -> None:
        kinds, weights = list(WEIGHTS), list(WEIGHTS.values())
        while not self.is_over.is_set():
            with self.lock:
                kind = self.random.choices(kinds, weights)[0]
            self.carry_out(self.make(kind))

    def make(self, kind: str) -> Work:
        with self.lock:
            self.count += 1
            work = Work(self.count, kind, token=f"f{self.run}x{self.count:06}")
            if kind in ("note", "reply"):
                work.place["ticket"] = self.random.choice(self.pool)
        if kind == "answer":
            self.address(work)
        # Two keys, one or the other: each alone must suffice.
        if kind == "ticket" or work.number % 3:
            work.key = f"key-{work.token}"
        return work

    def address(self, work: Work) -> None:
        """A customer answers a mail of ours; before there is one, they write a first."""
        with contextlib.suppress(IndexError):
            work.place.update(self.sink.to_answer.popleft())
            return
        work.kind = "mail"

    def carry_out(self, work: Work) -> None:
        pause = 0.05
        while work.answer is None and time.monotonic() < self.gives_up_at:
            begun = self.ledger.attempt(work)
            # A broken line: nobody knows what was done, so it is asked again.
            with contextlib.suppress(*BROKEN):
                answer = self.deliver(work) if work.door == "mail" else self.post(work)
                if answer is None:
                    return
                if answer:
                    self.ledger.acknowledge(work, begun, answer)
                    self.promise(work, answer)
                    return
            time.sleep(pause)
            pause = min(pause * 1.6, 1.0)

    def promise(self, work: Work, answer: dict[str, Any]) -> None:
        if work.door == "api":
            self.promised.append((answer["ticket"], work.token))

    # Each answers {} when turned away for the moment, None when refused for good

    def deliver(self, work: Work) -> dict[str, Any] | None:
        sender = work.place.get("sender", f"mail{work.number % SENDERS}@storm.example")
        to = work.place.get("to", INBOX)
        with smtplib.SMTP("127.0.0.1", self.system.proxies["mail"].port, timeout=TIMEOUT) as client:
            client.ehlo("client.storm.example")
            for code, text in (client.mail(sender), client.rcpt(to)):
                if code != 250:
                    return self._turned_away(work, code, text.decode())
            code, text = client.data(write_mail(work, sender=sender, to=to))
        if code != 250:
            return self._turned_away(work, code, text.decode())
        return {"delivery": text.decode().rpartition(" ")[2]}

    def post(self, work: Work) -> dict[str, Any] | None:
        path, body = self.request(work)
        headers = self.headers(PEOPLE[work.number % len(PEOPLE)])
        if work.key:
            headers["Idempotency-Key"] = work.key
        port = self.system.proxies["web"].port
        status, answer = ask(port, "POST", f"/api/v1{path}", headers=headers, body=body)
        if status != 201:
            return self._turned_away(work, status, str(answer)[:200])
        return {"id": answer["id"], "ticket": answer.get("ticket", answer["id"])}

    def _turned_away(self, work: Work, code: int, text: str) -> dict[str, Any] | None:
        is_mail = work.door == "mail"
        if (code < 500) if is_mail else (code >= 500 or code == 429):
            return {}
        self.ledger.refuse(work, f"{code} {text}")
        return None

    def request(self, work: Work) -> tuple[str, dict[str, Any]]:
        if work.kind == "ticket":
            customer = {"name": "", "email": f"api{work.number % SENDERS}@storm.example"}
            body = {"subject": work.words, "body": work.words, "customer": customer}
            return "/tickets/", body | {"inbox": self.system.inbox}
        said: dict[str, Any] = {"body": work.words}
        if work.number % 3 != 1:
            said["client_id"] = str(work.client_id)
        path = {"note": "notes", "reply": "replies"}[work.kind]
        return f"/tickets/{work.place['ticket']}/{path}/", said

    def headers(self, person: str) -> dict[str, str]:
        return {"Authorization": f"Token {self.system.tokens[person]}"}


def write_mail(work: Work, *, sender: str, to: str) -> bytes:
    headers = [f"From: {sender}", f"To: {to}", f"Message-ID: <{work.token}@storm.example>"]
    if references := work.place.get("references"):
        headers += [f"In-Reply-To: {references}", f"References: {references}"]
        headers.append("Subject: Re: our lamps")
    else:
        headers.append(f"Subject: {work.words}")
    lines = [*headers, "", work.words]
    if work.kind == "file":
        boundary = f"part-{work.token}"
        content = base64.encodebytes(content_of(work.token)).decode().splitlines()
        kind = f'multipart/mixed; boundary="{boundary}"'
        disposition = 'attachment; filename="lamp.bin"'
        lines = [*headers, "MIME-Version: 1.0", f"Content-Type: {kind}", "", f"--{boundary}"]
        lines += ["Content-Type: text/plain", "", work.words, f"--{boundary}"]
        lines += ["Content-Type: application/octet-stream"]
        lines += [f"Content-Disposition: {disposition}", "Content-Transfer-Encoding: base64", ""]
        lines += [*content, f"--{boundary}--"]
    return "\r\n".join([*lines, ""]).encode()


def content_of(token: str) -> bytes:
    """The file of a mail, the same each time it is asked for."""
    source = random.Random(token)
    return source.randbytes(source.randrange(1000, LARGEST_FILE))


def digest_of(token: str) -> str:
    return hashlib.sha256(content_of(token)).hexdigest()


class Reader:
    """Reads what was promised a moment ago, and lists and searches as people do."""

    def __init__(self, load: Load, *, seed: int) -> None:
        self.load = load
        self.random = random.Random(seed)
        self.counts = {"read": 0, "broken": 0, "missing": 0}
        self.missing: queue.Queue[str] = queue.Queue()
        self.thread = threading.Thread(target=self.read, daemon=True)

    def read(self) -> None:
        looks: list[Callable[[], None]] = [self.look_up, self.look_up, self.list, self.search]
        while not self.load.is_over.wait(0.25):
            try:
                self.random.choice(looks)()
                self.counts["read"] += 1
            except (*BROKEN, LookupError):
                self.counts["broken"] += 1

    def get(self, path: str) -> Any:
        port = self.load.system.proxies["web"].port
        status, answer = ask(port, "GET", f"/api/v1{path}", headers=self.load.headers(PEOPLE[0]))
        if status != 200:
            raise LookupError(status)
        return answer

    def look_up(self) -> None:
        if not self.load.promised:
            return
        ticket, token = self.random.choice(list(self.load.promised))
        said = self.get(f"/tickets/{ticket}/messages/")["results"]
        if not any(token in message["body"] for message in said):
            self.counts["missing"] += 1
            self.missing.put(token)

    def list(self) -> None:
        self.get("/tickets/?view=all")

    def search(self) -> None:
        if self.load.promised:
            _, token = self.random.choice(list(self.load.promised))
            self.get(f"/tickets/?q={quote(token)}")
