"""`manage.py up` as people meet it: real processes in a data folder of their own."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from helpdesk.services import BASE_DIR, start_services

pytestmark = pytest.mark.slow
START_SECONDS = 240
OURS = ("web-1", "web-2", "worker", "beat", "mail")


class Helpdesk:
    """One `manage.py up`, its terminal and its children."""

    def __init__(self, data_dir: Path, **variables: str) -> None:
        self.data_dir = data_dir
        self.port, self.mail_port = find_ports()
        self.variables = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "MAIL_PORT": str(self.mail_port),
            "DEMO": "0",
            **variables,
        }
        self.lines: list[str] = []

    def start(self) -> "Helpdesk":
        self.process = self.call()
        return self

    def call(self, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(BASE_DIR / "manage.py"), "up"],
            env=self.variables | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def refusal(self, **variables: str) -> tuple[int, str]:
        process = self.call(**variables)
        output, _ = process.communicate(timeout=START_SECONDS)
        return process.returncode, output

    def wait_ready(self) -> "Helpdesk":
        patience = threading.Timer(START_SECONDS, self.process.kill)
        patience.start()
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("READY "):
                break
        patience.cancel()
        assert self.lines[-1] == f"READY http://localhost:{self.port}", "\n".join(self.lines)
        return self

    def pids(self) -> dict[str, int]:
        return json.loads((self.data_dir / "run" / "processes.json").read_text())

    def get(self, path: str, host: str = "localhost") -> int:
        with urllib.request.urlopen(f"http://{host}:{self.port}{path}", timeout=20) as answer:
            return answer.status

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=15)
        return self.process.returncode


def find_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def eventually(condition: Callable[[], bool], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    # Not in pytest's folder, which is closed to the account that runs PostgreSQL for root.
    with tempfile.TemporaryDirectory(prefix="helpdesk-up-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "data"


@pytest.fixture(scope="module")
def helpdesk(data_dir: Path) -> Iterator[Helpdesk]:
    helpdesk = Helpdesk(data_dir).start()
    try:
        yield helpdesk.wait_ready()
    finally:
        helpdesk.stop()


def test_is_ready_only_when_pages_mail_and_worker_answer(helpdesk: Helpdesk) -> None:
    assert helpdesk.get("/healthz") == 200
    assert helpdesk.get("/readyz") == 200
    with socket.create_connection(("localhost", helpdesk.mail_port), timeout=10) as mail:
        assert mail.recv(100).startswith(b"220")
    assert set(helpdesk.pids()) == {"up", "postgres", "valkey", *OURS}


def test_answers_on_both_kinds_of_loopback_address(helpdesk: Helpdesk) -> None:
    assert helpdesk.get("/healthz", host="127.0.0.1") == 200
    assert helpdesk.get("/healthz", host="[::1]") == 200


def test_the_process_that_forks_has_one_thread_and_no_database_connection(
    helpdesk: Helpdesk,
) -> None:
    parent = psutil.Process(helpdesk.pids()["up"])

    assert parent.num_threads() == 1
    assert not [c for c in parent.net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED]


def test_secrets_are_for_the_owner_alone(helpdesk: Helpdesk) -> None:
    for name in ("run/services.json", "run/embedded.json", "keys/secret_key", "keys/keyring.json"):
        assert (helpdesk.data_dir / name).stat().st_mode & 0o077 == 0, name
    web = psutil.Process(helpdesk.pids()["web-1"]).environ()
    assert "DATABASE_OWNER_URL" not in web


@pytest.mark.parametrize("name", ["valkey", "postgres", "mail", "beat", "worker", "web-1"])
def test_whatever_is_killed_comes_back(helpdesk: Helpdesk, name: str) -> None:
    before = helpdesk.pids()[name]

    os.kill(before, signal.SIGKILL)

    assert eventually(lambda: helpdesk.pids().get(name, before) != before)
    assert eventually(lambda: helpdesk.get("/healthz") == 200)
    with socket.create_connection(("localhost", helpdesk.mail_port), timeout=10) as mail:
        assert mail.recv(100).startswith(b"220")


def test_no_connection_is_refused_while_every_web_process_is_dead(helpdesk: Helpdesk) -> None:
    for name in ("web-1", "web-2"):
        os.kill(helpdesk.pids()[name], signal.SIGKILL)

    assert helpdesk.get("/healthz") == 200


def test_a_second_start_in_the_same_folder_is_refused_in_a_sentence(helpdesk: Helpdesk) -> None:
    status, output = helpdesk.refusal()

    assert status == 1
    assert output == (
        f"The helpdesk in {helpdesk.data_dir} is running already (process {helpdesk.pids()['up']})"
        "; stop that one or choose another DATA_DIR.\n"
    )


@pytest.mark.parametrize("variable", ["PORT", "MAIL_PORT"])
def test_a_busy_port_is_refused_in_a_sentence(
    helpdesk: Helpdesk, tmp_path: Path, variable: str
) -> None:
    free, _ = find_ports()
    busy = helpdesk.variables[variable]
    ports = {"PORT": str(free), "MAIL_PORT": "0"} | {variable: busy}

    status, output = helpdesk.refusal(DATA_DIR=str(tmp_path / "other"), **ports)

    assert status == 1
    assert output == (
        f"Port {busy} is in use by another program; stop that one or choose another port with "
        f"{variable}.\n"
    )


def test_ctrl_c_ends_every_process_and_a_later_start_finds_the_data(helpdesk: Helpdesk) -> None:
    pids = helpdesk.pids()
    keyring = (helpdesk.data_dir / "keys" / "keyring.json").read_text()
    started = time.monotonic()

    assert helpdesk.stop() == 0

    assert time.monotonic() - started < 10
    assert eventually(lambda: all(is_gone(pid) for pid in pids.values()), seconds=2)
    helpdesk.start().wait_ready()
    assert (helpdesk.data_dir / "keys" / "keyring.json").read_text() == keyring


def test_a_killed_supervisor_takes_its_children_along(helpdesk: Helpdesk) -> None:
    pids = helpdesk.pids()

    helpdesk.process.kill()
    helpdesk.process.wait()

    assert eventually(lambda: all(is_gone(pid) for pid in pids.values()), seconds=10)
    helpdesk.start().wait_ready()


def test_the_application_login_alone_is_too_little(tmp_path: Path) -> None:
    url = "postgresql://app:secret@127.0.0.1:1/helpdesk"

    status, output = Helpdesk(tmp_path / "data").refusal(DATABASE_URL=url)

    assert status == 1
    assert output == (
        "DATABASE_URL is given without DATABASE_OWNER_URL, the login that makes the tables.\n"
    )


def test_servers_that_do_not_answer_are_named_without_their_password(tmp_path: Path) -> None:
    url = "postgresql://app:secret@127.0.0.1:1/helpdesk"

    status, output = Helpdesk(tmp_path / "data").refusal(DATABASE_URL=url, DATABASE_OWNER_URL=url)

    assert status == 1
    assert "DATABASE_URL (127.0.0.1:1/helpdesk) cannot be used" in output
    assert "secret" not in output


def test_runs_on_servers_that_others_keep(data_dir: Path) -> None:
    with start_services(data_dir.with_name("servers")) as addresses:
        helpdesk = Helpdesk(data_dir.with_name("client"), **addresses.environment()).start()
        try:
            helpdesk.wait_ready()
            assert helpdesk.get("/readyz") == 200
            assert set(helpdesk.pids()) == {"up", *OURS}
            assert not (helpdesk.data_dir / "postgres").exists()
        finally:
            assert helpdesk.stop() == 0


def test_the_first_start_with_demonstration_prints_the_sign_ins(data_dir: Path) -> None:
    helpdesk = Helpdesk(
        data_dir.with_name("demo"), DEMO="1", DEMO_PASSWORD="stands on the screen"
    ).start()
    try:
        screen = "\n".join(helpdesk.wait_ready().lines)
        for text in ("admin@demo.test", "alice@demo.test", "stands on the screen"):
            assert text in screen
    finally:
        assert helpdesk.stop() == 0
