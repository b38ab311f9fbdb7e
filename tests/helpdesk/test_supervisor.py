import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from helpdesk.doors import open_doors
from helpdesk.programs import READY_LINE, CannotStart, Program
from helpdesk.supervisor import LOG_BYTES, Log, Supervisor


def python(code: str, *, name: str = "child") -> Program:
    return Program(name=name, argv=[sys.executable, "-c", code])


WAITS = f"print('{READY_LINE}', flush=True); import time; time.sleep(60)"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Supervisor:
    return Supervisor(tmp_path, said.append, lambda: None)


def test_a_dead_child_is_started_again_and_the_pause_grows(
    supervisor: Supervisor, said: list[str]
) -> None:
    with supervisor:
        child = supervisor.start(python(WAITS))
        for _ in range(3):
            supervisor.wait_until(lambda: child.is_ready, "not ready", seconds=20)
            os.kill(child.process.pid, signal.SIGKILL)
            supervisor.wait_until(lambda: not child.is_ready, "still there", seconds=20)

    assert said == [
        f"child ended (SIGKILL); starting it again in {pause} s" for pause in (0.2, 0.4, 0.8)
    ]


@pytest.mark.slow
def test_a_child_that_never_gets_ready_ends_the_start_with_its_last_words(
    supervisor: Supervisor,
) -> None:
    with supervisor, pytest.raises(CannotStart) as refusal:
        supervisor.start(python("raise SystemExit('no keys')"))
        supervisor.wait_until(lambda: False, "never", seconds=20)

    assert "child ended (exit code 1). The last lines of" in refusal.value.reason
    assert "no keys" in refusal.value.reason


def test_what_a_child_had_started_ends_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(p.pid))\n" + WAITS
    )
    with supervisor:
        child = supervisor.start(python(code))
        supervisor.wait_until(lambda: child.is_ready, "not ready", seconds=20)
        os.kill(child.process.pid, signal.SIGKILL)
        supervisor.wait_until(lambda: child.process is None, "still there", seconds=20)
        grandchild = int(note.read_text())
        stat = Path(f"/proc/{grandchild}/stat")
        supervisor.wait_until(
            lambda: not stat.exists() or ") Z " in stat.read_text(), "still there", seconds=20
        )


def test_a_child_that_does_not_stop_is_killed(supervisor: Supervisor) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAITS
    with supervisor:
        child = supervisor.start(python(stubborn))
        supervisor.wait_until(lambda: child.is_ready, "not ready", seconds=20)
        # A second Ctrl-C does not wait.
        supervisor.stops_asked = 2
        process = child.process

    assert process.returncode == -signal.SIGKILL


def test_a_full_log_is_put_aside(tmp_path: Path) -> None:
    log = Log(tmp_path / "web.log")
    for _ in range(3):
        log.write(b"x" * (LOG_BYTES // 2) + b"\n")

    assert (tmp_path / "web.log.1").stat().st_size <= LOG_BYTES
    assert (tmp_path / "web.log").stat().st_size <= LOG_BYTES


@pytest.mark.slow
def test_a_port_that_is_taken_is_named_with_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} is in use .* with MAIL_PORT"):
            open_doors("127.0.0.1", port, variable="MAIL_PORT")
