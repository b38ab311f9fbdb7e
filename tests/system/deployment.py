"""One `manage.py up` as a real process tree, and what the outside world does with it."""

import contextlib
import http.client
import json
import logging
import os
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import psutil
import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from helpdesk.embedded import find_free_port
from helpdesk.programs import tie_to
from helpdesk.services import BASE_DIR

START_SECONDS = 240
T = TypeVar("T")


def demand(is_there: bool, reason: str) -> None:
    """What a machine may lack: skipped where a person works, a failure in CI."""
    if is_there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def until(condition: Callable[[], T], what: str, *, seconds: float = 60, pause: float = 0.02) -> T:
    """The first true answer of the condition."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"Not within {seconds:.0f} s: {what}."
        time.sleep(pause)
    return answer


# The other side of outgoing mail


@dataclass(frozen=True)
class Received:
    """A mail as the outgoing server got it from us."""

    sender: str
    recipients: list[str]
    raw: bytes
    mail: EmailMessage

    @property
    def text(self) -> str:
        return self.mail.get_body(["plain"]).get_content()


class Sink:
    """An SMTP server that takes everything and keeps it."""

    def __init__(self) -> None:
        self.mails: list[Received] = []
        self.port = find_free_port(None)
        self.controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True
        )

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        raw = bytes(envelope.content)
        mail = message_from_bytes(raw, policy=policy.default)
        self.mails.append(Received(envelope.mail_from, list(envelope.rcpt_tos), raw, mail))
        return "250 2.0.0 kept"

    def find(self, words: str) -> list[Received]:
        return [mail for mail in list(self.mails) if words in mail.text]

    def wait_for(self, words: str, *, seconds: float = 60) -> Received:
        """The first mail with these words in its text."""
        return until(lambda: self.find(words), f"a mail with {words!r}", seconds=seconds)[0]

    def start(self) -> "Sink":
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self.controller.start()
        return self

    def stop(self) -> None:
        self.controller.stop()


# The API as a program uses it


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass(frozen=True)
class Api:
    port: int
    token: str = field(repr=False)

    def get(self, path: str, **query: object) -> Any:
        answer = self.call("GET", f"{path}?{urlencode(query)}" if query else path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: object, *, key: str = "") -> Answer:
        return self.call("POST", path, body, {"Idempotency-Key": key} if key else {})

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own; OSError or HTTPException if it breaks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", content, sent | (headers or {}))
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read() or b"null"))
        finally:
            connection.close()


# The process tree


class Deployment:
    """Database, Valkey, web, worker, beat and mail listener of their own, on free ports."""

    def __init__(self, *, smtp_url: str, **variables: str) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="helpdesk-system-"))
        # The account that runs PostgreSQL when we are root must get through.
        self.home.chmod(0o711)
        self.data_dir = self.home / "data"
        self.port, self.mail_port = find_free_port(None), find_free_port(None)
        self.variables = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "MAIL_PORT": str(self.mail_port),
            "SMTP_URL": smtp_url,
            "DEMO": "0",
            "MAIL_DNS": "off",
            **variables,
        }
        self.lines: list[str] = []
        self.tokens: dict[str, str] = {}
        self.inboxes: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self, *, seconds: float = START_SECONDS) -> "Deployment":
        parent = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, str(BASE_DIR / "manage.py"), "up"],
            env=self.variables,
            # Should the tests themselves be killed, it stops as well.
            preexec_fn=lambda: tie_to(parent, signal.SIGTERM),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Always read, so that what it says never fills the pipe.
        threading.Thread(target=self._read_lines, daemon=True).start()
        until(self._is_ready, "READY", seconds=seconds)
        return self

    def _read_lines(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, "It ended:\n" + "\n".join(self.lines)
        return f"READY {self.url}" in self.lines

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(timeout=20)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            shutil.rmtree(self.home, ignore_errors=True)

    def manage(self, *arguments: str, status: int = 0) -> str:
        """What a command prints, run as people run it beside `up`."""
        done = subprocess.run(
            [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == status, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def call(self, function: str, *arguments: object) -> Any:
        """Run a function of tests/system/inside.py with the application's settings and keys."""
        given = ", ".join(map(repr, arguments))
        code = f"from tests.system import inside; inside.answer(inside.{function}({given}))"
        *_, line = self.manage("shell", "--no-imports", "-c", code).splitlines()
        return json.loads(line)

    # People and programs

    def api(self, email: str = "alice@demo.test") -> Api:
        return Api(self.port, self.tokens[email])

    def deliveries(self) -> dict[str, dict[str, Any]]:
        """What arrived and what became of it, by id."""
        return {row["id"]: row for row in json.loads(self.manage("deliveries", "--json"))}

    def send_mail(
        self,
        raw: bytes,
        *,
        to: str = "support@demo.test",
        sender: str = "someone@example.org",
    ) -> tuple[int, str]:
        """The listener's last answer, which may be a refusal. Line ends become CR LF, as mail
        programs make them."""
        with smtplib.SMTP("127.0.0.1", self.mail_port, timeout=20) as client:
            client.ehlo("test.example")
            for code, answer in (client.mail(sender), client.rcpt(to)):
                if code != 250:
                    return code, answer.decode()
            code, answer = client.data(re.sub(rb"\r\n|\n|\r", b"\r\n", raw))
            return code, answer.decode()

    # Processes

    def pids(self) -> dict[str, int]:
        return json.loads((self.data_dir / "run" / "processes.json").read_text())

    def log(self, name: str) -> str:
        return (self.data_dir / "logs" / f"{name}.log").read_text()

    @contextlib.contextmanager
    def paused(self, name: str) -> Iterator[None]:
        """The program and what it started stand still."""
        parent = psutil.Process(self.pids()[name])
        family = [parent, *parent.children(recursive=True)]
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                process.resume()

    # Services, seen from below

    def services(self) -> dict[str, str]:
        return json.loads((self.data_dir / "run" / "services.json").read_text())

    def superuser_url(self) -> str:
        if url := self.variables.get("DATABASE_OWNER_URL"):
            return url
        state = json.loads((self.data_dir / "run" / "embedded.json").read_text())["postgres"]
        password = state["passwords"]["postgres"]
        return f"postgresql://postgres:{password}@127.0.0.1:{state['port']}/helpdesk"

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """By the superuser, so that nothing is hidden; also changes what nobody else may."""
        with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def count(self, table: str, condition: str = "true") -> int:
        return self.query(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0]

    def mail_rows(self) -> dict[str, int]:
        """How many rows there are of each kind that a mail adds. What tests before have begun
        goes on by the clock meanwhile: those events are none of it."""
        of_mail = "via = 'mail' OR subject_kind = 'connectors.RawDelivery'"
        tables = ("connectors_rawdelivery", "tickets_ticket", "tickets_message")
        return {table: self.count(table) for table in tables} | {
            "core_event": self.count("core_event", of_mail)
        }

    def wait_idle(self, *, seconds: float = 90) -> None:
        """Until every reaction is done, but those that wait for an hour of their own. Retries do
        not."""
        soon = (
            "(next_at < now() + interval '20 seconds'"
            " OR attempts > 0 AND next_at < now() + interval '10 minutes')"
        )
        try:
            until(
                lambda: not self.count("core_reaction", soon),
                "every reaction done",
                seconds=seconds,
                pause=0.1,
            )
        except AssertionError as error:
            left = self.query(
                "SELECT name, lane, state, attempts, error, lease_until - now(), next_at - now()"
                f" FROM core_reaction WHERE {soon} LIMIT 20"
            )
            raise AssertionError(f"{error} Left: {left}") from error
