"""The whole system of its own: `manage.py up` in a data folder, and what one asks of it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg

from helpdesk.embedded import find_free_port
from helpdesk.programs import tie_to
from helpdesk.services import BASE_DIR

START_SECONDS = 300  # the first start of a folder, on a busy machine
ENGINES = ("postgres", "valkey")


class HouseBroken(Exception):
    pass


class House:
    def __init__(
        self, data_dir: Path, *, say: Callable[[str], None], has_shop: bool = False
    ) -> None:
        self.data_dir, self.say = data_dir.resolve(), say
        self.port, self.mail_port = find_free_port(None), find_free_port(None)
        self.variables = {
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(self.data_dir),
            "PORT": str(self.port),
            "MAIL_PORT": str(self.mail_port),
            "DEMO": "1" if has_shop else "0",
            # As always, and a probe that notes when its reaction starts.
            "DJANGO_SETTINGS_MODULE": "bench.settings",
        }
        self.lines: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> float:
        """Seconds from the command to READY."""
        parent, started = os.getpid(), time.monotonic()
        self.lines.clear()
        self.process = self._run(
            [str(BASE_DIR / "manage.py"), "up"],
            preexec_fn=lambda: tie_to(parent, signal.SIGTERM),
        )
        threading.Thread(target=self._read_lines, args=[self.process], daemon=True).start()
        while not any(line.startswith("READY") for line in self.lines):
            if self.process.poll() is not None or time.monotonic() > started + START_SECONDS:
                self.stop()
                raise HouseBroken("It did not get ready:\n" + "\n".join(self.lines))
            time.sleep(0.01)
        return time.monotonic() - started

    def _run(self, arguments: list[str], **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *arguments],
            cwd=BASE_DIR,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    def _read_lines(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self.lines.append(line.rstrip("\n"))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # What is in it

    def fill(self, tickets: int, *, thin: int = 0) -> None:
        """What an earlier run has made in a kept folder is not made again."""
        started = time.monotonic()
        arguments = ["--tickets", str(tickets), *(["--thin", str(thin)] if thin else [])]
        last = self.manage("load_volume", *arguments).splitlines()[-1]
        self.say(f"{last} In all {time.monotonic() - started:.1f} s.")

    def manage(self, *arguments: str) -> str:
        return self._answer_of([str(BASE_DIR / "manage.py"), *arguments])

    def inside(self, function: str, *arguments: object) -> Any:
        """What a function of bench/inside.py returns, run with the house's settings and keys."""
        given = json.dumps(arguments)
        output = self._answer_of(["-m", "bench.inside", function, given])
        return json.loads(output.splitlines()[-1])

    def run_module(self, module: str, *arguments: str) -> str:
        return self._answer_of(["-m", module, *arguments])

    def _answer_of(self, arguments: list[str]) -> str:
        process = self._run(arguments)
        output, _ = process.communicate()
        if process.returncode:
            raise HouseBroken(f"{' '.join(arguments)}:\n{output[-3000:]}")
        return output

    @contextmanager
    def bare_server(self) -> Iterator[int]:
        """The ceilings' server; its port."""
        with self._server("bench.bare") as (port, _pid):
            yield port

    @contextmanager
    def web_process(self, kind: str) -> Iterator[tuple[int, int]]:
        """One web process beside the house's own (see bench/web.py); its port and its id."""
        with self._server("bench.web", kind) as found:
            yield found

    @contextmanager
    def _server(self, module: str, *arguments: str) -> Iterator[tuple[int, int]]:
        parent, port = os.getpid(), find_free_port(None)
        process = self._run(
            ["-m", module, str(port), *arguments],
            preexec_fn=lambda: tie_to(parent, signal.SIGTERM),
        )
        try:
            self._wait_for_server(process)
            # Or it would stand still once it had complained enough.
            threading.Thread(target=self._read_lines, args=[process], daemon=True).start()
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()

    def _wait_for_server(self, process: subprocess.Popen[str]) -> None:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if line.startswith("READY"):
                return
        raise HouseBroken("The server did not get ready:\n" + "".join(said))

    # Seen from below

    @property
    def services(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.data_dir / "run" / "services.json").read_text())
        return found

    def connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """With the owner's login."""
        return psycopg.connect(self.services["DATABASE_OWNER_URL"], autocommit=True)

    def count(self, statement: str) -> int:
        with self.connect() as connection:
            row = connection.execute(statement).fetchone()
            return int(row[0]) if row else 0

    def wait_idle(self, *, seconds: float = 120) -> None:
        """Until nothing is left to react to, so that one case does not burden the next."""
        until = time.monotonic() + seconds
        while self.count("SELECT count(*) FROM core_reaction WHERE state = 'pending'"):
            if time.monotonic() > until:
                raise HouseBroken("Reactions are not done.")
            time.sleep(0.2)

    def memory(self) -> dict[str, float]:
        """MiB that each program holds alone or its share of, with its children."""
        pids = json.loads((self.data_dir / "run" / "processes.json").read_text())
        up = pids.pop("up")
        found = {re.sub(r"-\d+$", "", name): 0.0 for name in pids} | {"up": pss_of([up])}
        for name, pid in pids.items():
            root = psutil.Process(pid)
            family = [pid, *(child.pid for child in root.children(recursive=True))]
            found[re.sub(r"-\d+$", "", name)] += pss_of(family)
        return found


def pss_of(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        match = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
        total += int(match[1]) if match else 0
    return total / 1024
